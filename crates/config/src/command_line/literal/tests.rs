use perijove_model::value::Value;

use super::literal_eval;

fn read(text: &str) -> String {
    literal_eval(text).map_or_else(|_| "error".to_owned(), |value| value.repr())
}

#[test]
fn reads_what_python_reads() {
    for (text, repr) in [
        ("['a', \"b\"]", "['a', 'b']"),
        ("('a',)", "('a',)"),
        ("('a')", "'a'"),
        ("()", "()"),
        ("1, 2", "(1, 2)"),
        ("{}", "{}"),
        ("{'a': 1, 'a': 2,}", "{'a': 2}"),
        ("{1, 1, 2}", "{1, 2}"),
        ("set()", "set()"),
        ("-1_000", "-1000"),
        ("0x1F", "31"),
        ("1e3", "1000.0"),
        ("-.5", "-0.5"),
        (" [True, None , False] ", "[True, None, False]"),
        (r"'a\n\x41\u00e9\q'", r"'a\nAé\\q'"),
        ("r'a\\n'", r"'a\\n'"),
        ("'a' \"b\"", "'ab'"),
        ("b'ab'", "b'ab'"),
        ("'''x'y'''", "\"x'y\""),
        ("{'a': [1, {'b': (2,)}]}", "{'a': [1, {'b': (2,)}]}"),
    ] {
        assert_eq!(read(text), repr, "{text}");
    }
}

#[test]
fn refuses_what_python_refuses() {
    for text in ["", "[", "[1 2]", "a", "__import__('os')", "{'a' 1}", "'x", "1 2", "01", "{1: 2, 3}"] {
        assert_eq!(read(text), "error", "{text}");
    }
    assert!(literal_eval(&"[".repeat(10_000)).is_err());
    assert_eq!(literal_eval("0"), Ok(Value::Int(0)));
}
