//! What is kept, what is made anew, and who is anonymous in the same way.

use super::*;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const NOW: i64 = 1_800_000_000;

#[test]
fn a_value_holds_its_id_for_31_days() {
    let value = make(SECRET, "session:user", NOW);
    assert!(!value.contains(['=', '+', '/']));
    assert_eq!(decode(SECRET, &value, NOW).as_deref(), Some("session:user"));
    assert_eq!(decode(SECRET, &format!("{value}=="), NOW).as_deref(), Some("session:user"));
    assert!(decode(SECRET, &value, NOW + 31 * 86400).is_some());
    assert_eq!(decode(SECRET, &value, NOW + 31 * 86400 + 1), None);
    assert_eq!(decode(b"other", &value, NOW), None);
    assert_eq!(decode(SECRET, "no base64!", NOW), None);
    assert_eq!(decode(SECRET, "", NOW), None);
}

#[test]
fn a_login_cookie_is_no_xsrf_value() {
    let login = cookie::sign(SECRET, "jupyterhub-hub-login", b"session:user", NOW);
    assert_eq!(decode(SECRET, &URL_SAFE_NO_PAD.encode(login), NOW), None);
}

#[test]
fn the_first_valid_cookie_decides() {
    let ours = make(SECRET, "a:b", NOW - 5);
    let others = make(SECRET, "a:c", NOW - 5);
    assert_eq!(keep_or_make(SECRET, ["junk", &ours, &others], "a:b", NOW), (ours.clone(), false));
    // A valid cookie of another session is not skipped for a later one that would fit.
    let (made, new) = keep_or_make(SECRET, [others.as_str(), &ours], "a:b", NOW);
    assert!(new && made != ours && decode(SECRET, &made, NOW).as_deref() == Some("a:b"));
    assert!(keep_or_make(SECRET, [], "a:b", NOW).1);
}

#[test]
fn addresses_in_a_range_are_one() {
    let rules = AnonymousId::from_environment(
        Some("10.0.0.0/255.0.0.0;fd00::/8;192.168.0.1"),
        Some("User-Agent;X-Id"),
    )
    .unwrap();
    let id = |address: &str| rules.of(address, |name| Some(name.to_owned()));
    assert_eq!(id("10.1.2.3"), id("10.255.0.1"));
    assert_eq!(id("fd00::1"), id("fdff::2"));
    assert_ne!(id("11.0.0.1"), id("11.0.0.2"));
    assert_ne!(id("192.168.0.1"), id("192.168.0.2"));
    assert_eq!(id("no address"), id("no address"));
    assert!(AnonymousId::from_environment(Some("10.0.0.1/8"), None).is_err());
    assert!(AnonymousId::from_environment(Some("10.0.0.0/33"), None).is_err());
    assert!(AnonymousId::from_environment(Some("::/0"), None).is_ok());
}
