//! The names of this server in its certificate, and those that its CA may speak for.
//!
//! Who trusts the CA trusts a key that lies on this disk, so it can only speak for this machine and
//! for names and addresses that mean nothing on the internet (RFC 5280, section 4.2.1.10).

use std::collections::BTreeSet;
use std::net::IpAddr;

use rcgen::{CidrSubnet, GeneralSubtree};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

/// RFC 2606, RFC 6761, RFC 6762, RFC 8375: domains of no one.
const LOCAL_DOMAINS: &[&str] =
    &["localhost", "local", "test", "example", "invalid", "internal", "lan", "home.arpa"];
/// Loopback, private and link-local addresses.
const LOCAL_NETS: &[(&str, u8)] = &[
    ("127.0.0.0", 8),
    ("10.0.0.0", 8),
    ("172.16.0.0", 12),
    ("192.168.0.0", 16),
    ("169.254.0.0", 16),
    ("::1", 128),
    ("fc00::", 7),
    ("fe80::", 10),
];

/// What a certificate can be for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    Address(IpAddr),
    Host(String),
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Name::Address(address) => address.fmt(f),
            Name::Host(host) => host.fmt(f),
        }
    }
}

pub fn names(hosts: &[String]) -> BTreeSet<Name> {
    let machine = machine();
    ["localhost", "127.0.0.1", "::1", &machine]
        .into_iter()
        .chain(hosts.iter().map(String::as_str))
        .filter_map(name)
        .collect()
}

/// A name as `--host` takes it, with or without a port; nothing if no certificate can have it.
fn name(text: &str) -> Option<Name> {
    let text = text.trim_start_matches('[').split(']').next()?;
    let before_port = text.split(':').next()?;
    if let Ok(address) = text.parse().or_else(|_| before_port.parse()) {
        return Some(Name::Address(address));
    }
    let host = before_port.trim_end_matches('.').to_ascii_lowercase();
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    (host.len() <= 253 && host.split('.').all(is_label)).then_some(Name::Host(host))
}

pub fn machine() -> String {
    gethostname::gethostname().to_string_lossy().to_ascii_lowercase()
}

pub fn permitted(names: &BTreeSet<Name>) -> Vec<GeneralSubtree> {
    let domains = LOCAL_DOMAINS.iter().map(|&domain| domain.to_owned());
    let hosts = names.iter().filter_map(|name| match name {
        Name::Host(host) if !is_in(host, LOCAL_DOMAINS.iter().copied()) => Some(host.clone()),
        _ => None,
    });
    let domains = domains.chain(hosts).map(GeneralSubtree::DnsName);
    let nets = LOCAL_NETS.iter().filter_map(|&(net, bits)| Some((net.parse().ok()?, bits)));
    let addresses = names.iter().filter_map(|name| match name {
        Name::Address(IpAddr::V4(v4)) => Some((IpAddr::V4(*v4), 32)),
        Name::Address(IpAddr::V6(v6)) => Some((IpAddr::V6(*v6), 128)),
        Name::Host(_) => None,
    });
    let nets = nets
        .chain(addresses)
        .map(|(net, bits)| GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(net, bits)));
    domains.chain(nets).collect()
}

/// Whether a host is one of the domains or below one.
fn is_in<'a>(host: &str, mut domains: impl Iterator<Item = &'a str>) -> bool {
    domains.any(|domain| {
        host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

pub fn is_permitted(ca: &X509Certificate<'_>, name: &Name) -> bool {
    let Ok(Some(constraints)) = ca.name_constraints() else { return false };
    let Some(subtrees) = &constraints.value.permitted_subtrees else { return false };
    subtrees.iter().any(|subtree| match (&subtree.base, name) {
        (GeneralName::DNSName(domain), Name::Host(host)) => is_in(host, [*domain].into_iter()),
        (GeneralName::IPAddress(net), Name::Address(address)) => {
            let bytes = match address {
                IpAddr::V4(v4) => v4.octets().to_vec(),
                IpAddr::V6(v6) => v6.octets().to_vec(),
            };
            let (base, mask) = net.split_at(net.len() / 2);
            base.len() == bytes.len()
                && bytes.iter().zip(base).zip(mask).all(|((a, b), mask)| a & mask == b & mask)
        }
        _ => false,
    })
}

pub fn names_of(leaf: &X509Certificate<'_>) -> BTreeSet<Name> {
    let Ok(Some(alternatives)) = leaf.subject_alternative_name() else { return BTreeSet::new() };
    let names = alternatives.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(host) => Some(Name::Host((*host).to_owned())),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from)).ok().map(Name::Address)
        }
        _ => None,
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_certificate_can_have() {
        for (text, expected) in [
            ("Mail.Example", Some("mail.example")),
            ("mail.example:8025", Some("mail.example")),
            ("[::1]:8025", Some("::1")),
            ("::1", Some("::1")),
            ("10.0.0.5:25", Some("10.0.0.5")),
            ("mail_1.example", None),
            ("-x", None),
            ("a..b", None),
            ("", None),
        ] {
            assert_eq!(name(text).map(|name| name.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_domain_holds_itself_and_what_is_below() {
        let is = |host, domain| is_in(host, [domain].into_iter());
        assert!(is("localhost", "localhost") && is("a.b.test", "test"));
        assert!(!is("atest", "test") && !is("test.com", "test"));
    }
}
