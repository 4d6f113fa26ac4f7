//! The header of the PROXY protocol, versions 1 and 2: who the client is whose connection a proxy
//! passes on. Pure: bytes so far in, what they are out, and never a byte is asked for that is not
//! the header's.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::socket::Peer;

const V1: &[u8] = b"PROXY ";
/// `PROXY UNKNOWN` and the line end.
const V1_LEAST: usize = 15;
/// With the line end; the specification of version 1 has no longer line.
const V1_MOST: usize = 107;
const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const V2_HEAD: usize = 16;
/// Octets behind the head of version 2. Addresses take 216 at most; the rest are extensions (TLV),
/// which are passed over.
const V2_MOST: usize = 4096;

/// What a header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub version: u8,
    pub source: Source,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Client(SocketAddr),
    /// The client of the proxy came by a Unix socket.
    Unix,
    /// The proxy does not know, or does not say.
    Unknown,
    /// The proxy comes on its own behalf, to see whether the server is well.
    Local,
}

/// What the bytes so far are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The beginning of a header, which has so many bytes more, at least.
    More(usize),
    Whole(Header),
    /// No header, and why.
    Wrong(&'static str),
}

/// `bytes` are all that came, and no more than was asked for.
pub fn look(bytes: &[u8]) -> Progress {
    let starts = |magic: &[u8]| bytes.iter().zip(magic).all(|(a, b)| a == b);
    if starts(V2) {
        if bytes.len() < V2.len() { Progress::More(V2.len() - bytes.len()) } else { v2(bytes) }
    } else if starts(V1) {
        v1(bytes)
    } else {
        Progress::Wrong("what came first is no PROXY header")
    }
}

fn v1(bytes: &[u8]) -> Progress {
    match bytes.iter().position(|byte| *byte == b'\n') {
        // What stands behind the end was asked for as no line is that short.
        Some(at) => {
            match bytes.strip_suffix(b"\r\n").filter(|line| line.len() < at).and_then(v1_source) {
                Some(source) => Progress::Whole(Header { version: 1, source }),
                None => Progress::Wrong("the line of PROXY version 1 is malformed"),
            }
        }
        None if bytes.len() < V1_LEAST => Progress::More(V1_LEAST - bytes.len()),
        None if bytes.len() < V1_MOST => Progress::More(1),
        None => Progress::Wrong("the line of PROXY version 1 is longer than 107 octets"),
    }
}

/// `PROXY TCP4 source destination port port`, with one space between two words.
fn v1_source(line: &[u8]) -> Option<Source> {
    // What stands behind UNKNOWN means nothing.
    if line.split(|byte| *byte == b' ').nth(1) == Some(b"UNKNOWN") {
        return Some(Source::Unknown);
    }
    let mut words = std::str::from_utf8(line).ok()?.split(' ').skip(1);
    let is_v4 = match words.next()? {
        "TCP4" => true,
        "TCP6" => false,
        _ => return None,
    };
    let address = |word: &str| word.parse().ok().filter(|ip: &IpAddr| ip.is_ipv4() == is_v4);
    let (from, _to) = (address(words.next()?)?, address(words.next()?)?);
    let (from_port, _to_port) = (port(words.next()?)?, port(words.next()?)?);
    if words.next().is_some() {
        return None;
    }
    Some(Source::Client(SocketAddr::new(from, from_port)))
}

/// Without a sign and without zeros in front.
fn port(word: &str) -> Option<u16> {
    let is_plain = word == "0" || word.starts_with(|c: char| matches!(c, '1'..='9'));
    word.parse().ok().filter(|_| is_plain)
}

fn v2(bytes: &[u8]) -> Progress {
    let Some(head) = bytes.first_chunk::<V2_HEAD>() else {
        return Progress::More(V2_HEAD - bytes.len());
    };
    let [.., command, family, high, low] = *head;
    let length = usize::from(u16::from_be_bytes([high, low]));
    let (family, transport) = (family >> 4, family & 15);
    if command >> 4 != 2 || command & 15 > 1 {
        return Progress::Wrong("the command of PROXY version 2 is none");
    }
    if family > 3 || transport > 2 {
        return Progress::Wrong("the address family of PROXY version 2 is none");
    }
    if length > V2_MOST {
        return Progress::Wrong("the header of PROXY version 2 is longer than 4096 octets");
    }
    let Some(rest) = bytes.get(V2_HEAD..V2_HEAD + length) else {
        return Progress::More(V2_HEAD + length - bytes.len());
    };
    let source = if command & 15 == 0 { Some(Source::Local) } else { v2_source(family, rest) };
    match source {
        Some(source) => Progress::Whole(Header { version: 2, source }),
        None => Progress::Wrong("the header of PROXY version 2 is too short for its addresses"),
    }
}

/// Both addresses, then both ports.
fn v2_source(family: u8, rest: &[u8]) -> Option<Source> {
    let port = |at: usize| Some(u16::from_be_bytes([*rest.get(at)?, *rest.get(at + 1)?]));
    let ends_at = |length: usize| rest.len() >= length;
    let (from, port): (IpAddr, u16) = match family {
        1 if ends_at(12) => (Ipv4Addr::from(*rest.first_chunk::<4>()?).into(), port(8)?),
        2 if ends_at(36) => (Ipv6Addr::from(*rest.first_chunk::<16>()?).into(), port(32)?),
        3 if ends_at(216) => return Some(Source::Unix),
        0 => return Some(Source::Unknown),
        _ => return None,
    };
    Some(Source::Client(SocketAddr::new(from, port)))
}

/// Who may speak the PROXY protocol, and must.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    networks: Vec<(IpAddr, u8)>,
    unix: bool,
}

impl Proxies {
    /// Networks (`10.0.0.0/8`), addresses, and `unix` for every Unix socket. The error is the one
    /// that is none of these.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Proxies, &'a str> {
        let mut proxies = Proxies::default();
        for name in names.into_iter().map(str::trim) {
            match network(name) {
                Some(network) => proxies.networks.push(network),
                None if name == "unix" => proxies.unix = true,
                None => return Err(name),
            }
        }
        Ok(proxies)
    }

    pub(super) fn have(&self, peer: Peer) -> bool {
        match peer {
            Peer::Local(_) => self.unix,
            Peer::Ip(peer) => {
                let ip = peer.ip().to_canonical();
                self.networks.iter().any(|(network, length)| is_in(ip, *network, *length))
            }
        }
    }
}

fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = length.unwrap_or(most);
    (length <= most).then_some((address, length))
}

fn is_in(ip: IpAddr, network: IpAddr, length: u8) -> bool {
    let length = u32::from(length);
    match (ip, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            (a.to_bits() ^ b.to_bits()).checked_shr(32 - length).unwrap_or(0) == 0
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            (a.to_bits() ^ b.to_bits()).checked_shr(128 - length).unwrap_or(0) == 0
        }
        _ => false,
    }
}

impl fmt::Display for Header {
    /// As the transcript shows it.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "PROXY version {}: ", self.version)?;
        match self.source {
            Source::Client(client) => write!(f, "the client is {client}"),
            Source::Unix => f.write_str("the client came by a Unix socket"),
            Source::Unknown => f.write_str("the client is unknown"),
            Source::Local => f.write_str("the proxy itself is the client"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn v2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = (rest.len() as u16).to_be_bytes();
        [V2, &[command, family], &length, rest].concat()
    }

    fn v4_addresses() -> Vec<u8> {
        vec![192, 0, 2, 1, 198, 51, 100, 7, 0x12, 0x67, 0, 25]
    }

    fn v6_addresses() -> Vec<u8> {
        let from: Ipv6Addr = "2001:db8::1".parse().unwrap_or(Ipv6Addr::LOCALHOST);
        [from.octets().as_slice(), &[0; 16], &[0x12, 0x67, 0, 25]].concat()
    }

    fn good() -> Vec<(Vec<u8>, u8, Source)> {
        let client = |text: &str| Source::Client(text.parse().unwrap_or(([0, 0, 0, 0], 0).into()));
        let tlv = [v4_addresses().as_slice(), &[1, 0, 2, b'h', b'2', 4, 0xff, 0xff]].concat();
        vec![
            (
                b"PROXY TCP4 192.0.2.1 198.51.100.7 4711 25\r\n".to_vec(),
                1,
                client("192.0.2.1:4711"),
            ),
            (b"PROXY TCP6 2001:db8::1 ::1 0 65535\r\n".to_vec(), 1, client("[2001:db8::1]:0")),
            (b"PROXY UNKNOWN\r\n".to_vec(), 1, Source::Unknown),
            (b"PROXY UNKNOWN ffff:: ::1 1 x \xff\r\n".to_vec(), 1, Source::Unknown),
            (v2(0x21, 0x11, &v4_addresses()), 2, client("192.0.2.1:4711")),
            (v2(0x21, 0x12, &tlv), 2, client("192.0.2.1:4711")),
            (v2(0x21, 0x21, &v6_addresses()), 2, client("[2001:db8::1]:4711")),
            (v2(0x21, 0x31, &[0; 216]), 2, Source::Unix),
            (v2(0x21, 0x00, b"any"), 2, Source::Unknown),
            (v2(0x20, 0x00, b""), 2, Source::Local),
            (v2(0x20, 0x11, &v4_addresses()), 2, Source::Local),
            (
                v2(0x21, 0x11, &[v4_addresses(), vec![0; V2_MOST - 12]].concat()),
                2,
                client("192.0.2.1:4711"),
            ),
        ]
    }

    /// Feeds `bytes`, which more follow, never more than is asked for; says how many it took.
    fn read(bytes: &[u8], most_at_once: usize) -> (usize, Progress) {
        let mut taken = 0;
        loop {
            match look(&bytes[..taken]) {
                Progress::More(n) if taken < bytes.len() => {
                    taken = bytes.len().min(taken + n.min(most_at_once));
                }
                end => return (taken, end),
            }
        }
    }

    #[test]
    fn headers_at_every_split() {
        for (bytes, version, source) in good() {
            let followed = [bytes.as_slice(), b"EHLO app.test\r\n"].concat();
            for most_at_once in [1, 2, 3, 5, 7, 11, 16, 107, 10_000] {
                let got = read(&followed, most_at_once);
                let whole = Progress::Whole(Header { version, source });
                assert_eq!(got, (bytes.len(), whole), "{:?}", bytes.escape_ascii().to_string());
            }
            for end in 0..bytes.len() {
                let got = look(&bytes[..end]);
                assert!(
                    matches!(got, Progress::More(n) if n <= bytes.len() - end),
                    "{end} {got:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_header() {
        for bytes in [
            &b"EHLO app.test\r\n"[..],
            b"\x16\x03\x01\x02\x00",
            b"proxy TCP4 192.0.2.1 198.51.100.7 4711 25\r\n",
            b"PROXY\r\n",
            b"PROXY TCP4 192.0.2.1 198.51.100.7 4711\r\n",
            b"PROXY TCP4 192.0.2.1 198.51.100.7 4711 25 \r\n",
            b"PROXY TCP4  192.0.2.1 198.51.100.7 4711 25\r\n",
            b"PROXY TCP4 192.0.2.1 198.51.100.7 4711 25\n",
            // The least line is asked for at once, and this one ends before.
            b"PROXY TCP4\nEHLO",
            b"PROXY TCP4 192.0.2.1 198.51.100.7 04711 25\r\n",
            b"PROXY TCP4 192.0.2.1 198.51.100.7 +4711 25\r\n",
            b"PROXY TCP4 192.0.2.1 198.51.100.7 65536 25\r\n",
            b"PROXY TCP4 2001:db8::1 ::1 4711 25\r\n",
            b"PROXY TCP6 192.0.2.1 198.51.100.7 4711 25\r\n",
            b"PROXY TCP4 192.0.2.256 198.51.100.7 4711 25\r\n",
            b"PROXY TCP5 192.0.2.1 198.51.100.7 4711 25\r\n",
            &[b"PROXY UNKNOWN ".as_slice(), &[b'x'; 94]].concat(),
            &v2(0x11, 0x11, &v4_addresses()),
            &v2(0x22, 0x11, &v4_addresses()),
            &v2(0x21, 0x41, &v4_addresses()),
            &v2(0x21, 0x13, &v4_addresses()),
            &v2(0x21, 0x11, &v4_addresses()[..11]),
            &v2(0x21, 0x21, &v6_addresses()[..35]),
            &v2(0x21, 0x31, &[0; 215]),
            &v2(0x21, 0x11, &[0; V2_MOST + 1]),
        ] {
            let text = bytes.escape_ascii().to_string();
            assert!(matches!(read(bytes, 10_000).1, Progress::Wrong(_)), "{text}");
        }
        // The longest line there can be is taken.
        let longest = [b"PROXY UNKNOWN ".as_slice(), &[b'x'; 91], b"\r\n"].concat();
        assert_eq!(longest.len(), V1_MOST);
        assert!(matches!(read(&longest, 1).1, Progress::Whole(_)));
    }

    proptest! {
        /// Whatever comes, there is an end, at most one header is taken, and a split changes nothing.
        #[test]
        fn any_bytes(
            start in 0_usize..4,
            rest in proptest::collection::vec(any::<u8>(), 0..300),
            most_at_once in 1_usize..40,
        ) {
            let start = [&b""[..], V1, b"PROXY TCP4 192.0.2.1 ", V2][start];
            let bytes = [start, &rest].concat();
            let (taken, end) = read(&bytes, most_at_once);
            prop_assert!(taken <= bytes.len());
            if let Progress::More(n) = end {
                prop_assert!(n > 0 && taken == bytes.len());
            }
            let at_once = read(&bytes, usize::MAX / 2);
            match end {
                Progress::Whole(_) => prop_assert_eq!((taken, end), at_once),
                Progress::More(_) => prop_assert_eq!(end, at_once.1),
                Progress::Wrong(_) => prop_assert!(matches!(at_once.1, Progress::Wrong(_))),
            }
        }
    }

    #[test]
    fn who_is_trusted() {
        let proxies = |text: &'static str| Proxies::named(text.split(',')).unwrap_or_default();
        let ip = |text: &str| Peer::Ip(SocketAddr::new(text.parse().unwrap_or([0; 4].into()), 1));
        let some = proxies("10.0.0.0/8,192.0.2.1, 2001:db8::/33");
        for (peer, is_trusted) in [
            ("10.255.0.1", true),
            ("11.0.0.1", false),
            ("192.0.2.1", true),
            ("::ffff:192.0.2.1", true),
            ("192.0.2.2", false),
            ("2001:db8:7fff::1", true),
            ("2001:db8:8000::1", false),
        ] {
            assert_eq!(some.have(ip(peer)), is_trusted, "{peer}");
        }
        assert!(!some.have(Peer::Local(None)) && proxies("unix").have(Peer::Local(None)));
        let all = proxies("0.0.0.0/0");
        assert!(all.have(ip("203.0.113.9")) && !all.have(ip("::1")));
        for wrong in ["10.0.0.0/33", "localhost", "10.0.0.0/", "", "::/129", "10.0.0.0/-1"] {
            assert_eq!(Proxies::named([wrong]), Err(wrong));
        }
    }
}
