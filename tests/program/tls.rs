//! TLS on the SMTP ports: the local CA, STARTTLS and implicit TLS, client certificates, and what a
//! failed handshake leaves for the developer to read.

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use restante::config::{ClientCert, Config, TlsConfig, TlsSource, TlsVersion};
use restante::server::Server;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use crate::sandbox::{Client, Events, Sandbox, config};

pub const BOTH: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];

fn auto(folder: &Path) -> TlsConfig {
    TlsConfig {
        tls: TlsSource::Auto,
        tls_dir: Some(folder.to_owned()),
        smtps: Some("127.0.0.1:0".into()),
        ..TlsConfig::default()
    }
}

fn with(tls: TlsConfig) -> Config {
    Config { tls, ..config() }
}

/// A client that trusts the CA of this folder.
pub fn trusting(folder: &Path, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(folder.join("ca.pem")).unwrap()).unwrap();
    ClientConfig::builder_with_protocol_versions(versions)
        .with_root_certificates(roots)
        .with_no_client_auth()
}

pub type Tls = Client<TlsStream<TcpStream>>;

pub async fn over(stream: TcpStream, config: ClientConfig, name: &str) -> std::io::Result<Tls> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    Ok(Client { stream: BufStream::new(stream) })
}

async fn smtps(sandbox: &Sandbox, config: ClientConfig) -> std::io::Result<Tls> {
    let stream =
        TcpStream::connect(sandbox.server.addresses.smtps.as_ref().unwrap().tcp().unwrap())
            .await
            .unwrap();
    over(stream, config, "localhost").await
}

async fn starttls(sandbox: &Sandbox, config: ClientConfig, name: &str) -> std::io::Result<Tls> {
    let mut client = sandbox.connect().await;
    assert!(client.say("EHLO plain.test").await.contains("250-STARTTLS\r\n"));
    assert!(client.say("STARTTLS").await.starts_with("220 2.0.0 "));
    over(client.stream.into_inner(), config, name).await
}

async fn closed(events: &mut Events) -> Value {
    events.until("session.closed").await["session"].clone()
}

async fn transcript(sandbox: &Sandbox, session: &Value) -> String {
    let id = session["id"].as_str().unwrap();
    sandbox.get(&format!("/v1/sessions/{id}/transcript")).await.text()
}

#[tokio::test(flavor = "multi_thread")]
async fn starttls_and_implicit_tls_bring_mail_and_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::with(with(auto(folder.path()))).await;
    let mut events = sandbox.events("").await;
    let mut client = starttls(&sandbox, trusting(folder.path(), BOTH), "localhost").await.unwrap();
    assert!(client.say("EHLO tls.test").await.contains("250-REQUIRETLS\r\n"));
    let id = client.send("Subject: secret\r\n\r\n").await;
    assert!(client.say("QUIT").await.starts_with("221 "));
    // The end is told as TLS wants it, so a reader does not suspect an attack.
    assert_eq!(client.stream.read(&mut [0; 8]).await.unwrap(), 0);
    let session = closed(&mut events).await;
    let expected = json!({
        "mode": "starttls", "version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384",
        "sni": "localhost", "client_certificate": null, "error": null,
    });
    assert_eq!((&session["tls"], &session["helo"]), (&expected, &json!("tls.test")));
    let text = transcript(&sandbox, &session).await;
    let begins = "C: STARTTLS\nS: 220 2.0.0 Begin TLS now\n\
                  *: TLS begins: TLSv1.3, TLS_AES_256_GCM_SHA384, for localhost\nC: EHLO tls.test";
    assert!(text.contains(begins), "{text}");
    let message = sandbox.json(&format!("/v1/messages/{id}")).await;
    assert_eq!(message["session"]["tls"]["version"], "TLSv1.3");

    let mut client = smtps(&sandbox, trusting(folder.path(), &[&TLS12])).await.unwrap();
    assert!(client.reply().await.starts_with("220 "));
    assert!(!client.say("EHLO tls.test").await.contains("STARTTLS"));
    client.send("Subject: secret too\r\n\r\n").await;
    client.say("QUIT").await;
    let session = closed(&mut events).await;
    assert_eq!(session["tls"]["mode"], "implicit");
    assert_eq!(session["tls"]["version"], "TLSv1.2");
    let cipher = session["tls"]["cipher"].as_str().unwrap();
    assert!(cipher.starts_with("TLS_ECDHE_ECDSA_WITH_"), "{cipher}");
    sandbox.stop().await;
}

/// All names of this machine, and those that were given; by address too.
#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_is_for_the_names_of_this_server() {
    let folder = tempfile::tempdir().unwrap();
    let hosts = vec!["mail.shop.example:8025".to_owned(), "192.0.2.7".to_owned()];
    let sandbox = Sandbox::with(Config { host: hosts, ..with(auto(folder.path())) }).await;
    let machine = gethostname::gethostname().into_string().unwrap();
    for name in ["localhost", "127.0.0.1", "::1", &machine, "mail.shop.example", "192.0.2.7"] {
        let mut client = starttls(&sandbox, trusting(folder.path(), BOTH), name).await.unwrap();
        assert!(client.say("NOOP").await.starts_with("250 "), "{name}");
    }
    let other = starttls(&sandbox, trusting(folder.path(), BOTH), "other.example").await;
    assert!(other.is_err());
    sandbox.stop().await;
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ca_stays_and_is_for_this_user_alone() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("new/tls");
    Sandbox::with(with(auto(&place))).await.stop().await;
    let (ca, leaf) = (read(&place.join("ca.pem")), read(&place.join("server.pem")));
    Sandbox::with(with(auto(&place))).await.stop().await;
    assert_eq!(
        (read(&place.join("ca.pem")), read(&place.join("server.pem"))),
        (ca.clone(), leaf.clone())
    );
    // A name more: a new certificate by the same CA, for it may speak for that name.
    let host = vec!["box.internal".to_owned()];
    Sandbox::with(Config { host, ..with(auto(&place)) }).await.stop().await;
    assert_eq!(read(&place.join("ca.pem")), ca);
    assert_ne!(read(&place.join("server.pem")), leaf);
    // A name of the internet: the CA was not made for it.
    let host = vec!["mail.shop.com".to_owned()];
    Sandbox::with(Config { host, ..with(auto(&place)) }).await.stop().await;
    assert_ne!(read(&place.join("ca.pem")), ca);
    // What cannot be read is made anew.
    for name in ["server.pem", "server-key.pem", "ca-key.pem", "ca.pem"] {
        std::fs::write(place.join(name), "rubbish").unwrap();
        let sandbox = Sandbox::with(with(auto(&place))).await;
        assert!(starttls(&sandbox, trusting(&place, BOTH), "localhost").await.is_ok(), "{name}");
        sandbox.stop().await;
    }
    #[cfg(unix)]
    for name in ["ca.pem", "ca-key.pem", "server.pem", "server-key.pem"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(place.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

/// Trust in the CA is no trust in names of the internet.
#[test]
fn the_ca_speaks_for_local_names_alone() {
    let folder = tempfile::tempdir().unwrap();
    let authority = restante::tls::Authority::open(folder.path(), &[]).unwrap();
    let key = KeyPair::from_pem(&read(&folder.path().join("ca-key.pem"))).unwrap();
    let issuer = Issuer::from_ca_cert_pem(&read(&authority.ca()), key).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority.ca()).unwrap()).unwrap();
    let verifier =
        tokio_rustls::rustls::client::WebPkiServerVerifier::builder(Arc::new(roots)).build();
    let verifier = verifier.unwrap();
    for (name, is_trusted) in
        [("app.test", true), ("10.1.2.3", true), ("www.bank.com", false), ("8.8.8.8", false)]
    {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let leaf = params.signed_by(&key, &issuer).unwrap();
        use tokio_rustls::rustls::client::danger::ServerCertVerifier;
        let verdict = verifier.verify_server_cert(
            leaf.der(),
            &[],
            &ServerName::try_from(name).unwrap(),
            &[],
            tokio_rustls::rustls::pki_types::UnixTime::since_unix_epoch(now),
        );
        assert_eq!(verdict.is_ok(), is_trusted, "{name}: {verdict:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_handshake_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let tls = TlsConfig { tls_min_version: TlsVersion::Tls13, ..auto(folder.path()) };
    let sandbox = Sandbox::with(with(tls)).await;
    let mut events = sandbox.events("").await;
    let failed = |session: Value, reason: &str| {
        assert_eq!(session["outcome"], "tls-failed", "{session}");
        let error = session["tls"]["error"].as_str().unwrap();
        assert!(error.contains(reason), "{error}");
    };
    // It trusts others.
    let stranger = ClientConfig::builder().with_root_certificates(RootCertStore::empty());
    assert!(smtps(&sandbox, stranger.with_no_client_auth()).await.is_err());
    failed(closed(&mut events).await, "does not trust our certificate: alert unknown_ca");
    // It knows only what is too old here.
    assert!(smtps(&sandbox, trusting(folder.path(), &[&TLS12])).await.is_err());
    failed(closed(&mut events).await, "no TLS version in common");
    // It speaks plain SMTP.
    let mut plain =
        TcpStream::connect(sandbox.server.addresses.smtps.as_ref().unwrap().tcp().unwrap())
            .await
            .unwrap();
    plain.write_all(b"EHLO plain.test\r\n").await.unwrap();
    let mut heard = String::new();
    plain.read_to_string(&mut heard).await.unwrap();
    assert!(heard.starts_with("421 4.7.0 TLS begins here"), "{heard}");
    let session = closed(&mut events).await;
    let text = transcript(&sandbox, &session).await;
    failed(session, "sent plain SMTP (\"EHLO plain.test\\x0d\") to the implicit-TLS port");
    assert!(text.starts_with("*: TLS failed: the client sent plain SMTP"), "{text}");
    // It goes on in plain text after STARTTLS.
    let mut client = sandbox.connect().await;
    client.say("STARTTLS").await;
    assert!(client.say("EHLO still.plain").await.starts_with("421 4.7.0 "));
    failed(closed(&mut events).await, "sent plain text after STARTTLS");
    // It looks at the certificate and goes.
    let client = smtps(&sandbox, trusting(folder.path(), BOTH)).await.unwrap();
    drop(client);
    let session = closed(&mut events).await;
    assert_eq!(session["outcome"], "closed");
    let text = transcript(&sandbox, &session).await;
    assert!(text.contains("hung up right after the TLS handshake"), "{text}");
    // Garbage.
    let mut plain =
        TcpStream::connect(sandbox.server.addresses.smtps.as_ref().unwrap().tcp().unwrap())
            .await
            .unwrap();
    plain.write_all(&[22, 3, 1, 0, 4, 9, 9, 9, 9, 9]).await.unwrap();
    failed(closed(&mut events).await, "does not speak TLS as it should");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mail_before_tls_if_it_is_required() {
    let folder = tempfile::tempdir().unwrap();
    let tls = TlsConfig { require_tls: true, ..auto(folder.path()) };
    let sandbox = Sandbox::with(with(tls)).await;
    let mut client = sandbox.connect().await;
    client.say("EHLO a.test").await;
    assert!(client.say("MAIL FROM:<a@x.test>").await.starts_with("530 5.7.0 "));
    let trusting = trusting(folder.path(), BOTH);
    let mut client = starttls(&sandbox, trusting.clone(), "localhost").await.unwrap();
    client.send("Subject: a\r\n\r\n").await;
    let mut client = smtps(&sandbox, trusting).await.unwrap();
    client.reply().await;
    client.send("Subject: b\r\n\r\n").await;
    sandbox.stop().await;
}

/// A CA of clients, and one client by it and one by nobody.
struct Clients {
    folder: tempfile::TempDir,
}

impl Clients {
    fn new() -> Clients {
        let folder = tempfile::tempdir().unwrap();
        let ca_key = KeyPair::generate().unwrap();
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let signed = ca.self_signed(&ca_key).unwrap();
        std::fs::write(folder.path().join("clients.pem"), signed.pem()).unwrap();
        let issuer = Issuer::new(ca, ca_key);
        for (name, is_known) in [("known", true), ("stranger", false)] {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new([format!("{name}.test")]).unwrap();
            params.distinguished_name = rcgen::DistinguishedName::new();
            params.distinguished_name.push(rcgen::DnType::CommonName, name);
            let made =
                if is_known { params.signed_by(&key, &issuer) } else { params.self_signed(&key) };
            std::fs::write(folder.path().join(name), made.unwrap().pem() + &key.serialize_pem())
                .unwrap();
        }
        Clients { folder }
    }

    fn ca(&self) -> std::path::PathBuf {
        self.folder.path().join("clients.pem")
    }

    fn config(&self, server: &Path, name: &str) -> ClientConfig {
        let path = self.folder.path().join(name);
        let chain = vec![CertificateDer::from_pem_file(&path).unwrap()];
        let key = PrivateKeyDer::from_pem_file(&path).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(server.join("ca.pem")).unwrap()).unwrap();
        ClientConfig::builder()
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)
            .unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn client_certificates_are_shown() {
    let (folder, clients) = (tempfile::tempdir().unwrap(), Clients::new());
    let place = folder.path();
    let ask = TlsConfig { tls_client_cert: ClientCert::Ask, ..auto(place) };
    let with_ca = TlsConfig { tls_client_ca: Some(clients.ca()), ..ask.clone() };
    for (tls, name, trusted) in [
        (ask.clone(), "known", json!(null)),
        (with_ca.clone(), "known", json!(true)),
        (with_ca.clone(), "stranger", json!(false)),
    ] {
        let sandbox = Sandbox::with(with(tls)).await;
        let mut events = sandbox.events("").await;
        let mut client = smtps(&sandbox, clients.config(place, name)).await.unwrap();
        client.reply().await;
        client.say("QUIT").await;
        let session = closed(&mut events).await;
        let shown = &session["tls"]["client_certificate"];
        assert_eq!(
            (&shown["subject"], &shown["trusted"]),
            (&json!(format!("CN={name}")), &trusted)
        );
        assert_eq!(shown["sha256"].as_str().unwrap().len(), 64);
        assert!(shown["not_after"].as_str().unwrap().ends_with('Z'), "{shown}");
        let text = transcript(&sandbox, &session).await;
        assert!(text.contains(&format!(", client certificate CN={name}\n")), "{text}");
        sandbox.stop().await;
    }
    // Asked for is not required.
    let sandbox = Sandbox::with(with(with_ca.clone())).await;
    assert!(smtps(&sandbox, trusting(place, BOTH)).await.is_ok());
    sandbox.stop().await;
    let require = TlsConfig { tls_client_cert: ClientCert::Require, ..with_ca };
    let sandbox = Sandbox::with(with(require)).await;
    let mut events = sandbox.events("").await;
    for (config, reason) in [
        (trusting(place, BOTH), "showed no certificate"),
        (clients.config(place, "stranger"), "the client's certificate was refused"),
    ] {
        // TLS 1.3 tells the client after its handshake is over.
        if let Ok(mut client) = smtps(&sandbox, config).await {
            assert!(client.stream.read_u8().await.is_err());
        }
        let error = closed(&mut events).await["tls"]["error"].as_str().unwrap().to_owned();
        assert!(error.contains(reason), "{error}");
    }
    assert!(smtps(&sandbox, clients.config(place, "known")).await.is_ok());
    sandbox.stop().await;
}

async fn refusal(tls: TlsConfig) -> String {
    match Server::start(&with(tls)).await {
        Ok(_) => panic!("it started"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_do_not_fit_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (none, on) = (TlsConfig::default(), auto(folder.path()));
    let text = folder.path().join("list.txt");
    std::fs::write(&text, "milk").unwrap();
    let made = restante::tls::Authority::open(folder.path(), &[]).unwrap();
    for (tls, expected) in [
        (
            TlsConfig { smtps: Some("127.0.0.1:0".into()), ..none.clone() },
            "--smtps needs --tls auto or --tls-cert".to_owned(),
        ),
        (
            TlsConfig { require_tls: true, ..none.clone() },
            "--require-tls needs --tls auto or --tls-cert".into(),
        ),
        (
            TlsConfig { tls_key: Some(text.clone()), ..on.clone() },
            "--tls-key needs --tls-cert".into(),
        ),
        (
            TlsConfig { tls_cert: Some(text.clone()), ..on.clone() },
            "--tls auto and --tls-cert exclude each other".into(),
        ),
        (
            TlsConfig { tls_client_cert: ClientCert::Require, ..on.clone() },
            "--tls-client-cert require needs --tls-client-ca".into(),
        ),
        (
            TlsConfig { tls_client_ca: Some(text.clone()), ..on.clone() },
            "--tls-client-ca needs --tls-client-cert ask or require".into(),
        ),
        (
            TlsConfig { tls_client_cert: ClientCert::Ask, ..none.clone() },
            "--tls-client-cert needs --tls auto or --tls-cert".into(),
        ),
        (
            TlsConfig {
                tls_client_cert: ClientCert::Ask,
                tls_client_ca: Some(text.clone()),
                ..on.clone()
            },
            format!(
                "--tls-client-ca {}: there is no certificate in PEM form in it",
                text.display()
            ),
        ),
        (
            TlsConfig { tls_cert: Some(text.clone()), ..none.clone() },
            format!("--tls-cert {}: there is no certificate in PEM form in it", text.display()),
        ),
        (
            TlsConfig { tls_cert: Some(made.ca()), ..none.clone() },
            format!("--tls-key {}: there is no private key in PEM form in it", made.ca().display()),
        ),
        (
            TlsConfig { tls_cert: Some(made.ca()), tls_key: Some(made.key()), ..none.clone() },
            format!("--tls-cert {}: its key is not the one that was given", made.ca().display()),
        ),
        (
            TlsConfig { tls_dir: Some(text.clone()), ..on.clone() },
            format!("--tls auto: {}: File exists (os error 17)", text.display()),
        ),
    ] {
        assert_eq!(refusal(tls).await, expected);
    }
    // Files of one's own.
    let own = TlsConfig { tls_cert: Some(made.certificate()), tls_key: Some(made.key()), ..none };
    let sandbox = Sandbox::with(with(own)).await;
    assert!(starttls(&sandbox, trusting(folder.path(), BOTH), "localhost").await.is_ok());
    sandbox.stop().await;
}
