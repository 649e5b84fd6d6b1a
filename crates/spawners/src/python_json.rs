//! JSON as Python's `json.dumps` writes it, since servers get it in their environment byte for byte.

use std::fmt::Write;

use perijove_model::Value as PythonValue;
use serde_json::Value;

/// `json.dumps(value)`.
pub(crate) fn dumps(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value);
    text
}

/// `json.dumps` of a list of texts.
pub(crate) fn dumps_texts(texts: &[String]) -> String {
    dumps(&Value::Array(texts.iter().cloned().map(Value::String).collect()))
}

fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&self::number(number)),
        Value::String(text) => write_text(out, text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(out, index);
                write(out, item);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                separate(out, index);
                write_text(out, key);
                out.push_str(": ");
                write(out, value);
            }
            out.push('}');
        }
    }
}

fn separate(out: &mut String, index: usize) {
    if index > 0 {
        out.push_str(", ");
    }
}

fn number(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => PythonValue::Float(float).repr(),
        _ => number.to_string(),
    }
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn writes_what_python_writes() {
        let value = json!({"b": [1, 2.0, 1e16, null, true], "a": "é\u{1F600}\u{7f}\n\"\\/"});
        assert_eq!(
            dumps(&value),
            r#"{"b": [1, 2.0, 1e+16, null, true], "a": "\u00e9\ud83d\ude00\u007f\n\"\\/"}"#
        );
        assert_eq!(dumps_texts(&[]), "[]");
    }
}
