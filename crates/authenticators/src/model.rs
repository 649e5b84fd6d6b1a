//! What goes into an authenticator and what comes out of it.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// The longest part of an unverified user name that goes into a log.
const LOGGED_NAME: usize = 32;

/// One attempt to log in: the submitted form and where it came from.
pub struct LoginRequest {
    form: HashMap<String, SecretString>,
    /// The client's address, as the hub determined it behind trusted proxies.
    pub remote_addr: Option<IpAddr>,
    /// Request headers by lower-case name, for authenticators that trust a proxy in front.
    pub headers: HashMap<String, String>,
    /// The request's method and address, for Python plug-ins; empty for those of the login form.
    pub line: RequestLine,
}

/// The first line of a request, and what it came over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestLine {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query.
    pub uri: String,
    /// `http` or `https`.
    pub protocol: String,
}

impl LoginRequest {
    /// A request with these form fields. The caller strips blanks around `username` and drops `_xsrf`, as
    /// JupyterHub's login handler does.
    pub fn new(form: impl IntoIterator<Item = (String, String)>, remote_addr: Option<IpAddr>) -> Self {
        let form = form.into_iter().map(|(name, value)| (name, SecretString::from(value))).collect();
        Self { form, remote_addr, headers: HashMap::new(), line: RequestLine::default() }
    }

    /// The field `username` as typed.
    pub fn username(&self) -> Option<&str> {
        self.field("username")
    }

    /// The field `password`.
    pub fn password(&self) -> Option<&SecretString> {
        self.form.get("password")
    }

    /// A field by name. Any field may be a secret: do not log it.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.form.get(name).map(ExposeSecret::expose_secret)
    }

    /// All fields, for authenticators that hand the form on.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &SecretString)> {
        self.form.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The user name for logs: people type passwords into the wrong field, so a long one is cut as upstream cuts it.
    pub fn logged_username(&self) -> String {
        shorten_name(self.username().unwrap_or("unknown user"))
    }
}

impl fmt::Debug for LoginRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginRequest")
            .field("fields", &self.form.keys())
            .field("remote_addr", &self.remote_addr)
            .finish_non_exhaustive()
    }
}

/// Cuts an unverified user name for a log or the login form.
pub fn shorten_name(name: &str) -> String {
    let length = name.chars().count();
    if length <= LOGGED_NAME {
        return name.to_owned();
    }
    let head: String = name.chars().take(LOGGED_NAME / 2).collect();
    format!("{head}...({length} chars)")
}

/// Groups as an authenticator states them. JupyterHub tells a missing entry (an error when `manage_groups` is on)
/// from an entry `None` (leave the groups alone).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ManagedGroups {
    /// The authenticator does not speak of groups.
    #[default]
    Unspecified,
    /// The user's groups stay as they are.
    Unchanged,
    /// The user is in these groups and in no others.
    Exactly(Vec<String>),
}

/// What an authenticator found out about a user.
#[derive(Clone, Default, PartialEq)]
pub struct AuthModel {
    /// The user's name; normalised once [`login`](crate::login()) returns it.
    pub name: String,
    /// `Some` sets or removes the admin flag, `None` leaves it.
    pub admin: Option<bool>,
    /// State to keep encrypted in the database.
    pub auth_state: Option<Value>,
    /// Facts about the user that are kept in the clear and shown by the API.
    pub user_info: Option<Value>,
    /// Group memberships, used when `Authenticator.manage_groups` is on.
    pub groups: ManagedGroups,
    /// Roles in `load_roles` form, used when `Authenticator.manage_roles` is on.
    pub roles: Option<Vec<Value>>,
}

impl AuthModel {
    /// A model that says no more than the name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

impl fmt::Debug for AuthModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthModel")
            .field("name", &self.name)
            .field("admin", &self.admin)
            .field("groups", &self.groups)
            .field("has_auth_state", &self.auth_state.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_has_no_secret() {
        let form = [("username", "ada"), ("password", "correct horse")];
        let request = LoginRequest::new(form.map(|(k, v)| (k.to_owned(), v.to_owned())), None);
        let shown = format!("{request:?}");
        assert!(shown.contains("password") && !shown.contains("horse"), "{shown}");
        let model = AuthModel { auth_state: Some("token-1".into()), ..AuthModel::named("ada") };
        assert!(!format!("{model:?}").contains("token-1"));
    }

    #[test]
    fn long_names_are_cut_for_logs() {
        assert_eq!(shorten_name("ada"), "ada");
        assert_eq!(shorten_name(&"x".repeat(40)), format!("{}...(40 chars)", "x".repeat(16)));
    }
}
