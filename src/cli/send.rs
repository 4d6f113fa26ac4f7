//! `restante send`: a test mail with everything the inspector can show.

use clap::Args;
use lettre::Message;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, MultiPart, SinglePart};
use serde_json::json;

use super::carrier::{Carrier, Taken};
use super::client::{Address, encoded};
use super::{Client, Failure, output};

/// Send a test mail with text, HTML, an image and an attachment
#[derive(Args)]
pub struct Send {
    /// The sender
    #[arg(long, value_name = "ADDRESS", default_value = "Restante <restante@example.com>")]
    from: Mailbox,
    /// The recipient
    #[arg(long, value_name = "ADDRESS", default_value = "You <you@example.com>")]
    to: Mailbox,
    #[arg(long, value_name = "TEXT", default_value = "It works: a test mail")]
    subject: String,
    /// Into this inbox, whatever the server's rules say
    #[arg(long, value_name = "NAME")]
    inbox: Option<String>,
    /// Print the id as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    address: Address,
    // The last, for what follows would stand under its heading in the help.
    #[command(flatten)]
    carrier: Carrier,
}

const TEXT: &str = "Hello,

this mail was caught by Restante and delivered to nobody.
Its parts: this text, an HTML version with an image, and a file.

Your code is 482913, or follow this link:
https://example.com/confirm?token=7f3a91
";

const HTML: &str = r#"<!doctype html>
<html><body style="font-family: system-ui, sans-serif; max-width: 32em; margin: 2em auto; line-height: 1.5">
<p><img src="cid:stamp" alt="A stamp" width="64" height="64"></p>
<h1 style="font-size: 1.4em">It works</h1>
<p>This mail was caught by <strong>Restante</strong> and delivered to nobody.</p>
<p>Your code is <strong>482913</strong>.</p>
<p><a href="https://example.com/confirm?token=7f3a91">Confirm your address</a></p>
</body></html>
"#;

const STAMP: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64"><rect x="4" y="4" width="56" height="56" rx="6" fill="#fff" stroke="#b4472f" stroke-width="4" stroke-dasharray="6 4"/><circle cx="32" cy="32" r="16" fill="none" stroke="#b4472f" stroke-width="3"/><path d="M20 32h24" stroke="#b4472f" stroke-width="3"/></svg>"##;

impl Send {
    pub fn run(&self) -> Result<(), Failure> {
        let client = Client::new(&self.address)?;
        let mail =
            self.mail().map_err(|e| Failure::NotDone(format!("the mail cannot be built: {e}")))?;
        let Taken { address, reply } = self.carrier.bring(&mail, &client)?;
        // The final reply carries the id (docs/api.md).
        let sent = reply.rsplit(' ').next().unwrap_or_default();
        if self.json {
            return output::print(&json!({ "id": sent }).to_string());
        }
        let shown = !self.carrier.is_elsewhere()
            || client.bytes(&format!("/v1/messages/{}", encoded(sent)), "*/*").is_ok();
        output::print(&match shown {
            true => format!("sent: {}/m/{sent}", client.base()),
            false => format!("sent to {address}: {reply}"),
        })
    }

    fn mail(&self) -> Result<Message, lettre::error::Error> {
        let image = SinglePart::builder()
            .header(ContentType::parse("image/svg+xml").unwrap_or(ContentType::TEXT_PLAIN))
            .header(lettre::message::header::ContentDisposition::inline_with_name("stamp.svg"))
            .header(lettre::message::header::ContentId::from("<stamp>".to_owned()))
            .body(STAMP.to_owned());
        let html =
            MultiPart::related().singlepart(SinglePart::html(HTML.to_owned())).singlepart(image);
        let both =
            MultiPart::alternative().singlepart(SinglePart::plain(TEXT.to_owned())).multipart(html);
        let table = Body::new("day,mails\nmonday,12\ntuesday,7\n".to_owned());
        let file = Attachment::new("mails.csv".to_owned())
            .body(table, ContentType::parse("text/csv").unwrap_or(ContentType::TEXT_PLAIN));
        let mut mail = Message::builder();
        if let Some(inbox) = &self.inbox {
            mail = mail.header(Inbox(inbox.clone()));
        }
        mail.from(self.from.clone())
            .to(self.to.clone())
            .subject(self.subject.clone())
            .message_id(Some(format!("<{}@restante.example>", uuid::Uuid::now_v7())))
            .multipart(MultiPart::mixed().multipart(both).singlepart(file))
    }
}

/// The field that says which inbox a message is for.
#[derive(Clone)]
struct Inbox(String);

impl Header for Inbox {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("X-Restante-Inbox")
    }

    fn parse(text: &str) -> Result<Inbox, Box<dyn std::error::Error + std::marker::Send + Sync>> {
        Ok(Inbox(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Inbox::name(), self.0.clone())
    }
}
