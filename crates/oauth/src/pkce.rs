//! Proof key for code exchange (RFC 7636).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use perijove_crypto::constant_time_eq;
use sha2::{Digest, Sha256};

/// Width of the column that keeps the challenge.
const MAX_CHALLENGE_CHARS: usize = 255;

/// How a challenge is made from its verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Plain,
    S256,
}

impl Method {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "plain" => Some(Self::Plain),
            "S256" => Some(Self::S256),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::S256 => "S256",
        }
    }

    /// Whether the verifier proves the challenge; compared in constant time.
    pub(crate) fn proves(self, verifier: &str, challenge: &str) -> bool {
        match self {
            Self::Plain => constant_time_eq(verifier.as_bytes(), challenge.as_bytes()),
            Self::S256 => {
                let expected = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
                constant_time_eq(expected.as_bytes(), challenge.as_bytes())
            }
        }
    }
}

/// What an authorization request says about PKCE.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) value: String,
    pub(crate) method: Method,
}

impl Challenge {
    /// Reads the two parameters. An empty challenge is none where one is required; else it is one that S256 never
    /// proves, as upstream's.
    ///
    /// # Errors
    /// The description of an `invalid_request`.
    pub(crate) fn read(
        value: Option<&str>,
        method: Option<&str>,
        required: bool,
    ) -> Result<Option<Self>, &'static str> {
        let Some(value) = value.filter(|value| !(required && value.is_empty())) else {
            return if required { Err("Code challenge required.") } else { Ok(None) };
        };
        if value.chars().count() > MAX_CHALLENGE_CHARS {
            return Err("Code challenge too long.");
        }
        let method = method.map_or(Some(Method::Plain), Method::parse);
        let method = method.ok_or("Transform algorithm not supported.")?;
        Ok(Some(Self { value: value.to_owned(), method }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_is_proved() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(Method::S256.proves(verifier, challenge));
        assert!(!Method::S256.proves(challenge, challenge));
        assert!(Method::Plain.proves(challenge, challenge));
        assert!(!Method::Plain.proves(verifier, challenge));
    }

    #[test]
    fn challenges_are_checked() {
        let read =
            |value, method, required| Challenge::read(value, method, required).map(|found| found.is_some());
        assert_eq!(read(None, None, false), Ok(false));
        assert_eq!(read(Some(""), Some("S256"), false), Ok(true));
        assert!(!Method::S256.proves("", ""));
        assert_eq!(read(Some(""), None, true), Err("Code challenge required."));
        assert_eq!(read(Some("x"), Some("s256"), false), Err("Transform algorithm not supported."));
        let long = "x".repeat(256);
        assert_eq!(read(Some(&long), None, false), Err("Code challenge too long."));
        assert_eq!(read(Some("x"), None, true), Ok(true));
    }
}
