//! Users who are accounts of this machine: groups of the operating system, and accounts made on demand.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::Duration;

use perijove_config::sections;
use perijove_model::Value;
use perijove_sys::account::{self, AccountError, Lookup};
use tokio::process::Command;

use crate::error::{AddUserError, AuthError, SetupError};

/// How long the command that makes an account may take.
const ADD_USER_DEADLINE: Duration = Duration::from_secs(60);

/// The options and actions of upstream's `LocalAuthenticator`.
#[derive(Debug)]
pub struct LocalAccounts {
    allowed_groups: BTreeSet<String>,
    create: bool,
    command: Vec<String>,
    uids: BTreeMap<String, u32>,
    lookup: Lookup,
}

pub(crate) fn lookup_failed(what: &str, error: &AccountError) -> AuthError {
    AuthError::Lookup { what: what.to_owned(), cause: error.to_string() }
}

impl LocalAccounts {
    /// Takes the options over.
    ///
    /// # Errors
    /// [`SetupError::Invalid`] for a user id that is none.
    pub fn new(class: &str, options: &sections::LocalAuthenticator) -> Result<Self, SetupError> {
        let uid = |(name, value): (&String, &Value)| {
            let uid = value.as_int().and_then(|uid| u32::try_from(uid).ok());
            let uid = uid.ok_or_else(|| SetupError::Invalid {
                option: format!("{class}.uids"),
                problem: format!("{} is no user id (for {name:?})", value.repr()),
            })?;
            Ok((name.clone(), uid))
        };
        Ok(Self {
            allowed_groups: options.allowed_groups.clone(),
            create: options.create_system_users,
            command: options.add_user_cmd.clone(),
            uids: options.uids.iter().map(uid).collect::<Result<_, SetupError>>()?,
            lookup: Lookup::default(),
        })
    }

    /// Whether the account is in one of `allowed_groups`.
    ///
    /// # Errors
    /// [`AuthError::Lookup`], also if there is no such account.
    pub async fn in_allowed_groups(&self, name: &str) -> Result<bool, AuthError> {
        if self.allowed_groups.is_empty() {
            return Ok(false);
        }
        let wanted = self.group_ids(&self.allowed_groups).await?;
        for missing in wanted.iter().filter(|(_, id)| id.is_none()).map(|(name, _)| name) {
            tracing::error!(group.name = missing, "there is no such group; it is in allowed_groups");
        }
        let ids: Vec<_> = wanted.into_iter().filter_map(|(_, id)| id).collect();
        self.in_groups(name, ids).await
    }

    /// Whether the account is in one of these groups, all of which must exist.
    ///
    /// # Errors
    /// [`AuthError::Lookup`], also if a group or the account does not exist: an admin must not lose or gain rights
    /// because a directory is away.
    pub async fn in_existing_groups(&self, name: &str, groups: &BTreeSet<String>) -> Result<bool, AuthError> {
        let mut ids = Vec::new();
        for (group, id) in self.group_ids(groups).await? {
            let missing = || AuthError::Lookup {
                what: format!("the group {group:?}"),
                cause: "there is none".to_owned(),
            };
            ids.push(id.ok_or_else(missing)?);
        }
        self.in_groups(name, ids).await
    }

    async fn group_ids(&self, names: &BTreeSet<String>) -> Result<Vec<(String, Option<u32>)>, AuthError> {
        let names = names.clone();
        let look_up =
            move || names.into_iter().map(|name| account::group_id(&name).map(|id| (name, id))).collect();
        self.lookup.run(look_up).await.map_err(|error| lookup_failed("a group", &error))
    }

    async fn in_groups(&self, name: &str, wanted: Vec<u32>) -> Result<bool, AuthError> {
        let owned = name.to_owned();
        let look_up = move || match account::account(&owned)? {
            Some(account) => account::group_ids(&owned, account.gid).map(Some),
            None => Ok(None),
        };
        let what = format!("the account {name:?}");
        let groups = self.lookup.run(look_up).await.map_err(|error| lookup_failed(&what, &error))?;
        let groups = groups.ok_or_else(|| AuthError::Lookup { what, cause: "there is none".to_owned() })?;
        Ok(wanted.iter().any(|group| groups.contains(group)))
    }

    /// The name that the account database gives for the user id of `name`.
    ///
    /// # Errors
    /// [`AuthError::Lookup`], also if there is no such account.
    pub async fn canonical_name(&self, name: &str) -> Result<String, AuthError> {
        let owned = name.to_owned();
        let look_up = move || match account::account(&owned)? {
            Some(account) => account::account_of(account.uid),
            None => Ok(None),
        };
        let what = format!("the account {name:?}");
        let account = self.lookup.run(look_up).await.map_err(|error| lookup_failed(&what, &error))?;
        let account = account.ok_or_else(|| AuthError::Lookup { what, cause: "there is none".to_owned() })?;
        Ok(account.name)
    }

    /// Makes sure that there is an account, if accounts are to be made.
    ///
    /// # Errors
    /// [`AddUserError`]: there is none.
    pub async fn ensure(&self, name: &str) -> Result<(), AddUserError> {
        let owned = name.to_owned();
        let found = self.lookup.run(move || account::account(&owned)).await;
        let found = found.map_err(|error| lookup_failed(&format!("the account {name:?}"), &error))?;
        match found {
            Some(_) => Ok(()),
            None if self.create => self.create(name).await,
            None => Err(AddUserError::NoAccount(name.to_owned())),
        }
    }

    async fn create(&self, name: &str) -> Result<(), AddUserError> {
        let failed = |cause: String| AddUserError::CreateFailed { name: name.to_owned(), cause };
        if name.starts_with('-') {
            return Err(failed("an account's name cannot start with a hyphen".to_owned()));
        }
        let mut words: Vec<String> = self.command.iter().map(|word| word.replace("USERNAME", name)).collect();
        if let Some(uid) = self.uids.get(name) {
            words.extend(["--uid".to_owned(), uid.to_string()]);
        }
        words.push(name.to_owned());
        let Some((program, arguments)) = words.split_first() else {
            return Err(failed("LocalAuthenticator.add_user_cmd is empty".to_owned()));
        };
        tracing::info!(user.name = name, command = ?words, "making a system account");
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).process_group(0).kill_on_drop(true);
        let output = tokio::time::timeout(ADD_USER_DEADLINE, command.output()).await;
        let output =
            output.map_err(|_| failed(format!("{program} did not end within {ADD_USER_DEADLINE:?}")))?;
        let output = output.map_err(|error| failed(format!("{program} cannot be run: {error}")))?;
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stdout, output.stderr].concat();
        Err(failed(format!(
            "{program} ended with {}: {}",
            output.status,
            String::from_utf8_lossy(&said).trim()
        )))
    }
}

#[cfg(test)]
mod tests;
