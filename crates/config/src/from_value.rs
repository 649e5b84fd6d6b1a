//! From Python's values to the types of section fields.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use perijove_model::value::{Handle, HandleKind, Value};
use secrecy::SecretString;

/// A type that a section field can have. `None` means that the value does not fit.
pub trait FromValue: Sized {
    /// Converts a value that its trait has accepted.
    fn from_value(value: Value) -> Option<Self>;
}

/// A Python function, class or callable object of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callable(pub Handle);

/// A plain value, or a function that gives one.
#[derive(Clone, Debug, PartialEq)]
pub enum OrCallable<T> {
    /// The value itself.
    Plain(T),
    /// The function.
    Call(Callable),
}

/// A class: the import string of a known or installed one, or one that the configuration defines
/// or imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClassRef {
    /// An import string, or a short name that Perijove does not know.
    Named(String),
    /// A class object in the Python worker.
    Object(Handle),
}

/// A value that must not reach logs.
#[derive(Clone, Default, PartialEq)]
pub struct Hidden<T>(T);

/// The cookie secret of the configuration; empty if it is not there.
#[derive(Clone, Default, PartialEq)]
pub struct CookieSecret(Vec<u8>);

/// The number of a log level, as Python counts: 10 debug, 20 info, 30 warning, 40 error, 50 critical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogLevel(pub i64);

impl ClassRef {
    /// The import string, e.g. `jupyterhub.auth.PAMAuthenticator`.
    pub fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Object(handle) => &handle.name,
        }
    }

    /// The class's own name, which is its section: the last part of the import string.
    pub fn class_name(&self) -> &str {
        let name = self.name();
        name.rsplit(['.', ':']).next().unwrap_or(name)
    }
}

impl<T> Hidden<T> {
    /// The value. Take care where it goes.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<hidden>")
    }
}

impl CookieSecret {
    /// The bytes; `None` if the configuration has no secret.
    pub fn bytes(&self) -> Option<&[u8]> {
        (!self.0.is_empty()).then_some(&self.0)
    }
}

impl fmt::Debug for CookieSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<hidden>")
    }
}

impl<T> OrCallable<T> {
    /// The value, if it is plain.
    pub fn plain(&self) -> Option<&T> {
        match self {
            Self::Plain(value) => Some(value),
            Self::Call(_) => None,
        }
    }

    /// The function, if it is one.
    pub fn callable(&self) -> Option<&Callable> {
        match self {
            Self::Plain(_) => None,
            Self::Call(callable) => Some(callable),
        }
    }
}

impl FromValue for Value {
    fn from_value(value: Value) -> Option<Self> {
        Some(value)
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Option<Self> {
        value.as_bool()
    }
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Int(number) => Some(number),
            Value::Bool(flag) => Some(Self::from(flag)),
            _ => None,
        }
    }
}

impl FromValue for f64 {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Float(number) => Some(number),
            #[expect(clippy::cast_precision_loss, reason = "Python's float() rounds the same way")]
            Value::Int(number) => Some(number as Self),
            _ => None,
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }
}

impl FromValue for SecretString {
    fn from_value(value: Value) -> Option<Self> {
        String::from_value(value).map(Self::from)
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(bytes),
            Value::Str(text) => Some(text.into_bytes()),
            _ => None,
        }
    }
}

impl FromValue for Callable {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Handle(handle) => Some(Self(handle)),
            _ => None,
        }
    }
}

impl FromValue for ClassRef {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Str(name) => Some(Self::Named(name)),
            Value::Handle(handle) if handle.kind == HandleKind::Class => Some(Self::Object(handle)),
            _ => None,
        }
    }
}

impl FromValue for CookieSecret {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(Self(bytes)),
            Value::Str(text) => crate::hex::bytes_from_hex(&text).map(Self),
            _ => None,
        }
    }
}

impl FromValue for LogLevel {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Int(number) => Some(Self(number)),
            Value::Str(name) => Some(Self(match name.as_str() {
                "DEBUG" => 10,
                "INFO" => 20,
                "WARN" => 30,
                "ERROR" => 40,
                "CRITICAL" => 50,
                _ => return None,
            })),
            _ => None,
        }
    }
}

impl<T: FromValue> FromValue for Hidden<T> {
    fn from_value(value: Value) -> Option<Self> {
        T::from_value(value).map(Self)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::None => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl<T: FromValue> FromValue for OrCallable<T> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Handle(handle) => Some(Self::Call(Callable(handle))),
            value => T::from_value(value).map(Self::Plain),
        }
    }
}

/// A list of bytes is one value, so lists are implemented per item type.
macro_rules! lists {
    ($($item:ty),*) => {$(
        impl FromValue for Vec<$item> {
            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::List(items) | Value::Tuple(items) => {
                        items.into_iter().map(<$item>::from_value).collect()
                    }
                    _ => None,
                }
            }
        }
    )*};
}

lists!(String, Value, Vec<u8>);

/// A dictionary whose order counts.
impl<T: FromValue> FromValue for Vec<(String, T)> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Dict(entries) => entries
                .into_iter()
                .map(|(key, value)| Some((String::from_value(key)?, T::from_value(value)?)))
                .collect(),
            _ => None,
        }
    }
}

impl FromValue for BTreeSet<String> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Set(items) | Value::List(items) | Value::Tuple(items) => {
                items.into_iter().map(String::from_value).collect()
            }
            _ => None,
        }
    }
}

impl<T: FromValue> FromValue for BTreeMap<String, T> {
    fn from_value(value: Value) -> Option<Self> {
        Vec::<(String, T)>::from_value(value).map(Self::from_iter)
    }
}
