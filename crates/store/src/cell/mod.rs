//! Values as they come from a database, the same for all three backends.

pub(crate) mod json;
pub(crate) mod scopes;
pub(crate) mod time;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};

use crate::error::StoreError;
use crate::rows::Field;

/// One value of one row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    /// SQL's NULL.
    Null,
    /// An integer, or a boolean as 0 or 1.
    Int(i64),
    /// A floating-point number (no column of ours has this type, but SQLite's columns hold anything).
    Real(f64),
    /// Text, JSON included; on SQLite also timestamps.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A timestamp, on PostgreSQL and MySQL.
    Time(DateTime<Utc>),
}

/// The values of one row, taken from left to right.
pub(crate) struct Cells {
    values: std::vec::IntoIter<Cell>,
    position: usize,
}

impl Cells {
    pub(crate) fn new(values: Vec<Cell>) -> Self {
        Self { values: values.into_iter(), position: 0 }
    }

    /// Takes the next value as the type that the caller wants.
    pub(crate) fn take<T: Field>(&mut self) -> Result<T, StoreError> {
        let position = self.position;
        self.position += 1;
        let cell = self.values.next().ok_or(StoreError::Value { position, expected: "a column" })?;
        T::read(cell).map_err(|expected| StoreError::Value { position, expected })
    }

    /// True if the next value is NULL, or if there is none.
    pub(crate) fn next_is_null(&self) -> bool {
        matches!(self.values.as_slice().first(), None | Some(Cell::Null))
    }

    /// Passes over `count` values.
    pub(crate) fn skip(&mut self, count: usize) {
        self.position += count;
        if let Some(last) = count.checked_sub(1) {
            self.values.nth(last);
        }
    }
}
