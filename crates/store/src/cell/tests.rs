//! Texts that Python wrote, and those that it will read.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Cell, Cells, json, scopes, time};

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn times_have_six_digits() {
    for (moment_text, text) in [
        ("2024-05-06T07:08:09.123456Z", "2024-05-06 07:08:09.123456"),
        ("2024-05-06T07:08:09Z", "2024-05-06 07:08:09.000000"),
        ("2024-05-06T07:08:09.1Z", "2024-05-06 07:08:09.100000"),
        ("0001-01-01T00:00:00Z", "0001-01-01 00:00:00.000000"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31 23:59:59.999999"),
    ] {
        assert_eq!(time::format(&moment(moment_text)), text);
        assert_eq!(time::parse(text), Some(moment(moment_text)));
    }
    // Finer than a microsecond is cut off, as Python would not have had it.
    assert_eq!(time::format(&moment("2024-05-06T07:08:09.123456999Z")), "2024-05-06 07:08:09.123456");
}

#[test]
fn times_of_people_are_read() {
    let second = Some(moment("2024-05-06T07:08:09Z"));
    for text in [
        "2024-05-06 07:08:09",
        "2024-05-06T07:08:09",
        " 2024-05-06 07:08:09.0 ",
        "2024-05-06T07:08:09Z",
        "2024-05-06T09:08:09+02:00",
    ] {
        assert_eq!(time::parse(text), second, "{text:?}");
    }
    assert_eq!(time::parse("2024-05-06 07:08"), Some(moment("2024-05-06T07:08:00Z")));
    assert_eq!(time::parse("2024-05-06"), Some(moment("2024-05-06T00:00:00Z")));
    for text in ["", "yesterday", "2024-13-06 07:08:09.000000", "2024-05-06 07:08:0x.000000", "1714979289"] {
        assert_eq!(time::parse(text), None, "{text:?}");
    }
}

/// Each right side is what `json.dumps` of Python gives.
#[test]
fn json_is_pythons() {
    for (value, text) in [
        (json!(null), "null"),
        (json!({}), "{}"),
        (json!([]), "[]"),
        (
            json!({"a": [1, -2.5, true, null], "b": {"c": ""}}),
            r#"{"a": [1, -2.5, true, null], "b": {"c": ""}}"#,
        ),
        (json!("größe 🚀 \u{7f}\u{1}\n\t\"\\/"), r#""gr\u00f6\u00dfe \ud83d\ude80 \u007f\u0001\n\t\"\\/""#),
    ] {
        assert_eq!(json::write(&value), text);
        assert_eq!(json::read(text), Some(value).filter(|value| *value != Value::Null));
    }
}

#[test]
fn floats_that_json_does_not_have_are_null() {
    let text = r#"{"a": NaN, "b": [Infinity, -Infinity], "NaN": "Infinity \" NaN"}"#;
    assert_eq!(json::read(text), Some(json!({"a": null, "b": [null, null], "NaN": "Infinity \" NaN"})));
    for text in ["", "{", "NaN", "{'a': 1}"] {
        assert_eq!(json::read(text), None, "{text:?}");
    }
}

/// What is no list of strings grants nothing.
#[test]
fn lists_of_scopes() {
    assert_eq!(
        scopes::read(r#"["self", "read:users!user=j\u00fcrgen"]"#),
        ["self", "read:users!user=jürgen"]
    );
    for text in ["null", "", "[]", r#"{"self": 1}"#, r#"["self", 1]"#, r#""self""#, "[\"self\""] {
        assert_eq!(scopes::read(text), Vec::<String>::new(), "{text:?}");
    }
}

#[test]
fn values_are_taken_from_left_to_right() {
    let mut row = Cells::new(vec![Cell::Int(1), Cell::Null, Cell::Text("x".to_owned()), Cell::Real(2.0)]);
    assert_eq!(row.take::<i64>().unwrap(), 1);
    assert!(row.next_is_null());
    row.skip(1);
    assert!(!row.next_is_null());
    let error = row.take::<i64>().unwrap_err();
    assert_eq!(error.to_string(), "column 2 of a row does not hold an integer");
    assert_eq!(row.take::<Option<i64>>().unwrap(), Some(2));
    assert!(row.next_is_null());
    assert_eq!(row.take::<String>().unwrap_err().to_string(), "column 4 of a row does not hold a column");
}
