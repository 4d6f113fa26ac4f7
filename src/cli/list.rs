//! `restante list`.

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::client::{Address, Search, encoded};
use super::{Client, Failure, output};

/// As in the inspector; by time it is the API's `order`, else its `sort`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sort {
    Newest,
    Oldest,
    Largest,
    Smallest,
    Sender,
    Subject,
}

impl Sort {
    fn parameter(self) -> &'static str {
        match self {
            Sort::Newest => "order=newest",
            Sort::Oldest => "order=oldest",
            Sort::Largest => "sort=largest",
            Sort::Smallest => "sort=smallest",
            Sort::Sender => "sort=sender",
            Sort::Subject => "sort=subject",
        }
    }
}

/// List the messages of a running server
#[derive(Args)]
pub struct List {
    /// Only this inbox
    #[arg(long, value_name = "NAME")]
    inbox: Option<String>,
    #[command(flatten)]
    query: Search,
    /// What comes first; by size, sender or subject the newest 10,000 are sorted
    #[arg(long, value_enum, value_name = "ORDER", default_value_t = Sort::Newest)]
    sort: Sort,
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
        let mut path = format!("/v1/messages?limit={}&{}", self.limit, self.sort.parameter());
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
        rest(&page, messages.len()).map_or(Ok(()), |line| output::print(&line))
    }
}

/// What a page of `shown` messages does not show.
fn rest(page: &Value, shown: usize) -> Option<String> {
    let total = page["total"].as_u64().unwrap_or_default();
    if total == 0 {
        return Some("no messages".to_owned());
    }
    let more = if page["total_is_lower_bound"] == true { "more than " } else { "" };
    let sorted = match page["sorted_newest"].as_u64() {
        Some(newest) => format!("; only the newest {newest} are sorted"),
        None => String::new(),
    };
    ((shown as u64) < total).then(|| format!("{shown} of {more}{total} messages{sorted}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_says_what_it_does_not_show() {
        let page = |total: u64, lower: bool, sorted: Option<u64>| json!({"total": total, "total_is_lower_bound": lower, "sorted_newest": sorted});
        for (page, told) in [
            (page(0, false, None), Some("no messages")),
            (page(2, false, None), None),
            (page(3, false, None), Some("2 of 3 messages")),
            (page(10_000, true, None), Some("2 of more than 10000 messages")),
            (
                page(10_000, true, Some(10_000)),
                Some("2 of more than 10000 messages; only the newest 10000 are sorted"),
            ),
        ] {
            assert_eq!(rest(&page, 2).as_deref(), told, "{page}");
        }
    }

    #[test]
    fn every_order_of_the_api_has_its_word() {
        let words = ["newest", "oldest", "largest", "smallest", "sender", "subject"];
        let orders: Vec<_> = Sort::value_variants().iter().map(|sort| sort.parameter()).collect();
        for (word, order) in words.iter().zip(&orders) {
            assert_eq!(Sort::from_str(word, false).map(Sort::parameter), Ok(*order));
            assert!(order.ends_with(&format!("={word}")), "{order}");
        }
        assert_eq!(words.len(), orders.len());
    }
}
