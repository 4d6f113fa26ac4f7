//! LMTP on a port of its own: who came in by it is told, and the settings that go with it.

use restante::config::Config;
use restante::server::Server;
use tokio::io::BufStream;
use tokio::net::TcpStream;

use crate::sandbox::{Client, Sandbox, config};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_lmtp_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let ports = folder.path().join("ports.json");
    let lmtp = Some("127.0.0.1:0".to_owned());
    let sandbox = Sandbox::with(Config { lmtp, ports_file: Some(ports.clone()), ..config() }).await;
    let address = sandbox.server.addresses.lmtp.as_ref().unwrap().tcp().unwrap();
    let ports: serde_json::Value = serde_json::from_slice(&std::fs::read(ports).unwrap()).unwrap();
    assert_eq!(ports["lmtp"], address.to_string());
    assert_eq!(sandbox.json("/v1/info").await["smtp"]["lmtp_address"], address.to_string());

    let mut client = Client { stream: BufStream::new(TcpStream::connect(address).await.unwrap()) };
    assert_eq!(client.reply().await, "220 localhost LMTP Restante\r\n");
    assert!(client.say("EHLO app.test").await.starts_with("500 "));
    assert!(client.say("LHLO app.test").await.starts_with("250-"));
    for command in ["MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>", "RCPT TO:<c@x.test>", "DATA"] {
        client.say(command).await;
    }
    let first = client.say("Subject: Hi\r\n\r\n.").await;
    let id = first.trim_end().strip_prefix("250 2.1.5 <b@x.test> Ok: queued as ").unwrap();
    let id = id.to_owned();
    assert_eq!(client.reply().await, format!("250 2.1.5 <c@x.test> Ok: queued as {id}\r\n"));
    client.say("QUIT").await;

    let message = sandbox.json(&format!("/v1/messages/{id}")).await;
    assert_eq!((&message["via"], &message["session"]["via"]), (&"lmtp".into(), &"lmtp".into()));
    assert_eq!(sandbox.json("/v1/messages?q=via:lmtp").await["total"], 1);
    assert_eq!(sandbox.json("/v1/messages").await["total"], 1, "one message for both");
    sandbox.stop().await;
}

/// RFC 2033, section 5.
#[tokio::test(flavor = "multi_thread")]
async fn lmtp_is_not_for_the_port_of_smtp() {
    for address in ["127.0.0.1:25", "localhost:25"] {
        let wrong = Config { lmtp: Some(address.to_owned()), ..config() };
        let error = Server::start(&wrong).await.map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), "--lmtp must not be on port 25, which is for SMTP");
    }
}
