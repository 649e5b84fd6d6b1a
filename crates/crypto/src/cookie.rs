//! Tornado's signed values, version 2: how JupyterHub signs its login cookies.
//!
//! `2|1:0|10:<time stamp>|<n>:<name>|<n>:<base64 value>|<hex HMAC-SHA256>`, each field with its length; the signature
//! covers everything before it. Tornado also reads version 1, which it stopped writing before JupyterHub existed; we
//! do not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::{constant_time_eq, hex};

const SECONDS_PER_DAY: f64 = 86400.0;

/// Signs `value` for the cookie `name` at `now` (Unix seconds).
pub fn sign(secret: &[u8], name: &str, value: &[u8], now: i64) -> String {
    let now = now.to_string();
    let value = STANDARD.encode(value);
    let mut text = String::from("2|1:0|");
    for field in [now.as_str(), name, value.as_str()] {
        text.push_str(&format!("{}:{field}|", field.len()));
    }
    let signature = hex::encode(&signature(secret, text.as_bytes()));
    text + &signature
}

/// The value of a signed cookie. `None` if the signature, the name or the form is wrong, or if it was signed more
/// than `max_age_days` before `now` (Unix seconds).
pub fn verify(secret: &[u8], name: &str, cookie: &str, max_age_days: f64, now: i64) -> Option<Vec<u8>> {
    let fields = cookie.strip_prefix("2|")?;
    let (_key_version, fields) = field(fields)?;
    let (signed_at, fields) = field(fields)?;
    let (signed_name, fields) = field(fields)?;
    let (value, passed) = field(fields)?;
    let covered = cookie.get(..cookie.len() - passed.len())?;
    let expected = hex::encode(&signature(secret, covered.as_bytes()));
    if !constant_time_eq(passed.as_bytes(), expected.as_bytes()) || signed_name != name {
        return None;
    }
    let signed_at: i64 = signed_at.parse().ok()?;
    if is_older(signed_at, now, max_age_days) {
        return None;
    }
    STANDARD.decode(value).ok()
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit into 52 bits")]
fn is_older(signed_at: i64, now: i64, max_age_days: f64) -> bool {
    (signed_at as f64) < now as f64 - max_age_days * SECONDS_PER_DAY
}

/// Takes one `<length>:<bytes>|` off the front.
fn field(text: &str) -> Option<(&str, &str)> {
    let (length, rest) = text.split_once(':')?;
    let length: usize = length.parse().ok()?;
    Some((rest.get(..length)?, rest.get(length..)?.strip_prefix('|')?))
}

fn signature(secret: &[u8], text: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length; the error type is for ciphers that share the trait.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return Vec::new();
    };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests;
