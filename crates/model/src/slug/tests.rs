//! Slugs and DNS names by hand; the golden tests compare many more with upstream.

use super::*;

#[test]
fn server_names_are_safe_slugs() {
    for good in ["a", "lab-1", &"a".repeat(30)] {
        assert!(is_valid_safe_slug(good), "{good:?}");
    }
    for bad in ["", "A", "1a", "a-", "-a", "a--b", "a_b", "a b", "é", &"a".repeat(31)] {
        assert!(!is_valid_safe_slug(bad), "{bad:?}");
    }
}

#[test]
fn slugs_of_awkward_names() {
    assert_eq!(safe_slug("abc", true, 30).unwrap(), "abc");
    assert_eq!(safe_slug("Ünal & co", false, 30).unwrap(), "unal-co");
    assert_eq!(safe_slug("9lives", false, 30).unwrap(), "x-9lives");
    assert_eq!(safe_slug("…", false, 30).unwrap(), "x");
    assert_eq!(safe_slug("", true, 30), Err(SlugError::Empty));
    assert_eq!(safe_slug("a-b", true, 9), Err(SlugError::TooShort(9)));
}

#[test]
fn legacy_domains_share_one_for_services() {
    assert_eq!(subdomain_legacy("a@b", "hub.org", DomainKind::User), "a_40b.hub.org");
    assert_eq!(subdomain_legacy("x", "hub.org", DomainKind::Service), "services.hub.org");
    assert_eq!(subdomain_idna("x", "hub.org", DomainKind::Service), "x--service.hub.org");
}
