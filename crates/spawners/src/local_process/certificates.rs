//! A server's certificate, put where its account can read it: `~/.jupyterhub/jupyterhub-certs`, as upstream does.
//!
//! The home is its owner's, who may have put links anywhere. So nothing below it is opened by its whole path, links are not
//! followed, and what is there but not the owner's is refused.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, openat};
use nix::sys::stat::{Mode, mkdirat};
use nix::unistd::{Gid, Uid, UnlinkatFlags, fchown, unlinkat};

use super::Seat;
use crate::error::SpawnError;
use crate::launch::InternalTls;

/// Copies the files into the home of the seat's account, for it alone; without an account they stay where they are.
pub(super) async fn hand_over(files: InternalTls, seat: &Seat) -> Result<InternalTls, SpawnError> {
    let Some(identity) = &seat.identity else { return Ok(files) };
    let home = seat.variables.iter().find(|(name, _)| *name == "HOME").map(|(_, home)| PathBuf::from(home));
    let (uid, gid) = (Uid::from_raw(identity.uid), Gid::from_raw(identity.gid));
    let moved = tokio::task::spawn_blocking(move || {
        let home = home.ok_or_else(|| io::Error::other("the account has no home"))?;
        let folder = home.join(".jupyterhub/jupyterhub-certs");
        let copied = copy(&home, &files, uid, gid, &folder);
        copied.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", folder.display())))
    });
    let moved = moved.await.map_err(io::Error::other).and_then(|moved| moved);
    moved.map_err(|error| SpawnError::Launch {
        problem: format!(
            "the certificate of the server cannot be put into the home: {error}\n\
             hint: internal_ssl needs a home with a folder .jupyterhub, or none of that name, that belongs to its user"
        ),
    })
}

fn copy(home: &Path, files: &InternalTls, uid: Uid, gid: Gid, folder: &Path) -> io::Result<InternalTls> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let home = openat(AT_FDCWD, home, flags, Mode::empty())?;
    let hub = own_folder(&home, ".jupyterhub", uid, gid)?;
    let certificates = own_folder(&hub, "jupyterhub-certs", uid, gid)?;
    let place = |source: &str| -> io::Result<String> {
        let name = Path::new(source).file_name().ok_or(Errno::EINVAL)?;
        let text = std::fs::read(source)?;
        match unlinkat(&certificates, name, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(errno) => return Err(errno.into()),
        }
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let mut file = File::from(openat(&certificates, name, flags, Mode::S_IRUSR | Mode::S_IWUSR)?);
        file.write_all(&text)?;
        fchown(&file, Some(uid), Some(gid))?;
        Ok(folder.join(name).display().to_string())
    };
    Ok(InternalTls {
        keyfile: place(&files.keyfile)?,
        certfile: place(&files.certfile)?,
        cafile: place(&files.cafile)?,
    })
}

/// A folder that belongs to the account; made if it is not there.
fn own_folder(parent: &OwnedFd, name: &str, uid: Uid, gid: Gid) -> io::Result<OwnedFd> {
    let made = match mkdirat(parent, name, Mode::S_IRWXU) {
        Ok(()) => true,
        Err(Errno::EEXIST) => false,
        Err(errno) => return Err(errno.into()),
    };
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let folder = openat(parent, name, flags, Mode::empty())?;
    if made {
        fchown(&folder, Some(uid), Some(gid))?;
        return Ok(folder);
    }
    let folder = File::from(folder);
    let owner = folder.metadata()?.uid();
    if owner != uid.as_raw() {
        return Err(io::Error::other(format!("{name} belongs to user {owner}")));
    }
    Ok(folder.into())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn files(folder: &Path) -> InternalTls {
        let file = |name: &str| {
            fs::write(folder.join(name), name).unwrap();
            folder.join(name).display().to_string()
        };
        InternalTls { keyfile: file("a.key"), certfile: file("a.crt"), cafile: file("trust.crt") }
    }

    fn copied(home: &Path, files: &InternalTls) -> io::Result<InternalTls> {
        copy(home, files, Uid::current(), Gid::current(), &home.join(".jupyterhub/jupyterhub-certs"))
    }

    #[test]
    fn files_are_replaced_and_readable_by_their_owner_only() {
        let (hub, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let files = files(hub.path());
        copied(home.path(), &files).unwrap();
        fs::write(hub.path().join("a.key"), "new").unwrap();
        let there = copied(home.path(), &files).unwrap();
        assert_eq!(fs::read_to_string(&there.keyfile).unwrap(), "new");
        assert_eq!(
            there.cafile,
            home.path().join(".jupyterhub/jupyterhub-certs/trust.crt").display().to_string()
        );
        assert_eq!(fs::metadata(&there.keyfile).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn links_lead_nowhere() {
        let (hub, home, elsewhere) =
            (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let files = files(hub.path());
        symlink(elsewhere.path(), home.path().join(".jupyterhub")).unwrap();
        assert!(copied(home.path(), &files).is_err());
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
        fs::remove_file(home.path().join(".jupyterhub")).unwrap();
        fs::create_dir_all(home.path().join(".jupyterhub/jupyterhub-certs")).unwrap();
        let target = elsewhere.path().join("shadow");
        fs::write(&target, "before").unwrap();
        symlink(&target, home.path().join(".jupyterhub/jupyterhub-certs/a.key")).unwrap();
        copied(home.path(), &files).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "before");
    }
}
