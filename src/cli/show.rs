//! `restante show`.

use clap::Args;
use serde_json::Value;

use super::client::{Address, Search, encoded};
use super::output::{addresses, clean, print, print_bytes, text};
use super::{Client, Failure};

/// Show one message
#[derive(Args)]
pub struct Show {
    /// The id of a message, or `latest`
    id: String,
    /// With `latest`: of this inbox
    #[arg(long, value_name = "NAME")]
    inbox: Option<String>,
    #[command(flatten)]
    query: Search,
    /// Print the API's answer
    #[arg(long, group = "form")]
    json: bool,
    /// Print the bytes as they were sent
    #[arg(long, group = "form")]
    raw: bool,
    /// Print the HTML part
    #[arg(long, group = "form")]
    html: bool,
    /// Print the SMTP dialogue that brought it
    #[arg(long, group = "form")]
    transcript: bool,
    #[command(flatten)]
    address: Address,
}

impl Show {
    pub fn run(&self) -> Result<(), Failure> {
        let client = Client::new(&self.address)?;
        if self.query.is_some() && self.id != "latest" {
            return Err(Failure::Usage("-q goes with latest, not with an id".into()));
        }
        if self.inbox.is_some() && self.id != "latest" {
            return Err(Failure::Usage("--inbox goes with latest, not with an id".into()));
        }
        let path = format!("/v1/messages/{}", encoded(&self.id));
        let query = match &self.inbox {
            Some(inbox) => format!("?inbox={}{}", encoded(inbox), self.query.parameters("&")),
            None => self.query.parameters("?"),
        };
        if self.raw {
            return print_bytes(&client.bytes(&format!("{path}/raw{query}"), "*/*")?);
        }
        if self.transcript {
            return print_bytes(&client.bytes(&format!("{path}/transcript{query}"), "text/plain")?);
        }
        let message = client.json(&format!("{path}{query}"))?;
        if self.json {
            return print(&message.to_string());
        }
        if self.html {
            return match message["html"].as_str() {
                Some(html) => print(html),
                None => Err(Failure::NotDone("this message has no HTML part".into())),
            };
        }
        print(&page(&message))
    }
}

fn page(message: &Value) -> String {
    let mut lines = Vec::new();
    let mut field = |name: &str, value: String| {
        if !value.is_empty() {
            lines.push(format!("{name:<12} {value}"));
        }
    };
    field("Subject", clean(text(&message["subject"])));
    field("From", addresses(&message["from"]));
    field("To", addresses(&message["to"]));
    field("Cc", addresses(&message["cc"]));
    field("Reply-To", addresses(&message["reply_to"]));
    field("Date", text(&message["date"]).to_owned());
    field("Envelope", envelope(&message["envelope"]));
    field("Inbox", clean(text(&message["inbox"])));
    field("Received", text(&message["received_at"]).to_owned());
    for attachment in message["attachments"].as_array().into_iter().flatten() {
        field("Attachment", attachment_line(attachment));
    }
    for defect in message["defects"].as_array().into_iter().flatten() {
        field("Defect", format!("{}: {}", text(&defect["code"]), text(&defect["message"])));
    }
    lines.push(String::new());
    lines.push(match (message["text"].as_str(), message["html"].as_str()) {
        (Some(body), _) => clean(body),
        (None, Some(_)) => "(HTML only: --html prints it)".to_owned(),
        (None, None) => "(no text)".to_owned(),
    });
    lines.join("\n")
}

fn envelope(envelope: &Value) -> String {
    let to: Vec<&str> = envelope["to"].as_array().into_iter().flatten().map(text).collect();
    clean(&format!("<{}> -> {}", text(&envelope["from"]), to.join(", ")))
}

fn attachment_line(attachment: &Value) -> String {
    let name = attachment["filename"].as_str().unwrap_or("(no name)");
    format!(
        "{} ({}, {} bytes, part {})",
        clean(name),
        clean(text(&attachment["type"])),
        attachment["size"],
        text(&attachment["path"])
    )
}
