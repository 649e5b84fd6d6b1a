//! Parameters of statements. Each knows its type even when it is NULL, since PostgreSQL wants to know.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// One parameter of a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Param<'a> {
    /// An integer.
    Int(Option<i64>),
    /// Text.
    Text(Option<&'a str>),
    /// A boolean: 0 or 1 on SQLite and MySQL.
    Bool(Option<bool>),
    /// A timestamp; text with six digits on SQLite.
    Time(Option<DateTime<Utc>>),
    /// Bytes.
    Bytes(Option<&'a [u8]>),
    /// A value that is stored as JSON text.
    Json(Option<&'a Value>),
    /// A list that is stored as a JSON array.
    List(&'a [String]),
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Param<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Some(value))
    }
}

impl<'a> From<Option<&'a str>> for Param<'a> {
    fn from(value: Option<&'a str>) -> Self {
        Self::Text(value)
    }
}

impl From<bool> for Param<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(Some(value))
    }
}

impl From<DateTime<Utc>> for Param<'_> {
    fn from(value: DateTime<Utc>) -> Self {
        Self::Time(Some(value))
    }
}

impl From<Option<DateTime<Utc>>> for Param<'_> {
    fn from(value: Option<DateTime<Utc>>) -> Self {
        Self::Time(value)
    }
}

impl<'a> From<Option<&'a [u8]>> for Param<'a> {
    fn from(value: Option<&'a [u8]>) -> Self {
        Self::Bytes(value)
    }
}

impl<'a> From<Option<&'a Value>> for Param<'a> {
    fn from(value: Option<&'a Value>) -> Self {
        Self::Json(value)
    }
}

impl<'a> From<&'a [String]> for Param<'a> {
    fn from(value: &'a [String]) -> Self {
        Self::List(value)
    }
}

/// The parameters of a statement, from values of any of the types above.
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[ $( $crate::param::Param::from($value) ),* ] };
}
pub(crate) use params;
