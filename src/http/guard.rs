//! Keeps other web pages out. A page of another origin can make a browser send requests here, and
//! with DNS rebinding even under a name of its own; so the `Host` of every request must be one of
//! ours, and the `Origin`, where a browser sends one, must be the inspector itself.

use std::net::IpAddr;
use std::sync::Arc;

use warp::filters::path::FullPath;
use warp::http::{HeaderMap, Method, StatusCode};
use warp::{Filter, Rejection};

use super::error::ApiError;

/// Names that the `Host` check accepts: loopback ones always, and those given.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    names: Arc<Vec<String>>,
}

/// Why a request is turned away.
#[derive(Debug)]
pub struct Forbidden {
    code: &'static str,
    message: String,
}

impl warp::reject::Reject for Forbidden {}

impl Forbidden {
    pub fn to_error(&self) -> ApiError {
        ApiError::new(StatusCode::FORBIDDEN, self.code, self.message.clone())
    }
}

/// Passes requests on that come from the inspector or from no browser at all.
pub fn guard(hosts: Hosts) -> impl Filter<Extract = (), Error = Rejection> + Clone {
    warp::header::headers_cloned()
        .and(warp::method())
        .and(warp::path::full())
        .and_then(move |headers: HeaderMap, method: Method, path: FullPath| {
            let from_frame = method == Method::GET && is_part(path.as_str());
            let verdict = hosts.check(&headers, from_frame).map_err(warp::reject::custom);
            async move { verdict }
        })
        .untuple_one()
}

impl Hosts {
    /// `names` as given with `--host`, with or without a port.
    pub fn new(names: &[String]) -> Hosts {
        let names = names.iter().map(|name| host_of(name).to_ascii_lowercase()).collect();
        Hosts { names: Arc::new(names) }
    }

    /// `from_frame`: whether the frame with a message's HTML may ask. Its document has no origin
    /// (`null`) and loads its images from the message's parts.
    fn check(&self, headers: &HeaderMap, from_frame: bool) -> Result<(), Forbidden> {
        let host = text(headers, "host").unwrap_or_default();
        if !self.accepts(host_of(host)) {
            let message = format!(
                "requests for the host {host:?} are not answered; start the server with --host {} to allow it",
                host_of(host)
            );
            return Err(Forbidden { code: "host_not_allowed", message });
        }
        match text(headers, "origin") {
            None if !headers.contains_key("origin") => Ok(()),
            Some(origin) if is_same(origin, host) => Ok(()),
            Some("null") if from_frame => Ok(()),
            origin => {
                let message =
                    format!("requests from pages of {:?} are not answered", origin.unwrap_or("?"));
                Err(Forbidden { code: "origin_not_allowed", message })
            }
        }
    }

    fn accepts(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        is_loopback(&host) || self.names.contains(&host)
    }
}

/// `/v1/messages/{id}/parts/{path}`. No page elsewhere can read the answer, nor guess the id.
fn is_part(path: &str) -> bool {
    let mut segments = path.split('/');
    segments.next() == Some("")
        && segments.next() == Some("v1")
        && segments.next() == Some("messages")
        && segments.nth(1) == Some("parts")
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// `host:port` without its port.
fn host_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.ends_with(':') => {
            name
        }
        _ => host,
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    host == "localhost"
        || host.ends_with(".localhost")
        || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether an origin is that of the host asked. A proxy in front may speak TLS.
fn is_same(origin: &str, host: &str) -> bool {
    let name = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    name.is_some_and(|name| name.eq_ignore_ascii_case(host))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn verdict(host: &str, origin: Option<&str>) -> Result<(), &'static str> {
        let mut headers = HeaderMap::new();
        headers.insert("host", host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert("origin", origin.parse().unwrap());
        }
        let hosts = Hosts::new(&["Mail.Example.test".into(), "10.1.2.3:8025".into()]);
        hosts.check(&headers, false).map_err(|f| f.code)
    }

    #[test]
    fn only_the_parts_of_a_message_are_open_to_its_frame() {
        assert!(is_part("/v1/messages/0352DnDc4mPxcWL7S5Mt4l/parts/1.2"));
        for path in
            ["/", "/v1/messages", "/v1/messages/x", "/v1/messages/x/html", "/v1/sessions/x/parts/1"]
        {
            assert!(!is_part(path), "{path}");
        }
    }

    #[test]
    fn loopback_and_given_names_are_hosts() {
        for host in [
            "localhost",
            "localhost:8025",
            "127.0.0.1:1",
            "127.8.8.8",
            "[::1]:8025",
            "[::1]",
            "app.localhost:3",
            "LOCALHOST",
            "mail.example.test:8025",
            "10.1.2.3",
        ] {
            assert_eq!(verdict(host, None), Ok(()), "{host}");
        }
    }

    #[test]
    fn other_hosts_are_turned_away() {
        for host in [
            "evil.test",
            "evil.test:8025",
            "localhost.evil.test",
            "192.168.0.1",
            "",
            "127.0.0.1.evil.test",
            "evil-localhost",
            "10.1.2.33",
        ] {
            assert_eq!(verdict(host, None), Err("host_not_allowed"), "{host}");
        }
    }

    #[test]
    fn an_origin_must_be_the_host_itself() {
        assert_eq!(verdict("localhost:8025", Some("http://localhost:8025")), Ok(()));
        assert_eq!(verdict("mail.example.test", Some("https://mail.example.test")), Ok(()));
        for origin in [
            "http://evil.test",
            "http://localhost:3000",
            "http://localhost",
            "null",
            "https://127.0.0.1:8025",
            "file://",
            "http://localhost:8025.evil.test",
        ] {
            let got = verdict("localhost:8025", Some(origin));
            assert_eq!(got, Err("origin_not_allowed"), "{origin}");
        }
    }
}
