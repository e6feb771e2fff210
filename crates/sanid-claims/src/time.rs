//! Moments for people: no decision is made by them.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Seconds since 1970, shown as RFC 3339 in UTC: `2026-11-22T19:20:21Z`.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(into = "String", try_from = "String")]
pub struct Timestamp(u64);

const DAY: u64 = 86_400;
/// Days of 400 years, and from 0000-03-01 to 1970-01-01.
const ERA: u64 = 146_097;
const BEFORE_1970: u64 = 719_468;

impl Timestamp {
    /// The system's clock; 1970 where it is before that.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self(since.map_or(0, |since| since.as_secs()))
    }

    /// That many seconds after 1970 began.
    pub fn from_seconds(seconds: u64) -> Self {
        // The last one with a year of four digits.
        Self(seconds.min(253_402_300_799))
    }

    /// Seconds since 1970.
    pub fn seconds(self) -> u64 {
        self.0
    }
}

/// Years begin in March here, so that the leap day is the last one.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = self.0 / DAY + BEFORE_1970;
        let (era, of_era) = (day / ERA, day % ERA);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let march = (5 * of_year + 2) / 153;
        let date = of_year - (153 * march + 2) / 5 + 1;
        let month = if march < 10 { march + 3 } else { march - 9 };
        let year = era * 400 + year + u64::from(month <= 2);
        let (hour, minute, second) = (self.0 / 3600 % 24, self.0 / 60 % 60, self.0 % 60);
        write!(
            f,
            "{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

impl FromStr for Timestamp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("{text:?} is not a time in UTC such as 2026-11-22T19:20:21Z");
        let number = |at: std::ops::Range<usize>| {
            let digits = text.get(at).ok_or_else(bad)?;
            digits.parse::<u64>().map_err(|_| bad())
        };
        if text.len() != 20 {
            return Err(bad());
        }
        let (year, month, date) = (number(0..4)?, number(5..7)?, number(8..10)?);
        if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&date)
        {
            return Err(bad());
        }
        let year = year - u64::from(month <= 2);
        let march = if month > 2 { month - 3 } else { month + 9 };
        let of_year = (153 * march + 2) / 5 + date - 1;
        let of_era = year % 400 * 365 + year % 400 / 4 - year % 400 / 100 + of_year;
        let day = (year / 400 * ERA + of_era)
            .checked_sub(BEFORE_1970)
            .ok_or_else(bad)?;
        let time = number(11..13)? * 3600 + number(14..16)? * 60 + number(17..19)?;
        let stamp = Self(day * DAY + time);
        // Also what has other separators, or a 31st of April.
        (stamp.to_string() == text).then_some(stamp).ok_or_else(bad)
    }
}

impl From<Timestamp> for String {
    fn from(stamp: Timestamp) -> Self {
        stamp.to_string()
    }
}

impl TryFrom<String> for Timestamp {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_date_says() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (68_169_599, "1972-02-28T23:59:59Z"),
            (68_169_600, "1972-02-29T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_375_221, "2026-11-22T19:20:21Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Timestamp::from_seconds(seconds).to_string(), text);
            assert_eq!(text.parse(), Ok(Timestamp::from_seconds(seconds)));
        }
        for text in [
            "",
            "2026-02-30T00:00:00Z",
            "2026-11-22 19:20:21Z",
            "2026-11-22T19:20:21+",
            "1969-12-31T23:59:59Z",
            "2026-11-22T19:60:21Z",
            "ÿÿÿÿ-11-22T19:2:21Z",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}
