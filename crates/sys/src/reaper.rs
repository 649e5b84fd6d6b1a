//! Reaping of strangers.
//!
//! A hub that is process 1 of a container, or a subreaper, inherits the orphans of its servers. They must be waited
//! for, or they stay as zombies. Children that somebody in this process waits for must be left alone.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use tokio::signal::unix::{SignalKind, signal};

use crate::child::own_children;
use crate::process::stat;

/// How long a zombie must have been one: whoever waits for it has done so by then.
const GRACE: Duration = Duration::from_secs(5);

/// Whether orphans come to this process.
pub fn is_needed() -> bool {
    std::process::id() == 1 || nix::sys::prctl::get_child_subreaper().unwrap_or(false)
}

/// Zombies among our children that nobody waits for, found twice in a row.
#[derive(Debug, Default)]
pub struct Reaper {
    suspects: BTreeSet<u32>,
}

impl Reaper {
    /// Reaps strangers for ever; cancel by dropping. Sleeps as long as no child of any kind ends.
    ///
    /// # Errors
    /// If the end of children cannot be watched.
    pub async fn run(mut self) -> io::Result<()> {
        let mut ended = signal(SignalKind::child())?;
        loop {
            if self.suspects.is_empty() {
                ended.recv().await;
            }
            tokio::time::sleep(GRACE).await;
            for pid in self.step() {
                tracing::debug!(process.pid = pid, "reaped an orphan");
            }
        }
    }

    /// Reaps the zombies that the last step found as well, and remembers the others.
    fn step(&mut self) -> Vec<u32> {
        let zombies = zombies();
        let (old, new) = zombies.into_iter().partition(|pid| self.suspects.contains(pid));
        self.suspects = new;
        let reap = |pid: &u32| {
            let own = own_children();
            let Some(number) = i32::try_from(*pid).ok().filter(|_| !own.contains(pid)) else { return false };
            let reaped = waitpid(Pid::from_raw(number), Some(WaitPidFlag::WNOHANG));
            matches!(reaped, Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)))
        };
        let old: BTreeSet<u32> = old;
        old.into_iter().filter(reap).collect()
    }
}

/// Our children that have ended, except those that [`crate::child`] waits for.
fn zombies() -> BTreeSet<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return BTreeSet::new() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let me = std::process::id();
    let is_ours = |pid: &u32| matches!(stat(*pid), Ok(Some(stat)) if stat.parent == me && stat.is_zombie());
    let found: BTreeSet<u32> = numbers.filter(is_ours).collect();
    found.difference(&own_children()).copied().collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn reaps_only_what_stays_a_zombie() {
        let mut child = Command::new("sh").args(["-c", "true"]).stdout(Stdio::piped()).spawn().unwrap();
        let pid = child.id();
        // End-of-file comes with the end of the process; the zombie may follow a moment later.
        child.stdout.take().unwrap().read_to_end(&mut Vec::new()).unwrap();
        while !stat(pid).unwrap().unwrap().is_zombie() {
            std::thread::yield_now();
        }
        let mut reaper = Reaper::default();
        assert!(!reaper.step().contains(&pid), "somebody may be about to wait for it");
        assert!(reaper.step().contains(&pid));
        assert!(child.wait().is_err(), "it is gone");
    }
}
