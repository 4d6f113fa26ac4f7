//! Mail in a Rust test: a sandbox of its own for the test, or a server that runs elsewhere, and
//! expectations that wait for mail and tell what came instead.
//!
//! ```
//! use restante::sandbox::{Mailbox, Sandbox, secs, to};
//! # use lettre::{Message, SmtpTransport, Transport};
//! # fn sign_up(mail: &Sandbox, user: &str) {
//! #     let smtp = SmtpTransport::builder_dangerous(mail.smtp_host()).port(mail.smtp_port());
//! #     let mail = Message::builder()
//! #         .from("app@shop.test".parse().unwrap())
//! #         .to(user.parse().unwrap())
//! #         .subject("Reset your password")
//! #         .body("Your code is 482913.\nOr https://shop.test/reset/7f3a91\n".to_owned())
//! #         .unwrap();
//! #     smtp.build().send(&mail).unwrap();
//! # }
//!
//! # tokio_test(async {
//! let mail = Sandbox::start().await?;
//! sign_up(&mail, "x@example.test"); // your app sends a mail
//! let m = mail.expect(to("x@example.test").subject("reset")).exactly(1).within(secs(20)).await?;
//! assert_eq!(m.code(6)?, "482913");
//! assert_eq!(m.link(r"/reset/")?, "https://shop.test/reset/7f3a91");
//! # Ok(())
//! # });
//! # fn tokio_test(test: impl Future<Output = Result<(), restante::sandbox::Error>>) {
//! #     tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test).unwrap()
//! # }
//! ```
//!
//! Without `async`, wherever there is `.await` there can be `.wait()`:
//!
//! ```
//! use restante::sandbox::{Mailbox, Sandbox, any, secs};
//!
//! # fn main() -> Result<(), restante::sandbox::Error> {
//! let mail = Sandbox::start().wait()?;
//! mail.expect(any()).none(secs(0)).wait()?;
//! # Ok(())
//! # }
//! ```
//!
//! What comes to nothing is an [`Error`] whose text says what was asked, what came instead, and what
//! was refused; a test that ends in `?` or `unwrap` prints it.

mod call;
mod client;
mod error;
mod expectation;
mod inbox;
mod message;
mod running;
#[doc(hidden)]
pub mod variables;
mod wanted;

use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use client::Client;
use running::Running;

pub use call::Call;
pub use error::Error;
pub use expectation::Expectation;
pub use inbox::Inbox;
pub use message::{Code, Message};
pub use wanted::{Mail, any, from, query, subject, to};

/// A server for a test: in its process, or elsewhere. Cheap to clone; one in the process stops with
/// the last clone and what was made of it.
#[derive(Clone)]
pub struct Sandbox {
    client: Client,
    smtp_port: u16,
    _running: Option<Arc<Running>>,
}

/// Where mail can be expected: a whole sandbox, or one inbox of it.
pub trait Mailbox {
    #[doc(hidden)]
    fn sandbox(&self) -> &Sandbox;

    #[doc(hidden)]
    fn name(&self) -> Option<&str> {
        None
    }

    /// Expects such mail; see [`Expectation`].
    fn expect(&self, mail: Mail) -> Expectation {
        Expectation::new(self.sandbox().client.clone(), self.name(), mail)
    }

    /// A place in the order of all that happens: what comes from now on is
    /// [`since`](Expectation::since) it.
    fn cursor(&self) -> Call<u64> {
        let client = self.sandbox().client.clone();
        Call::new(move || Ok(client.get("/v1/info")?["seq"].as_u64().unwrap_or_default()))
    }

    /// Where the API and the inspector are.
    fn url(&self) -> &str {
        &self.sandbox().client.base
    }

    fn smtp_host(&self) -> &str {
        self.sandbox().host()
    }

    fn smtp_port(&self) -> u16 {
        self.sandbox().smtp_port
    }

    /// `smtp://localhost:40123`; that of an inbox has its credentials.
    fn smtp_url(&self) -> String {
        format!("smtp://{}:{}", self.smtp_host(), self.smtp_port())
    }
}

impl Mailbox for Sandbox {
    fn sandbox(&self) -> &Sandbox {
        self
    }
}

impl Sandbox {
    /// Starts one in this process, on free ports.
    pub fn start() -> Call<Sandbox> {
        Call::new(|| {
            let free = || "localhost:0".to_owned();
            let config = Config { smtp: free(), http: free(), ..Config::defaults() };
            Sandbox::start_with(config).wait()
        })
    }

    /// The same with settings of a server; it listens where they say.
    pub fn start_with(config: Config) -> Call<Sandbox> {
        Call::new(|| {
            let running = Running::start(config)?;
            let client = Client::new(&format!("http://{}", running.http));
            let smtp_port = running.smtp.port();
            Ok(Sandbox { client, smtp_port, _running: Some(Arc::new(running)) })
        })
    }

    /// A server that runs at this URL (`http://localhost:8025`).
    pub fn connect(url: impl Into<String>) -> Call<Sandbox> {
        let url = url.into();
        Call::new(move || {
            let client = Client::new(&url);
            let info = client.get("/v1/info")?;
            let address = info["smtp"]["address"].as_str().unwrap_or_default();
            let port = address.rsplit(':').next().and_then(|port| port.parse().ok());
            let smtp_port =
                port.ok_or_else(|| Error::server(format!("{url} does not say where its SMTP is")))?;
            Ok(Sandbox { client, smtp_port, _running: None })
        })
    }

    /// The server of `RESTANTE_URL`, as `restante run -- cargo test` sets it; without it, one that
    /// is started here.
    pub fn from_env() -> Call<Sandbox> {
        match std::env::var("RESTANTE_URL") {
            Ok(url) if !url.is_empty() => Sandbox::connect(url),
            _ => Sandbox::start(),
        }
    }

    /// An inbox that nobody else has, for an hour.
    pub fn inbox(&self) -> Call<Inbox> {
        let sandbox = self.clone();
        Call::new(move || Inbox::make(sandbox))
    }

    /// What an app finds in its environment under `restante run`: `SMTP_HOST` and the names that
    /// frameworks read, for [`std::process::Command::envs`].
    pub fn env(&self) -> Vec<(&'static str, String)> {
        let smtp = format!("{}:{}", self.host(), self.smtp_port);
        variables::all(&smtp, self.url()).collect()
    }

    /// Of the server's URL; SMTP is at the same.
    fn host(&self) -> &str {
        let address = self.client.base.split("://").nth(1).unwrap_or_default();
        let authority = address.split('/').next().unwrap_or_default();
        match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => authority,
        }
    }
}

/// So many seconds.
pub fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}
