//! Running a server as the account of its user.

use std::path::{Path, PathBuf};

use perijove_sys::account::{self, Account, AccountError, Lookup};
use perijove_sys::child::{Identity, WorkingDirectory};

use crate::error::SpawnError;

/// As what and where a server runs, and which variables say so.
pub(crate) struct Seat {
    /// User and groups, if they are not the hub's.
    pub(crate) identity: Option<Identity>,
    /// Where it starts.
    pub(crate) directory: WorkingDirectory,
    /// `USER`, `HOME`, `SHELL`.
    pub(crate) variables: Vec<(&'static str, String)>,
}

/// The seat of a user with a system account.
pub(super) async fn seat(lookup: &Lookup, user: &str) -> Result<Seat, SpawnError> {
    let name = user.to_owned();
    let found = lookup.run(move || {
        let Some(account) = account::account(&name)? else { return Ok(None) };
        let groups = account::group_ids(&name, account.gid)?;
        Ok(Some((account, groups)))
    });
    let failed =
        |error: AccountError| SpawnError::AccountLookup { user: user.to_owned(), cause: error.to_string() };
    match found.await.map_err(failed)? {
        Some((account, groups)) => Ok(seat_of(user, account, groups)),
        None => Err(SpawnError::NoAccount { user: user.to_owned() }),
    }
}

pub(super) fn seat_of(user: &str, account: Account, groups: Vec<u32>) -> Seat {
    let mut variables = vec![("USER", user.to_owned())];
    // Left out where the account has none, as upstream does.
    for (name, path) in [("HOME", &account.home), ("SHELL", &account.shell)] {
        if !path.as_os_str().is_empty() {
            variables.push((name, path.to_string_lossy().into_owned()));
        }
    }
    Seat {
        identity: Some(Identity { uid: account.uid, gid: account.gid, groups }),
        directory: WorkingDirectory::FirstOf {
            candidates: candidates(&account.home),
            temporary: temporary_directory(),
        },
        variables,
    }
}

/// The home, then the directories above it, as upstream tries them; never the root unless that is the home.
fn candidates(home: &Path) -> Vec<PathBuf> {
    let root = Path::new("/");
    if home == root {
        return vec![root.to_owned()];
    }
    let above = home.ancestors().filter(|path| *path != root && path.is_absolute());
    above.map(Path::to_owned).collect()
}

/// A name nobody can guess, since everybody can write there.
pub(crate) fn temporary_directory() -> PathBuf {
    std::env::temp_dir().join(format!("perijove-{:032x}", rand::random::<u128>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_up_ends_before_the_root() {
        let paths = |home: &str| candidates(Path::new(home));
        assert_eq!(paths("/home/ada"), [Path::new("/home/ada"), Path::new("/home")]);
        assert_eq!(paths("/"), [Path::new("/")]);
        assert!(paths("").is_empty());
    }

    #[tokio::test]
    async fn a_user_without_account_has_no_seat() {
        let missing = seat(&Lookup::default(), "no-such-account-here").await;
        assert!(matches!(missing, Err(SpawnError::NoAccount { user }) if user == "no-such-account-here"));
    }

    #[tokio::test]
    async fn root_has_a_home_and_groups() {
        let seat = seat(&Lookup::default(), "root").await.unwrap();
        assert_eq!(seat.identity.unwrap().uid, 0);
        assert!(seat.variables.contains(&("USER", "root".to_owned())));
        assert!(seat.variables.iter().any(|(name, _)| *name == "HOME"));
    }
}
