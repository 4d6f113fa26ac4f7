//! lettre, the mail crate of Rust, sends to a server in this process and gets back what it sent,
//! byte for byte. The clients of other languages are in `tests/clients/`.

#![allow(clippy::unwrap_used)]

use lettre::address::Envelope;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport};
use restante::config::{AuthConfig, Config, TlsConfig, TlsSource};
use restante::server::Server;
use serde_json::Value;

const FILE: &[u8] = b"%PDF-1.7\n\x00\xff\r\n.\r\nend";
const PASSWORD: &str = "correct horse battery staple";

async fn start() -> Server {
    let free = || "localhost:0".to_owned();
    Server::start(&Config { smtp: free(), http: free(), ..Config::defaults() }).await.unwrap()
}

fn transport(server: &Server, user: Option<&str>) -> SmtpTransport {
    let builder = SmtpTransport::builder_dangerous("localhost")
        .port(server.addresses.smtp.tcp().unwrap().port());
    match user {
        Some(user) => builder.credentials(Credentials::new(user.into(), PASSWORD.into())).build(),
        None => builder.build(),
    }
}

fn mail(subject: &str) -> Message {
    let picture = Attachment::new_inline("dot".into())
        .body(vec![0x89, b'P', b'N', b'G'], ContentType::parse("image/png").unwrap());
    let file = Attachment::new("invoice.pdf".into())
        .body(FILE.to_vec(), ContentType::parse("application/pdf").unwrap());
    let html = MultiPart::related()
        .singlepart(SinglePart::html("<p>Grüße <img src=\"cid:dot\"></p>".to_owned()))
        .singlepart(picture);
    let text = SinglePart::plain("Grüße\r\n.\r\n..und Punkte\r\n".to_owned());
    Message::builder()
        .from("Jörg <app@example.com>".parse().unwrap())
        .to("ann@example.com".parse().unwrap())
        .subject(subject)
        .multipart(
            MultiPart::mixed()
                .multipart(MultiPart::alternative().singlepart(text).multipart(html))
                .singlepart(file),
        )
        .unwrap()
}

/// lettre puts a line end of its own before the last dot.
fn as_sent(mail: &[u8]) -> Vec<u8> {
    [mail, b"\r\n"].concat()
}

/// Sends over a blocking transport and tells the id of the last reply.
async fn send(transport: &SmtpTransport, mail: &Message) -> String {
    send_raw(transport, mail.envelope(), mail.formatted()).await
}

async fn send_raw(transport: &SmtpTransport, envelope: &Envelope, raw: Vec<u8>) -> String {
    let (transport, envelope) = (transport.clone(), envelope.clone());
    let sent = tokio::task::spawn_blocking(move || transport.send_raw(&envelope, &raw));
    let reply = sent.await.unwrap().unwrap();
    let text: Vec<&str> = reply.message().collect();
    text.join(" ").strip_prefix("2.0.0 Ok: queued as ").unwrap().to_owned()
}

async fn get(server: &Server, path: &str) -> Vec<u8> {
    let url = format!("http://localhost:{}{path}", server.addresses.http.tcp().unwrap().port());
    let read = move || ureq::get(url).call().unwrap().body_mut().read_to_vec().unwrap();
    tokio::task::spawn_blocking(read).await.unwrap()
}

async fn raw(server: &Server, id: &str) -> Vec<u8> {
    get(server, &format!("/v1/messages/{id}/raw")).await
}

async fn message(server: &Server, id: &str) -> Value {
    serde_json::from_slice(&get(server, &format!("/v1/messages/{id}")).await).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_of_many_parts_is_kept_as_sent() {
    let server = start().await;
    let mail = mail("Rechnung für März");
    let id = send(&transport(&server, None), &mail).await;
    assert_eq!(raw(&server, &id).await, as_sent(&mail.formatted()));
    let shown = message(&server, &id).await;
    assert_eq!(shown["subject"], "Rechnung für März");
    assert_eq!(shown["text"], "Grüße\n.\n..und Punkte");
    assert_eq!(shown["envelope"]["to"][0], "ann@example.com");
    assert_eq!(shown["defects"], serde_json::json!([]));
    let attached = shown["attachments"].as_array().unwrap();
    let file = attached.iter().find(|a| a["filename"] == "invoice.pdf").unwrap();
    let path = format!("/v1/messages/{id}/parts/{}", file["path"].as_str().unwrap());
    assert_eq!(get(&server, &path).await, FILE);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dots_at_the_start_of_lines_come_through() {
    let server = start().await;
    let dots = b"Subject: Dots\r\n\r\n.\r\n..\r\n.first\r\nnot .this\r\n.\r\n\r\nlast".to_vec();
    let id = send_raw(&transport(&server, None), mail("Dots").envelope(), dots.clone()).await;
    assert_eq!(raw(&server, &id).await, as_sent(&dots));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_names_the_inbox_and_hides_the_password() {
    let server = start().await;
    let id = send(&transport(&server, Some("shop")), &mail("Hello")).await;
    let shown = message(&server, &id).await;
    assert_eq!(shown["inbox"], "shop");
    let path = format!("/v1/sessions/{}/transcript", shown["session_id"].as_str().unwrap());
    let dialogue = String::from_utf8(get(&server, &path).await).unwrap();
    assert!(dialogue.contains("C: AUTH PLAIN ********"), "{dialogue}");
    assert!(!dialogue.contains(PASSWORD));
    server.stop().await;
}

const KNOWN: &[(Mechanism, &str)] =
    &[(Mechanism::Plain, "PLAIN"), (Mechanism::Login, "LOGIN"), (Mechanism::Xoauth2, "XOAUTH2")];

async fn start_with_tls_and_users(folder: &std::path::Path) -> Server {
    let users = folder.join("users");
    std::fs::write(&users, format!("shop:{PASSWORD}\n")).unwrap();
    let free = || "localhost:0".to_owned();
    let tls = TlsConfig {
        tls: TlsSource::Auto,
        tls_dir: Some(folder.to_owned()),
        smtps: Some(free()),
        ..TlsConfig::default()
    };
    let auth = AuthConfig { smtp_users: Some(users), ..AuthConfig::default() };
    let config = Config { smtp: free(), http: free(), tls, auth, ..Config::defaults() };
    Server::start(&config).await.unwrap()
}

/// One cell of the matrix in docs/clients.md.
fn client(server: &Server, ca: &[u8], security: &str, login: Option<Mechanism>) -> SmtpTransport {
    let trust = TlsParameters::builder("localhost".into())
        .certificate_store(CertificateStore::None)
        .add_root_certificate(Certificate::from_pem(ca).unwrap())
        .build_rustls()
        .unwrap();
    let (address, tls) = match security {
        "plain" => (&server.addresses.smtp, Tls::None),
        "starttls" => (&server.addresses.smtp, Tls::Required(trust)),
        _ => (server.addresses.smtps.as_ref().unwrap(), Tls::Wrapper(trust)),
    };
    let builder =
        SmtpTransport::builder_dangerous("localhost").port(address.tcp().unwrap().port()).tls(tls);
    match login {
        Some(mechanism) => builder
            .credentials(Credentials::new("shop".into(), PASSWORD.into()))
            .authentication(vec![mechanism])
            .build(),
        None => builder.build(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mechanism_over_every_kind_of_connection() {
    let folder = tempfile::tempdir().unwrap();
    let server = start_with_tls_and_users(folder.path()).await;
    let ca = std::fs::read(folder.path().join("ca.pem")).unwrap();
    let text = "Subject: Dots\r\n\r\n.\r\n..und Grüße\r\nlast".as_bytes();
    for security in ["plain", "starttls", "implicit"] {
        for login in std::iter::once(None).chain(KNOWN.iter().map(Some)) {
            let transport = client(&server, &ca, security, login.map(|known| known.0));
            let id = send_raw(&transport, mail("").envelope(), text.to_vec()).await;
            drop(transport);
            assert_eq!(raw(&server, &id).await, as_sent(text));
            let shown = message(&server, &id).await;
            assert_eq!(shown["envelope"]["params"]["from"][0]["value"], "8BITMIME");
            let session = &shown["session"];
            let name = login.map(|known| known.1);
            assert_eq!(session["auth"].as_str(), name, "{security}");
            assert_eq!(session["user"].as_str(), name.map(|_| "shop"));
            let mode = Some(security).filter(|it| *it != "plain");
            assert_eq!(session["tls"]["mode"].as_str(), mode, "{name:?}");
            assert_eq!(session["tls"]["version"].as_str(), mode.map(|_| "TLSv1.3"));
            let path = format!("/v1/messages/{id}/transcript");
            let dialogue = String::from_utf8(get(&server, &path).await).unwrap();
            assert!(!dialogue.contains(PASSWORD));
        }
    }
    server.stop().await;
}

#[test]
fn the_docs_know_what_lettre_knows() {
    let row =
        include_str!("../docs/clients.md").lines().find(|line| line.starts_with("| lettre |"));
    let cells: Vec<&str> = row.unwrap().split('|').map(str::trim).collect();
    let named = ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER", "SCRAM-SHA-256"];
    for (name, cell) in named.iter().zip(&cells[3..]) {
        let known = KNOWN.iter().any(|(_, it)| it == name);
        assert_eq!(*cell, if known { "all" } else { "–" }, "{name}");
    }
}
