//! Expectations against a few known messages: `questions.txt` has the questions, one a line, and the
//! snapshot what each is answered, for a person and for a program. Nothing waits here: what counts
//! is what is said when the time is over.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use restante::expect::{
    Candidate, Context, Expectation, Fault, Judge, Outcome, Reason, Rejected, Report, Scene, Taken,
};
use restante::message;
use restante::search::{Facts, SessionFacts, Source};

/// 2026-11-22T21:00:10Z: the last message came in 3 seconds before.
const NOW: i64 = 1_795_381_210_000;

/// Number, inbox, tags, RCPT TO.
const ENVELOPES: [(&str, &[&str], &[&str]); 7] = [
    ("default", &[], &["ann@x.test"]),
    ("default", &[], &["ann@x.test", "hidden@x.test"]),
    ("default", &[], &["ann@xx.test"]),
    ("team-b", &[], &["bob@x.test", "carol@x.test"]),
    ("default", &["urgent"], &["ann+billing@x.test"]),
    ("default", &[], &["ann+billing@x.test"]),
    ("ops", &[], &["ops@x.test"]),
];

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expect")
}

fn files() -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(folder().join("mails")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

fn mails() -> Vec<Arc<Candidate>> {
    let files = files();
    assert_eq!(files.len(), ENVELOPES.len());
    let mut mails = Vec::new();
    for (n, (path, (inbox, tags, rcpt))) in files.iter().zip(ENVELOPES).enumerate() {
        mails.push(candidate(n, path, inbox, tags, rcpt));
    }
    mails
}

fn candidate(n: usize, path: &Path, inbox: &str, tags: &[&str], rcpt: &[&str]) -> Arc<Candidate> {
    let raw = fs::read(path).unwrap();
    let message = message::parse(&raw);
    let digest = message.digest();
    let owned = |all: &[&str]| all.iter().map(|one| one.to_string()).collect::<Vec<_>>();
    let candidate = Candidate::new(
        11 + n as u64,
        Facts {
            id: format!("id{}", 11 + n),
            inbox: inbox.to_owned(),
            via: "smtp".to_owned(),
            received_at: NOW - 9_000 + 1_000 * n as i64,
            size: raw.len() as u64,
            tags: owned(tags),
            mail_from: "bounce@app.test".to_owned(),
            rcpt: owned(rcpt),
            subject: digest.subject,
            from: digest.from,
            to: digest.to,
            cc: digest.cc,
            ..Facts::default()
        },
    );
    candidate.set_content(SessionFacts::default(), message.searched());
    Arc::new(candidate)
}

fn ask(question: &str) -> Result<Expectation, Fault> {
    let context = Context { now: NOW, timeout: Duration::from_secs(10) };
    if question.starts_with(['{', '[']) {
        return Expectation::from_json(&serde_json::from_str(question).unwrap(), &context);
    }
    Expectation::from_pairs(serde_urlencoded::from_str(question).unwrap(), &context)
}

/// What is answered when the time is over.
fn end(expectation: Expectation, mails: &[Arc<Candidate>]) -> Result<Judge, Reason> {
    let mut judge = Judge::new(Arc::new(expectation));
    // In any order: these are looked at from the newest.
    mails.iter().rev().for_each(|mail| judge.take(mail, Duration::ZERO));
    let timeout = judge.expectation().timeout;
    match judge.outcome(timeout) {
        Outcome::Met => Ok(judge),
        Outcome::NotMet(reason) => Err(reason),
        Outcome::Wait(until) => panic!("it waits until {until:?} of {timeout:?}"),
    }
}

fn report(
    expectation: &Expectation,
    reason: Reason,
    mails: &[Arc<Candidate>],
    rejected: Vec<Rejected>,
    taken: Taken,
) -> Report {
    let is_matched =
        |mail: &&Arc<Candidate>| expectation.verdict(mail) == restante::expect::Verdict::Yes;
    let (matched, others): (Vec<_>, Vec<_>) = mails.iter().partition(is_matched);
    let (matched, others): (Vec<_>, Vec<_>) =
        (matched.into_iter().cloned().collect(), others.into_iter().cloned().collect());
    let arrived = mails.iter().filter(|mail| expectation.since.holds(mail)).count() as u64;
    Report::new(Scene {
        expectation,
        reason,
        started: NOW,
        waited: expectation.timeout,
        arrived,
        matched_total: matched.len() as u64,
        matched: &matched,
        others: &others,
        rejected,
        deleted: 0,
        cleared: false,
        cursor: 17,
        inspector: "http://localhost:8025",
        smtp: "127.0.0.1:1025",
        taken,
        hints: Vec::new(),
    })
}

/// What the question takes out of the mail that was picked.
fn taken(asked: &Expectation, picked: Option<&str>) -> Taken {
    let Some(id) = picked else { return Taken::default() };
    let n: usize = id.trim_start_matches("id").parse().unwrap();
    let raw = fs::read(&files()[n - 11]).unwrap();
    let message = message::parse(&raw);
    Taken::of(asked, &message, || serde_json::to_value(message.view()).unwrap())
}

#[test]
fn every_question_has_its_answer() {
    let mails = mails();
    let mut out = String::new();
    let mut rows = 0;
    for question in fs::read_to_string(folder().join("questions.txt")).unwrap().lines() {
        if let Some(heading) = question.strip_prefix("# ") {
            let _ = writeln!(out, "\n##### {heading}");
            continue;
        }
        rows += 1;
        let _ = writeln!(out, "\n=== {question}");
        let expectation = match ask(question) {
            Ok(expectation) => expectation,
            Err(fault) => {
                let _ = writeln!(out, "400 {} ({}): {fault}", fault.code, fault.field);
                continue;
            }
        };
        let asked = expectation.clone();
        match end(expectation, &mails) {
            Ok(judge) => {
                let all: Vec<_> = judge.all().map(|matched| matched.id).collect();
                let picked = judge.picked().map(|matched| matched.id);
                let taken = taken(&asked, picked.as_deref());
                if let Some(reason) = taken.lacks() {
                    let report = report(&asked, reason, &mails, Vec::new(), taken);
                    let _ = writeln!(out, "417 {}\n{}", report.reason, report.detail);
                    continue;
                }
                let _ = writeln!(out, "met: {} of {}", picked.unwrap_or_default(), all.join(" "));
                if asked.takes() {
                    let _ = writeln!(out, "{}", serde_json::to_string_pretty(&taken).unwrap());
                }
            }
            Err(reason) => {
                let report = report(&asked, reason, &mails, Vec::new(), Taken::default());
                let _ = writeln!(out, "417 {}", report.reason);
                out.push_str(&report.detail);
                let distances: Vec<_> = report
                    .near_misses
                    .iter()
                    .map(|miss| format!("{} {}", miss.id, miss.distance))
                    .collect();
                let _ = writeln!(out, "distances: {}", distances.join(", "));
            }
        }
    }
    assert!(rows >= 80, "{rows}");
    insta::with_settings!({ snapshot_path => folder(), prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("questions", out);
    });
}

#[test]
fn a_report_says_the_same_as_json() {
    let mails = mails();
    let expectation = ask("to=ann@xx.tset&subject=reset&since=14").unwrap();
    let rejected = vec![
        Rejected {
            kind: "session",
            after_ms: 800,
            client: "172.18.0.4:50312".into(),
            why: "AUTH PLAIN ******** -> 535 5.7.8 Authentication failed; ended with QUIT and no message (user \"app\")".into(),
            url: Some("http://localhost:8025/s/0A".into()),
        },
        Rejected {
            kind: "request",
            after_ms: 1_040,
            client: "HTTP".into(),
            why: "POST /v1/send -> 400 invalid: \"x y\" is not an address".into(),
            url: None,
        },
    ];
    let report = report(&expectation, Reason::NoneMatched, &mails, rejected, Taken::default());
    insta::with_settings!({ snapshot_path => folder(), prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("report", report.detail);
        insta::assert_json_snapshot!("report_json", report);
    });
}

#[test]
fn nothing_at_all_is_told_with_where_mail_should_go() {
    let expectation = ask("to=ann@x.test").unwrap();
    let report = report(&expectation, Reason::NoneMatched, &[], Vec::new(), Taken::default());
    assert_eq!(
        report.detail,
        "no mail matched in 10.0 s\n  asked:   to ann@x.test\n  arrived: nothing\n\n  \
         no mail and no session that failed came in that time: does the app send to SMTP at 127.0.0.1:1025?\n"
    );
}

/// The end is told as soon as it is certain, and no sooner.
#[test]
fn the_outcome_is_certain_at_the_right_moment() {
    let mails = mails();
    let at = Duration::from_millis;
    for (question, comes, expected) in [
        // With a mail at 100 ms, the outcome at that time and then.
        ("subject=reset&timeout=1s", "2", vec![(0, Outcome::Wait(at(1000))), (100, Outcome::Met)]),
        (
            "subject=reset&for=300ms&timeout=1s",
            "2",
            vec![(100, Outcome::Wait(at(400))), (399, Outcome::Wait(at(400))), (400, Outcome::Met)],
        ),
        (
            "subject=reset&none=1&for=500ms",
            "2",
            vec![(0, Outcome::Wait(at(500))), (100, Outcome::NotMet(Reason::TooMany))],
        ),
        (
            "subject=nothing&none=1&for=500ms",
            "2",
            vec![(100, Outcome::Wait(at(500))), (500, Outcome::Met)],
        ),
        (
            "subject=reset&count=2&timeout=1s",
            "2",
            vec![(100, Outcome::Wait(at(1000))), (1000, Outcome::NotMet(Reason::TooFew))],
        ),
        (
            "subject=reset&for=950ms&timeout=1s",
            "2",
            vec![(100, Outcome::Wait(at(1000))), (1000, Outcome::NotMet(Reason::NotQuiet))],
        ),
        // Nobody asked for quiet: it ends with the timeout, and is no reason to fail.
        (
            "subject=nothing&none=1&timeout=1s",
            "2",
            vec![(100, Outcome::Wait(at(1000))), (1000, Outcome::Met)],
        ),
        (
            "subject=reset&at_most=1&timeout=1s",
            "2",
            vec![(100, Outcome::Wait(at(1000))), (1000, Outcome::Met)],
        ),
        (
            "subject=reset&at_most=1&for=950ms&timeout=1s",
            "2",
            vec![(100, Outcome::Wait(at(1000))), (1000, Outcome::NotMet(Reason::NotQuiet))],
        ),
        (
            "subject=nothing&timeout=1s",
            "2",
            vec![(999, Outcome::Wait(at(1000))), (1000, Outcome::NotMet(Reason::NoneMatched))],
        ),
    ] {
        let mut judge = Judge::new(Arc::new(ask(question).unwrap()));
        let mut come = false;
        for (time, outcome) in expected {
            if time >= 100 && !come {
                let mail = mails.iter().find(|m| m.facts().id == format!("id1{comes}")).unwrap();
                judge.take(mail, at(100));
                judge.take(mail, at(200)); // seen again, counted once
                come = true;
            }
            assert_eq!(judge.outcome(at(time)), outcome, "{question} at {time}");
        }
    }
}

/// Only who asks for the newest can do without what is older.
#[test]
fn what_is_older_may_be_left_out() {
    let mails = mails();
    for (question, before, after) in [
        ("subject=reset", false, true),
        ("subject=reset&at_least=3", false, false),
        ("subject=reset&exactly=2", false, false),
        ("subject=reset&pick=first", false, false),
        ("subject=reset&pick=only", false, false),
        ("subject=reset&none=1", false, false),
    ] {
        let mut judge = Judge::new(Arc::new(ask(question).unwrap()));
        assert_eq!(judge.is_settled(), before, "{question}");
        mails.iter().for_each(|mail| judge.take(mail, Duration::ZERO));
        assert_eq!(judge.is_settled(), after, "{question}");
    }
}
