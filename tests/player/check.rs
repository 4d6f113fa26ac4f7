//! Plays a script and says, line by line, what came otherwise than expected.

use restante::smtp::{Delivery, Direction};

use super::driver::{Driver, Report, shown};
use super::escape::fits;
use super::script::{Act, ExpectedMail, Numbered, Script, What};

/// The faults, each with the line of the script that it is about, and what was left at the end.
pub fn play(script: &Script, driver: &mut dyn Driver) -> (Vec<Numbered>, Report) {
    let mut faults = Vec::new();
    let mut heard = Vec::new();
    for act in &script.acts {
        perform(act, driver);
        let replies = driver.replies(whole_replies(act));
        compare_replies(act, &replies, &mut faults);
        compare_notices(act, driver, &mut faults);
        let closed = driver.closed(act.closed);
        let after_close = matches!(act.what, What::Close);
        if closed != act.closed && !after_close {
            faults.push((
                act.line,
                format!("closed by the server: expected {}, got {closed}", act.closed),
            ));
        }
        heard.extend(replies);
    }
    let report = driver.finish();
    compare_report(script, &report, &heard, &mut faults);
    (faults, report)
}

fn perform(act: &Act, driver: &mut dyn Driver) {
    match &act.what {
        What::Connect => driver.connect(),
        What::Send(pieces) => driver.send(pieces),
        What::Close => driver.close(),
        What::Timeout(late) => driver.timeout(*late),
        What::Shutdown => driver.shutdown(),
        What::Tls(_) => driver.begin_tls(),
        What::StoreFails(error) => driver.store_fails(*error),
    }
}

/// How many replies are expected, each of one line or several.
fn whole_replies(act: &Act) -> usize {
    act.replies.iter().filter(|(_, line)| line.as_bytes().get(3) != Some(&b'-')).count()
}

/// The lines of a reply for which the script has only `250*` as that one line.
fn fold(patterns: &[Numbered], lines: &[String]) -> Vec<String> {
    let mut folded = Vec::new();
    let mut rest = lines;
    for (_, pattern) in patterns {
        let start = pattern.trim_end().strip_suffix('*').filter(|s| s.ends_with(char::is_numeric));
        if let Some(start) = start {
            let is_more = |line: &&String| line.starts_with(&format!("{start}-"));
            let more = rest.iter().take_while(is_more).count();
            if rest.get(more).is_some_and(|line| line.starts_with(&format!("{start} "))) {
                folded.push(pattern.trim_end().to_owned());
                rest = &rest[more + 1..];
                continue;
            }
        }
        folded.extend(rest.first().cloned());
        rest = rest.get(1..).unwrap_or_default();
    }
    folded.extend_from_slice(rest);
    folded
}

fn compare_replies(act: &Act, replies: &[String], faults: &mut Vec<Numbered>) {
    let replies = fold(&act.replies, replies);
    let most = act.replies.len().max(replies.len());
    for place in 0..most {
        let (line, expected) = match act.replies.get(place) {
            Some((line, pattern)) => (*line, pattern.as_str()),
            None => (act.line, "(no reply)"),
        };
        let got = replies.get(place).map_or("(no reply)", String::as_str);
        if !fits(expected, got) {
            faults.push((line, format!("expected S: {expected}\n       got S: {got}")));
        }
    }
}

fn compare_notices(act: &Act, driver: &mut dyn Driver, faults: &mut Vec<Numbered>) {
    let pieces = match &act.what {
        What::Send(pieces) => pieces.as_slice(),
        What::Tls(piece) => std::slice::from_ref(piece),
        _ => return,
    };
    let Some(got) = driver.notices() else { return };
    for (piece, got) in pieces.iter().zip(got) {
        if piece.notices != got {
            faults.push((
                piece.line,
                format!("expected notices {:?}\n       got notices {got:?}", piece.notices),
            ));
        }
    }
}

fn compare_report(script: &Script, report: &Report, heard: &[String], faults: &mut Vec<Numbered>) {
    compare_mails(script, &report.mails, faults);
    if let Some((line, outcome)) = &script.outcome {
        let got = serde_json::to_value(report.info.outcome).expect("an outcome is a string");
        if got != outcome.as_str() {
            faults.push((*line, format!("expected outcome {outcome}, got {got}")));
        }
    }
    let entries: Vec<String> = report.entries.iter().map(shown).collect();
    if !script.transcript.is_empty() {
        compare_transcript(&script.transcript, &entries, faults);
    } else if script.config.max_transcript_bytes >= 1 << 20 {
        let server = report.entries.iter().filter(|entry| entry.from == Direction::Server);
        let server: Vec<&str> = server.map(|entry| entry.text.as_str()).collect();
        // What SCRAM says is masked.
        let same = |shown: &str, heard: &str| {
            shown == heard || (shown == "334 ********" && heard.starts_with("334 "))
        };
        let is_same = server.len() == heard.len()
            && server.iter().zip(heard).all(|(shown, heard)| same(shown, heard));
        if !is_same {
            faults.push((0, format!("the transcript has other replies: {server:?}")));
        }
        let notices: usize = report.entries.iter().map(|entry| entry.notices.len()).sum();
        if notices != report.info.notices as usize {
            faults.push((
                0,
                format!("{notices} notices in the transcript, {} counted", report.info.notices),
            ));
        }
    }
}

fn compare_transcript(expected: &[Numbered], got: &[String], faults: &mut Vec<Numbered>) {
    let got = fold(expected, got);
    for place in 0..expected.len().max(got.len()) {
        let last = expected.last().map_or(0, |(line, _)| *line);
        let (line, pattern) = match expected.get(place) {
            Some((line, pattern)) => (*line, pattern.as_str()),
            None => (last, "(nothing)"),
        };
        let got = got.get(place).map_or("(nothing)", String::as_str);
        if !fits(pattern.trim_end(), got.trim_end()) {
            faults.push((line, format!("expected {pattern}\n       got {got}")));
        }
    }
}

fn compare_mails(script: &Script, mails: &[Delivery], faults: &mut Vec<Numbered>) {
    for (expected, mail) in script.mails.iter().zip(mails) {
        compare_mail(expected, mail, faults);
    }
    if script.mails.len() != mails.len() {
        faults.push((
            0,
            format!("expected {} mails, got {}: {mails:#?}", script.mails.len(), mails.len()),
        ));
    }
}

fn compare_mail(expected: &ExpectedMail, mail: &Delivery, faults: &mut Vec<Numbered>) {
    let envelope = &mail.envelope;
    let from = (envelope.from.clone(), envelope.params.from.clone());
    let to: Vec<_> = envelope.to.iter().cloned().zip(envelope.params.to.iter().cloned()).collect();
    if from != expected.from || to != expected.to || envelope.to.len() != envelope.params.to.len() {
        faults.push((
            expected.line,
            format!("expected mail {:?} {:?}\n       got {envelope:?}", expected.from, expected.to),
        ));
    }
    if mail.user != expected.user {
        faults.push((
            expected.line,
            format!("expected user {:?}, got {:?}", expected.user, mail.user),
        ));
    }
    if let Some(raw) = &expected.raw
        && *raw != mail.raw
    {
        let (raw, got) = (raw.escape_ascii(), mail.raw.escape_ascii());
        faults.push((expected.line, format!("expected raw {raw}\n       got {got}")));
    }
}
