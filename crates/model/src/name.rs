//! Names of users, servers, groups, services and roles.
//!
//! Each name is its own type, so that a server name cannot be passed where a user name is meant. `parse` applies
//! the rules for names that come from outside (a login form, the REST API, the configuration); `from_stored` takes
//! a name that the database already holds, which an older release may have accepted under other rules.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer, Serialize};

use crate::path::escape_segment;

/// Width of the name columns in the database, in characters.
pub const MAX_NAME_CHARS: usize = 255;

/// Why a string is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing there.
    #[error("a {kind} name must not be empty")]
    Empty {
        /// What was being named.
        kind: &'static str,
    },
    /// Longer than the database column.
    #[error("a {kind} name has at most {MAX_NAME_CHARS} characters")]
    TooLong {
        /// What was being named.
        kind: &'static str,
    },
    /// Contains something that this kind of name cannot hold.
    #[error("{name:?} is not a valid {kind} name: {why}")]
    Invalid {
        /// What was being named.
        kind: &'static str,
        /// The refused string.
        name: String,
        /// The broken rule, as the rest of a sentence.
        why: &'static str,
    },
}

fn check_common(kind: &'static str, name: &str) -> Result<(), NameError> {
    if name.chars().count() > MAX_NAME_CHARS {
        return Err(NameError::TooLong { kind });
    }
    if name.contains('\0') {
        return Err(invalid(kind, name, "it contains a null character"));
    }
    Ok(())
}

fn check_filled(kind: &'static str, name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty { kind });
    }
    check_common(kind, name)
}

fn invalid(kind: &'static str, name: &str, why: &'static str) -> NameError {
    NameError::Invalid { kind, name: name.to_owned(), why }
}

/// What Python's `str.strip()` takes for blank: Unicode white space and the four ASCII separators.
fn is_python_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn is_only_dots(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c == '.')
}

fn check_user(name: &str) -> Result<(), NameError> {
    check_filled("user", name)?;
    if name.contains('/') {
        return Err(invalid("user", name, "it contains a slash"));
    }
    if is_only_dots(name) || is_only_dots(&percent_decode_str(name).decode_utf8_lossy()) {
        return Err(invalid("user", name, "it would be a relative path"));
    }
    if name.starts_with(is_python_space) || name.ends_with(is_python_space) {
        return Err(invalid("user", name, "it starts or ends with white space"));
    }
    Ok(())
}

fn check_server(name: &str) -> Result<(), NameError> {
    check_common("server", name)?;
    if name.contains('/') {
        return Err(invalid("server", name, "it contains a slash"));
    }
    Ok(())
}

fn check_service(name: &str) -> Result<(), NameError> {
    check_filled("service", name)?;
    if percent_decode_str(name).decode_utf8_lossy() != name {
        return Err(invalid("service", name, "it is percent-encoded"));
    }
    if name.contains('/') {
        return Err(invalid("service", name, "it contains a slash"));
    }
    if is_only_dots(name) {
        return Err(invalid("service", name, "it would be a relative path"));
    }
    if name.starts_with(is_python_space) || name.ends_with(is_python_space) {
        return Err(invalid("service", name, "it starts or ends with white space"));
    }
    Ok(())
}

fn check_role(name: &str) -> Result<(), NameError> {
    check_filled("role", name)?;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_~.".contains(c);
    let ends_well = name.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if name.len() < 3 || !name.starts_with(|c: char| c.is_ascii_lowercase()) || !ends_well {
        return Err(invalid(
            "role",
            name,
            "it needs three characters or more, a lower-case letter first and a letter or digit last",
        ));
    }
    if !name.chars().all(allowed) {
        return Err(invalid("role", name, "only a-z, 0-9 and -.~_ are allowed"));
    }
    Ok(())
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Checks a name that comes from outside.
            ///
            /// # Errors
            /// [`NameError`] names the broken rule.
            pub fn parse(name: &str) -> Result<Self, NameError> {
                ($check)(name)?;
                Ok(Self(name.to_owned()))
            }

            /// Takes a name that the database holds, whatever rules it was made under.
            pub fn from_stored(name: String) -> Self {
                Self(name)
            }

            /// The name itself, unquoted.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The name quoted for a URL path or a cookie, as JupyterHub quotes it.
            pub fn escaped(&self) -> String {
                escape_segment(&self.0)
            }

            /// The owned string.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(name: &str) -> Result<Self, NameError> {
                Self::parse(name)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(name: String) -> Result<Self, NameError> {
                ($check)(&name)?;
                Ok(Self(name))
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = String::deserialize(deserializer)?;
                Self::try_from(name).map_err(serde::de::Error::custom)
            }
        }
    };
}

name_type!(
    /// Name of a user: 1 to 255 characters, no `/`, no blanks at the ends, not a relative path such as `..`
    /// (also when percent-decoded). The configured `username_pattern` is the authenticator policy's business.
    UserName,
    check_user
);
name_type!(
    /// Name of one of a user's servers; the empty name is the default server. New names must also satisfy
    /// [`is_valid_safe_slug`](crate::slug::is_valid_safe_slug); names made before JupyterHub 6 need not.
    ServerName,
    check_server
);
name_type!(
    /// Name of a group: 1 to 255 characters. A `/` is allowed, since identity providers send group paths.
    GroupName,
    |name: &str| check_filled("group", name)
);
name_type!(
    /// Name of a service: 1 to 255 characters that are a path component as they are.
    ServiceName,
    check_service
);
name_type!(
    /// Name of a role: 3 to 255 of `a-z0-9-_~.`, a letter first, a letter or digit last.
    RoleName,
    check_role
);

impl ServerName {
    /// Whether this is the user's default server.
    pub fn is_default(&self) -> bool {
        self.0.is_empty()
    }
}

#[expect(clippy::derivable_impls, reason = "the other names have no default")]
impl Default for ServerName {
    fn default() -> Self {
        Self(String::new())
    }
}

#[cfg(test)]
mod tests;
