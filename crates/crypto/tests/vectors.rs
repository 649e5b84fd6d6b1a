//! Compares this crate with secrets made by JupyterHub 6.1.1, Tornado and cryptography, recorded in
//! `golden/vectors.json` by `golden/make_vectors.py`.
#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

use std::collections::BTreeMap;

use perijove_crypto::auth_state::CryptKeeper;
use perijove_crypto::cookie;
use perijove_crypto::cookie_secret::CookieSecret;
use perijove_crypto::token::{HashedToken, prefix};
use perijove_crypto::xsrf::{self, AnonymousId};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    jupyterhub: String,
    cookies: Vec<Cookie>,
    xsrf: Vec<Xsrf>,
    anonymous: Vec<Anonymous>,
    hashes: Vec<Hash>,
    states: Vec<State>,
    keys: Vec<Key>,
    secret_files: Vec<SecretFile>,
}

#[derive(Deserialize)]
struct Cookie {
    secret: String,
    name: String,
    value: String,
    now: i64,
    signed: String,
    checks: Vec<Check>,
}

#[derive(Deserialize)]
struct Check {
    age: f64,
    now: i64,
    valid: bool,
}

#[derive(Deserialize)]
struct Xsrf {
    secret: String,
    id: String,
    now: i64,
    value: String,
}

#[derive(Deserialize)]
struct Anonymous {
    ranges: Option<String>,
    names: Option<String>,
    address: String,
    headers: BTreeMap<String, String>,
    id: String,
}

#[derive(Deserialize)]
struct Hash {
    token: String,
    hashed: String,
}

#[derive(Deserialize)]
struct State {
    key: String,
    state: serde_json::Value,
    encrypted: String,
}

#[derive(Deserialize)]
struct Key {
    key: String,
    valid: bool,
}

#[derive(Deserialize)]
struct SecretFile {
    text: String,
    secret: Option<String>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("golden/vectors.json")).unwrap()
}

/// Hexadecimal text is how cookie secrets are configured, so that type reads it.
fn bytes(hex: &str) -> Vec<u8> {
    CookieSecret::from_hex(hex).unwrap().as_bytes().to_vec()
}

#[test]
fn signed_cookies() {
    let vectors = vectors();
    assert_eq!(vectors.jupyterhub, "6.1.1");
    for case in &vectors.cookies {
        let (secret, value) = (bytes(&case.secret), bytes(&case.value));
        assert_eq!(cookie::sign(&secret, &case.name, &value, case.now), case.signed);
        for check in &case.checks {
            let found = cookie::verify(&secret, &case.name, &case.signed, check.age, check.now);
            assert_eq!(found, check.valid.then(|| value.clone()), "{} after {}", case.signed, check.now);
        }
    }
}

#[test]
fn xsrf_values() {
    for case in &vectors().xsrf {
        let secret = bytes(&case.secret);
        assert_eq!(xsrf::make(&secret, &case.id, case.now), case.value);
        assert_eq!(xsrf::decode(&secret, &case.value, case.now).as_deref(), Some(case.id.as_str()));
    }
}

#[test]
fn anonymous_ids() {
    for case in &vectors().anonymous {
        let rules = AnonymousId::from_environment(case.ranges.as_deref(), case.names.as_deref()).unwrap();
        assert_eq!(
            rules.of(&case.address, |name| case.headers.get(name).cloned()),
            case.id,
            "{}",
            case.address
        );
        if case.ranges.is_none() && case.names.is_none() {
            let agent = case.headers.get("User-Agent").map(String::as_str).unwrap_or_default();
            assert_eq!(xsrf::anonymous_id(&case.address, agent), case.id);
        }
    }
}

#[test]
fn token_hashes() {
    for case in &vectors().hashes {
        let hashed = HashedToken::parse(&case.hashed).unwrap();
        assert!(hashed.verify(&case.token), "{}", case.hashed);
        assert!(!hashed.verify(prefix(&case.token)));
        assert_eq!(hashed.to_string(), case.hashed);
    }
}

#[test]
fn encrypted_auth_state() {
    for case in &vectors().states {
        let keeper = CryptKeeper::new([&case.key]).unwrap();
        assert_eq!(keeper.decrypt(case.encrypted.as_bytes()).unwrap(), case.state, "{}", case.key);
        let again = keeper.encrypt(&case.state).unwrap();
        assert_eq!(keeper.decrypt(&again).unwrap(), case.state);
    }
}

#[test]
fn forms_of_keys() {
    for case in &vectors().keys {
        assert_eq!(CryptKeeper::new([&case.key]).is_ok(), case.valid, "{:?}", case.key);
    }
}

#[test]
fn cookie_secret_files() {
    for case in &vectors().secret_files {
        let found = CookieSecret::from_file_text(&case.text)
            .map(|secret| secret.map_or_else(Vec::new, |secret| secret.as_bytes().to_vec()));
        assert_eq!(found.ok(), case.secret.as_deref().map(bytes), "{:?}", case.text);
    }
}
