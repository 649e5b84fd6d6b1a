//! Whether scopes named in a configuration or a request exist.

use super::parsed::{Kind, split};
use super::{CustomScopes, definitions};
use crate::value::Value;

/// A scope that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// Nobody defined the scope.
    #[error("scope {scope:?} is not defined")]
    Unknown {
        /// The scope as given.
        scope: String,
    },
    /// The name that an early release used.
    #[error("scope \"all\" is named \"inherit\" now")]
    All,
    /// The filter is of no known kind.
    #[error("scope {scope:?} has an unknown filter {filter:?}")]
    Filter {
        /// The scope as given.
        scope: String,
        /// The part behind the exclamation mark.
        filter: String,
    },
}

impl ScopeError {
    /// What upstream answers to a request: Python's way to print the `KeyError` that it raises.
    pub fn to_answer(&self, who_for: &str) -> String {
        let text = match self {
            Self::Unknown { scope } => format!("Scope '{scope}' for {who_for} does not exist"),
            Self::All => "Draft scope 'all' is now called 'inherit'".to_owned(),
            Self::Filter { scope, filter } => {
                format!("Scope filter {filter} '!{filter}' in scope '{scope}' for {who_for} does not exist")
            }
        };
        Value::Str(text).repr()
    }
}

/// Checks that raw scopes are defined, and their filters of a known kind: `!user=`, `!service=`, `!group=` and
/// `!server=` with a name, or a bare `!user`, `!service` or `!server`.
///
/// # Errors
/// [`ScopeError`] for the first that is not.
pub fn check_scopes_exist<'a>(
    scopes: impl IntoIterator<Item = &'a str>,
    custom: &CustomScopes,
) -> Result<(), ScopeError> {
    for scope in scopes {
        let (base, filter) = split(scope);
        if definitions::definition(base).is_none() && custom.get(base).is_none() {
            return Err(if base == "all" {
                ScopeError::All
            } else {
                ScopeError::Unknown { scope: scope.to_owned() }
            });
        }
        let Some(filter) = filter else {
            continue;
        };
        let known = match filter.split_once('=') {
            Some((kind, _)) => Kind::parse(kind).is_some(),
            None => matches!(filter, "user" | "service" | "server"),
        };
        if !known {
            return Err(ScopeError::Filter { scope: scope.to_owned(), filter: filter.to_owned() });
        }
    }
    Ok(())
}
