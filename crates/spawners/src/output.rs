//! Output of servers: one append-only file each, which outlives the hub.
//!
//! A pipe of the hub's would break with it, and the next line that a server prints would end the server. So a server
//! writes to a file of the hub's (mode 0600), and the hub follows that file: it writes the lines to its own log, keeps
//! the last of them for messages, and empties the file when it has grown past its limit. As servers append, they go on
//! at the new end.

mod follow;
mod tail;

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use perijove_model::{ServerName, UserName};
use perijove_sys::process;
use tokio::task::JoinHandle;

use crate::launch::ProcessRecord;
pub(crate) use tail::{Begin, Tail};

/// Longest part of a file's name that tells whose it is.
const LONGEST_OWNER: usize = 150;

/// How files begin whose process has no number yet.
const UNNAMED: &str = ".new-";
/// A file that still has no number after this time belongs to nobody.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The directory of output files, and those that are followed.
#[derive(Debug)]
pub(crate) struct Outputs {
    directory: PathBuf,
    limit: u64,
    followed: Arc<Followed>,
    follower: Mutex<Option<JoinHandle<()>>>,
}

/// Followed files by name.
#[derive(Debug, Default)]
struct Followed(Mutex<HashMap<OsString, Arc<Tail>>>);

impl Followed {
    fn lock(&self) -> MutexGuard<'_, HashMap<OsString, Arc<Tail>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Vec<Arc<Tail>> {
        self.lock().values().cloned().collect()
    }

    fn named(&self, mut names: Vec<OsString>) -> Vec<Arc<Tail>> {
        names.sort_unstable();
        names.dedup();
        let followed = self.lock();
        names.iter().filter_map(|name| followed.get(name).cloned()).collect()
    }
}

impl Drop for Outputs {
    fn drop(&mut self) {
        let follower = self.follower.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(follower) = follower.take() {
            follower.abort();
        }
    }
}

/// A new output file, removed unless its server runs.
#[derive(Debug)]
pub(crate) struct NewOutput {
    outputs: Arc<Outputs>,
    owner: String,
    path: PathBuf,
    file: File,
    kept: bool,
}

impl NewOutput {
    /// The descriptor for the server.
    pub(crate) fn descriptor(&self) -> io::Result<OwnedFd> {
        Ok(self.file.try_clone()?.into())
    }

    /// Gives the file the name under which its process will be looked for.
    pub(crate) fn rename(&mut self, record: &ProcessRecord) -> io::Result<()> {
        let path = self.outputs.directory.join(file_name(&self.owner, record));
        fs::rename(&self.path, &path)?;
        self.path = path;
        Ok(())
    }

    /// The server runs. Returns where the file is.
    pub(crate) fn keep(mut self) -> PathBuf {
        self.kept = true;
        self.path.clone()
    }
}

impl Drop for NewOutput {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.path);
            if let Some(name) = self.path.file_name() {
                self.outputs.followed.lock().remove(name);
            }
        }
    }
}

/// Whose output a file is. Quoted names contain no `+`.
fn owner(user: &UserName, server: &ServerName) -> String {
    let mut owner = user.escaped();
    if !server.as_str().is_empty() {
        owner.push('+');
        owner.push_str(&server.escaped());
    }
    owner.truncate(LONGEST_OWNER);
    owner
}

fn file_name(owner: &str, record: &ProcessRecord) -> String {
    format!("{owner}.{}-{}.log", record.pid, record.start_time)
}

/// Owner, process number and start of a file's name.
fn parse_name(name: &str) -> Option<(&str, u32, u64)> {
    let (owner, process) = name.strip_suffix(".log")?.rsplit_once('.')?;
    let (pid, start_time) = process.split_once('-')?;
    Some((owner, pid.parse().ok()?, start_time.parse().ok()?))
}

impl Outputs {
    /// Files of at most about `limit` bytes in this directory, which is made when it is needed.
    pub(crate) fn new(directory: PathBuf, limit: u64) -> Self {
        Self { directory, limit, followed: Arc::default(), follower: Mutex::default() }
    }

    /// Makes the file of a new server, and removes those of its former processes. Blocks.
    pub(crate) fn create(self: &Arc<Self>, user: &UserName, server: &ServerName) -> io::Result<NewOutput> {
        let directory = &self.directory;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let owner = owner(user, server);
        remove_old(directory, &owner);
        let path = directory.join(format!("{UNNAMED}{:016x}", rand::random::<u64>()));
        let file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&path)?;
        Ok(NewOutput { outputs: Arc::clone(self), owner, path, file, kept: false })
    }

    /// Removes the files of a server that does not run. Blocks.
    pub(crate) fn remove(&self, user: &UserName, server: &ServerName) {
        remove_old(&self.directory, &owner(user, server));
    }

    /// Where the files are.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Follows the output of a process, from the beginning or from now on. `None` if it has no file here.
    pub(crate) fn follow(
        &self,
        user: &UserName,
        server: &ServerName,
        record: &ProcessRecord,
        begin: Begin,
    ) -> Option<Arc<Tail>> {
        let name = OsString::from(file_name(&owner(user, server), record));
        let mut followed = self.followed.lock();
        if let Some(tail) = followed.get(&name) {
            return Some(Arc::clone(tail));
        }
        let tail = self.open(&name, user, server, begin)?;
        followed.insert(name, Arc::clone(&tail));
        drop(followed);
        self.start_following();
        Some(tail)
    }

    /// Follows one file that several processes append to, as long as these outputs live. Makes it if need be; what it
    /// has already is only kept for messages. Returns its path. Blocks shortly.
    pub(crate) fn follow_shared(&self, name: &str) -> io::Result<PathBuf> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        let path = self.directory.join(name);
        OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
        let tail = Tail::open(&path, None, self.limit, Begin::End)?;
        self.followed.lock().insert(OsString::from(name), Arc::new(tail));
        self.start_following();
        Ok(path)
    }

    /// The output of a process, which need not run any more.
    pub(crate) fn find(
        &self,
        user: &UserName,
        server: &ServerName,
        record: &ProcessRecord,
    ) -> Option<Arc<Tail>> {
        let name = OsString::from(file_name(&owner(user, server), record));
        let followed = self.followed.lock().get(&name).cloned();
        followed.or_else(|| self.open(&name, user, server, Begin::End))
    }

    fn open(&self, name: &OsString, user: &UserName, server: &ServerName, begin: Begin) -> Option<Arc<Tail>> {
        let tail = Tail::open(&self.directory.join(name), Some((user, server)), self.limit, begin);
        tail.map(Arc::new).map_err(|error| unreadable(name, &error)).ok()
    }

    /// Forgets a file that nobody writes to any more. It stays until the server's next start.
    pub(crate) fn forget(&self, user: &UserName, server: &ServerName, record: &ProcessRecord) {
        self.followed.lock().remove(&OsString::from(file_name(&owner(user, server), record)));
    }

    fn start_following(&self) {
        let mut follower = self.follower.lock().unwrap_or_else(PoisonError::into_inner);
        if follower.as_ref().is_none_or(JoinHandle::is_finished) {
            let run = follow::run(self.directory.clone(), Arc::clone(&self.followed));
            *follower = Some(tokio::spawn(run));
        }
    }
}

fn unreadable(name: &OsString, error: &io::Error) {
    // A server that JupyterHub started writes elsewhere.
    if error.kind() != io::ErrorKind::NotFound {
        tracing::warn!(file = %name.display(), "the output of a server cannot be followed: {error}");
    }
}

/// Removes the files of an owner whose processes are gone, and what hubs left that were killed in between.
fn remove_old(directory: &Path, owner: &str) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let runs =
            |pid, start_time| matches!(process::stat(pid), Ok(Some(stat)) if stat.start_time == start_time);
        let is_old = match parse_name(name) {
            Some((of, pid, start_time)) => of == owner && !runs(pid, start_time),
            None => name.starts_with(UNNAMED) && is_older_than(&entry, ABANDONED),
        };
        if is_old {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_older_than(entry: &fs::DirEntry, age: Duration) -> bool {
    let modified = entry.metadata().and_then(|metadata| metadata.modified());
    modified.ok().and_then(|time| time.elapsed().ok()).is_some_and(|elapsed| elapsed > age)
}

#[cfg(test)]
mod tests;
