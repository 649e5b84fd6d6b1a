//! The rules of the configuration that hold for every authenticator.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use fancy_regex::Regex;

use crate::authenticator::{Authenticator, Finding};
use crate::error::{AuthError, SetupError};

/// Which users the database holds.
#[async_trait]
pub trait KnownUsers: Send + Sync {
    /// Whether a user of this name exists.
    ///
    /// # Errors
    /// [`AuthError::Unavailable`] if the database does not answer.
    async fn is_known(&self, name: &str) -> Result<bool, AuthError>;
}

/// The configured rules, as they stand in the configuration. `None` is "not set", for options whose default
/// depends on others.
#[derive(Debug, Clone, Default)]
pub struct PolicySettings {
    /// `allow_all`
    pub allow_all: Option<bool>,
    /// `allowed_users`
    pub allowed_users: BTreeSet<String>,
    /// `allow_existing_users`
    pub allow_existing_users: Option<bool>,
    /// `admin_users`
    pub admin_users: BTreeSet<String>,
    /// `blocked_users`
    pub blocked_users: BTreeSet<String>,
    /// `any_allow_config`
    pub any_allow_config: Option<bool>,
    /// Whether an option of the authenticator itself lets somebody in (`allowed_groups`, …).
    pub other_allow_config: bool,
    /// `username_map`
    pub username_map: BTreeMap<String, String>,
    /// `username_pattern`; empty for none.
    pub username_pattern: String,
}

/// Who may log in, whatever the authenticator. Built once at start; the users in the database are asked for with
/// [`KnownUsers`], so that nothing here goes stale.
#[derive(Debug)]
pub struct Policy {
    allow_all: bool,
    allow_existing_users: bool,
    any_allow_config: bool,
    allowed_users: BTreeSet<String>,
    admin_users: BTreeSet<String>,
    blocked_users: BTreeSet<String>,
    username_map: BTreeMap<String, String>,
    pattern: Option<Regex>,
}

impl Policy {
    /// Normalises and checks the configured names with the authenticator's rules.
    ///
    /// # Errors
    /// [`SetupError`] for a name or pattern that cannot be used: the start must end with a non-zero status.
    pub async fn new(
        settings: PolicySettings,
        authenticator: &dyn Authenticator,
    ) -> Result<Self, SetupError> {
        let _ = (settings, authenticator);
        Err(SetupError::Config("not written yet".to_owned()))
    }

    /// Lower case, then `username_map`.
    pub fn normalize_username(&self, name: &str) -> String {
        let lower = name.to_lowercase();
        self.username_map.get(&lower).cloned().unwrap_or(lower)
    }

    /// Whether a normalised name may be a user's: no slash, not empty, not only dots, no blanks around it, and
    /// `username_pattern` matches.
    pub fn validate_username(&self, name: &str) -> bool {
        let _ = (name, &self.pattern);
        false
    }

    /// Whether `blocked_users` has this normalised name.
    pub fn is_blocked(&self, name: &str) -> bool {
        self.blocked_users.contains(name)
    }

    /// Whether the general rules let this normalised name in.
    ///
    /// # Errors
    /// [`AuthError`] if the database cannot be asked.
    pub async fn is_allowed(&self, name: &str, known: &dyn KnownUsers) -> Result<bool, AuthError> {
        let _ = (name, known);
        Ok(false)
    }

    /// `Some(true)` for `admin_users`, else `None`: no statement.
    pub fn is_admin(&self, name: &str) -> Option<bool> {
        self.admin_users.contains(name).then_some(true)
    }

    /// Whether everybody who can authenticate may log in.
    pub fn allow_all(&self) -> bool {
        self.allow_all
    }

    /// Whether users in the database may log in.
    pub fn allow_existing_users(&self) -> bool {
        self.allow_existing_users
    }

    /// Users to create at start with the admin flag.
    pub fn admin_users(&self) -> &BTreeSet<String> {
        &self.admin_users
    }

    /// Users to create at start.
    pub fn allowed_users(&self) -> &BTreeSet<String> {
        &self.allowed_users
    }

    /// Users who lose all rights at start.
    pub fn blocked_users(&self) -> &BTreeSet<String> {
        &self.blocked_users
    }

    /// Whether the configuration lets nobody in, so that the log and the login page must say so.
    pub fn nobody_allowed(&self) -> bool {
        !self.any_allow_config
    }

    /// Doubts about the configuration, to be logged at start.
    pub fn findings(&self) -> Vec<Finding> {
        Vec::new()
    }
}
