//! Signed values that must not be accepted; the golden tests hold those that must.

use proptest::prelude::*;

use super::*;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const NOW: i64 = 1_800_000_000;

#[test]
fn an_empty_signature_is_no_signature() {
    let cookie = sign(SECRET, "name", b"value", NOW);
    let unsigned = &cookie[..cookie.len() - 64];
    assert!(unsigned.ends_with('|'));
    assert_eq!(verify(SECRET, "name", unsigned, 14.0, NOW), None);
}

#[test]
fn age_counts_from_the_signature() {
    let cookie = sign(SECRET, "name", b"value", NOW);
    let after = |seconds| verify(SECRET, "name", &cookie, 14.0, NOW + seconds).is_some();
    assert!(after(0));
    assert!(after(-1000));
    assert!(after(14 * 86400));
    assert!(!after(14 * 86400 + 1));
    assert!(verify(SECRET, "name", &cookie, 0.25, NOW + 6 * 3600).is_some());
    assert!(verify(SECRET, "name", &cookie, 0.25, NOW + 6 * 3600 + 1).is_none());
}

#[test]
fn malformed_values_are_refused() {
    for bad in
        ["", "2|", "1|", "2|1:0", "2|1:0|x:1|", "2|99:0|", "2|1:0|10:1800000000|4:name|8:dmFsdWU=|", "é|1:0|"]
    {
        assert_eq!(verify(SECRET, "name", bad, 14.0, NOW), None, "{bad:?}");
    }
}

proptest! {
    #[test]
    fn only_the_untouched_value_verifies(
        name in "[a-z-]{1,12}",
        value in proptest::collection::vec(any::<u8>(), 0..40),
        at in any::<proptest::sample::Index>(),
        flip in 1u8..127,
    ) {
        let cookie = sign(SECRET, &name, &value, NOW);
        prop_assert_eq!(verify(SECRET, &name, &cookie, 14.0, NOW), Some(value));
        prop_assert_eq!(verify(b"other", &name, &cookie, 14.0, NOW), None);
        prop_assert_eq!(verify(SECRET, "other_name", &cookie, 14.0, NOW), None);
        let mut bytes = cookie.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = (bytes[at] ^ flip) & 0x7f;
        let touched = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(verify(SECRET, &name, &touched, 14.0, NOW), None);
    }

    #[test]
    fn nothing_makes_it_panic(cookie in ".*") {
        verify(SECRET, "name", &cookie, 14.0, NOW);
        verify(SECRET, "name", &format!("2|{cookie}"), 14.0, NOW);
    }
}
