//! Points in time as the REST API writes them.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SubsecRound, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// A point in time, in microseconds, written as Python's `isoformat()` with a `Z`: `2026-11-22T11:52:00.250000Z`,
/// and without a fraction on a full second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct Timestamp(DateTime<Utc>);

/// A text that is no time stamp.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time stamp")]
pub struct TimestampError(pub String);

impl Timestamp {
    /// The same point in time, cut to microseconds.
    pub fn new(time: DateTime<Utc>) -> Self {
        Self(time.trunc_subsecs(6))
    }

    /// The point in time.
    pub fn time(self) -> DateTime<Utc> {
        self.0
    }

    /// Reads ISO 8601: date and time parted by `T` or a blank, or a date alone; with `Z`, an offset, or neither,
    /// which means UTC. Upstream's parser also guesses at other forms, which no known client sends.
    ///
    /// # Errors
    /// [`TimestampError`] with the text.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        let text = text.trim();
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::new(time.with_timezone(&Utc)));
        }
        for format in ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f %#z"] {
            if let Ok(time) = DateTime::parse_from_str(text, format) {
                return Ok(Self::new(time.with_timezone(&Utc)));
            }
        }
        if let Ok(time) = DateTime::parse_from_rfc2822(text) {
            return Ok(Self::new(time.with_timezone(&Utc)));
        }
        let bare = text.strip_suffix('Z').or_else(|| text.strip_suffix(" UTC")).unwrap_or(text);
        for format in [
            "%Y-%m-%dT%H:%M:%S%.f",
            "%Y-%m-%d %H:%M:%S%.f",
            "%Y-%m-%dT%H:%M",
            "%Y-%m-%d %H:%M",
            "%Y%m%dT%H%M%S",
        ] {
            if let Ok(time) = NaiveDateTime::parse_from_str(bare, format) {
                return Ok(Self::new(time.and_utc()));
            }
        }
        let date =
            ["%Y-%m-%d", "%Y/%m/%d"].into_iter().find_map(|form| NaiveDate::parse_from_str(bare, form).ok());
        let midnight = date.or_else(|| compact_date(bare)).and_then(|date| date.and_hms_opt(0, 0, 0));
        midnight.map(|time| Self::new(time.and_utc())).ok_or_else(|| TimestampError(text.to_owned()))
    }
}

/// `20200131`.
fn compact_date(text: &str) -> Option<NaiveDate> {
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| NaiveDate::parse_from_str(text, "%Y%m%d").ok()).flatten()
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Self::new(time)
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(stamp: Timestamp) -> Self {
        stamp.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Text::of(*self).as_str())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Text::of(*self).as_str())
    }
}

/// A point in time as text. Lists show thousands: digits in their places cost a tenth of a format that is read each
/// time.
struct Text([u8; 27]);

impl Text {
    fn of(stamp: Timestamp) -> Self {
        let time = stamp.0.naive_utc();
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        // Upstream's years have four digits, as all that Python knows.
        digits(&mut text, 0..4, time.year().unsigned_abs());
        digits(&mut text, 5..7, time.month());
        digits(&mut text, 8..10, time.day());
        digits(&mut text, 11..13, time.hour());
        digits(&mut text, 14..16, time.minute());
        digits(&mut text, 17..19, time.second());
        digits(&mut text, 20..26, time.nanosecond() / 1000);
        if text.get(20..26) == Some(b"000000") {
            text[19] = b'Z';
        }
        Self(text)
    }

    fn as_str(&self) -> &str {
        let length = if self.0[19] == b'Z' { 20 } else { 27 };
        self.0.get(..length).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
    }
}

/// Writes `number` with leading zeros into `range` of `text`.
fn digits(text: &mut [u8], range: Range<usize>, mut number: u32) {
    for digit in text.get_mut(range).into_iter().flatten().rev() {
        // A remainder of ten is a digit.
        *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
