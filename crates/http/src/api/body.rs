//! Request bodies: JSON whatever their content type, as `curl -d` sends them.

use std::borrow::Cow;

use axum::body::Bytes;
use perijove_model::value::repr_of_json;
use serde_json::{Map, Value};

use crate::error::Failure;

/// The body as JSON; `None` if it is empty. As upstream has it, bytes that are no UTF-8 are replaced.
///
/// # Errors
/// 400 if it is not JSON, nested too deeply for a stack, or has a whole number of more than 64 bits.
pub fn json(bytes: &Bytes) -> Result<Option<Value>, Failure> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(bytes);
    let parsed = serde_json::from_str(&whole_numbers(&text)?);
    parsed.map(Some).map_err(|_| Failure::bad_request("Invalid JSON in body of request"))
}

/// The text with the whole numbers that would be read as fractions put right. Python's are of any size: one that does
/// not fit is refused, since it would lose digits without a word. And its `-0` is 0, not the fraction -0.0.
fn whole_numbers(text: &str) -> Result<Cow<'_, str>, Failure> {
    let mut zeros = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['"', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) {
        let found = rest.get(at..).unwrap_or_default();
        if let Some(inside) = found.strip_prefix('"') {
            rest = after_text(inside);
            continue;
        }
        let end = found.find(|c| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
        let (number, after) = found.split_at(end.unwrap_or(found.len()));
        let is_whole = !number.contains(['.', 'e', 'E']);
        if is_whole && number.parse::<i64>().is_err() && number.parse::<u64>().is_err() {
            let digits = number.strip_prefix('-').unwrap_or(number);
            if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) {
                return Err(Failure::bad_request("Whole numbers of more than 64 bits are not supported"));
            }
        }
        if number == "-0" {
            zeros.push(text.len() - found.len());
        }
        rest = after;
    }
    if zeros.is_empty() {
        return Ok(Cow::Borrowed(text));
    }
    let mut mended = text.to_owned();
    for at in zeros {
        mended.replace_range(at..=at, " ");
    }
    Ok(Cow::Owned(mended))
}

/// What follows the text whose first quotation mark was read.
fn after_text(inside: &str) -> &str {
    let mut escaped = false;
    let end = inside.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    end.and_then(|end| inside.get(end + 1..)).unwrap_or_default()
}

/// Python's truth, by which upstream tells whether there is a body at all: empty things are nothing.
pub fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// The body as an object; nothing, and what Python takes for nothing, is an empty object.
///
/// # Errors
/// 400, with `message` if it is something else.
pub fn object(bytes: &Bytes, message: &str) -> Result<Map<String, Value>, Failure> {
    match json(bytes)?.filter(is_truthy) {
        None => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(Failure::bad_request(message)),
    }
}

/// Checks that a model has known keys of the right types only.
///
/// # Errors
/// 400 that names the first one that is wrong.
pub fn check_model(model: &Value, types: &[(&str, &str)], name: &str) -> Result<(), Failure> {
    let Value::Object(fields) = model else {
        return Err(Failure::bad_request(format!("Invalid JSON data: {}", short(model))));
    };
    for (key, value) in fields {
        let Some((_, expected)) = types.iter().find(|(known, _)| known == key) else {
            return Err(Failure::bad_request(format!("Invalid JSON keys: {}", short(model))));
        };
        if type_of(value) != *expected {
            let found = type_of(value);
            return Err(Failure::bad_request(format!(
                "{name}.{key} must be <class '{expected}'>, not: <class '{found}'>"
            )));
        }
    }
    Ok(())
}

/// The name of a value's type in Python, which messages use.
pub fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// A value for a message, as Python writes it, cut where it is long.
pub fn short(value: &Value) -> String {
    let text = repr_of_json(value);
    match text.char_indices().nth(200) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// A list of strings, or nothing.
///
/// # Errors
/// 400 for anything else.
pub fn string_list(body: &Map<String, Value>, key: &str) -> Result<Option<Vec<String>>, Failure> {
    let Some(value) = body.get(key).filter(|value| !value.is_null()) else { return Ok(None) };
    let list = value
        .as_array()
        .and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
    list.map(Some).ok_or_else(|| {
        Failure::bad_request(format!("token {key} must be null or a list of strings, not {}", short(value)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn models_are_checked_key_by_key() {
        let types = [("name", "str"), ("admin", "bool")];
        assert!(check_model(&json!({"name": "a", "admin": true}), &types, "user").is_ok());
        let wrong = check_model(&json!({"admin": "yes"}), &types, "user").unwrap_err();
        assert_eq!(wrong.message, "user.admin must be <class 'bool'>, not: <class 'str'>");
        assert!(check_model(&json!({"x": 1}), &types, "user").is_err());
        assert!(check_model(&json!([]), &types, "user").is_err());
    }

    #[test]
    fn empty_bodies_are_empty_objects() {
        assert!(object(&Bytes::new(), "no").unwrap().is_empty());
        assert_eq!(object(&Bytes::from_static(b"[1]"), "no").unwrap_err().message, "no");
        assert!(json(&Bytes::from_static(b"{")).is_err());
        for nothing in ["null", "[]", "\"\"", "0", "false", "{}"] {
            assert!(object(&Bytes::from_static(nothing.as_bytes()), "no").unwrap().is_empty(), "{nothing}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let body = json(&Bytes::from_static(b"\"a\xff\"")).unwrap();
        assert_eq!(body, Some(json!("a\u{fffd}")));
    }

    #[test]
    fn whole_numbers_keep_their_digits_or_are_refused() {
        let of = |text: &'static str| json(&Bytes::from_static(text.as_bytes()));
        for (text, expected) in [
            (r#"{"a": -0, "b": [-0,-0.0], "-0": "-0"}"#, r#"{"a":0,"b":[0,-0.0],"-0":"-0"}"#),
            ("18446744073709551615", "18446744073709551615"),
            ("-9223372036854775808", "-9223372036854775808"),
            (
                r#"["123456789012345678901", "\"-0, 123456789012345678901"]"#,
                r#"["123456789012345678901","\"-0, 123456789012345678901"]"#,
            ),
            (r#"["\\", 1e22, 100000000000000000000.0]"#, r#"["\\",1e+22,1e+20]"#),
        ] {
            assert_eq!(of(text).unwrap().unwrap().to_string(), expected);
        }
        for text in ["18446744073709551616", r#"{"a\\": [-9223372036854775809]}"#] {
            let failure = of(text).unwrap_err();
            assert_eq!(failure.message, "Whole numbers of more than 64 bits are not supported");
        }
        for text in ["-", "--0", "1-2", "0x10", "\"", "-0-0"] {
            assert_eq!(of(text).unwrap_err().message, "Invalid JSON in body of request", "{text}");
        }
    }

    #[test]
    fn depth_does_not_cost_the_stack() {
        for open in ["[", "{\"a\":"] {
            assert!(json(&Bytes::from(open.repeat(1_000_000))).is_err());
        }
    }
}
