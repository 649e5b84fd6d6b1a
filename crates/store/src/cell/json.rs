//! JSON text columns, read as Python's `json` module writes them and written the same way.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CharEscape, Formatter, Serializer};

/// The text for a value: Python's separators, and nothing but ASCII, so that a MySQL database with a narrow
/// character set holds any value.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T) -> String {
    let mut bytes = Vec::new();
    match value.serialize(&mut Serializer::with_formatter(&mut bytes, PythonStyle)) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_default(),
        // Maps with keys that are no strings; our types have none.
        Err(error) => {
            tracing::error!(%error, "cannot write a value as JSON, writing null");
            "null".to_owned()
        }
    }
}

/// Reads a JSON text; `null`, and what is no JSON at all, count as None.
///
/// Python writes `NaN` and `Infinity`, which JSON does not have: they are read as null.
pub(crate) fn read(text: &str) -> Option<Value> {
    let parsed = serde_json::from_str(text)
        .or_else(|error| serde_json::from_str::<Value>(&without_python_floats(text)).map_err(|_| error));
    match parsed {
        Ok(Value::Null) => None,
        Ok(value) => Some(value),
        Err(error) => {
            tracing::warn!(%error, "a JSON column holds something else, taking it as empty");
            None
        }
    }
}

/// Replaces `NaN`, `Infinity` and `-Infinity` outside of strings by `null`.
fn without_python_floats(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if next == '"' {
            let (string, after) = split_string(rest);
            output.push_str(string);
            rest = after;
        } else if let Some(after) =
            ["NaN", "Infinity", "-Infinity"].iter().find_map(|word| rest.strip_prefix(word))
        {
            output.push_str("null");
            rest = after;
        } else {
            output.push(next);
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
        }
    }
    output
}

/// Splits after the string literal with which `text` begins.
fn split_string(text: &str) -> (&str, &str) {
    let mut escaped = false;
    for (position, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return text.split_at(position + 1),
            _ => {}
        }
    }
    (text, "")
}

/// `json.dumps` with its default arguments.
struct PythonStyle;

impl Formatter for PythonStyle {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for character in fragment.chars() {
            match u8::try_from(character) {
                Ok(byte) if byte.is_ascii() && byte != 0x7f => writer.write_all(&[byte])?,
                _ => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        write!(writer, "\\u{unit:04x}")?;
                    }
                }
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        let text = match escape {
            CharEscape::Quote => "\\\"",
            CharEscape::ReverseSolidus => "\\\\",
            CharEscape::Solidus => "/",
            CharEscape::Backspace => "\\b",
            CharEscape::FormFeed => "\\f",
            CharEscape::LineFeed => "\\n",
            CharEscape::CarriageReturn => "\\r",
            CharEscape::Tab => "\\t",
            CharEscape::AsciiControl(byte) => return write!(writer, "\\u{byte:04x}"),
        };
        writer.write_all(text.as_bytes())
    }
}
