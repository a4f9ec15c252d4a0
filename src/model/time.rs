//! Points in time as git and reports write them.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::fmt;

/// Seconds since 1970-01-01T00:00:00Z, with the offset of the place it was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp {
    /// Seconds since the epoch.
    pub seconds: i64,
    /// Offset from UTC in minutes; only shown.
    pub offset_minutes: i16,
}

impl Timestamp {
    /// A point in time in UTC.
    pub fn utc(seconds: i64) -> Self {
        Self { seconds, offset_minutes: 0 }
    }

    /// Parses RFC 3339, such as `2026-09-01T00:00:00Z` or `2026-09-01T02:00:00+02:00`; fractions of a second are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |t: &&str| t.bytes().all(|b| b.is_ascii_digit());
        let number = |range: std::ops::Range<usize>| text.get(range).filter(digits)?.parse::<i64>().ok();
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
        let separators = [(4, "-"), (7, "-"), (13, ":"), (16, ":")];
        let sound = separators.iter().all(|&(at, s)| text.get(at..at + 1) == Some(s));
        let zone = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
        let offset = match zone.as_bytes() {
            [b'Z' | b'z'] => 0,
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] if [h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit()) => {
                let two = |a: u8, b: u8| i64::from(a.wrapping_sub(b'0')) * 10 + i64::from(b.wrapping_sub(b'0'));
                (two(*h1, *h2) * 60 + two(*m1, *m2)) * if *sign == b'-' { -1 } else { 1 }
            }
            _ => return None,
        };
        let fits = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
        if !sound || !fits || offset.abs() > 24 * 60 {
            return None;
        }
        let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset * 60;
        Some(Self { seconds, offset_minutes: i16::try_from(offset).ok()? })
    }
}

impl Timestamp {
    /// Its day where it was written: `2026-01-02`.
    pub fn day(self) -> String {
        self.to_string().chars().take(10).collect()
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is not a time as in RFC 3339")))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.seconds.saturating_add(i64::from(self.offset_minutes) * 60);
        let (days, rest) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)?;
        match self.offset_minutes {
            0 => f.write_str("Z"),
            o => write!(f, "{}{:02}:{:02}", if o < 0 { '-' } else { '+' }, o.abs() / 60, o.abs() % 60),
        }
    }
}

/// Days since the epoch of a date in the proleptic Gregorian calendar (algorithm: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days.saturating_add(719_468);
    let (era, doe) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_it_reads() {
        for text in ["1970-01-01T00:00:00Z", "2026-09-01T00:00:00Z", "2000-02-29T23:59:59+05:30", "1969-12-31T23:00:00-01:00"] {
            assert_eq!(Timestamp::parse(text).expect(text).to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "2026",
            "2026-13-01T00:00:00Z",
            "2026-09-01 00:00",
            "2026-09-01T00:00:00",
            "2026-09-01T00:00:00+99:99",
            "2026-09-01T-1:-1:-1Z",
            "2026-09-01T00:00:00+0:/00",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
