//! Roles: named sets of scopes, given to users, groups and services.

use crate::name::{NameError, RoleName};
use crate::scope::{CustomScopes, ScopeError, check_scopes_exist};
use crate::value::Value;

/// A role as the configuration or an authenticator describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSpec {
    /// The role's name.
    pub name: RoleName,
    /// What it is for; `None` if the description says nothing.
    pub description: Option<String>,
    /// Its raw scopes; `None` if not given.
    pub scopes: Option<Vec<String>>,
    /// The users who have it; `None` if not given, which is not the same as an empty list.
    pub users: Option<Vec<String>>,
    /// The services that have it.
    pub services: Option<Vec<String>>,
    /// The groups whose members have it.
    pub groups: Option<Vec<String>>,
    /// Whether the authenticator manages it (`managed_by_auth`).
    pub managed: bool,
}

/// Why a role is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoleError {
    /// Not a dictionary.
    #[error("a role must be a dictionary with at least a name, found {found}")]
    Shape {
        /// What was found, as Python prints it.
        found: String,
    },
    /// There is no name.
    #[error("a role has no name: {found}")]
    Nameless {
        /// The role, as Python prints it.
        found: String,
    },
    /// The name breaks the rules.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A key holds something of the wrong type.
    #[error("role {role}: {key} must be {expected}, not {found}")]
    Type {
        /// The role.
        role: RoleName,
        /// The key.
        key: &'static str,
        /// What belongs there.
        expected: &'static str,
        /// What was found, as Python prints it.
        found: String,
    },
    /// A scope does not exist.
    #[error("role {role}: {error}")]
    Scope {
        /// The role.
        role: RoleName,
        /// The scope and what is wrong with it.
        error: ScopeError,
    },
    /// The admin role cannot get other scopes, nor another description.
    #[error("role admin: its scopes and description cannot be changed (hint: define a role of another name)")]
    Admin,
    /// Two roles of one name.
    #[error("role {role} is defined more than once")]
    Duplicate {
        /// The role.
        role: RoleName,
    },
}

const ADMIN_SCOPES: [&str; 16] = [
    "admin-ui",
    "admin:users",
    "admin:servers",
    "admin:services",
    "tokens",
    "admin:groups",
    "list:services",
    "read:services",
    "read:hub",
    "proxy",
    "shutdown",
    "access:services",
    "access:servers",
    "read:roles",
    "read:metrics",
    "shares",
];

/// How upstream describes the role `admin`: a configuration may repeat it, and say nothing else.
const ADMIN_DESCRIPTION: &str = "Elevated privileges (can do anything)";

/// Name, description and scopes of the four roles that every hub has.
const DEFAULT_ROLES: [(&str, &str, &[&str]); 4] = [
    ("user", "What every user may do", &["self"]),
    ("admin", "May do anything", &ADMIN_SCOPES),
    ("server", "What a user's server may do on its own", &["users:activity!user", "access:servers!server"]),
    ("token", "May do what its owner may do", &["inherit"]),
];

/// The roles that every hub has, in upstream's order: user, admin, server, token.
pub fn default_roles() -> Vec<RoleSpec> {
    DEFAULT_ROLES
        .iter()
        .map(|(name, description, scopes)| RoleSpec {
            name: RoleName::from_stored((*name).to_owned()),
            description: Some((*description).to_owned()),
            scopes: Some(scopes.iter().map(|scope| (*scope).to_owned()).collect()),
            users: None,
            services: None,
            groups: None,
            managed: false,
        })
        .collect()
}

/// Whether this is one of the four default roles, which cannot be deleted.
pub fn is_default_role(name: &str) -> bool {
    DEFAULT_ROLES.iter().any(|(default, _, _)| *default == name)
}

impl RoleSpec {
    /// Reads one entry of `JupyterHub.load_roles`, or of what an authenticator's `load_managed_roles` returns.
    /// Unknown keys are ignored, as upstream does.
    ///
    /// # Errors
    /// [`RoleError`] for a missing or invalid name and for wrong types; scopes are not checked here.
    pub fn from_value(value: &Value) -> Result<Self, RoleError> {
        value.entries().ok_or_else(|| RoleError::Shape { found: value.repr() })?;
        let name = value.get("name").ok_or_else(|| RoleError::Nameless { found: value.repr() })?;
        let name = name.as_str().ok_or_else(|| RoleError::Nameless { found: value.repr() })?;
        let name = RoleName::parse(name)?;
        let description = match value.get("description") {
            None | Some(Value::None) => None,
            Some(Value::Str(text)) => Some(text.clone()),
            Some(other) => return Err(wrong_type(&name, "description", "text", other)),
        };
        let managed = value.get("managed_by_auth").and_then(Value::as_bool).unwrap_or(false);
        Ok(Self {
            description,
            scopes: names(value, &name, "scopes")?,
            users: names(value, &name, "users")?,
            services: names(value, &name, "services")?,
            groups: names(value, &name, "groups")?,
            managed,
            name,
        })
    }

    /// Checks that the scopes exist, and that the admin role keeps its own.
    ///
    /// # Errors
    /// [`RoleError::Scope`] or [`RoleError::Admin`].
    pub fn check(&self, custom: &CustomScopes) -> Result<(), RoleError> {
        let scopes = self.scopes.iter().flatten().map(String::as_str);
        if self.name == "admin" && self.scopes.is_some() && !scopes.clone().eq(ADMIN_SCOPES) {
            return Err(RoleError::Admin);
        }
        check_scopes_exist(scopes, custom)
            .map_err(|error| RoleError::Scope { role: self.name.clone(), error })
    }
}

fn wrong_type(role: &RoleName, key: &'static str, expected: &'static str, found: &Value) -> RoleError {
    RoleError::Type { role: role.clone(), key, expected, found: found.repr() }
}

fn names(value: &Value, role: &RoleName, key: &'static str) -> Result<Option<Vec<String>>, RoleError> {
    let Some(found) = value.get(key) else {
        return Ok(None);
    };
    if *found == Value::None {
        return Ok(None);
    }
    let names = found.items().and_then(|items| {
        items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
    });
    names.map(Some).ok_or_else(|| wrong_type(role, key, "a list of names", found))
}

/// Merges configured roles with the default ones: a configured default role replaces the keys it gives. The result
/// is every role that the hub shall have, default roles that are not configured first.
///
/// `extra_user_scopes` are added to the default role `user`, unless the configuration gives that role's scopes.
///
/// # Errors
/// [`RoleError`] for roles defined twice, unknown scopes, or other scopes for the role `admin`.
pub fn merge_with_defaults(
    configured: Vec<RoleSpec>,
    extra_user_scopes: &[String],
    custom: &CustomScopes,
) -> Result<Vec<RoleSpec>, RoleError> {
    let mut defaults = default_roles();
    for role in &mut defaults {
        if role.name == "user" {
            role.scopes.get_or_insert_default().extend(extra_user_scopes.iter().cloned());
        }
    }
    let mut merged: Vec<RoleSpec> = Vec::new();
    for mut role in configured {
        if merged.iter().any(|known| known.name == role.name) {
            return Err(RoleError::Duplicate { role: role.name });
        }
        if let Some(at) = defaults.iter().position(|default| default.name == role.name) {
            let default = defaults.remove(at);
            if role.name == "admin" && role.description.as_ref().is_some_and(|text| text != ADMIN_DESCRIPTION)
            {
                return Err(RoleError::Admin);
            }
            role.description = role.description.or(default.description);
            role.scopes = role.scopes.or(default.scopes);
        }
        merged.push(role);
    }
    defaults.append(&mut merged);
    for role in &defaults {
        role.check(custom)?;
    }
    Ok(defaults)
}

#[cfg(test)]
mod tests;
