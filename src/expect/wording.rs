//! How numbers and values are said in a report.

use std::time::Duration;

/// `0.3 s`, `20.0 s`.
pub fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// From the start of the call: `+1.2 s`, `-4.1 s`.
pub(super) fn signed(millis: i64) -> String {
    format!(
        "{}{}.{} s",
        if millis < 0 { '-' } else { '+' },
        millis.abs() / 1000,
        millis.abs() % 1000 / 100
    )
}

/// `1 mail`, `3 mails`.
pub(super) fn counted(n: u64, one: &str) -> String {
    match n {
        0 => format!("no {one}"),
        1 => format!("1 {one}"),
        n => format!("{n} {one}s"),
    }
}

/// A value on one line, without what could steer a terminal, and not endless.
pub(super) fn one_line(text: &str, most: usize) -> String {
    let mut out = String::new();
    for (n, word) in text.split_whitespace().enumerate() {
        if n > 0 {
            out.push(' ');
        }
        out.push_str(word);
        if out.len() > most * 4 {
            break;
        }
    }
    let out: String = out.chars().filter(|c| !c.is_control()).collect();
    match out.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &out[..end]),
        None => out,
    }
}

pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", one_line(text, 120))
}
