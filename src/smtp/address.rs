//! The grammar of addresses and host names (RFC 5321, sections 4.1.2 and 4.1.3).
//!
//! It only says what is odd about one: a lenient server keeps every address as it came.
//! Characters outside ASCII are letters here (RFC 6531, section 3.3).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::notice::{self, Notice};

/// RFC 5321, section 4.5.3.1.1.
const MAX_LOCAL_PART: usize = 64;
/// RFC 5321, section 4.5.3.1.2.
const MAX_DOMAIN: usize = 255;

/// What is wrong with an address that is not empty.
pub fn check(address: &str) -> Option<Notice> {
    let Some((local, domain)) = split(address) else {
        // RFC 5321, section 4.1.1.3: `RCPT TO:<postmaster>` is the one address without a domain.
        let postmaster = address.eq_ignore_ascii_case("postmaster");
        return (!postmaster).then_some(notice::ADDRESS_WITHOUT_DOMAIN);
    };
    if !is_local_part(local) || !(is_domain(domain) || is_literal(domain)) {
        return Some(notice::MALFORMED_ADDRESS);
    }
    let too_long = local.len() > MAX_LOCAL_PART || domain.len() > MAX_DOMAIN;
    too_long.then_some(notice::ADDRESS_TOO_LONG)
}

/// What is wrong with the name given to EHLO or HELO.
pub fn check_helo(name: &str) -> Option<Notice> {
    if name.is_empty() {
        Some(notice::HELO_WITHOUT_NAME)
    } else if name.parse::<IpAddr>().is_ok() {
        Some(notice::HELO_BARE_IP)
    } else if is_domain(name) || is_literal(name) {
        None
    } else {
        Some(notice::HELO_NOT_A_DOMAIN)
    }
}

/// Local part and domain; an `@` inside a quoted local part does not count.
fn split(address: &str) -> Option<(&str, &str)> {
    let (local, domain) = address.rsplit_once('@')?;
    let quote_is_open = address.starts_with('"') && !is_quoted(local) && is_quoted(address);
    (!quote_is_open).then_some((local, domain))
}

fn is_local_part(local: &str) -> bool {
    is_quoted(local) || local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

pub fn is_atext(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || !letter.is_ascii() || "!#$%&'*+-/=?^_`{|}~".contains(letter)
}

/// One whole quoted string: quotes inside it are escaped.
fn is_quoted(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return false;
    };
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        if letter == '"' || (letter == '\\' && letters.next().is_none()) {
            return false;
        }
    }
    true
}

fn is_domain(domain: &str) -> bool {
    domain.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '-' || !letter.is_ascii())
    })
}

/// `[192.0.2.1]`, `[IPv6:2001:db8::1]` or `[TAG:anything]` (section 4.1.3).
fn is_literal(domain: &str) -> bool {
    let Some(inner) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return false;
    };
    match inner.split_once(':') {
        Some((tag, ip)) if tag.eq_ignore_ascii_case("IPv6") => ip.parse::<Ipv6Addr>().is_ok(),
        Some((tag, content)) => is_general_literal(tag, content),
        None => inner.parse::<Ipv4Addr>().is_ok(),
    }
}

/// `Standardized-tag ":" 1*dcontent`: for protocols of address that are yet to come.
fn is_general_literal(tag: &str, content: &str) -> bool {
    let is_tag = tag.ends_with(|letter: char| letter.is_ascii_alphanumeric())
        && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_content = |byte| matches!(byte, b'!'..=b'Z' | b'^'..=b'~');
    is_tag && !content.is_empty() && content.bytes().all(is_content)
}

/// `@a,@b`: the hosts of a source route.
pub fn is_route(route: &str) -> bool {
    let mut hosts = route.split(',');
    hosts.all(|host| host.strip_prefix('@').is_some_and(|host| is_domain(host) || is_literal(host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(notice: Option<Notice>) -> String {
        notice.map_or_else(|| "ok".to_owned(), |notice| notice.code.into_owned())
    }

    #[test]
    fn addresses() {
        for (address, expected) in [
            ("a@b", "ok"),
            ("ann.lee+x@mail.example.com", "ok"),
            ("\"ann lee\"@example.com", "ok"),
            ("\"a@b\"@example.com", "ok"),
            ("\"a\\\"b\"@example.com", "ok"),
            ("ann@[192.0.2.1]", "ok"),
            ("ann@[IPv6:2001:db8::1]", "ok"),
            ("ann@[X400:c=xx;a=yy]", "ok"),
            ("ann@[:x]", "malformed-address"),
            ("ann@[X-:x]", "malformed-address"),
            ("ann@[X400:]", "malformed-address"),
            ("ann@[IPv6:x]", "malformed-address"),
            ("josé@exámple.com", "ok"),
            ("Postmaster", "ok"),
            ("root", "address-without-domain"),
            ("\"a@b\"", "address-without-domain"),
            ("@b", "malformed-address"),
            ("a@", "malformed-address"),
            ("a@@b", "malformed-address"),
            (".a@b", "malformed-address"),
            ("a..b@c", "malformed-address"),
            ("a b@c", "malformed-address"),
            ("\"a\"b@c", "malformed-address"),
            ("a@b_c", "malformed-address"),
            ("a@-b", "malformed-address"),
            ("a@b.", "malformed-address"),
            ("a@[300.0.2.1]", "malformed-address"),
        ] {
            assert_eq!(code(check(address)), expected, "{address}");
        }
    }

    #[test]
    fn lengths_at_their_bounds() {
        let domain = |length: usize| format!("{}b", "b.".repeat(length / 2));
        for (local, size, expected) in [
            (63, 1, "ok"),
            (64, 1, "ok"),
            (65, 1, "address-too-long"),
            (1, 253, "ok"),
            (1, 255, "ok"),
            (1, 257, "address-too-long"),
        ] {
            let address = format!("{}@{}", "a".repeat(local), domain(size));
            assert_eq!(code(check(&address)), expected, "{local} {size}");
        }
    }

    #[test]
    fn helo_names() {
        for (name, expected) in [
            ("localhost", "ok"),
            ("client.example.com", "ok"),
            ("[192.0.2.1]", "ok"),
            ("192.0.2.1", "helo-bare-ip"),
            ("2001:db8::1", "helo-bare-ip"),
            ("", "helo-without-name"),
            ("my_host", "helo-not-a-domain"),
            ("my host", "helo-not-a-domain"),
        ] {
            assert_eq!(code(check_helo(name)), expected, "{name}");
        }
    }
}
