//! Times in a query: how long ago, a day, a time of day, RFC 3339.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};

pub(super) const EXPECTED: &str =
    "a time such as 2026-11-22, 2026-11-22T09:30, 2026-11-22T09:30:00Z, 10m, 2h, 3d or today";

/// When and where a query is asked.
#[derive(Debug, Clone)]
pub struct Context {
    now: Timestamp,
    zone: TimeZone,
}

impl Context {
    /// `now` in milliseconds since 1970, in UTC.
    pub fn at(now: i64) -> Context {
        let now = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH);
        Context { now, zone: TimeZone::UTC }
    }

    /// With days and times of day in a zone: `Europe/Berlin`, `+02:00`, `Z`.
    pub fn in_zone(mut self, name: &str) -> Option<Context> {
        self.zone = zone(name)?;
        Some(self)
    }

    /// Milliseconds since 1970; `None` if this is no time.
    pub(super) fn read(&self, text: &str) -> Option<i64> {
        let at = match text.to_ascii_lowercase().as_str() {
            "now" => self.now,
            "today" => self.midnight(self.today())?,
            "yesterday" => self.midnight(self.today().checked_sub(1.day()).ok()?)?,
            _ => self.ago(text).or_else(|| self.written(text))?,
        };
        Some(at.as_millisecond())
    }

    fn today(&self) -> Date {
        self.now.to_zoned(self.zone.clone()).date()
    }

    fn midnight(&self, date: Date) -> Option<Timestamp> {
        Some(date.to_zoned(self.zone.clone()).ok()?.timestamp())
    }

    fn ago(&self, text: &str) -> Option<Timestamp> {
        let unit = text.chars().next_back()?;
        let number = text.strip_suffix(unit)?;
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        let seconds = number.parse::<i64>().ok()?.checked_mul(seconds)?;
        self.now.checked_sub(SignedDuration::from_secs(seconds)).ok()
    }

    fn written(&self, text: &str) -> Option<Timestamp> {
        if text.len() == 10 {
            return self.midnight(text.parse().ok()?);
        }
        // A time with an offset says where itself.
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(at);
        }
        let local: DateTime = text.parse().ok()?;
        Some(local.to_zoned(self.zone.clone()).ok()?.timestamp())
    }
}

fn zone(name: &str) -> Option<TimeZone> {
    if name.eq_ignore_ascii_case("z") || name.eq_ignore_ascii_case("utc") {
        return Some(TimeZone::UTC);
    }
    let Some(sign) = name.chars().next().filter(|c| "+-".contains(*c)) else {
        return TimeZone::get(name).ok();
    };
    let digits = |part: &str| {
        let is_pair = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        if is_pair { part.parse::<i32>().ok() } else { None }
    };
    let rest = &name[1..];
    let (hours, minutes) = match rest.split_once(':') {
        Some(parts) => parts,
        None => (rest.get(..2)?, rest.get(2..)?),
    };
    let minutes = if minutes.is_empty() { 0 } else { digits(minutes)? };
    let seconds = digits(hours)? * 3600 + minutes * 60;
    let offset = Offset::from_seconds(if sign == '-' { -seconds } else { seconds }).ok()?;
    Some(TimeZone::fixed(offset))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn times_and_zones() {
        // 2026-11-22T21:00:00Z
        let context = Context::at(1_795_381_200_000);
        let read = |zone: &str, text: &str| {
            let at = context.clone().in_zone(zone).unwrap().read(text)?;
            Some(Timestamp::from_millisecond(at).unwrap().to_string())
        };
        for (zone, text, expected) in [
            ("UTC", "2h", Some("2026-11-22T19:00:00Z")),
            ("UTC", "90s", Some("2026-11-22T20:58:30Z")),
            ("UTC", "1w", Some("2026-11-15T21:00:00Z")),
            ("UTC", "2026-11-22", Some("2026-11-22T00:00:00Z")),
            ("+02:00", "2026-11-22", Some("2026-11-21T22:00:00Z")),
            ("-0330", "2026-11-22T09:30", Some("2026-11-22T13:00:00Z")),
            ("Europe/Berlin", "2026-07-01", Some("2026-06-30T22:00:00Z")),
            ("Europe/Berlin", "today", Some("2026-11-21T23:00:00Z")),
            ("+05:00", "today", Some("2026-11-22T19:00:00Z")),
            ("+05:00", "yesterday", Some("2026-11-21T19:00:00Z")),
            ("+05:00", "2026-11-22T09:30:00+01:00", Some("2026-11-22T08:30:00Z")),
            ("Z", "2026-11-22T09:30:00.250Z", Some("2026-11-22T09:30:00.25Z")),
            ("UTC", "2026-13-01", None),
            ("UTC", "h", None),
            ("UTC", "99999999999999h", None),
            ("UTC", "2x", None),
            ("UTC", "soon", None),
        ] {
            assert_eq!(read(zone, text).as_deref(), expected, "{text} in {zone}");
        }
        for zone in ["Nowhere/Land", "+99:00", "+2", "+1:00", "+", "", "+é", "+1é"] {
            assert!(context.clone().in_zone(zone).is_none(), "{zone}");
        }
    }
}
