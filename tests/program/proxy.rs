//! The PROXY protocol: who is trusted must speak it, and the session shows the client behind.

use std::net::SocketAddr;

use restante::config::{Config, SmtpBounds, TlsConfig, TlsSource};
use restante::server::Server;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;

use crate::sandbox::{Client, DEADLINE, Events, Sandbox, config};

async fn trusting(more: Config) -> Sandbox {
    Sandbox::with(Config { proxy_from: vec!["127.0.0.0/8".into()], ..more }).await
}

/// A connection through a proxy that sends this header.
async fn through(server: SocketAddr, header: &[u8]) -> Client {
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream.write_all(header).await.unwrap();
    Client { stream: BufStream::new(stream) }
}

fn v1(client: &str) -> Vec<u8> {
    format!("PROXY TCP4 {client} 198.51.100.7 4711 25\r\n").into_bytes()
}

fn v2(command: u8, rest: &[u8]) -> Vec<u8> {
    let length = (rest.len() as u16).to_be_bytes();
    [&b"\r\n\r\n\0\r\nQUIT\n"[..], &[command, 0x11], &length, rest].concat()
}

/// The next session that is over, and its transcript.
async fn next_over(sandbox: &Sandbox, events: &mut Events) -> (Value, String) {
    let session = loop {
        let event = events.next().await;
        if event["type"] == "session.closed" {
            break event["session"].clone();
        }
    };
    let id = session["id"].as_str().unwrap();
    let transcript = sandbox.get(&format!("/v1/sessions/{id}/transcript")).await.text();
    (session, transcript)
}

/// What a client hears until the server closes.
async fn rest(client: &mut Client) -> String {
    let mut text = Vec::new();
    let read = client.stream.read_to_end(&mut text);
    // It may be reset, as what it sent was not read.
    let _ = tokio::time::timeout(DEADLINE, read).await.expect("the server closes");
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_shows_the_client_and_the_proxy() {
    let sandbox = trusting(config()).await;
    let mut events = sandbox.events("").await;
    let addresses = [192, 0, 2, 9, 198, 51, 100, 7, 0x12, 0x67, 0, 25, 4, 0, 3, 1, 2, 3];
    for (header, shown, told) in [
        (v1("192.0.2.1"), Some("192.0.2.1:4711"), "PROXY version 1: the client is 192.0.2.1:4711"),
        (
            v2(0x21, &addresses),
            Some("192.0.2.9:4711"),
            "PROXY version 2: the client is 192.0.2.9:4711",
        ),
        (v2(0x20, &addresses), None, "PROXY version 2: the proxy itself is the client"),
        (b"PROXY UNKNOWN\r\n".to_vec(), None, "PROXY version 1: the client is unknown"),
    ] {
        // Commands may come in the same packet.
        let mut client =
            through(sandbox.smtp, &[&header, &b"EHLO app.test\r\n"[..]].concat()).await;
        let proxy = client.stream.get_ref().local_addr().unwrap().to_string();
        assert!(client.reply().await.starts_with("220 "));
        assert!(client.reply().await.starts_with("250-"));
        let id = client.send("Subject: Hi\r\n").await;
        client.say("QUIT").await;
        let session = sandbox.json(&format!("/v1/messages/{id}")).await["session"].clone();
        assert_eq!(session["client"], shown.unwrap_or(&proxy));
        assert_eq!(session["proxy"], proxy);
        let (_, transcript) = next_over(&sandbox, &mut events).await;
        assert!(transcript.contains(told), "{transcript}");
    }
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_header_the_session_says_why_it_ended() {
    let sandbox = trusting(config()).await;
    let mut events = sandbox.events("").await;
    for (sent, told) in [
        (&b"EHLO app.test\r\n"[..], "what came first is no PROXY header"),
        (b"PROXY TCP4 1.2.3.4\r\n", "the line of PROXY version 1 is malformed"),
        (&[b"PROXY UNKNOWN ".as_slice(), &[b'x'; 200]].concat(), "longer than 107 octets"),
    ] {
        let mut client = through(sandbox.smtp, sent).await;
        let heard = rest(&mut client).await;
        assert!(
            heard.is_empty() || heard.starts_with("421 4.7.0 A header of the PROXY"),
            "{heard}"
        );
        let (session, transcript) = next_over(&sandbox, &mut events).await;
        assert_eq!(session["outcome"], "refused");
        assert!(transcript.contains(told) && transcript.contains("421 4.7.0"), "{transcript}");
    }
    let mut client = through(sandbox.smtp, b"PROXY TCP").await;
    client.stream.shutdown().await.unwrap();
    rest(&mut client).await;
    assert!(next_over(&sandbox, &mut events).await.1.contains("the connection was closed"));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_trusted_cannot_speak_it() {
    let sandbox =
        Sandbox::with(Config { proxy_from: vec!["192.0.2.0/24".into()], ..config() }).await;
    let mut events = sandbox.events("").await;
    let mut client = through(sandbox.smtp, &v1("203.0.113.1")).await;
    assert!(client.reply().await.starts_with("220 "));
    assert!(client.reply().await.starts_with("500 5.5.1 The PROXY protocol is taken from"));
    client.say("QUIT").await;
    let (session, _) = next_over(&sandbox, &mut events).await;
    assert!(session["client"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert_eq!(session["proxy"], Value::Null);
    sandbox.stop().await;
    let wrong = Config { proxy_from: vec!["nowhere".into()], ..config() };
    let error = Server::start(&wrong).await.map(|_| ()).unwrap_err().to_string();
    assert!(error.starts_with("--proxy-from nowhere: "), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bound_per_address_counts_the_client_behind() {
    let bounds = SmtpBounds { max_connections_per_address: 1, ..config().bounds };
    let sandbox = trusting(Config { bounds, ..config() }).await;
    let mut events = sandbox.events("").await;
    let mut first = through(sandbox.smtp, &v1("192.0.2.1")).await;
    let mut other = through(sandbox.smtp, &v1("192.0.2.2")).await;
    for client in [&mut first, &mut other] {
        assert!(client.reply().await.starts_with("220 "));
    }
    let mut second = through(sandbox.smtp, &v1("192.0.2.1")).await;
    assert!(second.reply().await.starts_with("421 4.7.0 Too many connections from your address"));
    let (session, transcript) = next_over(&sandbox, &mut events).await;
    assert_eq!(
        (&session["client"], &session["outcome"]),
        (&"192.0.2.1:4711".into(), &"refused".into())
    );
    assert!(transcript.contains("--max-connections-per-address"), "{transcript}");
    drop((first, other));
    sandbox.stop().await;
}

/// The header comes in plain text, and TLS begins right behind it.
#[tokio::test(flavor = "multi_thread")]
async fn implicit_tls_begins_behind_the_header() {
    let folder = tempfile::tempdir().unwrap();
    let tls = TlsConfig {
        tls: TlsSource::Auto,
        tls_dir: Some(folder.path().to_owned()),
        smtps: Some("127.0.0.1:0".into()),
        ..TlsConfig::default()
    };
    let sandbox = trusting(Config { tls, ..config() }).await;
    let mut events = sandbox.events("").await;
    let smtps = sandbox.server.addresses.smtps.as_ref().unwrap().tcp().unwrap();
    let mut stream = TcpStream::connect(smtps).await.unwrap();
    stream.write_all(&v1("192.0.2.1")).await.unwrap();
    let trusting = crate::tls::trusting(folder.path(), crate::tls::BOTH);
    let mut client = crate::tls::over(stream, trusting, "localhost").await.unwrap();
    assert!(client.reply().await.starts_with("220 "));
    client.say("QUIT").await;
    let (session, _) = next_over(&sandbox, &mut events).await;
    assert_eq!(
        (&session["client"], &session["tls"]["mode"]),
        (&"192.0.2.1:4711".into(), &"implicit".into())
    );
    // Without a header there is no handshake, and no plain text either.
    let stream = TcpStream::connect(smtps).await.unwrap();
    let trusting = crate::tls::trusting(folder.path(), crate::tls::BOTH);
    assert!(crate::tls::over(stream, trusting, "localhost").await.is_err());
    let (session, transcript) = next_over(&sandbox, &mut events).await;
    assert_eq!(session["outcome"], "refused");
    assert!(!transcript.contains("421"), "{transcript}");
    sandbox.stop().await;
}
