//! Other web pages cannot get in, on any path.

use restante::config::Config;

use crate::sandbox::{Sandbox, config};

#[tokio::test(flavor = "multi_thread")]
async fn foreign_hosts_and_origins_are_turned_away_everywhere() {
    let sandbox = Sandbox::with(Config { host: vec!["mail.test".into()], ..config() }).await;
    let id = sandbox.send("Subject: a\r\n\r\n").await;
    let own = sandbox.http.to_string();
    let paths = ["/", "/v1/messages", "/v1/info", "/v1/events", "/livez", "/assets/x.js", "/none"];
    for path in paths {
        let foreign = sandbox.request("GET", path, &[("Host", "evil.test")], "").await;
        assert_eq!(foreign.error().1, "host_not_allowed", "{path}");
        for origin in ["http://evil.test", "null"] {
            let headers = [("Host", own.as_str()), ("Origin", origin)];
            let foreign = sandbox.request("GET", path, &headers, "").await;
            assert_eq!(foreign.error(), (403, "origin_not_allowed".into(), None), "{path}");
        }
    }
    let part = format!("/v1/messages/{id}/parts/1");
    for (method, path, origin, status) in [
        ("GET", &*part, "null", 200),
        ("GET", &*part, "http://evil.test", 403),
        ("DELETE", &*part, "null", 403),
    ] {
        let answer = sandbox.request(method, path, &[("Origin", origin)], "").await;
        assert_eq!(answer.status, status, "{method} {path} {origin}");
    }
    let headers = [("Origin", "http://evil.test")];
    let delete = sandbox.request("DELETE", "/v1/messages", &headers, "").await;
    assert_eq!(delete.status, 403);
    let own_origin = format!("http://{own}");
    for headers in [
        vec![("Host", "mail.test:8025")],
        vec![("Host", "localhost")],
        vec![("Origin", &*own_origin)],
    ] {
        let answer = sandbox.request("GET", &format!("/v1/messages/{id}"), &headers, "").await;
        assert_eq!(answer.status, 200, "{headers:?}");
    }
    sandbox.stop().await;
}

/// The handshake of a page elsewhere is refused before it is an open socket.
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_gets_no_event_socket() {
    let sandbox = Sandbox::start().await;
    let headers = [
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Origin", "http://evil.test"),
    ];
    let answer = sandbox.request("GET", "/v1/events", &headers, "").await;
    assert_eq!(answer.status, 403);
    sandbox.stop().await;
}
