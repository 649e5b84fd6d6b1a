//! JSON as Python's `json.dumps` writes it, byte for byte: a blank after commas and colons, ASCII only, Python's form of
//! fractions. Scripts that look for `"ready": true` in an answer find it.

use std::io::{self, Write};

use perijove_model::Value as PythonValue;
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// The text of a value.
///
/// # Errors
/// For a map whose keys are no text.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Vec<u8>> {
    // Most answers fit, so that they do not grow by doubling.
    let mut text = Vec::with_capacity(1024);
    value.serialize(&mut Serializer::with_formatter(&mut text, Python))?;
    Ok(text)
}

struct Python;

impl Python {
    fn separate<W: Write + ?Sized>(writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }
}

impl Formatter for Python {
    fn begin_array_value<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        Self::separate(writer, first)
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        Self::separate(writer, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_f64<W: Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(PythonValue::Float(value).repr().as_bytes())
    }

    /// Quotation marks, backslashes and control characters are not among these.
    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        if text.bytes().all(is_plain) {
            return writer.write_all(text.as_bytes());
        }
        let mut units = [0; 2];
        for letter in text.chars() {
            match u8::try_from(letter) {
                Ok(byte) if is_plain(byte) => writer.write_all(&[byte])?,
                _ => {
                    for unit in letter.encode_utf16(&mut units) {
                        write!(writer, "\\u{unit:04x}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The characters that Python does not escape.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    /// What Python 3.11 writes for the same.
    #[test]
    fn as_python_writes_it() {
        let cases = [
            (json!({"version": "6.1.1"}), r#"{"version": "6.1.1"}"#),
            (
                json!({"a": [1, true, null, [], {}], "b": {"c": -7}}),
                r#"{"a": [1, true, null, [], {}], "b": {"c": -7}}"#,
            ),
            (
                json!([1.0, 0.1, 1e22, 1e16, 1e15, 1e-5, 1e-4, -0.0, 123_456_789.123_456_79]),
                "[1.0, 0.1, 1e+22, 1e+16, 1000000000000000.0, 1e-05, 0.0001, -0.0, 123456789.12345679]",
            ),
            (json!("é🚀<>&/'\u{7f}"), r#""\u00e9\ud83d\ude80<>&/'\u007f""#),
            (json!("\"\\\n\r\t\u{8}\u{c}\u{0}\u{1f}\u{2028}"), r#""\"\\\n\r\t\b\f\u0000\u001f\u2028""#),
            (json!({"ä\n": "x"}), r#"{"\u00e4\n": "x"}"#),
        ];
        for (value, expected) in cases {
            let text = String::from_utf8(super::to_vec(&value).unwrap()).unwrap();
            assert_eq!(text, expected);
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }
}
