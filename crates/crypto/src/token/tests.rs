//! Tokens by hand; the golden tests compare hashes with JupyterHub's.

use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;

#[test]
fn generated_tokens_are_version_4_uuids() {
    let token = generate();
    let token = token.expose_secret();
    assert_eq!(token.len(), 32);
    assert!(token.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c)));
    assert_eq!(token.chars().nth(12), Some('4'));
    assert_ne!(token, generate().expose_secret());
}

#[test]
fn share_codes_are_32_bytes_that_need_no_quoting_in_a_url() {
    let code = share_code_with(&mut rand::rng());
    let code = code.expose_secret();
    assert_eq!(code.len(), 43);
    assert!(code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'));
    assert_ne!(code, share_code_with(&mut rand::rng()).expose_secret());
}

#[test]
fn given_tokens_have_8_to_64_characters() {
    assert_eq!(check_given("1234567"), Err(TokenError::TooShort(7)));
    assert_eq!(check_given("12345678"), Ok(()));
    assert_eq!(check_given(&"é".repeat(64)), Ok(()));
    assert_eq!(check_given(&"a".repeat(65)), Err(TokenError::TooLong(65)));
}

#[test]
fn prefixes_count_characters() {
    assert_eq!(prefix("abcdef"), "abcd");
    assert_eq!(prefix("ab"), "ab");
    assert_eq!(prefix("éüñab"), "éüña");
}

#[test]
fn malformed_hashes_are_refused() {
    for bad in [
        "",
        "sha512:1:salt",
        "md5:1:s:00",
        "sha512:x:s:00",
        "sha512:1:s:0",
        "sha512:1:s:00:",
        "sha512:-1:s:00",
    ] {
        assert_eq!(HashedToken::parse(bad), Err(TokenError::Malformed), "{bad:?}");
    }
}

#[test]
fn a_token_that_is_too_long_never_matches() {
    let long = "a".repeat(65);
    assert!(!hash(&long, 1).verify(&long));
    assert!(hash(&long[..64], 1).verify(&long[..64]));
}

#[test]
fn fingerprints_recognise_their_token_only() {
    let print = Fingerprint::of("token");
    assert!(print.matches("token"));
    assert!(!print.matches("Token"));
    assert_eq!(format!("{print:?}"), "Fingerprint(…)");
    assert_ne!(print, Fingerprint::of("token"));
}

proptest! {
    #[test]
    fn a_hash_matches_its_token_only(token in ".{1,64}", other in ".{1,64}", rounds in 1u32..4) {
        let hashed = HashedToken::parse(&hash(&token, rounds).to_string()).unwrap();
        prop_assert!(hashed.verify(&token));
        prop_assert_eq!(hashed.verify(&other), token == other);
    }
}
