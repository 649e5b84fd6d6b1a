//! How a Rust type is read from a column and written to one.

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::Value;

use crate::cell::{Cell, json, scopes, time};
use crate::param::Param;

/// A type that a column can hold.
pub(crate) trait Field: Sized {
    /// Reads a value; the error says what was expected.
    fn read(cell: Cell) -> Result<Self, &'static str>;
    /// The value as a parameter of a statement.
    fn write(&self) -> Param<'_>;
}

impl Field for i64 {
    fn read(cell: Cell) -> Result<Self, &'static str> {
        Option::<i64>::read(cell)?.ok_or("an integer")
    }
    fn write(&self) -> Param<'_> {
        Param::Int(Some(*self))
    }
}

impl Field for Option<i64> {
    fn read(cell: Cell) -> Result<Self, &'static str> {
        match cell {
            Cell::Null => Ok(None),
            Cell::Int(value) => Ok(Some(value)),
            #[expect(clippy::cast_possible_truncation, reason = "a whole number stored as a float by hand")]
            Cell::Real(value) => Ok(Some(value as i64)),
            _ => Err("an integer"),
        }
    }
    fn write(&self) -> Param<'_> {
        Param::Int(*self)
    }
}

impl Field for bool {
    /// Upstream's `admin` columns are nullable; NULL counts as false there too.
    fn read(cell: Cell) -> Result<Self, &'static str> {
        Ok(Option::<bool>::read(cell)?.unwrap_or(false))
    }
    fn write(&self) -> Param<'_> {
        Param::Bool(Some(*self))
    }
}

impl Field for Option<bool> {
    fn read(cell: Cell) -> Result<Self, &'static str> {
        match cell {
            Cell::Null => Ok(None),
            Cell::Int(value) => Ok(Some(value != 0)),
            _ => Err("a boolean"),
        }
    }
    fn write(&self) -> Param<'_> {
        Param::Bool(*self)
    }
}

impl Field for String {
    /// Name columns are nullable upstream; NULL reads as the empty string.
    fn read(cell: Cell) -> Result<Self, &'static str> {
        Ok(Option::<String>::read(cell)?.unwrap_or_default())
    }
    fn write(&self) -> Param<'_> {
        Param::Text(Some(self))
    }
}

impl Field for Option<String> {
    fn read(cell: Cell) -> Result<Self, &'static str> {
        match cell {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(text)),
            Cell::Bytes(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| "UTF-8 text"),
            Cell::Int(number) => Ok(Some(number.to_string())),
            _ => Err("text"),
        }
    }
    fn write(&self) -> Param<'_> {
        Param::Text(self.as_deref())
    }
}

impl Field for Option<Vec<u8>> {
    fn read(cell: Cell) -> Result<Self, &'static str> {
        match cell {
            Cell::Null => Ok(None),
            Cell::Bytes(bytes) => Ok(Some(bytes)),
            Cell::Text(text) => Ok(Some(text.into_bytes())),
            _ => Err("bytes"),
        }
    }
    fn write(&self) -> Param<'_> {
        Param::Bytes(self.as_deref())
    }
}

impl Field for Option<DateTime<Utc>> {
    fn read(cell: Cell) -> Result<Self, &'static str> {
        match cell {
            Cell::Null => Ok(None),
            Cell::Time(value) => Ok(Some(value)),
            Cell::Text(text) => time::parse(&text).map(Some).ok_or("a timestamp"),
            _ => Err("a timestamp"),
        }
    }
    fn write(&self) -> Param<'_> {
        Param::Time(self.map(|value| value.trunc_subsecs(6)))
    }
}

impl Field for DateTime<Utc> {
    fn read(cell: Cell) -> Result<Self, &'static str> {
        Option::<DateTime<Utc>>::read(cell)?.ok_or("a timestamp")
    }
    fn write(&self) -> Param<'_> {
        Param::Time(Some(self.trunc_subsecs(6)))
    }
}

impl Field for Option<Value> {
    fn read(cell: Cell) -> Result<Self, &'static str> {
        Ok(Option::<String>::read(cell)?.as_deref().and_then(json::read))
    }
    fn write(&self) -> Param<'_> {
        Param::Json(self.as_ref())
    }
}

impl Field for Vec<String> {
    fn read(cell: Cell) -> Result<Self, &'static str> {
        Ok(Option::<String>::read(cell)?.as_deref().map(scopes::read).unwrap_or_default())
    }
    fn write(&self) -> Param<'_> {
        Param::List(self)
    }
}
