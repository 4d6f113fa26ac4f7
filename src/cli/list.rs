//! `restante list`.

use clap::Args;

use super::client::{Address, Search, encoded};
use super::{Client, Failure, output};

/// List the messages of a running server, newest first
#[derive(Args)]
pub struct List {
    /// Only this inbox
    #[arg(long, value_name = "NAME")]
    inbox: Option<String>,
    #[command(flatten)]
    query: Search,
    /// How many
    #[arg(long, short = 'n', value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=500))]
    limit: u64,
    /// Print the API's answer
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    address: Address,
}

impl List {
    pub fn run(&self) -> Result<(), Failure> {
        let mut path = format!("/v1/messages?limit={}", self.limit);
        if let Some(inbox) = &self.inbox {
            path += &format!("&inbox={}", encoded(inbox));
        }
        path += &self.query.parameters("&");
        let page = Client::new(&self.address)?.json(&path)?;
        if self.json {
            return output::print(&page.to_string());
        }
        let messages = page["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        for message in messages {
            output::print(&output::line(message))?;
        }
        let (shown, total) = (messages.len() as u64, page["total"].as_u64().unwrap_or_default());
        let more = if page["total_is_lower_bound"] == true { "more than " } else { "" };
        match total {
            0 => output::print("no messages"),
            _ if shown < total => output::print(&format!("{shown} of {more}{total} messages")),
            _ => Ok(()),
        }
    }
}
