//! The shapes and the time stamps, compared with answers of JupyterHub 6.1.1.

use chrono::{TimeZone, Utc};
use serde_json::json;

use super::*;

#[test]
fn time_stamps_look_like_pythons() {
    let time = Utc.with_ymd_and_hms(2026, 11, 22, 1, 2, 3).unwrap();
    assert_eq!(Timestamp::new(time).to_string(), "2026-11-22T01:02:03Z");
    let fraction = time + chrono::Duration::nanoseconds(250_999);
    assert_eq!(Timestamp::new(fraction).to_string(), "2026-11-22T01:02:03.000250Z");
}

#[test]
fn time_stamps_are_read_in_the_forms_that_clients_send() {
    for text in [
        "2026-11-22T01:02:03Z",
        "2026-11-22T01:02:03.000000Z",
        "2026-11-22T01:02:03",
        "2026-11-22 01:02:03",
        "2026-11-22T02:02:03+01:00",
        "2026-11-22T02:02:03+0100",
        "2026-11-21 23:02:03.0 -02:00",
        "2026-11-22T01:02:03 UTC",
        "20261122T010203Z",
        "Sun, 22 Nov 2026 01:02:03 GMT",
    ] {
        assert_eq!(Timestamp::parse(text).unwrap().to_string(), "2026-11-22T01:02:03Z", "{text}");
    }
    for date in ["2026-11-22", "2026/11/22", "20261122"] {
        assert_eq!(Timestamp::parse(date).unwrap().to_string(), "2026-11-22T00:00:00Z");
    }
    for bad in ["", "yesterday", "1577836800", "2026-13-01T00:00:00Z"] {
        assert!(Timestamp::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn users_show_only_what_was_filled_in() {
    let user = UserModel {
        kind: Some("user".to_owned()),
        name: Some("ann".to_owned()),
        server: Some(None),
        ..UserModel::default()
    };
    let json = serde_json::to_value(&user).unwrap();
    assert_eq!(json, json!({"kind": "user", "name": "ann", "server": null}));
    assert_eq!(serde_json::from_value::<UserModel>(json).unwrap(), user);
}

#[test]
fn pages_follow_upstreams_limits() {
    let page = |offset, limit| PageRequest::parse(offset, limit, 50, 200).unwrap();
    assert_eq!(page(None, None), PageRequest { offset: 0, limit: 50 });
    assert_eq!(page(Some("-3"), Some("999")), PageRequest { offset: 3, limit: 200 });
    assert_eq!(page(Some("3"), Some("0")), PageRequest { offset: 3, limit: 1 });
    assert_eq!(PageRequest::parse(Some("x"), None, 50, 200), Err(PageError));
    // Python's `int` takes these, and none of those.
    for text in ["12", "+12", "1_2", "１２", "٠١_٢", " 0012 ", "-12"] {
        assert_eq!(page(Some(text), None), PageRequest { offset: 12, limit: 50 }, "{text}");
    }
    for text in ["", "_1", "1_", "1__2", "- 1", "--1", "1.0", "0x1", "²", "Ⅻ"] {
        assert_eq!(PageRequest::parse(Some(text), None, 50, 200), Err(PageError), "{text}");
    }
    let huge = "9".repeat(40);
    assert_eq!(page(None, Some(&huge)), PageRequest { offset: 0, limit: 200 });
    let below = format!("-{huge}");
    assert_eq!(page(Some(&below), None).offset, i64::MAX.unsigned_abs());
    let envelope =
        page(Some("0"), Some("2")).envelope([1, 2], 3, |offset, limit| format!("u?{offset}&{limit}"));
    assert_eq!(
        serde_json::to_value(envelope).unwrap(),
        json!({"items": [1, 2], "_pagination": {"offset": 0, "limit": 2, "total": 3,
            "next": {"offset": 2, "limit": 2, "url": "u?2&2"}}})
    );
    assert!(accepts_pagination("text/html, Application/jupyterhub-pagination+json"));
    assert!(!accepts_pagination("*/*"));
}
