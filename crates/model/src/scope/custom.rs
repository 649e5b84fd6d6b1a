//! Scopes that an administrator defines (`c.JupyterHub.custom_scopes`) for the use of services.

use std::collections::BTreeMap;

use super::definitions;
use crate::value::Value;

/// One custom scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomScope {
    /// Shown on the OAuth confirmation page.
    pub description: String,
    /// Other custom scopes that this one implies.
    pub subscopes: Vec<String>,
}

/// Why a definition of custom scopes is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CustomScopeError {
    /// Not a dictionary of dictionaries.
    #[error("custom_scopes must map scope names to dictionaries with a description, found {found}")]
    Shape {
        /// What was found, as Python prints it.
        found: String,
    },
    /// The name breaks the pattern.
    #[error(
        "custom scope {name:?}: a name is `custom:` and three or more of a-z, 0-9 and -_:*, with a letter or digit \
         first and no hyphen or colon last"
    )]
    Name {
        /// The refused name.
        name: String,
    },
    /// No description.
    #[error("custom scope {name:?} has no description")]
    Description {
        /// The scope.
        name: String,
    },
    /// `subscopes` is not a list of text.
    #[error("custom scope {name:?}: subscopes must be a list of scope names")]
    Subscopes {
        /// The scope.
        name: String,
    },
    /// A subscope that is predefined.
    #[error(
        "custom scope {name:?} must not imply {subscope:?}, which is not custom (hint: put both into a role)"
    )]
    Predefined {
        /// The scope.
        name: String,
        /// Its offending subscope.
        subscope: String,
    },
    /// A subscope that nobody defined.
    #[error("custom scope {name:?} implies {subscope:?}, which is not defined")]
    Undefined {
        /// The scope.
        name: String,
        /// Its missing subscope.
        subscope: String,
    },
}

/// The validated custom scopes of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CustomScopes {
    scopes: BTreeMap<String, CustomScope>,
}

impl CustomScopes {
    /// Validates definitions.
    ///
    /// # Errors
    /// [`CustomScopeError`] names the first scope that is wrong.
    pub fn new(scopes: impl IntoIterator<Item = (String, CustomScope)>) -> Result<Self, CustomScopeError> {
        let scopes: BTreeMap<_, _> = scopes.into_iter().collect();
        for (name, scope) in &scopes {
            if !is_custom_name(name) {
                return Err(CustomScopeError::Name { name: name.clone() });
            }
            for subscope in &scope.subscopes {
                let (name, subscope) = (name.clone(), subscope.clone());
                if definitions::definition(&subscope).is_some() {
                    return Err(CustomScopeError::Predefined { name, subscope });
                }
                if !scopes.contains_key(&subscope) {
                    return Err(CustomScopeError::Undefined { name, subscope });
                }
            }
        }
        Ok(Self { scopes })
    }

    /// Reads the configured value of `JupyterHub.custom_scopes`. Keys other than `description` and `subscopes`
    /// are ignored, as upstream does.
    ///
    /// # Errors
    /// [`CustomScopeError`] names the first scope that is wrong.
    pub fn from_value(value: &Value) -> Result<Self, CustomScopeError> {
        let shape = |found: &Value| CustomScopeError::Shape { found: found.repr() };
        let mut scopes = Vec::new();
        for (name, definition) in value.entries().ok_or_else(|| shape(value))? {
            let name = name.as_str().ok_or_else(|| shape(name))?.to_owned();
            definition.entries().ok_or_else(|| shape(definition))?;
            let description = definition.get("description").and_then(Value::as_str).map(str::to_owned);
            let description =
                description.ok_or_else(|| CustomScopeError::Description { name: name.clone() })?;
            let subscopes = match definition.get("subscopes") {
                None => Vec::new(),
                Some(Value::List(items)) => items
                    .iter()
                    .map(|item| item.as_str().map(str::to_owned))
                    .collect::<Option<_>>()
                    .ok_or_else(|| CustomScopeError::Subscopes { name: name.clone() })?,
                Some(_) => return Err(CustomScopeError::Subscopes { name }),
            };
            scopes.push((name, CustomScope { description, subscopes }));
        }
        Self::new(scopes)
    }

    /// The definition of a custom scope, by its name without filter.
    pub fn get(&self, name: &str) -> Option<&CustomScope> {
        self.scopes.get(name)
    }

    /// All custom scopes by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &CustomScope)> {
        self.scopes.iter().map(|(name, scope)| (name.as_str(), scope))
    }

    /// The scope and all that it implies; empty if it is not defined. Circles are harmless.
    pub(super) fn closure<'a>(&'a self, name: &str) -> Vec<&'a str> {
        let mut names: Vec<&str> =
            self.scopes.get_key_value(name).map(|(name, _)| name.as_str()).into_iter().collect();
        let mut next = 0;
        while let Some(name) = names.get(next).copied() {
            next += 1;
            for subscope in self.scopes.get(name).into_iter().flat_map(|scope| &scope.subscopes) {
                if !names.contains(&subscope.as_str()) {
                    names.push(subscope);
                }
            }
        }
        names
    }
}

fn is_custom_name(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("custom:") else {
        return false;
    };
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    rest.len() >= 3
        && rest.starts_with(alphanumeric)
        && rest.ends_with(|c| alphanumeric(c) || c == '_' || c == '*')
        && rest.chars().all(|c| alphanumeric(c) || "_-*:".contains(c))
}
