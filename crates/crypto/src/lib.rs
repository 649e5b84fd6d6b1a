//! Secrets that a hub shares with JupyterHub: hashed tokens, signed cookies, XSRF values, the cookie secret and
//! encrypted `auth_state`.
//!
//! Formats are those of JupyterHub 6.1.1, Tornado and Fernet, so that sessions, tokens and stored state survive a
//! switch in both directions; the tests compare with values that the Python implementations made.

pub mod auth_state;
pub mod cookie;
pub mod cookie_secret;
mod hex;
pub mod token;
pub mod xsrf;

use subtle::ConstantTimeEq;

/// Whether two byte strings are equal, in a time that depends on their lengths only.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}
