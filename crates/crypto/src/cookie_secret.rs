//! The secret with which cookies are signed, and the file that keeps it.

use std::fmt;

use base64::Engine;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use rand::CryptoRng;
use secrecy::zeroize::Zeroizing;

use crate::hex;

/// Bytes of a new secret.
const NEW_SECRET_BYTES: usize = 32;

/// Python's decoder does not mind bits that a last character leaves over.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Why a secret cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CookieSecretError {
    /// Neither hexadecimal digits nor base64.
    #[error(
        "the cookie secret file holds neither hexadecimal digits nor base64 (hint: write 64 hexadecimal digits into it, as `openssl rand -hex 32` makes them, or delete it)"
    )]
    File,
    /// A configured text that is not hexadecimal.
    #[error(
        "the cookie secret must be an even number of hexadecimal digits (hint: `openssl rand -hex 32` makes one)"
    )]
    Hex,
}

/// The cookie secret. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct CookieSecret(Zeroizing<Vec<u8>>);

impl CookieSecret {
    /// A new secret of 32 random bytes.
    pub fn generate() -> Self {
        Self::generate_with(&mut rand::rng())
    }

    /// The same with a given source of randomness.
    pub fn generate_with<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut bytes = vec![0; NEW_SECRET_BYTES];
        rng.fill_bytes(&mut bytes);
        Self::from_bytes(bytes)
    }

    /// A secret configured as bytes, which may be of any length.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A secret given as hexadecimal text, in the configuration or in `JPY_COOKIE_SECRET`; blanks are ignored.
    ///
    /// # Errors
    /// [`CookieSecretError::Hex`].
    pub fn from_hex(text: &str) -> Result<Self, CookieSecretError> {
        let digits: Zeroizing<Vec<u8>> =
            Zeroizing::new(text.bytes().filter(|b| !b.is_ascii_whitespace()).collect());
        hex::decode(&digits).map(Self::from_bytes).ok_or(CookieSecretError::Hex)
    }

    /// Reads the text of the secret's file: hexadecimal digits, or the base64 of JupyterHub before 0.8. An empty file
    /// is `None`: a new secret is then made and written, as upstream does.
    ///
    /// # Errors
    /// [`CookieSecretError::File`].
    pub fn from_file_text(text: &str) -> Result<Option<Self>, CookieSecretError> {
        let text = text.trim();
        let bytes = match hex::decode(text.as_bytes()) {
            Some(bytes) => bytes,
            None => decode_base64(text).ok_or(CookieSecretError::File)?,
        };
        Ok((!bytes.is_empty()).then(|| Self::from_bytes(bytes)))
    }

    /// What is written into the secret's file, with mode 0600.
    pub fn to_file_text(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(&self.0) + "\n")
    }

    /// The secret itself.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it has the 32 bytes that a secret should have; others are used all the same, with a warning.
    pub fn has_expected_length(&self) -> bool {
        self.0.len() == NEW_SECRET_BYTES
    }
}

/// Characters outside the alphabet do not count.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let known = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    LENIENT.decode(text.bytes().filter(known).collect::<Vec<u8>>()).ok()
}

/// Whether a file of this mode may hold the secret: nobody but owner and group may read or write it (0640 is fine,
/// 0601 is not).
pub fn is_private_mode(mode: u32) -> bool {
    mode & 0o007 == 0
}

impl fmt::Debug for CookieSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_holds_hexadecimal_or_old_base64() {
        let read = |text: &str| {
            CookieSecret::from_file_text(text).map(|secret| secret.map(|secret| secret.as_bytes().to_vec()))
        };
        assert_eq!(read("00fF10\n"), Ok(Some(vec![0, 0xff, 0x10])));
        assert_eq!(read("c2Vj\ncmV0\n"), Ok(Some(b"secret".to_vec())));
        assert_eq!(read("c2VjcmU=\n"), Ok(Some(b"secre".to_vec())));
        assert_eq!(read(" \n"), Ok(None));
        assert_eq!(read("abc"), Err(CookieSecretError::File));
    }

    #[test]
    fn a_new_secret_comes_back_from_its_file() {
        let secret = CookieSecret::generate();
        assert!(secret.has_expected_length());
        let text = secret.to_file_text();
        assert_eq!(text.len(), 65);
        assert_eq!(CookieSecret::from_file_text(&text), Ok(Some(secret)));
    }

    #[test]
    fn configured_text_is_hexadecimal() {
        assert_eq!(CookieSecret::from_hex("00 ff").unwrap().as_bytes(), [0, 255]);
        assert_eq!(CookieSecret::from_hex("secret"), Err(CookieSecretError::Hex));
    }

    #[test]
    fn others_may_not_touch_the_file() {
        for (mode, private) in [(0o600, true), (0o640, true), (0o660, true), (0o601, false), (0o604, false)] {
            assert_eq!(is_private_mode(0o100_000 | mode), private, "{mode:o}");
        }
    }

    #[test]
    fn debug_keeps_the_secret() {
        assert_eq!(format!("{:?}", CookieSecret::from_hex("00ff").unwrap()), "CookieSecret(…)");
    }
}
