//! How times and lengths of time are written in a question.

use std::time::Duration;

/// Nothing is waited for longer.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(300);

/// `20s`, `500ms`, `2m`; a bare number is seconds. `None` if it is none of these.
pub(super) fn length(text: &str) -> Option<Duration> {
    let text = text.trim();
    let (number, unit) = match text.find(|c: char| c.is_ascii_alphabetic()) {
        Some(at) => (&text[..at], &text[at..]),
        None => (text, "s"),
    };
    let unit = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        _ => return None,
    };
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let number: f64 = if is_number { number.parse().ok()? } else { return None };
    Duration::try_from_secs_f64(number * unit).ok()
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn lengths_have_a_unit_or_are_seconds() {
        for (text, millis) in [
            ("20s", Some(20_000)),
            ("500ms", Some(500)),
            ("2m", Some(120_000)),
            ("1.5", Some(1_500)),
            ("0", Some(0)),
            ("1h", Some(3_600_000)),
            ("", None),
            ("s", None),
            ("-1s", None),
            ("1e9s", None),
            ("1.2.3s", None),
            ("soon", None),
            ("5 minutes", None),
        ] {
            assert_eq!(length(text).map(|length| length.as_millis()), millis, "{text}");
        }
    }
}
