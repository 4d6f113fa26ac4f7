//! Unix sockets in the place of ports, for every listener.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use restante::config::{Config, TlsConfig, TlsSource};
use restante::server::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::UnixStream;

use crate::sandbox::{Answer, Client, DEADLINE, Sandbox, config};

fn at(folder: &Path, name: &str) -> String {
    format!("unix:{}", folder.join(name).display())
}

async fn smtp(path: &Path) -> Client<UnixStream> {
    let stream = UnixStream::connect(path).await.unwrap();
    let mut client = Client { stream: BufStream::new(stream) };
    assert!(client.reply().await.starts_with("220 "));
    client
}

async fn get(path: &Path, target: &str, host: &str) -> Answer {
    let mut stream = UnixStream::connect(path).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    tokio::time::timeout(DEADLINE, stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
    Answer::of(&bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_listener_can_have_one() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let ports = place.join("ports.json");
    let config = Config {
        smtp: at(place, "smtp") + "?mode=660",
        lmtp: Some(at(place, "lmtp")),
        http: at(place, "http"),
        ports_file: Some(ports.clone()),
        tls: TlsConfig {
            tls: TlsSource::Auto,
            tls_dir: Some(place.join("tls")),
            smtps: Some(at(place, "smtps")),
            ..TlsConfig::default()
        },
        ..config()
    };
    let server = Server::start(&config).await.unwrap();
    let ports: serde_json::Value = serde_json::from_slice(&std::fs::read(ports).unwrap()).unwrap();
    for name in ["smtp", "smtps", "lmtp", "http"] {
        assert_eq!(ports[name], at(place, name));
    }
    let mode = std::fs::metadata(place.join("smtp")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);

    let mut client = smtp(&place.join("smtp")).await;
    client.say("EHLO app.test").await;
    let id = client.send("Subject: Hi\r\n").await;
    let mut lmtp_client = smtp(&place.join("lmtp")).await;
    assert!(lmtp_client.say("LHLO app.test").await.starts_with("250-"));

    let http = place.join("http");
    let message = get(&http, &format!("/v1/messages/{id}"), "localhost").await.json();
    assert_eq!(message["session"]["client"], format!("unix (pid {})", std::process::id()));
    // A proxy in front says which site it is; that must be allowed as at a port.
    assert_eq!(get(&http, "/v1/info", "evil.test").await.status, 403);
    assert_eq!(
        get(&http, "/v1/info", "localhost").await.json()["http"]["address"],
        at(place, "http")
    );

    server.stop().await;
    for name in ["smtp", "smtps", "lmtp", "http"] {
        assert!(!place.join(name).exists(), "{name}");
    }
}

/// Of a server that was killed; but never what is no socket, nor one at which somebody listens.
#[tokio::test(flavor = "multi_thread")]
async fn a_stale_socket_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("smtp");
    let with = |smtp: String| Config { smtp, ..config() };
    let asked = at(folder.path(), "smtp");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "the listener left its file");
    let first = Server::start(&with(asked.clone())).await.unwrap();
    drop(smtp(&path).await);

    let error = Server::start(&with(asked.clone())).await.map(|_| ()).unwrap_err().to_string();
    assert_eq!(error, format!("--smtp {asked}: already in use: a server listens there"));
    drop(smtp(&path).await);
    first.stop().await;
    assert!(!path.exists());

    std::fs::write(&path, "mine").unwrap();
    let error = Server::start(&with(asked.clone())).await.map(|_| ()).unwrap_err().to_string();
    assert_eq!(error, format!("--smtp {asked}: a file is there that is no socket"));
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    for (address, reason) in [
        ("unix:", "a Unix socket is unix:PATH or unix:PATH?mode=660"),
        ("unix:/tmp/x?mode=888", "the mode is three octal digits, as in unix:PATH?mode=660"),
    ] {
        let error = Server::start(&with(address.to_owned())).await.map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), format!("--smtp {address}: {reason}"));
    }
}

/// What a person writes in the inspector goes in through SMTP, wherever that listens.
#[tokio::test(flavor = "multi_thread")]
async fn the_inspector_sends_through_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&Config { smtp: at(folder.path(), "smtp"), ..config() }).await;
    let server = server.unwrap();
    let http = server.addresses.http.tcp().unwrap();
    let smtp = ([0, 0, 0, 0], 0).into();
    let sandbox = Sandbox { server, smtp, http };
    let raw = "Subject: Hi\r\n\r\nHello\r\n";
    let answer = sandbox.request("POST", "/v1/send?from=a@x.test&to=b@x.test", &[], raw).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(sandbox.json(&format!("/v1/messages/{id}")).await["subject"], "Hi");
    sandbox.stop().await;
}
