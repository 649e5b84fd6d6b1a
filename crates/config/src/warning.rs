//! What an administrator should hear about a configuration that is used all the same.

use std::fmt;

use crate::origin::Origin;

/// A remark on the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What is odd, and what to do.
    pub text: String,
    /// Where it comes from.
    pub origin: Origin,
}

impl Warning {
    /// A remark on something that was set there.
    pub fn new(text: impl Into<String>, origin: Origin) -> Self {
        Self { text: text.into(), origin }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Default => f.write_str(&self.text),
            origin => write!(f, "{} ({origin})", self.text),
        }
    }
}
