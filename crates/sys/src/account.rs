//! Accounts and groups of this machine, through the C library's name service, so that LDAP and SSSD users count.
//!
//! The functions block, some of them for long when a directory server is slow; [`Lookup`] runs them on a bounded
//! number of threads with a deadline.

use std::ffi::CString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;
use nix::unistd::{Gid, Group, Uid, User, getgrouplist};
use tokio::sync::Semaphore;

/// An account of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Login name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Id of the primary group.
    pub gid: u32,
    /// Home directory, which need not exist.
    pub home: PathBuf,
    /// Login shell; may be empty.
    pub shell: PathBuf,
}

/// An account or group could not be looked up; "there is none" is not an error.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The name service failed.
    #[error("looking up {what} failed: {errno}")]
    NameService {
        /// What was looked up.
        what: String,
        /// The reason.
        errno: Errno,
    },
    /// No answer in time.
    #[error("the name service did not answer within {0:?}")]
    Deadline(Duration),
    /// The thread that looked it up ended.
    #[error("the look-up was abandoned")]
    Abandoned,
}

impl From<User> for Account {
    fn from(user: User) -> Self {
        Self {
            name: user.name,
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
            home: user.dir,
            shell: user.shell,
        }
    }
}

/// Some name services say "not found" with an error number.
fn found<T>(what: impl Fn() -> String, answer: nix::Result<Option<T>>) -> Result<Option<T>, AccountError> {
    match answer {
        Ok(answer) => Ok(answer),
        Err(Errno::ENOENT | Errno::ESRCH) => Ok(None),
        Err(errno) => Err(AccountError::NameService { what: what(), errno }),
    }
}

/// The account of this name. Blocks.
///
/// # Errors
/// [`AccountError`] if the name service fails.
pub fn account(name: &str) -> Result<Option<Account>, AccountError> {
    if name.is_empty() || name.contains('\0') {
        return Ok(None);
    }
    let user = found(|| format!("the account {name:?}"), User::from_name(name))?;
    Ok(user.map(Account::from))
}

/// The account of this user id. Blocks.
///
/// # Errors
/// [`AccountError`] if the name service fails.
pub fn account_of(uid: u32) -> Result<Option<Account>, AccountError> {
    let user = found(|| format!("the account with id {uid}"), User::from_uid(Uid::from_raw(uid)))?;
    Ok(user.map(Account::from))
}

/// The account that this process runs as. Blocks.
///
/// # Errors
/// [`AccountError`] if the name service fails.
pub fn own_account() -> Result<Option<Account>, AccountError> {
    account_of(own_uid())
}

/// The effective user id of this process.
pub fn own_uid() -> u32 {
    Uid::effective().as_raw()
}

/// The id of the group of this name. Blocks.
///
/// # Errors
/// [`AccountError`] if the name service fails.
pub fn group_id(name: &str) -> Result<Option<u32>, AccountError> {
    if name.is_empty() || name.contains('\0') {
        return Ok(None);
    }
    let group = found(|| format!("the group {name:?}"), Group::from_name(name))?;
    Ok(group.map(|group| group.gid.as_raw()))
}

/// The ids of all groups of an account, its primary group included. Blocks.
///
/// # Errors
/// [`AccountError`] if the name service fails.
pub fn group_ids(name: &str, gid: u32) -> Result<Vec<u32>, AccountError> {
    let failed = |errno| AccountError::NameService { what: format!("the groups of {name:?}"), errno };
    let c_name = CString::new(name).map_err(|_| failed(Errno::EINVAL))?;
    let groups = getgrouplist(&c_name, Gid::from_raw(gid)).map_err(failed)?;
    Ok(groups.into_iter().map(Gid::as_raw).collect())
}

/// The names of the supplementary groups of this process, for messages. Blocks.
pub fn own_group_names() -> Vec<String> {
    let ids = nix::unistd::getgroups().unwrap_or_default();
    ids.into_iter().filter_map(|gid| Group::from_gid(gid).ok().flatten()).map(|group| group.name).collect()
}

/// Runs look-ups off the async threads: at most a few at once, each with a deadline.
#[derive(Clone, Debug)]
pub struct Lookup {
    running: Arc<Semaphore>,
    deadline: Duration,
}

impl Default for Lookup {
    fn default() -> Self {
        Self::new(16, Duration::from_secs(30))
    }
}

impl Lookup {
    /// At most `parallel` look-ups at once; each, its wait included, may take `deadline`.
    pub fn new(parallel: usize, deadline: Duration) -> Self {
        Self { running: Arc::new(Semaphore::new(parallel)), deadline }
    }

    /// Runs a blocking look-up. After the deadline the thread goes on, and counts as running until it ends.
    ///
    /// # Errors
    /// The look-up's own error, or [`AccountError::Deadline`].
    pub async fn run<T: Send + 'static>(
        &self,
        look_up: impl FnOnce() -> Result<T, AccountError> + Send + 'static,
    ) -> Result<T, AccountError> {
        let running = Arc::clone(&self.running);
        let work = async move {
            let permit = running.acquire_owned().await.map_err(|_| AccountError::Abandoned)?;
            let task = tokio::task::spawn_blocking(move || {
                let answer = look_up();
                drop(permit);
                answer
            });
            task.await.map_err(|_| AccountError::Abandoned)?
        };
        tokio::time::timeout(self.deadline, work).await.map_err(|_| AccountError::Deadline(self.deadline))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_root_and_its_groups() {
        let root = account("root").unwrap().unwrap();
        assert_eq!((root.uid, root.gid), (0, 0));
        assert!(group_ids("root", root.gid).unwrap().contains(&0));
        assert_eq!(account_of(0).unwrap().unwrap().name, "root");
        assert_eq!(group_id("root").unwrap(), Some(0));
    }

    #[test]
    fn absent_names_are_no_error() {
        assert_eq!(account("no-such-account-here").unwrap(), None);
        assert_eq!(account("").unwrap(), None);
        assert_eq!(account("a\0b").unwrap(), None);
        assert_eq!(group_id("no-such-group-here").unwrap(), None);
    }

    #[tokio::test]
    async fn a_slow_name_service_meets_the_deadline() {
        let lookup = Lookup::new(1, Duration::from_millis(20));
        let (release, hold) = std::sync::mpsc::channel::<()>();
        let slow = lookup
            .run(move || {
                let _ = hold.recv();
                Ok(())
            })
            .await;
        assert!(matches!(slow, Err(AccountError::Deadline(_))));
        let waiting = lookup.run(|| Ok(())).await;
        assert!(matches!(waiting, Err(AccountError::Deadline(_))), "the slow one still counts");
        release.send(()).unwrap();
    }
}
