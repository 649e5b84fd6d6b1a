//! Configuration values with Python's types.
//!
//! `jupyterhub_config.py` is a Python program, so a value may be a tuple, a set, bytes, a path or a time span, or
//! something that cannot leave the interpreter (a function or class), which stays there and is named by a
//! [`Handle`]. [`Value::to_json`] describes the lossless encoding used between the hub and the worker.

mod json;
mod repr;

pub use json::ValueError;
pub use repr::{repr_of_json, repr_of_text};

/// One configuration value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating point number, also infinite or not a number.
    Float(f64),
    /// Text.
    Str(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Value>),
    /// A tuple.
    Tuple(Vec<Value>),
    /// A set or frozen set, in the order in which the interpreter gave it.
    Set(Vec<Value>),
    /// A dictionary in insertion order; keys are hashable values, mostly text.
    Dict(Vec<(Value, Value)>),
    /// A `pathlib` path.
    Path(String),
    /// A `datetime.timedelta`, in seconds.
    Timedelta(f64),
    /// Something that stays in the Python worker.
    Handle(Handle),
    /// Changes to a default that are applied later (`c.X.y.append(…)`).
    Lazy(LazyOps),
}

/// What kind of object a handle names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HandleKind {
    /// A function, method or other callable that is no class.
    Function,
    /// A class.
    Class,
    /// Any other object.
    Instance,
}

/// An object that stays in the Python worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle {
    /// The worker's number for the object; valid until that worker ends.
    pub id: u64,
    /// What kind of object it is.
    pub kind: HandleKind,
    /// `module.qualname` of the object, or of its class for an instance.
    pub name: String,
    /// The object's `repr`, shortened; for messages only.
    pub description: String,
}

/// Recorded changes to a default value: Traitlets' `LazyConfigValue`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LazyOps {
    /// Items put before a list's default.
    pub prepend: Vec<Value>,
    /// Items put after a list's default.
    pub extend: Vec<Value>,
    /// Items inserted at Python indices, before the other two are applied.
    pub inserts: Vec<(i64, Value)>,
    /// A dictionary or set that updates the default.
    pub update: Option<Box<Value>>,
}

impl LazyOps {
    /// The value that results from these changes to `initial`. A list takes inserts, then `prepend`, then
    /// `extend`; a dictionary or set takes `update`; anything else stays as it is (Traitlets' `get_value`).
    pub fn apply(&self, initial: &Value) -> Value {
        match (initial, self.update.as_deref()) {
            (Value::List(items), _) => Value::List(self.apply_to_list(items)),
            (Value::Dict(entries), Some(Value::Dict(update))) => {
                let mut merged = entries.clone();
                for (key, value) in update {
                    match merged.iter_mut().find(|(known, _)| known == key) {
                        Some(entry) => entry.1 = value.clone(),
                        None => merged.push((key.clone(), value.clone())),
                    }
                }
                Value::Dict(merged)
            }
            (Value::Set(items), Some(Value::Set(update))) => {
                let mut merged = items.clone();
                for item in update {
                    if !merged.contains(item) {
                        merged.push(item.clone());
                    }
                }
                Value::Set(merged)
            }
            _ => initial.clone(),
        }
    }

    fn apply_to_list(&self, items: &[Value]) -> Vec<Value> {
        let mut list = items.to_vec();
        for (index, item) in &self.inserts {
            list.insert(python_insert_position(*index, list.len()), item.clone());
        }
        list.splice(0..0, self.prepend.iter().cloned());
        list.extend(self.extend.iter().cloned());
        list
    }
}

/// Where `list.insert(index, …)` puts an item: negative indices count from the end, all are clamped.
fn python_insert_position(index: i64, len: usize) -> usize {
    if index < 0 {
        let from_end = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
        len.saturating_sub(from_end)
    } else {
        usize::try_from(index).unwrap_or(usize::MAX).min(len)
    }
}

impl Value {
    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The whole number, if this is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The items of a list, tuple or set.
    pub fn items(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) | Self::Tuple(items) | Self::Set(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a dictionary.
    pub fn entries(&self) -> Option<&[(Value, Value)]> {
        match self {
            Self::Dict(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value under a text key of a dictionary.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries()?.iter().find(|(known, _)| known.as_str() == Some(key)).map(|(_, value)| value)
    }

    /// Whether a handle is found here or anywhere inside.
    pub fn has_handle(&self) -> bool {
        match self {
            Self::Handle(_) => true,
            Self::List(items) | Self::Tuple(items) | Self::Set(items) => items.iter().any(Self::has_handle),
            Self::Dict(entries) => entries.iter().any(|(key, value)| key.has_handle() || value.has_handle()),
            Self::Lazy(ops) => {
                ops.prepend.iter().chain(&ops.extend).any(Self::has_handle)
                    || ops.inserts.iter().any(|(_, value)| value.has_handle())
                    || ops.update.as_ref().is_some_and(|update| update.has_handle())
            }
            _ => false,
        }
    }

    /// Python's name of the type, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Set(_) => "set",
            Self::Dict(_) => "dict",
            Self::Path(_) => "Path",
            Self::Timedelta(_) => "timedelta",
            Self::Handle(Handle { kind: HandleKind::Function, .. }) => "function",
            Self::Handle(Handle { kind: HandleKind::Class, .. }) => "class",
            Self::Handle(Handle { kind: HandleKind::Instance, .. }) => "object",
            Self::Lazy(_) => "LazyConfigValue",
        }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Str(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Str(text)
    }
}

#[cfg(test)]
mod tests;
