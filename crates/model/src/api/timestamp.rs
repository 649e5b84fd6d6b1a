//! Points in time as the REST API writes them.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SubsecRound, Timelike, Utc};
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
        let bare = text.strip_suffix('Z').unwrap_or(text);
        for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"] {
            if let Ok(time) = NaiveDateTime::parse_from_str(bare, format) {
                return Ok(Self::new(time.and_utc()));
            }
        }
        let midnight =
            NaiveDate::parse_from_str(bare, "%Y-%m-%d").ok().and_then(|date| date.and_hms_opt(0, 0, 0));
        midnight.map(|time| Self::new(time.and_utc())).ok_or_else(|| TimestampError(text.to_owned()))
    }
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
        let format = if self.0.nanosecond() == 0 { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S%.6fZ" };
        write!(f, "{}", self.0.format(format))
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        Self::parse(text)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
