//! Round trips of the encoding, and Python's rules for lazy values and `repr`.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn handle() -> Handle {
    Handle {
        id: 7,
        kind: HandleKind::Function,
        name: "__main__.hook".to_owned(),
        description: "<function hook>".to_owned(),
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        prop_oneof![-1e300f64..1e300, Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(1.0), Just(1e22)]
            .prop_map(Value::Float),
        ".*".prop_map(Value::Str),
        proptest::collection::vec(any::<u8>(), 0..8).prop_map(Value::Bytes),
        ".*".prop_map(Value::Path),
        (-1e9f64..1e9).prop_map(Value::Timedelta),
        Just(Value::Handle(handle())),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let items = proptest::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            items.clone().prop_map(Value::List),
            items.clone().prop_map(Value::Tuple),
            items.clone().prop_map(Value::Set),
            proptest::collection::vec((inner.clone(), inner.clone()), 0..4).prop_map(Value::Dict),
            (items.clone(), items, inner).prop_map(|(prepend, extend, update)| Value::Lazy(LazyOps {
                inserts: prepend.iter().map(|value| (-1, value.clone())).collect(),
                prepend,
                extend,
                update: Some(Box::new(Value::Set(vec![update]))),
            })),
        ]
    })
}

proptest! {
    #[test]
    fn the_encoding_is_lossless(value in any_value()) {
        let text = serde_json::to_string(&value).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}

#[test]
fn whole_and_floating_numbers_stay_apart() {
    assert_eq!(Value::Float(1.0).to_json().to_string(), "1.0");
    assert_eq!(Value::from_json(&json!(1)).unwrap(), Value::Int(1));
    assert_eq!(Value::from_json(&json!(1.0)).unwrap(), Value::Float(1.0));
    assert!(Value::from_json(&json!(u64::MAX)).is_err());
    assert_eq!(Value::Float(f64::NAN).to_json(), json!({"$float": "nan"}));
}

#[test]
fn unknown_or_several_tags_are_refused() {
    for bad in [
        json!({}),
        json!({"a": 1}),
        json!({"$set": [], "$dict": []}),
        json!({"$dict": [[1]]}),
        json!({"$handle": {}}),
    ] {
        assert!(Value::from_json(&bad).is_err(), "{bad}");
    }
}

#[test]
fn plain_json_has_no_tags() {
    let dict = Value::Dict(vec![("a".into(), Value::Tuple(vec![Value::Int(1), Value::None]))]);
    assert_eq!(dict.to_plain_json().unwrap(), json!({"a": [1, null]}));
    assert_eq!(Value::Handle(handle()).to_plain_json(), None);
    assert_eq!(
        Value::from_plain_json(&json!({"$set": [1]})).unwrap(),
        Value::Dict(vec![("$set".into(), Value::List(vec![Value::Int(1)]))])
    );
}

#[test]
fn lazy_changes_apply_as_in_traitlets() {
    let ints = |numbers: &[i64]| numbers.iter().copied().map(Value::Int).collect::<Vec<_>>();
    let ops = LazyOps {
        prepend: ints(&[10, 11]),
        extend: ints(&[20]),
        inserts: vec![(0, Value::Int(5)), (-1, Value::Int(6)), (99, Value::Int(7)), (-99, Value::Int(8))],
        update: None,
    };
    // Python: l=[1,2]; l.insert(0,5); l.insert(-1,6); l.insert(99,7); l.insert(-99,8)
    let expected = Value::List(ints(&[10, 11, 8, 5, 1, 6, 2, 7, 20]));
    assert_eq!(ops.apply(&Value::List(ints(&[1, 2]))), expected);

    let update = Value::Dict(vec![("a".into(), Value::Int(2)), ("b".into(), Value::Int(3))]);
    let ops = LazyOps { update: Some(Box::new(update)), ..LazyOps::default() };
    let before = Value::Dict(vec![("a".into(), Value::Int(1))]);
    assert_eq!(ops.apply(&before).repr(), "{'a': 2, 'b': 3}");
    assert_eq!(ops.apply(&Value::Int(1)), Value::Int(1));
}

#[test]
fn repr_reads_like_python() {
    let value = Value::Dict(vec![
        ("a".into(), Value::List(vec![Value::None, Value::Bool(true), Value::Float(1.0)])),
        (Value::Int(1), Value::Tuple(vec!["it's".into()])),
        ("b".into(), Value::Bytes(vec![0, b'a', b'\''])),
        ("e".into(), Value::Float(1e22)),
        ("s".into(), Value::Set(vec![])),
    ]);
    assert_eq!(
        value.repr(),
        r#"{'a': [None, True, 1.0], 1: ("it's",), 'b': b"\x00a'", 'e': 1e+22, 's': set()}"#
    );
}

#[test]
fn texts_and_documents_read_like_python() {
    assert_eq!(repr_of_text("in/valid"), "'in/valid'");
    assert_eq!(
        repr_of_text("it's \n\u{7f}\u{a0}\u{200b}\u{e0001}é🚀"),
        r#""it's \n\x7f\xa0\u200b\U000e0001é🚀""#
    );
    let document = json!({"a": [1, null, true, 1.5], "b": {"c": "say \"x\""}});
    assert_eq!(repr_of_json(&document), r#"{'a': [1, None, True, 1.5], 'b': {'c': 'say "x"'}}"#);
}

#[test]
fn handles_are_found_inside_containers() {
    let inside = Value::Dict(vec![("a".into(), Value::List(vec![Value::Handle(handle())]))]);
    assert!(inside.has_handle());
    assert!(!Value::List(vec![Value::Int(1)]).has_handle());
}
