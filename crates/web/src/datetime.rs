//! Points in time as templates see them: Python's naive UTC `datetime`.

use std::cmp::Ordering;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use chrono::{DateTime, Datelike, Timelike, Utc};
use minijinja::value::{DynObject, Object, ObjectRepr, from_args};
use minijinja::{Error, ErrorKind, State, Value};

/// A time stamp with the attributes and methods of Python's `datetime` that templates use
/// (`isoformat()`, `strftime(…)`, `timestamp()`, `date()`, `year`, …).
///
/// It is naive, as in JupyterHub: `isoformat()` has no zone, so pages write `created.isoformat() + 'Z'`.
#[derive(Debug, Clone, Copy)]
pub struct DateTimeValue(pub DateTime<Utc>);

impl DateTimeValue {
    fn isoformat(self, separator: char) -> String {
        let time = self.0;
        let base = time.format("%Y-%m-%d\u{0}%H:%M:%S").to_string().replace('\0', &separator.to_string());
        match time.timestamp_subsec_micros() {
            0 => base,
            micros => format!("{base}.{micros:06}"),
        }
    }

    fn strftime(self, format: &str) -> Result<String, Error> {
        let mut text = String::new();
        write!(text, "{}", self.0.naive_utc().format(format)).map_err(|_| {
            Error::new(ErrorKind::InvalidOperation, format!("strftime does not know the format {format:?}"))
        })?;
        Ok(text)
    }
}

impl Object for DateTimeValue {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let time = self.0;
        Some(match key.as_str()? {
            "year" => Value::from(time.year()),
            "month" => Value::from(time.month()),
            "day" => Value::from(time.day()),
            "hour" => Value::from(time.hour()),
            "minute" => Value::from(time.minute()),
            "second" => Value::from(time.second()),
            "microsecond" => Value::from(time.timestamp_subsec_micros()),
            "tzinfo" => Value::from(()),
            _ => return None,
        })
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "isoformat" => {
                let (separator,): (Option<String>,) = from_args(args)?;
                let separator = separator.and_then(|text| text.chars().next()).unwrap_or('T');
                Ok(Value::from(self.isoformat(separator)))
            }
            "strftime" => {
                let (format,): (String,) = from_args(args)?;
                self.strftime(&format).map(Value::from)
            }
            "timestamp" => Ok(Value::from(self.0.timestamp_micros() as f64 / 1e6)),
            "date" => self.strftime("%Y-%m-%d").map(Value::from),
            "time" => self.strftime("%H:%M:%S").map(Value::from),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        other.downcast_ref::<Self>().map(|other| self.0.cmp(&other.0))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.isoformat(' '))
    }
}

/// A time, or Python's `None`.
pub(crate) fn optional(time: Option<DateTime<Utc>>) -> Value {
    time.map_or_else(|| Value::from(()), |time| Value::from_object(DateTimeValue(time)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::{Environment, context};

    fn eval(expression: &str, micros: u32) -> String {
        let time = DateTime::from_timestamp(1_700_000_000, micros * 1000).unwrap();
        let env = Environment::new();
        env.render_str(expression, context! { t => Value::from_object(DateTimeValue(time)) }).unwrap()
    }

    #[test]
    fn prints_as_python_does() {
        assert_eq!(eval("{{ t.isoformat() + 'Z' }}", 0), "2023-11-14T22:13:20Z");
        assert_eq!(eval("{{ t.isoformat() }}", 1234), "2023-11-14T22:13:20.001234");
        assert_eq!(eval("{{ t }}", 0), "2023-11-14 22:13:20");
        assert_eq!(eval("{{ t.strftime('%d %b %Y') }}", 0), "14 Nov 2023");
        assert_eq!(eval("{{ t.year }}-{{ t.tzinfo is none }}-{{ t.nothing }}", 0), "2023-True-");
    }

    #[test]
    fn an_unknown_format_is_an_error() {
        let time = DateTimeValue(DateTime::from_timestamp(0, 0).unwrap());
        assert!(time.strftime("%Q").is_err());
    }
}
