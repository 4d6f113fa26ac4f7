//! What a sandbox saw, for somebody whose command has failed: the mail, and the sessions that
//! brought none, with what they were refused for.

use jiff::Timestamp;
use serde_json::Value;

use super::super::output::{clean, line, text};
use super::super::{Client, Failure};

/// Mails and sessions that are shown; the newest.
const MAILS: usize = 10;
const SESSIONS: usize = 5;

pub fn report(client: &Client, smtp: &str, start: Timestamp) -> Result<String, Failure> {
    let mails = client.json(&format!("/v1/messages?limit={MAILS}"))?;
    let sessions = client.json("/v1/sessions?limit=100")?;
    let (mail_count, session_count) = (number(&mails["total"]), number(&sessions["total"]));
    if session_count == 0 {
        return Ok(format!(
            "nobody connected to SMTP at {smtp}: does the app read one of the variables that are set for it (restante run --help)?"
        ));
    }
    let mut lines = vec![format!(
        "the sandbox saw {} in {}:",
        counted(mail_count, "mail"),
        counted(session_count, "session")
    )];
    let shown = rows(&mails["messages"]);
    for mail in shown.iter().rev() {
        let at = after(start, &mail["received_at"]);
        lines.push(format!("  {at} mail    {}", line(mail).trim_start_matches(['*', ' '])));
    }
    if mail_count > shown.len() as u64 {
        lines.push(format!("  these are the newest {}", shown.len()));
    }
    let empty = rows(&sessions["sessions"]).into_iter().filter(|s| number(&s["messages"]) == 0);
    let mut empty: Vec<&Value> = empty.take(SESSIONS).collect();
    empty.reverse();
    for session in empty {
        lines.push(without_mail(client, session, start)?);
    }
    Ok(lines.join("\n"))
}

/// A session that brought nothing, and the last that it was refused.
fn without_mail(client: &Client, session: &Value, start: Timestamp) -> Result<String, Failure> {
    let path = format!("/v1/sessions/{}/transcript", text(&session["id"]));
    let transcript = client.bytes(&path, "text/plain")?;
    let transcript = String::from_utf8_lossy(&transcript);
    let dialogue: Vec<&str> = transcript.lines().filter(|line| !line.starts_with('!')).collect();
    let is_refusal = |line: &&str| line.starts_with("S: 4") || line.starts_with("S: 5");
    let at = dialogue.iter().rposition(is_refusal).or(dialogue.len().checked_sub(1));
    let said = at.map(|at| {
        let asked = dialogue[..at].iter().rfind(|line| line.starts_with("C:"));
        asked.into_iter().chain([&dialogue[at]]).map(|line| clean(line)).collect::<Vec<_>>()
    });
    let (at, outcome) = (after(start, &session["opened_at"]), text(&session["outcome"]));
    let said = said.unwrap_or_default().join(" | ");
    Ok(format!("  {at} session without mail ({outcome}): {said}"))
}

fn rows(value: &Value) -> Vec<&Value> {
    value.as_array().into_iter().flatten().collect()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

fn counted(n: u64, what: &str) -> String {
    match n {
        0 => format!("no {what}"),
        1 => format!("1 {what}"),
        _ => format!("{n} {what}s"),
    }
}

fn after(start: Timestamp, time: &Value) -> String {
    let time: Timestamp = text(time).parse().unwrap_or(start);
    format!("+{:.1}s", time.duration_since(start).as_secs_f64().max(0.0))
}
