//! API tokens: made at random, stored as a prefix and a salted hash.
//!
//! A stored hash is `sha512:<rounds>:<salt>:<hex digest>`, over the ASCII of the hexadecimal salt and then the token
//! `rounds` times (JupyterHub's `hash_token`). Rows are found by prefix and then compared.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::CryptoRng;
use secrecy::SecretString;
use sha2::{Digest, Sha256, Sha512};

use crate::{constant_time_eq, hex};

/// Rounds for tokens that are random already.
pub const ROUNDS_FOR_GENERATED: u32 = 1;
/// Rounds for tokens that somebody chose.
pub const ROUNDS_FOR_GIVEN: u32 = 16384;
/// Characters of a token by which its row is found.
pub const PREFIX_CHARS: usize = 4;
/// Least length of a token that somebody chose, in characters.
pub const MIN_CHARS: usize = 8;
/// Greatest length of any token, in characters.
pub const MAX_CHARS: usize = 64;

const SALT_BYTES: usize = 8;
const ALGORITHM: &str = "sha512";

/// Why a token or a stored hash is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Too easy to guess.
    #[error("a token needs at least {MIN_CHARS} characters, not {0}")]
    TooShort(usize),
    /// Longer than any token can be.
    #[error("a token has at most {MAX_CHARS} characters, not {0}")]
    TooLong(usize),
    /// Not `sha512:<rounds>:<salt>:<digest>`. The text is not repeated.
    #[error("a stored token hash is malformed")]
    Malformed,
}

/// Makes a new token: 32 hexadecimal digits, a version 4 UUID as JupyterHub's `new_token` makes it.
pub fn generate() -> SecretString {
    generate_with(&mut rand::rng())
}

/// The same with a given source of randomness.
pub fn generate_with<R: CryptoRng + ?Sized>(rng: &mut R) -> SecretString {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().simple().to_string().into()
}

/// Makes a new share code: 32 random bytes in the URL-safe alphabet of base 64, as Python's `token_urlsafe` writes them.
pub fn share_code_with<R: CryptoRng + ?Sized>(rng: &mut R) -> SecretString {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes).into()
}

/// Checks the length of a token that somebody chose.
///
/// # Errors
/// [`TokenError::TooShort`] or [`TokenError::TooLong`].
pub fn check_given(token: &str) -> Result<(), TokenError> {
    match token.chars().count() {
        length if length < MIN_CHARS => Err(TokenError::TooShort(length)),
        length if length > MAX_CHARS => Err(TokenError::TooLong(length)),
        _ => Ok(()),
    }
}

/// The part of a token that is stored as it is, to find its row.
pub fn prefix(token: &str) -> &str {
    let end = token.char_indices().nth(PREFIX_CHARS).map_or(token.len(), |(at, _)| at);
    token.get(..end).unwrap_or(token)
}

/// Hashes a token with a fresh salt.
pub fn hash(token: &str, rounds: u32) -> HashedToken {
    hash_with(token, rounds, &mut rand::rng())
}

/// The same with a given source of randomness.
pub fn hash_with<R: CryptoRng + ?Sized>(token: &str, rounds: u32, rng: &mut R) -> HashedToken {
    let mut salt = [0; SALT_BYTES];
    rng.fill_bytes(&mut salt);
    let salt = hex::encode(&salt);
    let digest = digest(token, rounds, &salt);
    HashedToken { rounds, salt, digest }
}

fn digest(token: &str, rounds: u32, salt: &str) -> Vec<u8> {
    let mut hasher = Sha512::new();
    hasher.update(salt);
    for _ in 0..rounds {
        hasher.update(token);
    }
    hasher.finalize().to_vec()
}

/// A token's stored hash. `Display` and `FromStr` are the form in the database; `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct HashedToken {
    rounds: u32,
    salt: String,
    digest: Vec<u8>,
}

impl HashedToken {
    /// Reads the form in the database.
    ///
    /// # Errors
    /// [`TokenError::Malformed`], also for another algorithm than SHA-512, which JupyterHub never used.
    pub fn parse(stored: &str) -> Result<Self, TokenError> {
        let mut parts = stored.split(':');
        let (Some(ALGORITHM), Some(rounds), Some(salt), Some(digest), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Malformed);
        };
        let rounds = rounds.parse().map_err(|_| TokenError::Malformed)?;
        let digest = hex::decode(digest.as_bytes()).ok_or(TokenError::Malformed)?;
        Ok(Self { rounds, salt: salt.to_owned(), digest })
    }

    /// How many times the token is hashed. More than one takes its time.
    pub fn rounds(&self) -> u32 {
        self.rounds
    }

    /// Whether this is the hash of `token`; compared in constant time. Tokens that are too long are not hashed.
    pub fn verify(&self, token: &str) -> bool {
        token.chars().nth(MAX_CHARS).is_none()
            && constant_time_eq(&digest(token, self.rounds, &self.salt), &self.digest)
    }
}

impl fmt::Display for HashedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ALGORITHM}:{}:{}:{}", self.rounds, self.salt, hex::encode(&self.digest))
    }
}

impl fmt::Debug for HashedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashedToken(…)")
    }
}

impl FromStr for HashedToken {
    type Err = TokenError;

    fn from_str(stored: &str) -> Result<Self, TokenError> {
        Self::parse(stored)
    }
}

/// A quick salted hash by which a running process recognises a token that it has verified before. Never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Fingerprint {
    salt: [u8; 16],
    digest: [u8; 32],
}

impl Fingerprint {
    /// The fingerprint of a token.
    pub fn of(token: &str) -> Self {
        let salt = rand::random();
        Self { salt, digest: Self::digest(&salt, token) }
    }

    /// Whether this is the fingerprint of `token`; compared in constant time.
    pub fn matches(&self, token: &str) -> bool {
        constant_time_eq(&Self::digest(&self.salt, token), &self.digest)
    }

    fn digest(salt: &[u8; 16], token: &str) -> [u8; 32] {
        Sha256::new().chain_update(salt).chain_update(token).finalize().into()
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

#[cfg(test)]
mod tests;
