//! Rules of names, checked against upstream's `validate_username` and role pattern.

use super::*;

#[test]
fn user_names_follow_upstreams_rules() {
    for good in ["a", "Alice", "a b", "a@b.c", "é", "...a", "a%2f"] {
        assert!(UserName::parse(good).is_ok(), "{good:?}");
    }
    for bad in ["", "a/b", ".", "..", "....", "%2e", "%2E%2e", " a", "a ", "\u{a0}a", "a\u{1f}", "a\0b"] {
        assert!(UserName::parse(bad).is_err(), "{bad:?}");
    }
    assert!(UserName::parse(&"é".repeat(255)).is_ok());
    assert!(UserName::parse(&"a".repeat(256)).is_err());
}

#[test]
fn role_names_follow_upstreams_pattern() {
    for good in ["abc", "a-b", "a.~_9", &"a".repeat(255)] {
        assert!(RoleName::parse(good).is_ok(), "{good:?}");
    }
    for bad in ["", "ab", "Abc", "9ab", "ab-", "a b", "a\u{e9}b", "abc\n", &"a".repeat(256)] {
        assert!(RoleName::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn the_empty_server_name_is_the_default_server() {
    assert_eq!(ServerName::parse("").unwrap(), ServerName::default());
    assert!(ServerName::default().is_default());
    assert!(ServerName::parse("a/b").is_err());
}

#[test]
fn deserialising_checks_the_name() {
    assert!(serde_json::from_str::<UserName>("\"a\"").is_ok());
    assert!(serde_json::from_str::<UserName>("\"a/b\"").is_err());
    assert_eq!(serde_json::to_string(&GroupName::parse("/team/a").unwrap()).unwrap(), "\"/team/a\"");
}

#[test]
fn escaped_keeps_at_and_tilde() {
    assert_eq!(UserName::parse("a b@c~").unwrap().escaped(), "a%20b@c~");
}
