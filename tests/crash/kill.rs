//! 250 means kept: whatever moment the server is killed at, what it acknowledged is there after the
//! restart, whole, with its dialogue and in order; nothing is there by half.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::program::{Client, Program, id_of, noise};

const ROUNDS: u64 = 20;
const CLIENTS: u64 = 4;

/// What one client sent: messages by subject, and the ids of those that got a 250, in order.
#[derive(Default)]
struct Sent {
    raws: HashMap<String, String>,
    acknowledged: Vec<(String, String)>,
}

/// Sends until the server is gone; a new connection now and then.
fn load(address: &str, round: u64, client: u64) -> Sent {
    let mut sent = Sent::default();
    let mut connection = Client::connect(address);
    for n in 0.. {
        if n % 7 == 0 {
            connection = Client::connect(address);
        }
        let Ok(open) = &mut connection else { break };
        let subject = format!("{round}-{client}-{n}");
        // Small ones mostly, now and then one of many pages.
        let length = if n % 11 == 5 { 150_000 } else { 500 + 300 * (n as usize % 5) };
        let raw = format!("Subject: {subject}\r\n\r\n{}", noise(n + client, length));
        sent.raws.insert(subject.clone(), raw.clone());
        let Ok(reply) = open.send(&raw) else { break };
        let id = id_of(&reply).unwrap_or_else(|| panic!("{reply}"));
        sent.acknowledged.push((id.to_owned(), subject));
    }
    sent
}

fn check(program: &Program, all: &[Sent]) {
    let listed = program.all("messages", "&order=oldest");
    let place: HashMap<&str, usize> =
        listed.iter().enumerate().map(|(n, m)| (m["id"].as_str().unwrap(), n)).collect();
    for sent in all {
        let places: Vec<usize> = sent
            .acknowledged
            .iter()
            .map(|(id, subject)| {
                *place.get(id.as_str()).unwrap_or_else(|| panic!("{subject} is lost"))
            })
            .collect();
        assert!(places.is_sorted(), "out of order: {places:?}");
    }
    let raws: HashMap<&str, &str> =
        all.iter().flat_map(|sent| &sent.raws).map(|(s, raw)| (s.as_str(), raw.as_str())).collect();
    // Acknowledged or not: what is there is whole. Earlier rounds were looked at before.
    for message in &listed {
        let subject = message["subject"].as_str().unwrap();
        let Some(raw) = raws.get(subject) else { continue };
        check_one(program, message, raw);
    }
    for session in program.all("sessions", "") {
        assert!(session["closed_at"].is_string(), "{session}");
    }
    assert_eq!(program.json("/v1/messages?limit=1")["total"], listed.len());
}

fn check_one(program: &Program, message: &Value, raw: &str) {
    let id = message["id"].as_str().unwrap();
    let (status, body) = program.get(&format!("/v1/messages/{id}/raw"));
    assert_eq!((status, body == raw.as_bytes()), (200, true), "{message}");
    let (status, dialogue) = program.get(&format!("/v1/messages/{id}/transcript"));
    let dialogue = String::from_utf8(dialogue).unwrap();
    assert_eq!(status, 200);
    assert!(dialogue.contains("C: EHLO app.test\n"), "{dialogue}");
    assert!(
        dialogue.contains(&format!("C: ({} bytes of message: {id})\n", raw.len())),
        "{dialogue}"
    );
}

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.db");
    let random = RandomState::new();
    let mut acknowledged = 0;
    let mut program = Program::kept(&path);
    for round in 0..ROUNDS {
        let all = Mutex::new(Vec::new());
        let lived = Duration::from_micros(20_000 + random.hash_one(round) % 230_000);
        let address = program.smtp.clone();
        thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (address, all) = (&address, &all);
                scope.spawn(move || {
                    let sent = load(address, round, client);
                    all.lock().unwrap().push(sent);
                });
            }
            // The moment itself is what is tried here: nothing is waited for.
            thread::sleep(lived);
            program.kill();
        });
        program = Program::kept(&path);
        let all = all.into_inner().unwrap();
        acknowledged += all.iter().map(|sent| sent.acknowledged.len()).sum::<usize>();
        check(&program, &all);
    }
    assert!(acknowledged > 200, "only {acknowledged} messages were taken in all rounds");
    program.stop();
}
