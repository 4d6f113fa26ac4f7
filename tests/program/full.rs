//! Clients over the bound on connections: they are told, they are on record, and a flood of them is
//! one line with a number.

use restante::config::{Config, SmtpBounds, TlsConfig, TlsSource};
use tokio::io::{AsyncReadExt, BufStream};
use tokio::net::TcpStream;

use crate::sandbox::{Client, DEADLINE, Sandbox, config};

fn narrow() -> Config {
    Config { bounds: SmtpBounds { max_connections: 1, ..config().bounds }, ..config() }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_turned_away_is_on_record() {
    let sandbox = Sandbox::with(narrow()).await;
    let inside = sandbox.connect().await;
    let mut events = sandbox.events("").await;
    const FLOOD: usize = 50;
    for _ in 0..FLOOD {
        let stream = TcpStream::connect(sandbox.smtp).await.unwrap();
        let mut client = Client { stream: BufStream::new(stream) };
        assert!(client.reply().await.starts_with("421 4.3.2 Too many connections"));
    }
    // The first of them, by its event.
    let session = loop {
        let event = events.next().await;
        if event["type"] == "session.closed" {
            break event["session"].clone();
        }
    };
    assert_eq!(session["outcome"], "refused");
    let path = format!("/v1/sessions/{}/transcript", session["id"].as_str().unwrap());
    let transcript = sandbox.get(&path).await.text();
    assert!(transcript.contains("there are too many connections (--max-connections)"));
    assert!(transcript.contains("S: 421 4.3.2 Too many connections"), "{transcript}");
    // All are counted, few are kept: one a second.
    let info = sandbox.json("/v1/info").await;
    assert_eq!(info["smtp"]["turned_away"], FLOOD);
    assert_eq!(info["smtp"]["connections"], 1);
    let sessions = info["store"]["sessions"].as_u64().unwrap();
    assert!(sessions < FLOOD as u64 / 2, "{sessions}");
    drop(inside);
    sandbox.stop().await;
}

/// No plain text where TLS begins: a client would take it for a broken server.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_port_of_tls_speaks_tls() {
    let folder = tempfile::tempdir().unwrap();
    let tls = TlsConfig {
        tls: TlsSource::Auto,
        tls_dir: Some(folder.path().to_owned()),
        smtps: Some("127.0.0.1:0".into()),
        ..TlsConfig::default()
    };
    let sandbox = Sandbox::with(Config { tls, ..narrow() }).await;
    let inside = sandbox.connect().await;
    let smtps = sandbox.server.addresses.smtps.as_ref().unwrap().tcp().unwrap();
    let mut stream = TcpStream::connect(smtps).await.unwrap();
    let mut heard = Vec::new();
    let read = stream.read_to_end(&mut heard);
    tokio::time::timeout(DEADLINE, read).await.unwrap().unwrap();
    assert_eq!(heard, [21, 3, 3, 0, 2, 2, 80], "a fatal alert, internal_error");
    let stream = TcpStream::connect(smtps).await.unwrap();
    let trusting = crate::tls::trusting(folder.path(), crate::tls::BOTH);
    let error = crate::tls::over(stream, trusting, "localhost").await.err().unwrap().to_string();
    assert!(error.contains("InternalError"), "{error}");
    drop(inside);
    sandbox.stop().await;
}
