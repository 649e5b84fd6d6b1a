//! The rules of the configuration that hold for every authenticator.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use fancy_regex::Regex;
use perijove_config::sections;
use perijove_model::UserName;

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

/// The configured rules, defaults filled in.
#[derive(Debug, Clone, Default)]
pub struct PolicySettings {
    /// `allow_all`
    pub allow_all: bool,
    /// `allowed_users`, from which the hub's start makes users.
    pub allowed_users: BTreeSet<String>,
    /// `allow_existing_users`
    pub allow_existing_users: bool,
    /// `admin_users`
    pub admin_users: BTreeSet<String>,
    /// `blocked_users`
    pub blocked_users: BTreeSet<String>,
    /// `any_allow_config`
    pub any_allow_config: bool,
    /// `username_map`
    pub username_map: BTreeMap<String, String>,
    /// `username_pattern`; empty for none.
    pub username_pattern: String,
}

impl From<&sections::Authenticator> for PolicySettings {
    fn from(options: &sections::Authenticator) -> Self {
        Self {
            allow_all: options.allow_all,
            allowed_users: options.allowed_users.clone(),
            allow_existing_users: options.allow_existing_users,
            admin_users: options.admin_users.clone(),
            blocked_users: options.blocked_users.clone(),
            any_allow_config: options.any_allow_config,
            username_map: options.username_map.clone(),
            username_pattern: options.username_pattern.clone(),
        }
    }
}

/// Who may log in, whatever the authenticator. Built once at start; the users in the database are asked for with
/// [`KnownUsers`], so that nothing here goes stale.
#[derive(Debug, Default)]
pub struct Policy {
    allow_all: bool,
    allow_existing_users: bool,
    any_allow_config: bool,
    allowed_users: BTreeSet<String>,
    admin_users: BTreeSet<String>,
    blocked_users: BTreeSet<String>,
    username_map: BTreeMap<String, String>,
    pattern: Option<Regex>,
    /// Whether an authenticator normalises and checks names by rules of its own, so that those that get here are
    /// what they are to be.
    is_named_elsewhere: bool,
}

/// Python's `re.match` looks at the start of the name only; its `\Z` is the very end.
fn compile(pattern: &str) -> Result<Option<Regex>, SetupError> {
    if pattern.is_empty() {
        return Ok(None);
    }
    let anchored = format!(r"\A(?:{})", pattern.replace(r"\Z", r"\z"));
    Regex::new(&anchored).map(Some).map_err(|error| SetupError::Invalid {
        option: "Authenticator.username_pattern".to_owned(),
        problem: format!("{pattern:?} cannot be used as a regular expression: {error}"),
    })
}

impl Policy {
    /// Normalises and checks the configured names with the authenticator's rules. The hub must then create the
    /// [`allowed_users`](Self::allowed_users) and [`admin_users`](Self::admin_users) in the database.
    ///
    /// # Errors
    /// [`SetupError`] for a name or pattern that cannot be used: the start must end with a non-zero status.
    pub async fn new(
        settings: PolicySettings,
        authenticator: &dyn Authenticator,
    ) -> Result<Self, SetupError> {
        let mut policy = Self {
            allow_all: settings.allow_all,
            allow_existing_users: settings.allow_existing_users,
            any_allow_config: settings.any_allow_config,
            allowed_users: BTreeSet::new(),
            admin_users: BTreeSet::new(),
            blocked_users: settings.blocked_users,
            username_map: settings.username_map,
            pattern: compile(&settings.username_pattern)?,
            is_named_elsewhere: false,
        };
        // Upstream compares with the names as they are written, so that a capital letter blocks nobody.
        let lower: Vec<_> = policy.blocked_users.iter().map(|name| name.to_lowercase()).collect();
        policy.blocked_users.extend(lower);
        policy.admin_users = policy.normalized("admin_users", settings.admin_users, authenticator).await?;
        policy.allowed_users =
            policy.normalized("allowed_users", settings.allowed_users, authenticator).await?;
        if !policy.allowed_users.is_empty() {
            policy.allowed_users.extend(policy.admin_users.iter().cloned());
        }
        Ok(policy)
    }

    /// The rules of an authenticator that applies them itself and has normalised and checked all names.
    ///
    /// # Errors
    /// [`SetupError`] for a pattern that cannot be used.
    pub fn of_plugin(settings: PolicySettings, names_users_itself: bool) -> Result<Self, SetupError> {
        let pattern = if names_users_itself { None } else { compile(&settings.username_pattern)? };
        Ok(Self {
            allow_all: settings.allow_all,
            allow_existing_users: settings.allow_existing_users,
            any_allow_config: settings.any_allow_config,
            allowed_users: settings.allowed_users,
            admin_users: settings.admin_users,
            blocked_users: settings.blocked_users,
            username_map: settings.username_map,
            pattern,
            is_named_elsewhere: names_users_itself,
        })
    }

    async fn normalized(
        &self,
        option: &str,
        names: BTreeSet<String>,
        authenticator: &dyn Authenticator,
    ) -> Result<BTreeSet<String>, SetupError> {
        let mut normalized = BTreeSet::new();
        for name in names {
            let name = authenticator.normalize_username(&name, self).await?;
            if !self.validate_username(&name) {
                return Err(SetupError::InvalidUser { option: format!("Authenticator.{option}"), name });
            }
            normalized.insert(name);
        }
        Ok(normalized)
    }

    /// Lower case, then `username_map`.
    pub fn normalize_username(&self, name: &str) -> String {
        if self.is_named_elsewhere {
            return name.to_owned();
        }
        self.map_username(name.to_lowercase())
    }

    /// `username_map` alone.
    pub fn map_username(&self, name: String) -> String {
        self.username_map.get(&name).cloned().unwrap_or(name)
    }

    /// Whether a normalised name may be a user's: the rules of [`UserName`], and `username_pattern` matches.
    pub fn validate_username(&self, name: &str) -> bool {
        let Some(pattern) = &self.pattern else { return UserName::parse(name).is_ok() };
        UserName::parse(name).is_ok() && pattern.is_match(name).unwrap_or_else(|error| {
            tracing::warn!(%error, "username_pattern could not be matched, so the name counts as invalid");
            false
        })
    }

    /// Whether `blocked_users` has this normalised name.
    pub fn is_blocked(&self, name: &str) -> bool {
        self.blocked_users.contains(name)
    }

    /// Whether the general rules let this normalised name in.
    ///
    /// Upstream keeps a set in memory: the configured names, plus every user of the database if
    /// `allow_existing_users` is on, minus deleted ones. As configured users are created at start, the same follows
    /// from the database alone, also when another process changes it.
    ///
    /// # Errors
    /// [`AuthError`] if the database cannot be asked.
    pub async fn is_allowed(&self, name: &str, known: &dyn KnownUsers) -> Result<bool, AuthError> {
        if self.allow_all {
            return Ok(true);
        }
        if !self.allow_existing_users && !self.allowed_users.contains(name) {
            return Ok(false);
        }
        known.is_known(name).await
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

    /// Users to create at start; includes the admins if it has anybody.
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
        self.nobody_allowed().then(|| Finding::warning(NOBODY_ALLOWED)).into_iter().collect()
    }
}

/// For the log and, to whoever has just set the hub up, for the login page.
pub const NOBODY_ALLOWED: &str = "nothing in the configuration lets anybody in\n\
    hint: c.Authenticator.allowed_users = {\"name\"} admits these people, c.Authenticator.allow_all = True everybody \
    who can prove who they are; c.Authenticator.any_allow_config = True silences this message";

#[cfg(test)]
mod tests;
