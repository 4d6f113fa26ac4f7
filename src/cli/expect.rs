//! `restante expect`: waits for mail on a running server, with the words of `/v1/expect`.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value};

use super::client::Address;
use super::output::clean;
use super::{Client, Failure, output};

const EXIT_CODES: &str = "\
Before a value, = is all of it letter for letter, ~ a regular expression, ! not: --subject '!~^Re:'.
A field may be given again, and then each must hold. docs/expect.md tells all of it.

Exit codes:
  0  met
  1  not met; standard error says what came instead
  2  wrong usage, or no server at the address";

/// Wait for mail, and say what came instead when it does not come
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub struct Expect {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    amount: Amount,
    /// Take a code out: so many digits (6, 4-8), or a pattern with one group; true: the likeliest
    #[arg(long, value_name = "WHICH", num_args = 0..=1, default_missing_value = "true")]
    code: Option<String>,
    /// Take a link out: a piece of its text or address, or ~ and a pattern; true: the likeliest
    #[arg(long, value_name = "WHICH", num_args = 0..=1, default_missing_value = "true")]
    link: Option<String>,
    /// A check of the mail, as JSON: {"header":"List-Unsubscribe"}
    #[arg(long, value_name = "JSON")]
    check: Vec<String>,
    /// Print one value: code, link, link.text, id, subject, text, html, from, to, url or header.NAME
    #[arg(long, value_name = "WHAT", conflicts_with = "json")]
    get: Option<String>,
    /// Print the API's answer
    #[arg(long)]
    json: bool,
    /// Write the outcome as a JUnit report
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    address: Address,
}

#[derive(Args)]
#[command(next_help_heading = "What mail")]
struct What {
    /// A recipient, of the envelope, To or Cc; * stands for anything
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
    /// The sender
    #[arg(long, value_name = "ADDRESS")]
    from: Vec<String>,
    /// A piece of the subject
    #[arg(long, value_name = "TEXT")]
    subject: Vec<String>,
    /// A piece of the text
    #[arg(long, value_name = "TEXT")]
    text: Vec<String>,
    /// A piece of the HTML
    #[arg(long, value_name = "TEXT")]
    html: Vec<String>,
    /// A piece of a header field: X-Run=7
    #[arg(long, value_name = "NAME=TEXT")]
    header: Vec<String>,
    /// attachment, html, text, inline, link or code
    #[arg(long, value_name = "WHAT")]
    has: Vec<String>,
    /// A tag
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Only this inbox
    #[arg(long, value_name = "NAME")]
    inbox: Vec<String>,
    /// How it came
    #[arg(long, value_name = "HOW")]
    via: Vec<String>,
    /// A query (docs/search.md)
    #[arg(long = "query", short = 'q', value_name = "QUERY")]
    q: Vec<String>,
    /// Only what came later: a cursor, a time, or -30s
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    since: Option<String>,
}

#[derive(Args)]
#[command(next_help_heading = "How many, how long")]
struct Amount {
    /// Exactly so many
    #[arg(long, alias = "count", value_name = "N")]
    exactly: Option<String>,
    #[arg(long, value_name = "N")]
    at_least: Option<String>,
    #[arg(long, value_name = "N")]
    at_most: Option<String>,
    /// That none comes
    #[arg(long)]
    none: bool,
    /// How long it must stay so
    #[arg(long = "for", value_name = "TIME")]
    quiet: Option<String>,
    /// Which of several: latest, first or only
    #[arg(long, value_name = "WHICH")]
    pick: Option<String>,
    /// How long is waited, at most 5m
    #[arg(long, env = "RESTANTE_TIMEOUT", value_name = "TIME")]
    timeout: Option<String>,
}

impl Expect {
    pub fn run(&self) -> Result<(), Failure> {
        let question = self.question()?;
        let accept = if self.json { "application/json" } else { "text/plain" };
        let client = Client::new(&self.address)?;
        let answer = client.ask("/v1/expect", &question.to_string(), accept)?;
        if answer.status != 200 && answer.status != 417 {
            return Err(Failure::Usage(answer.problem(client.base())));
        }
        let is_met = answer.status == 200;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let detail = if self.json { detail(&text) } else { text.clone() };
        if let Some(path) = &self.junit {
            let report = junit(&question, is_met, &detail);
            fs::write(path, report)
                .map_err(|e| Failure::Usage(format!("--junit {}: {e}", path.display())))?;
        }
        if is_met {
            let as_is = self.json || self.get.is_some();
            let text = if as_is { text } else { clean(&text) };
            return output::print(text.trim_end_matches('\n'));
        }
        if std::env::var("GITHUB_ACTIONS").is_ok_and(|on| on == "true") {
            output::print(&annotation(&detail))?;
        }
        if self.json {
            output::print(text.trim_end())?;
        }
        Err(Failure::NotMet(clean(&detail)))
    }

    /// As the API takes it; what is wrong in it, the server tells.
    fn question(&self) -> Result<Value, Failure> {
        let mut fields = Map::new();
        let mut put = |name: &str, values: &[String]| {
            if !values.is_empty() {
                fields.insert(name.to_owned(), values.into());
            }
        };
        let what = &self.what;
        put("to", &what.to);
        put("from", &what.from);
        put("subject", &what.subject);
        put("text", &what.text);
        put("html", &what.html);
        put("has", &what.has);
        put("tag", &what.tag);
        put("inbox", &what.inbox);
        put("via", &what.via);
        put("q", &what.q);
        for header in &what.header {
            let (name, value) = header.split_once(['=', ':']).ok_or_else(|| {
                Failure::Usage(format!("--header {header}: this is not NAME=TEXT"))
            })?;
            put(&format!("header.{}", name.trim()), &[value.trim_start().to_owned()]);
        }
        let amount = &self.amount;
        for (name, value) in [
            ("since", &what.since),
            ("exactly", &amount.exactly),
            ("at_least", &amount.at_least),
            ("at_most", &amount.at_most),
            ("for", &amount.quiet),
            ("pick", &amount.pick),
            ("timeout", &amount.timeout),
            ("code", &self.code),
            ("link", &self.link),
            ("get", &self.get),
        ] {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value.as_str().into());
            }
        }
        if !self.check.is_empty() {
            let checks = self.check.iter().map(|check| {
                serde_json::from_str::<Value>(check)
                    .map_err(|e| Failure::Usage(format!("--check {check}: this is not JSON: {e}")))
            });
            fields.insert("checks".to_owned(), checks.collect::<Result<Vec<_>, _>>()?.into());
        }
        if amount.none {
            fields.insert("none".to_owned(), true.into());
        }
        Ok(Value::Object(fields))
    }
}

fn detail(answer: &str) -> String {
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    answer["detail"].as_str().unwrap_or_default().to_owned()
}

/// A workflow command of GitHub Actions, whose value is one line.
fn annotation(detail: &str) -> String {
    let value = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let title = detail.lines().next().unwrap_or_default();
    let title = value(title).replace(':', "%3A").replace(',', "%2C");
    format!("::error title=restante expect%3A {title}::{}", value(detail.trim_end()))
}

fn junit(question: &Value, is_met: bool, detail: &str) -> String {
    let name = escaped(&question.to_string());
    let failures = u8::from(!is_met);
    let case = if is_met {
        format!("<testcase classname=\"restante\" name=\"{name}\"/>")
    } else {
        let title = escaped(detail.lines().next().unwrap_or_default());
        format!(
            "<testcase classname=\"restante\" name=\"{name}\">\n<failure message=\"{title}\">{}</failure>\n</testcase>",
            escaped(detail)
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"restante expect\" tests=\"1\" failures=\"{failures}\">\n{case}\n</testsuite>\n"
    )
}

/// XML has no other control characters, not even escaped.
fn escaped(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control() || "\n\t".contains(*c)).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_well_formed_whatever_the_mail_says() {
        let detail = "no mail matched, 100%\n  near \"<b>&\u{1}\"\n";
        assert_eq!(
            annotation(detail),
            "::error title=restante expect%3A no mail matched%2C 100%25::no mail matched, 100%25%0A  near \"<b>&\u{1}\""
        );
        let report = junit(&serde_json::json!({ "to": ["a@x"] }), false, detail);
        assert!(report.contains("name=\"{&quot;to&quot;:[&quot;a@x&quot;]}\""), "{report}");
        assert!(report.contains("near &quot;&lt;b&gt;&amp;&quot;\n</failure>"), "{report}");
        assert!(report.contains("failures=\"1\""), "{report}");
        let report = junit(&serde_json::json!({}), true, "");
        assert!(report.contains("failures=\"0\"") && !report.contains("<failure"), "{report}");
    }
}
