//! AUTH against users of a file, with real hashes, on threads that may block, and bound to TLS.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use restante::config::{AuthConfig, Config, TlsConfig, TlsSource};
use restante::server::{Server, user_line};
use ring::{digest, hmac, pbkdf2};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use crate::sandbox::{Client, Sandbox, config};
use tokio::net::TcpStream;

fn plain(user: &str, secret: &str) -> String {
    format!("AUTH PLAIN {}", STANDARD.encode(format!("\0{user}\0{secret}")))
}

fn with_users(folder: &std::path::Path, lines: &[String]) -> Config {
    let path = folder.join("users");
    std::fs::write(&path, lines.join("\n")).unwrap();
    let auth = AuthConfig { smtp_users: Some(path), ..AuthConfig::default() };
    Config { auth, ..config() }
}

/// Many logins at once against a hash that is slow to check: all are answered, and others are
/// served meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn hashes_are_checked_while_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let hash = user_line("ann", "correct horse", false).unwrap();
    let sandbox = Sandbox::with(with_users(folder.path(), &[hash])).await;
    let mut logins = tokio::task::JoinSet::new();
    for n in 0..12 {
        let mut client = sandbox.connect().await;
        logins.spawn(async move {
            let secret = if n % 2 == 0 { "correct horse" } else { "battery staple" };
            client.say(&plain("ann", secret)).await
        });
    }
    let mut other = sandbox.connect().await;
    other.send("Subject: meanwhile\r\n\r\n").await;
    let answers: Vec<String> = logins.join_all().await;
    let count = |code| answers.iter().filter(|answer| answer.starts_with(code)).count();
    assert_eq!((count("235 2.7.0 "), count("535 5.7.8 ")), (6, 6), "{answers:?}");
    let offered = other.say("EHLO x").await;
    assert!(offered.contains("AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER\r\n"), "{offered}");
    sandbox.stop().await;
}

async fn secure(
    sandbox: &Sandbox,
    folder: &std::path::Path,
    version: &'static SupportedProtocolVersion,
) -> Client<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(folder.join("tls/ca.pem")).unwrap()).unwrap();
    let config = ClientConfig::builder_with_protocol_versions(&[version])
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream =
        TcpStream::connect(sandbox.server.addresses.smtps.as_ref().unwrap().tcp().unwrap())
            .await
            .unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream =
        TlsConnector::from(std::sync::Arc::new(config)).connect(name, stream).await.unwrap();
    let mut client = Client { stream: tokio::io::BufStream::new(stream) };
    client.reply().await;
    client
}

fn sign(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}

/// A whole SCRAM exchange, as RFC 5802 has it for the client; the server's proof is checked too.
async fn scram<S>(client: &mut Client<S>, plus: Option<(&str, &[u8])>, password: &str) -> String
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let (name, gs2, data) = match plus {
        Some((kind, data)) => ("SCRAM-SHA-256-PLUS", format!("p={kind},,"), data),
        None => ("SCRAM-SHA-256", "n,,".to_owned(), &[][..]),
    };
    let bare = "n=ann,r=client";
    let first = STANDARD.encode(format!("{gs2}{bare}"));
    let reply = client.say(&format!("AUTH {name} {first}")).await;
    let Some(said) = reply.strip_prefix("334 ") else { return reply };
    let said = String::from_utf8(STANDARD.decode(said.trim_end()).unwrap()).unwrap();
    let fields: Vec<&str> = said.split(',').map(|field| &field[2..]).collect();
    let salt = STANDARD.decode(fields[1]).unwrap();
    let rounds = fields[2].parse::<std::num::NonZeroU32>().unwrap();
    let mut salted = [0; 32];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &salt, password.as_bytes(), &mut salted);
    let key = sign(&salted, b"Client Key");
    let channel = STANDARD.encode([gs2.as_bytes(), data].concat());
    let without = format!("c={channel},r={}", fields[0]);
    let all = format!("{bare},{said},{without}");
    let signature = sign(digest::digest(&digest::SHA256, &key).as_ref(), all.as_bytes());
    let proof: Vec<u8> = key.iter().zip(signature).map(|(a, b)| a ^ b).collect();
    let last = STANDARD.encode(format!("{without},p={}", STANDARD.encode(proof)));
    let reply = client.say(&last).await;
    let Some(proved) = reply.strip_prefix("334 ") else { return reply };
    let server = sign(&sign(&salted, b"Server Key"), all.as_bytes());
    let expected = STANDARD.encode(format!("v={}", STANDARD.encode(server)));
    assert_eq!(proved.trim_end(), expected);
    client.say("").await
}

#[tokio::test(flavor = "multi_thread")]
async fn scram_is_bound_to_the_tls_connection() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let tls = TlsConfig {
        tls: TlsSource::Auto,
        tls_dir: Some(place.join("tls")),
        smtps: Some("127.0.0.1:0".into()),
        ..TlsConfig::default()
    };
    for line in ["ann:pencil".to_owned(), user_line("ann", "pencil", true).unwrap()] {
        let sandbox =
            Sandbox::with(Config { tls: tls.clone(), ..with_users(place, &[line]) }).await;
        let certificate = CertificateDer::from_pem_file(place.join("tls/server.pem")).unwrap();
        let end_point = digest::digest(&digest::SHA256, &certificate);
        for version in [&TLS13, &TLS12] {
            for password in ["pencil", "pencils"] {
                let code = if password == "pencil" { "235 2.7.0 " } else { "535 5.7.8 " };
                let mut client = secure(&sandbox, place, version).await;
                assert!(
                    client.say("EHLO x").await.contains("AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 ")
                );
                let bound = Some(("tls-server-end-point", end_point.as_ref()));
                let reply = scram(&mut client, bound, password).await;
                assert!(reply.starts_with(code), "{reply}");
                let mut client = secure(&sandbox, place, version).await;
                let reply = scram(&mut client, None, password).await;
                assert!(reply.starts_with(code), "{reply}");
                let mut client = secure(&sandbox, place, version).await;
                let (_, connection) = client.stream.get_ref().get_ref();
                let label = b"EXPORTER-Channel-Binding";
                let exporter =
                    connection.export_keying_material([0; 32], label, Some(b"")).unwrap();
                let reply = scram(&mut client, Some(("tls-exporter", &exporter)), password).await;
                let code = if version == &TLS13 { code } else { "535 5.7.8 " };
                assert!(reply.starts_with(code), "{reply}");
            }
        }
        // Of another connection.
        let mut client = secure(&sandbox, place, &TLS13).await;
        let reply = scram(&mut client, Some(("tls-exporter", &[7; 32])), "pencil").await;
        assert!(
            reply.starts_with("535 5.7.8 The channel binding is not of this connection"),
            "{reply}"
        );
        sandbox.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_users_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = async |config: Config| match Server::start(&config).await {
        Ok(_) => panic!("it started"),
        Err(error) => error.to_string(),
    };
    let path = folder.path().join("users").display().to_string();
    let missing = with_users(folder.path(), &[]);
    std::fs::remove_file(&path).unwrap();
    let said = refusal(missing).await;
    assert!(said.starts_with(&format!("--smtp-users {path}: No such file")), "{said}");
    let twice = with_users(folder.path(), &["a:b".into(), "a:c".into()]);
    let expected = format!("--smtp-users {path}: line 2: the user a stands here again");
    assert_eq!(refusal(twice).await, expected);
    let auth = AuthConfig { auth_needs_tls: true, ..AuthConfig::default() };
    let said = refusal(Config { auth, ..config() }).await;
    assert_eq!(said, "--auth-needs-tls needs --tls auto or --tls-cert");
}
