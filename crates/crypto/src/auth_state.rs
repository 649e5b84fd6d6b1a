//! Encryption of `auth_state`: Fernet over JSON, with several keys so that they can be changed.

use std::fmt;

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::URL_SAFE;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use fernet::Fernet;
use secrecy::zeroize::Zeroizing;
use serde_json::Value as Json;

use crate::hex;

const KEY_BYTES: usize = 32;

/// A time after every time stamp: `auth_state` has no expiry, and a clock that was set back must not lose it.
const END_OF_TIME: u64 = u64::MAX / 2;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Why `auth_state` cannot be encrypted or decrypted. No message repeats a key or a plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthStateError {
    /// No keys are configured.
    #[error(
        "there is no key to encrypt auth_state with (hint: set JUPYTERHUB_CRYPT_KEY to what `openssl rand -hex 32` prints)"
    )]
    NoKeys,
    /// A key is of no known form.
    #[error(
        "encryption key {position} is not 32 bytes, nor 64 hexadecimal digits, nor 44 characters of base64"
    )]
    Key {
        /// Which of the keys, counted from 1.
        position: usize,
    },
    /// None of the keys fits, or the data were changed.
    #[error("auth_state was not encrypted with any of the configured keys")]
    Undecryptable,
    /// The plain text is no JSON.
    #[error("decrypted auth_state is not JSON")]
    NotJson,
}

/// Encrypts with the first key, decrypts with any. `Debug` shows no key.
#[derive(Clone)]
pub struct CryptKeeper {
    keys: Vec<Fernet>,
}

impl CryptKeeper {
    /// Takes the keys of `CryptKeeper.keys`: each 32 raw bytes, 64 hexadecimal digits, or URL-safe base64 of 44
    /// characters.
    ///
    /// # Errors
    /// [`AuthStateError::NoKeys`] or [`AuthStateError::Key`].
    pub fn new<K: AsRef<[u8]>>(keys: impl IntoIterator<Item = K>) -> Result<Self, AuthStateError> {
        let keys = keys
            .into_iter()
            .enumerate()
            .map(|(at, key)| read_key(key.as_ref()).ok_or(AuthStateError::Key { position: at + 1 }));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(AuthStateError::NoKeys) } else { Ok(Self { keys }) }
    }

    /// Takes the value of `JUPYTERHUB_CRYPT_KEY`: keys parted by semicolons, empty ones ignored.
    ///
    /// # Errors
    /// As [`CryptKeeper::new`].
    pub fn from_environment(value: &str) -> Result<Self, AuthStateError> {
        Self::new(value.split(';').filter(|key| !key.trim().is_empty()))
    }

    /// Encrypts a value with the first key, for the column `encrypted_auth_state`.
    ///
    /// # Errors
    /// [`AuthStateError::NoKeys`], which construction rules out.
    pub fn encrypt(&self, value: &Json) -> Result<Vec<u8>, AuthStateError> {
        let key = self.keys.first().ok_or(AuthStateError::NoKeys)?;
        let plain = Zeroizing::new(value.to_string());
        Ok(key.encrypt(plain.as_bytes()).into_bytes())
    }

    /// Decrypts a stored value with whichever key fits.
    ///
    /// # Errors
    /// [`AuthStateError::Undecryptable`] or [`AuthStateError::NotJson`].
    pub fn decrypt(&self, encrypted: &[u8]) -> Result<Json, AuthStateError> {
        let token = str::from_utf8(encrypted).map_err(|_| AuthStateError::Undecryptable)?;
        let plain = self.keys.iter().find_map(|key| key.decrypt_at_time(token, None, END_OF_TIME).ok());
        let plain = Zeroizing::new(plain.ok_or(AuthStateError::Undecryptable)?);
        serde_json::from_slice(&plain).map_err(|_| AuthStateError::NotJson)
    }
}

fn read_key(key: &[u8]) -> Option<Fernet> {
    let decoded = match key.len() {
        44 => {
            let urlsafe = key.iter().map(|b| match b {
                b'+' => b'-',
                b'/' => b'_',
                other => *other,
            });
            LENIENT.decode(urlsafe.collect::<Vec<_>>()).ok()?
        }
        64 => hex::decode(key)?,
        _ => key.to_vec(),
    };
    let decoded = Zeroizing::new(decoded);
    if decoded.len() != KEY_BYTES {
        return None;
    }
    Fernet::new(&Zeroizing::new(URL_SAFE.encode(&*decoded)))
}

impl fmt::Debug for CryptKeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CryptKeeper({} keys)", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_key_encrypts_and_any_decrypts() {
        let (old, new) = ("a".repeat(32), "0".repeat(64));
        let before = CryptKeeper::new([&old]).unwrap();
        let after = CryptKeeper::from_environment(&format!("{new};{old};")).unwrap();
        let state = json!({"token": "é", "n": [1, null]});
        let encrypted = before.encrypt(&state).unwrap();
        assert_eq!(after.decrypt(&encrypted), Ok(state.clone()));
        let again = after.encrypt(&state).unwrap();
        assert_eq!(before.decrypt(&again), Err(AuthStateError::Undecryptable));
        assert_eq!(format!("{after:?}"), "CryptKeeper(2 keys)");
    }

    #[test]
    fn keys_of_other_lengths_are_refused() {
        for bad in ["short", &"a".repeat(33), &"g".repeat(64), &"!".repeat(44)] {
            assert!(matches!(CryptKeeper::new([bad]), Err(AuthStateError::Key { position: 1 })), "{bad}");
        }
        assert!(matches!(CryptKeeper::from_environment(" ; "), Err(AuthStateError::NoKeys)));
    }

    #[test]
    fn rubbish_is_no_auth_state() {
        let keeper = CryptKeeper::new(["a".repeat(32)]).unwrap();
        for bad in [&b""[..], b"gAAAA", b"\xff\xfe"] {
            assert_eq!(keeper.decrypt(bad), Err(AuthStateError::Undecryptable));
        }
    }
}
