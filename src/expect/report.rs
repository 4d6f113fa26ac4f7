//! Why an expectation was not met, from what is known at its end: one value, written as JSON and as
//! the text that a person reads.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::candidate::Candidate;
use super::expectation::{Expectation, Since};
use super::judge::Reason;
use super::near_miss::NearMiss;
use super::taken::Taken;
use super::wording::{counted, one_line, quoted, seconds, signed};

/// Near misses that are told.
const SHOWN: usize = 3;
/// What was refused, and is told.
const REFUSED: usize = 5;

/// A session or a request that brought nothing.
#[derive(Debug, Clone, Serialize)]
pub struct Rejected {
    /// `session` or `request`.
    pub kind: &'static str,
    /// From the start of the call, in milliseconds.
    pub after_ms: i64,
    pub client: String,
    pub why: String,
    pub url: Option<String>,
}

/// All that is known when an expectation ends unmet.
pub struct Scene<'a> {
    pub expectation: &'a Expectation,
    pub reason: Reason,
    /// Milliseconds since 1970.
    pub started: i64,
    pub waited: Duration,
    /// How many messages came since the `since` of the question, whatever they are.
    pub arrived: u64,
    /// Those that matched.
    pub matched: &'a [std::sync::Arc<Candidate>],
    pub matched_total: u64,
    /// Others, with what they hold.
    pub others: &'a [std::sync::Arc<Candidate>],
    pub rejected: Vec<Rejected>,
    /// Messages that were deleted while it waited.
    pub deleted: u64,
    pub cleared: bool,
    pub cursor: u64,
    /// Base URL of the inspector.
    pub inspector: &'a str,
    /// Where SMTP listens.
    pub smtp: &'a str,
    /// Of the mail that was picked.
    pub taken: Taken,
    /// What more there is to say, before all else.
    pub hints: Vec<String>,
}

/// The answer of status 417, in the form of RFC 9457.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub r#type: &'static str,
    pub title: String,
    pub status: u16,
    pub met: bool,
    /// The text for a person.
    pub detail: String,
    /// One of [`Reason`].
    pub reason: &'static str,
    pub asked: Vec<String>,
    pub matched: u64,
    pub arrived: u64,
    pub waited_ms: u64,
    pub matches: Vec<NearMiss>,
    pub near_misses: Vec<NearMiss>,
    pub rejected: Vec<Rejected>,
    pub deleted: u64,
    pub hints: Vec<String>,
    #[serde(flatten)]
    pub taken: Taken,
    pub cursor: u64,
}

impl Report {
    pub fn new(scene: Scene<'_>) -> Report {
        let near = |candidate: &std::sync::Arc<Candidate>| {
            NearMiss::of(scene.expectation, candidate, scene.started, scene.inspector)
        };
        let mut near_misses: Vec<NearMiss> = scene.others.iter().map(near).collect();
        near_misses.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(b.seq.cmp(&a.seq)));
        near_misses.truncate(SHOWN);
        let mut report = Report {
            r#type: "about:blank",
            title: title(&scene),
            status: 417,
            met: false,
            detail: String::new(),
            reason: scene.reason.as_str(),
            asked: scene.expectation.asked(),
            matched: scene.matched_total,
            arrived: scene.arrived,
            waited_ms: scene.waited.as_millis() as u64,
            matches: scene.matched.iter().map(near).take(SHOWN + 2).collect(),
            near_misses,
            rejected: scene.rejected.iter().take(REFUSED).cloned().collect(),
            deleted: scene.deleted,
            hints: hints(&scene),
            cursor: scene.cursor,
            taken: scene.taken,
        };
        report.detail = report.text(scene.expectation);
        report
    }

    fn text(&self, expectation: &Expectation) -> String {
        let mut out = format!("{}\n", self.title);
        let _ = writeln!(out, "  asked:   {}", self.asked.join("; "));
        let _ = writeln!(out, "  arrived: {}", self.arrivals());
        for found in &self.matches {
            let _ = writeln!(out, "\n  matched {}", heading(found));
            let _ = writeln!(out, "    {}", found.url);
        }
        out.push_str(&self.taken.text(expectation));
        let any_near = self.near_misses.iter().any(NearMiss::is_near);
        let told = |miss: &&NearMiss| self.matches.is_empty() && miss.is_near() == any_near;
        for miss in self.near_misses.iter().filter(told) {
            let _ = writeln!(
                out,
                "\n  {} {}",
                if miss.is_near() { "near" } else { "mail" },
                heading(miss)
            );
            for check in &miss.criteria {
                let ok = if check.ok { "OK" } else { "NO" };
                let _ = write!(out, "    {ok} {:<8} ", check.field);
                let _ = match (check.ok, check.got.as_str()) {
                    (true, _) => write!(out, "{}", check.want),
                    (false, "") if check.field == "q" => write!(out, "{}", check.want),
                    (false, "") => write!(out, "there is none - wanted: {}", check.want),
                    (false, got) => write!(out, "{got} - wanted: {}", check.want),
                };
                let _ = match &check.hint {
                    Some(hint) => writeln!(out, " ({hint})"),
                    None => writeln!(out),
                };
            }
            let _ = writeln!(out, "    {}", miss.url);
        }
        if !self.rejected.is_empty() {
            out.push_str("\n  refused or cut meanwhile:\n");
        }
        for rejected in &self.rejected {
            let _ = write!(
                out,
                "    {} {} from {}: {}",
                signed(rejected.after_ms),
                rejected.kind,
                one_line(&rejected.client, 80),
                one_line(&rejected.why, 300)
            );
            let _ = match &rejected.url {
                Some(url) => writeln!(out, "\n      {url}"),
                None => writeln!(out),
            };
        }
        if !self.hints.is_empty() {
            out.push('\n');
        }
        for hint in &self.hints {
            let _ = writeln!(out, "  {hint}");
        }
        out
    }

    fn arrivals(&self) -> String {
        let others = self.arrived.saturating_sub(self.matched);
        match (self.arrived, self.matched) {
            (0, _) => "nothing".to_owned(),
            (n, 0) => format!("{}, none of them as asked", counted(n, "mail")),
            (n, _) if others == 0 => format!("{}, as asked", counted(n, "mail")),
            (n, matched) => format!("{}, {matched} of them as asked", counted(n, "mail")),
        }
    }
}

fn title(scene: &Scene<'_>) -> String {
    let (waited, matched) = (seconds(scene.waited), scene.matched_total);
    let count = &scene.expectation.count;
    match scene.reason {
        Reason::NoneMatched => format!("no mail matched in {waited}"),
        Reason::TooFew => {
            format!("{matched} of {} mails matched in {waited}", count.least)
        }
        Reason::TooMany => match count.most {
            Some(0) | None => format!("{} matched, where none should", counted(matched, "mail")),
            Some(most) => {
                format!("{} matched, where at most {most} should", counted(matched, "mail"))
            }
        },
        Reason::NotQuiet => {
            format!(
                "mail that matches kept coming: there were never {} without",
                seconds(count.quiet)
            )
        }
        Reason::NotOnly => format!("{} matched, where only one should", counted(matched, "mail")),
        Reason::Gone => "a mail matched, but was deleted before it could be read".to_owned(),
        Reason::NoCode => "a mail matched, but the code is not in it".to_owned(),
        Reason::NoLink => "a mail matched, but the link is not in it".to_owned(),
        Reason::CheckFailed => "a mail matched, but a check of it does not hold".to_owned(),
        Reason::NoValue => "a mail matched, but has not what get asks for".to_owned(),
    }
}

fn hints(scene: &Scene<'_>) -> Vec<String> {
    let mut hints = scene.hints.clone();
    if scene.deleted > 0 {
        let were = if scene.deleted == 1 { "was" } else { "were" };
        hints.push(format!(
            "{} {were} deleted while this call waited: by another test, or to keep the store's bounds?",
            counted(scene.deleted, "mail")
        ));
    }
    if scene.cleared {
        hints.push("an inbox was emptied while this call waited: by another test?".to_owned());
    }
    if scene.arrived == 0 && scene.reason == Reason::NoneMatched && scene.deleted == 0 {
        let is_before = !scene.others.is_empty() && scene.expectation.since != Since::Always;
        hints.push(match (scene.rejected.is_empty(), is_before) {
            (false, _) => "something did reach this server: see what was refused".to_owned(),
            (true, true) => "mail came only before that: was `since` taken after what triggers \
                             the mail?"
                .to_owned(),
            (true, false) => format!(
                "no mail and no session that failed came in that time: does the app send to SMTP at {}?",
                scene.smtp
            ),
        });
    }
    hints
}

fn heading(mail: &NearMiss) -> String {
    let subject =
        if mail.subject.is_empty() { "(no subject)".to_owned() } else { quoted(&mail.subject) };
    let to = mail.to.join(", ");
    let from = if mail.from.is_empty() { "<>" } else { mail.from.as_str() };
    format!("#{} {}  {subject}  {from} -> {to}", mail.seq, signed(mail.after_ms))
}
