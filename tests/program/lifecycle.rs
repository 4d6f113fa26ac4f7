//! Starting, failing to start, and stopping.

use std::time::Duration;

use restante::config::{Config, SmtpBounds};
use restante::server::Server;
use tokio::net::TcpListener;

use crate::sandbox::{DEADLINE, Sandbox, config, kept};

fn bounds() -> SmtpBounds {
    Config::defaults().bounds
}

async fn refusal(config: Config) -> String {
    match Server::start(&config).await {
        Ok(_) => panic!("it started"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_named_and_nothing_is_left() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let with_store = kept(|keeping| keeping.store = Some(folder.path().join("mail.db")));
    for (setting, config) in [
        ("--smtp", Config { smtp: address.clone(), ..with_store.clone() }),
        ("--http", Config { http: address.clone(), ..with_store.clone() }),
    ] {
        let message = refusal(config).await;
        assert!(
            message.starts_with(&format!("{setting} {address}: this port is taken")),
            "{message}"
        );
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("list.txt");
    std::fs::write(&text, "milk and bread\n".repeat(50)).unwrap();
    for (path, reason) in [
        (text.clone(), "this file is not a Restante store"),
        (folder.path().to_owned(), "this is a folder"),
        (folder.path().join("no/such/mail.db"), "No such file"),
    ] {
        let message = refusal(kept(|keeping| keeping.store = Some(path.clone()))).await;
        assert!(message.starts_with(&format!("--store {}: {reason}", path.display())), "{message}");
    }
    let left: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["list.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_serves_one_server_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let config = kept(|keeping| keeping.store = Some(folder.path().join("mail.db")));
    let first = Sandbox::with(config.clone()).await;
    let message = refusal(config.clone()).await;
    assert!(message.ends_with("another process is using it"), "{message}");
    first.send("Subject: still works\r\n\r\n").await;
    first.stop().await;
    Sandbox::with(config).await.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_out_of_range_are_named() {
    let small = kept(|keeping| keeping.max_store_size = bytesize::ByteSize::kib(1));
    assert!(refusal(small).await.starts_with("--max-store-size "));
    let small = Config { max_message_size: bytesize::ByteSize::b(10), ..config() };
    assert!(refusal(small).await.starts_with("--max-message-size "));
    for (setting, bounds) in [
        ("--max-recipients must be at least 1", SmtpBounds { max_recipients: 0, ..bounds() }),
        ("--max-command-line must be at least 64", SmtpBounds { max_command_line: 63, ..bounds() }),
        (
            "--data-timeout must be more",
            SmtpBounds { data_timeout: jiff::SignedDuration::ZERO, ..bounds() },
        ),
    ] {
        let message = refusal(Config { bounds, ..config() }).await;
        assert!(message.starts_with(setting), "{message}");
    }
    let wrong = Config { smtp_without: vec!["dsn".into(), "dns".into()], ..config() };
    let message = refusal(wrong).await;
    assert!(message.starts_with("--smtp-without dns: no such extension; there are PIPELINING, "));
    let wrong = Config { smtp: "nonsense".into(), ..config() };
    assert!(refusal(wrong).await.starts_with("--smtp nonsense: "));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ports_file_is_there_while_the_server_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ports.json");
    let sandbox = Sandbox::with(Config { ports_file: Some(path.clone()), ..config() }).await;
    let text = std::fs::read_to_string(&path).unwrap();
    let expected = format!("{{\"smtp\":\"{}\",\"http\":\"{}\"}}\n", sandbox.smtp, sandbox.http);
    assert_eq!(text, expected);
    sandbox.stop().await;
    assert!(!path.exists());
    let nowhere = Config { ports_file: Some(folder.path().join("no/ports.json")), ..config() };
    assert!(refusal(nowhere).await.starts_with("--ports-file "));
}

#[tokio::test(flavor = "multi_thread")]
async fn localhost_is_both_loopback_addresses() {
    let sandbox = Sandbox::with(Config { smtp: "localhost:0".into(), ..config() }).await;
    let v4 = sandbox.connect().await;
    drop(v4);
    if TcpListener::bind("[::1]:0").await.is_ok() {
        tokio::net::TcpStream::connect(("::1", sandbox.smtp.port())).await.unwrap();
    }
    sandbox.stop().await;
}

/// A message under way at the stop is taken, kept and answered; idle clients are told to go.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_the_message_under_way_finish() {
    let folder = tempfile::tempdir().unwrap();
    let config = kept(|keeping| keeping.store = Some(folder.path().join("mail.db")));
    let sandbox = Sandbox::with(config.clone()).await;
    let mut events = sandbox.events("").await;
    let mut idle = sandbox.connect().await;
    let mut busy = sandbox.connect().await;
    busy.say("EHLO busy.test").await;
    for command in ["MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>", "DATA"] {
        busy.say(command).await;
    }
    busy.write(b"Subject: half\r\n").await;
    let smtp = sandbox.smtp;
    let stopping = tokio::spawn(sandbox.stop());
    assert!(idle.reply().await.starts_with("421 4.3.2 "));
    assert_eq!(events.close_code().await, 1001);
    assert!(tokio::net::TcpStream::connect(smtp).await.is_err(), "it accepts no more");
    let kept = busy.say("\r\nand whole\r\n.").await;
    assert!(kept.starts_with("250 2.0.0 Ok: queued as "), "{kept}");
    assert!(busy.reply().await.starts_with("421 4.3.2 "));
    tokio::time::timeout(DEADLINE, stopping).await.unwrap().unwrap();
    let sandbox = Sandbox::with(config).await;
    assert_eq!(sandbox.json("/v1/messages/latest").await["subject"], "half");
    sandbox.stop().await;
}

/// A client that never finishes its message does not hold up the stop for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_is_bounded() {
    let office = restante::smtp::Times { drain: Duration::from_millis(50), ..Default::default() };
    let limits = restante::smtp::Limits { times: office, ..Default::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let serving = tokio::spawn(restante::smtp::serve(
        listener,
        std::sync::Arc::default(),
        restante::smtp::Door::default(),
        limits,
        Forgetful,
        stopping,
    ));
    let mut stuck = tokio::net::TcpStream::connect(address).await.unwrap();
    let commands =
        b"HELO x\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\nSubject: never ends";
    tokio::io::AsyncWriteExt::write_all(&mut stuck, commands).await.unwrap();
    let mut answer = [0; 512];
    let mut heard = String::new();
    while !heard.contains("354 ") {
        let n = tokio::io::AsyncReadExt::read(&mut stuck, &mut answer).await.unwrap();
        heard += &String::from_utf8_lossy(&answer[..n]);
    }
    stop.send_replace(true);
    tokio::time::timeout(DEADLINE, serving).await.unwrap().unwrap();
}

/// A post office that keeps nothing.
#[derive(Clone)]
struct Forgetful;

impl restante::smtp::PostOffice for Forgetful {
    type Counter = Forgetful;
    async fn open(&self, _: restante::smtp::Visit) -> Forgetful {
        Forgetful
    }
}

impl restante::smtp::Counter for Forgetful {
    async fn record(&mut self, _: &restante::smtp::Info, _: Vec<restante::smtp::Entry>) {}
    async fn deliver(
        &mut self,
        _: &restante::smtp::Info,
        _: restante::smtp::Delivery,
        _: Vec<restante::smtp::Entry>,
    ) -> Result<String, restante::smtp::DeliveryError> {
        Ok("x".into())
    }
    async fn close(self, _: &restante::smtp::Info, _: Vec<restante::smtp::Entry>) {}
}
