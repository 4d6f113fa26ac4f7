//! An inbox of a test's own.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Error, Mailbox, Sandbox};

/// Long enough for a test; a server that runs on then forgets it.
const LIFETIME: &str = "1h";

/// An inbox that nobody else has ([`Sandbox::inbox`]): tests on one server that each have one never
/// see each other's mail.
///
/// ```
/// use restante::sandbox::{Mailbox, Sandbox, subject};
/// # use lettre::{Message, SmtpTransport, Transport};
/// # use lettre::transport::smtp::authentication::Credentials;
/// # fn sign_up(mail: &Sandbox, user: &str, login: Option<(&str, &str)>) {
/// #     let smtp = SmtpTransport::builder_dangerous(mail.smtp_host()).port(mail.smtp_port());
/// #     let smtp = match login {
/// #         Some((user, secret)) => smtp.credentials(Credentials::new(user.into(), secret.into())),
/// #         None => smtp,
/// #     };
/// #     let letter = Message::builder()
/// #         .from("app@shop.test".parse().unwrap())
/// #         .to(user.parse().unwrap())
/// #         .subject("Welcome")
/// #         .body(String::new())
/// #         .unwrap();
/// #     smtp.build().send(&letter).unwrap();
/// # }
///
/// # fn main() -> Result<(), restante::sandbox::Error> {
/// let mail = Sandbox::start().wait()?;
/// let (ann, bob) = (mail.inbox().wait()?, mail.inbox().wait()?);
/// sign_up(&mail, ann.address(), None); // by its address …
/// let login = (bob.username(), bob.password()); // … or by its credentials
/// sign_up(&mail, "x@example.test", Some(login));
/// ann.expect(subject("Welcome")).exactly(1).wait()?;
/// bob.expect(subject("Welcome")).exactly(1).wait()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Inbox {
    sandbox: Sandbox,
    made: Value,
}

impl Inbox {
    pub(super) fn make(sandbox: Sandbox) -> Result<Inbox, Error> {
        let wish = json!({ "lifetime": LIFETIME });
        let made = sandbox.client.post("/v1/inboxes", &wish, Duration::ZERO)?;
        Ok(Inbox { sandbox, made })
    }

    /// Mail to this address comes here.
    pub fn address(&self) -> &str {
        self.told("address")
    }

    /// A sender that signs in by this name with this password sends here, whatever the address.
    pub fn username(&self) -> &str {
        self.told("username")
    }

    pub fn password(&self) -> &str {
        self.told("password")
    }

    /// Its page in the inspector.
    pub fn page(&self) -> &str {
        self.told("url")
    }

    fn told(&self, name: &str) -> &str {
        self.made[name].as_str().unwrap_or_default()
    }
}

impl Mailbox for Inbox {
    fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    fn name(&self) -> Option<&str> {
        Some(self.told("name"))
    }

    fn smtp_url(&self) -> String {
        let (host, port) = (self.smtp_host(), self.smtp_port());
        format!("smtp://{}:{}@{host}:{port}", self.username(), self.password())
    }
}
