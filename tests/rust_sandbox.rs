//! `restante::sandbox` as a test of an app would use it: under any runtime or none, in the process
//! or against a server elsewhere.

#![allow(clippy::unwrap_used)]

use std::net::TcpStream;
use std::process::Command;

use lettre::transport::smtp::authentication::Credentials;
use lettre::{Message, SmtpTransport, Transport};
use restante::sandbox::{Error, Inbox, Mailbox, Sandbox, any, from, query, secs, subject, to};

/// What an app would do.
fn send(smtp_url: &str, to: &str, subject: &str, body: &str) {
    let mail = Message::builder()
        .from("App <app@shop.test>".parse().unwrap())
        .to(to.parse().unwrap())
        .subject(subject)
        .body(body.to_owned())
        .unwrap();
    transport(smtp_url).send(&mail).unwrap();
}

fn transport(url: &str) -> SmtpTransport {
    let place = url.strip_prefix("smtp://").unwrap();
    let (who, at) = place.rsplit_once('@').unwrap_or((":", place));
    let ((user, password), (host, port)) =
        (who.split_once(':').unwrap(), at.rsplit_once(':').unwrap());
    let transport = SmtpTransport::builder_dangerous(host).port(port.parse().unwrap());
    match user {
        "" => transport.build(),
        _ => transport.credentials(Credentials::new(user.into(), password.into())).build(),
    }
}

const RESET: &str = "Your code is 482913.\nWe are 77120553 by now.\nOr: https://shop.test/reset/7f3a91?a=1&b=2\n\
                     Help: https://shop.test/help\n";

/// The same for a sandbox in the process, an inbox of it, and a server elsewhere.
async fn a_reset_works(mail: &impl Mailbox) -> Result<(), Error> {
    let (smtp, cursor) = (mail.smtp_url(), mail.cursor().await?);
    let expected = mail.expect(to("x@example.test").subject("reset"));
    let sender = std::thread::spawn(move || send(&smtp, "x@example.test", "Reset it", RESET));
    let m = expected.since(cursor).exactly(1).within(secs(20)).await?;
    sender.join().unwrap();
    assert_eq!(m.code(6)?, "482913");
    assert_eq!(m.code(r"code is (\d+)")?, "482913");
    // Nothing says that it is a code, but who asks for eight digits means it.
    assert_eq!(m.code(8)?, "77120553");
    assert_eq!(m.link("/reset/")?, "https://shop.test/reset/7f3a91?a=1&b=2");
    assert_eq!((m.subject(), m.matched()), ("Reset it", 1));
    assert_eq!(m.recipients(), ["x@example.test"]);
    assert_eq!(m.header("FROM"), Some("App <app@shop.test>"));
    assert!(m.text().starts_with("Your code") && m.html().is_empty());
    assert!(m.url().starts_with(mail.url()), "{}", m.url());
    let lacks = m.code(4).unwrap_err().to_string();
    assert!(lacks.contains("no code of 4 digits in \"Reset it\""), "{lacks}");
    let lacks = m.link("^ftp:").unwrap_err().to_string();
    assert!(lacks.contains("https://shop.test/help"), "{lacks}");
    mail.expect(from("app@shop.test").text("code").query("subject:reset")).first().await?;
    mail.expect(subject("invoice")).none(secs(0)).await
}

struct App;

impl App {
    fn forgot_password(&self, smtp_url: &str, to: &str) {
        send(smtp_url, to, "Password reset", RESET);
    }
}

/// The example of README: its lines are these, or `readme_says_what_is_tested` fails.
#[tokio::test]
async fn readme_s_example() -> Result<(), Error> {
    let app = App;
    let mail = Sandbox::start().await?;
    app.forgot_password(&mail.smtp_url(), "x@example.test");
    let m = mail.expect(to("x@example.test").subject("reset")).exactly(1).within(secs(20)).await?;
    let (code, link) = (m.code(6)?, m.link(r"/reset/")?);
    assert_eq!(
        (code.as_str(), link.as_str()),
        ("482913", "https://shop.test/reset/7f3a91?a=1&b=2")
    );
    Ok(())
}

#[test]
fn readme_says_what_is_tested() {
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let readme = include_str!("../README.md");
    let example = readme.split("```rust\n").nth(1).unwrap().split("```").next().unwrap();
    let (import, lines) = example.split_once("\n\n").unwrap();
    assert_eq!(import, "use restante::sandbox::{Mailbox, Sandbox, secs, to};");
    assert!(bare(include_str!("rust_sandbox.rs")).contains(&bare(lines)), "{lines}");
}

#[tokio::test]
async fn under_a_runtime_with_one_thread() {
    a_reset_works(&Sandbox::start().await.unwrap()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn in_an_inbox_and_elsewhere() {
    let here = Sandbox::start().await.unwrap();
    let elsewhere = Sandbox::connect(here.url()).await.unwrap();
    a_reset_works(&elsewhere.inbox().await.unwrap()).await.unwrap();
    a_reset_works(&elsewhere).await.unwrap();
    assert_eq!(here.smtp_url(), elsewhere.smtp_url());
}

/// What a failing test prints.
#[test]
fn errors_are_the_failure_text() {
    let mail = Sandbox::start().wait().unwrap();
    send(&mail.smtp_url(), "x@exx.test", "Your invoice", "");
    let wanted = to("x@example.test").subject("reset");
    let error = mail.expect(wanted).within(secs(0)).wait().unwrap_err();
    let text = format!("{error:?}");
    for part in ["x@example.test", "reset", "x@exx.test", "Your invoice"] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    assert!(error.is_unmet() && error.problem().is_some_and(|p| p["status"] == 417), "{error}");
    send(&mail.smtp_url(), "x@exx.test", "Your invoice", "");
    let twice = mail.expect(query("invoice")).exactly(1).within(secs(0)).wait();
    assert!(twice.unwrap_err().is_unmet());
    let wrong = mail.expect(query("a(")).wait().unwrap_err();
    assert!(!wrong.is_unmet(), "{wrong}");
}

#[test]
fn tests_with_an_inbox_each_do_not_meet() {
    let mail = Sandbox::start().wait().unwrap();
    let inboxes: Vec<Inbox> = (0..20).map(|_| mail.inbox().wait().unwrap()).collect();
    std::thread::scope(|scope| {
        for (n, inbox) in inboxes.iter().enumerate() {
            scope.spawn(move || {
                send(&inbox.smtp_url(), "x@example.test", &format!("signed in {n}"), "");
                send(&inbox.sandbox().smtp_url(), inbox.address(), &format!("to {n}"), "");
                inbox.expect(any()).exactly(2).wait().unwrap();
                inbox.expect(subject(format!("={n}"))).none(secs(0)).wait().unwrap();
                inbox.expect(subject(format!("=to {n}"))).exactly(1).wait().unwrap();
            });
        }
    });
}

#[test]
fn a_sandbox_goes_with_what_was_made_of_it() {
    let mail = Sandbox::start().wait().unwrap();
    let address = (mail.smtp_host().to_owned(), mail.smtp_port());
    let inbox = mail.inbox().wait().unwrap();
    drop(mail);
    assert!(TcpStream::connect(&address).is_ok());
    drop(inbox);
    assert!(TcpStream::connect(&address).is_err());
    let gone = Sandbox::connect("http://127.0.0.1:1").wait().err().unwrap();
    assert!(gone.to_string().starts_with("no server at http://127.0.0.1:1"), "{gone}");
}

/// Runs itself with the variable set, as `restante run -- cargo test` does.
#[test]
fn from_env_follows_the_variable() {
    let told = std::env::var("RESTANTE_URL").ok();
    let mail = Sandbox::from_env().wait().unwrap();
    if let Some(url) = told {
        assert_eq!(mail.url(), url);
        return;
    }
    let own = std::env::current_exe().unwrap();
    let child = Command::new(own)
        .args(["--exact", "from_env_follows_the_variable"])
        .envs(mail.env())
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
}
