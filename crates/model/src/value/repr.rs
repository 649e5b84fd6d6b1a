//! How Python would print a value (`repr`), for messages that name a configured value.

use std::fmt;

use serde_json::Value as Json;

use super::{LazyOps, Value};

/// Prints the value as Python's `repr` does, near enough for a person to recognise what they wrote.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => float(f, *number),
            Self::Str(text) => quoted(f, text),
            Self::Bytes(bytes) => byte_string(f, bytes),
            Self::List(items) => sequence(f, "[", items, "]"),
            Self::Tuple(items) if items.len() == 1 => sequence(f, "(", items, ",)"),
            Self::Tuple(items) => sequence(f, "(", items, ")"),
            Self::Set(items) if items.is_empty() => f.write_str("set()"),
            Self::Set(items) => sequence(f, "{", items, "}"),
            Self::Dict(entries) => dict(f, entries),
            Self::Path(path) => {
                f.write_str("Path(")?;
                quoted(f, path)?;
                f.write_str(")")
            }
            Self::Timedelta(seconds) => {
                f.write_str("timedelta(seconds=")?;
                float(f, *seconds)?;
                f.write_str(")")
            }
            Self::Handle(handle) if handle.description.is_empty() => write!(f, "<{}>", handle.name),
            Self::Handle(handle) => f.write_str(&handle.description),
            Self::Lazy(ops) => lazy(f, ops),
        }
    }
}

impl Value {
    /// The same as `to_string`, by the name that Python gives it.
    pub fn repr(&self) -> String {
        self.to_string()
    }
}

/// A text as Python's `repr` writes it: in quotes, and with nothing that could be mistaken for another line.
pub fn repr_of_text(text: &str) -> String {
    Value::from(text).repr()
}

/// A value of a JSON document as Python's `repr` writes it.
pub fn repr_of_json(value: &Json) -> String {
    let list = |items: Vec<String>| items.join(", ");
    match value {
        Json::Null => "None".to_owned(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::Number(number) if number.is_f64() => Value::Float(number.as_f64().unwrap_or_default()).repr(),
        Json::Number(number) => number.to_string(),
        Json::String(text) => repr_of_text(text),
        Json::Array(items) => format!("[{}]", list(items.iter().map(repr_of_json).collect())),
        Json::Object(fields) => {
            let entry =
                |(key, value): (&String, &Json)| format!("{}: {}", repr_of_text(key), repr_of_json(value));
            format!("{{{}}}", list(fields.iter().map(entry).collect()))
        }
    }
}

fn float(f: &mut fmt::Formatter<'_>, number: f64) -> fmt::Result {
    if number.is_nan() {
        f.write_str("nan")
    } else if number.is_infinite() {
        f.write_str(if number > 0.0 { "inf" } else { "-inf" })
    } else if number != 0.0 && !(1e-4..1e16).contains(&number.abs()) {
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |rest| ("-", rest));
        write!(f, "{digits}e{sign}{exponent:0>2}")
    } else {
        write!(f, "{number:?}")
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    write!(f, "{quote}")?;
    for c in text.chars() {
        match c {
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c == quote => write!(f, "\\{c}")?,
            c if is_printable(c) => write!(f, "{c}")?,
            c if c <= '\u{ff}' => write!(f, "\\x{:02x}", u32::from(c))?,
            c if c <= '\u{ffff}' => write!(f, "\\u{:04x}", u32::from(c))?,
            c => write!(f, "\\U{:08x}", u32::from(c))?,
        }
    }
    write!(f, "{quote}")
}

/// What Python prints as it is. The standard library escapes marks that combine with the letter before them, too;
/// those Python prints.
fn is_printable(c: char) -> bool {
    matches!(c, '\'' | '"' | '\u{300}'..='\u{36f}') || c.escape_debug().len() == 1
}

fn byte_string(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    write!(f, "b{quote}")?;
    for byte in bytes {
        match byte {
            b'\\' => f.write_str("\\\\")?,
            b'\n' => f.write_str("\\n")?,
            b'\r' => f.write_str("\\r")?,
            b'\t' => f.write_str("\\t")?,
            byte if char::from(*byte) == quote => write!(f, "\\{quote}")?,
            0x20..=0x7e => write!(f, "{}", char::from(*byte))?,
            byte => write!(f, "\\x{byte:02x}")?,
        }
    }
    write!(f, "{quote}")
}

fn sequence(f: &mut fmt::Formatter<'_>, open: &str, items: &[Value], close: &str) -> fmt::Result {
    f.write_str(open)?;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{item}")?;
    }
    f.write_str(close)
}

fn dict(f: &mut fmt::Formatter<'_>, entries: &[(Value, Value)]) -> fmt::Result {
    f.write_str("{")?;
    for (index, (key, value)) in entries.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{key}: {value}")?;
    }
    f.write_str("}")
}

fn lazy(f: &mut fmt::Formatter<'_>, ops: &LazyOps) -> fmt::Result {
    let mut parts = Vec::new();
    if let Some(update) = &ops.update {
        parts.push((Value::from("update"), (**update).clone()));
    }
    if !ops.extend.is_empty() {
        parts.push((Value::from("extend"), Value::List(ops.extend.clone())));
    }
    if !ops.prepend.is_empty() {
        parts.push((Value::from("prepend"), Value::List(ops.prepend.clone())));
    } else if !ops.inserts.is_empty() {
        let inserts = ops.inserts.iter().map(|(at, item)| Value::Tuple(vec![Value::Int(*at), item.clone()]));
        parts.push((Value::from("inserts"), Value::List(inserts.collect())));
    }
    f.write_str("<LazyConfigValue ")?;
    dict(f, &parts)?;
    f.write_str(">")
}
