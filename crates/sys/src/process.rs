//! Processes that need not be our children: identity, life, signals.
//!
//! A process number alone is no identity, since numbers are used again. Together with the start time (and the boot)
//! it is one; a [`PidFd`] then holds on to the process.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tokio::io::unix::AsyncFd;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It ended by itself.
    Code(i32),
    /// A signal killed it.
    Signal(i32),
    /// It ended, but nobody told us how.
    Unknown,
}

impl Exit {
    /// The number that Python's `subprocess` gives: negative for a signal.
    pub fn code(self) -> Option<i32> {
        match self {
            Self::Code(code) => Some(code),
            Self::Signal(signal) => Some(-signal),
            Self::Unknown => None,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Code(code) => write!(f, "exit status {code}"),
            Self::Signal(number) => match Signal::try_from(number) {
                Ok(signal) => write!(f, "killed by {signal}"),
                Err(_) => write!(f, "killed by signal {number}"),
            },
            Self::Unknown => f.write_str("exit status unknown"),
        }
    }
}

/// What `/proc/PID/stat` says of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// `R`, `S`, `D`, `Z`, …
    pub state: char,
    /// Parent.
    pub parent: u32,
    /// Process group.
    pub group: u32,
    /// Number of threads.
    pub threads: u32,
    /// Start in clock ticks after boot.
    pub start_time: u64,
}

impl Stat {
    /// Whether it has ended and only waits for its parent. (A main thread that ended before others is not that.)
    pub fn is_zombie(&self) -> bool {
        matches!(self.state, 'Z' | 'X') && self.threads <= 1
    }

    fn parse(text: &str) -> Option<Self> {
        // The name in parentheses may itself contain blanks and parentheses.
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        Some(Self {
            state: fields.first()?.chars().next()?,
            parent: fields.get(1)?.parse().ok()?,
            group: fields.get(2)?.parse().ok()?,
            threads: fields.get(17)?.parse().ok()?,
            start_time: fields.get(19)?.parse().ok()?,
        })
    }
}

/// Reads `/proc/PID/stat`; `None` if there is no such process.
///
/// # Errors
/// If the process exists but cannot be seen (`hidepid`), or `/proc` is not there.
pub fn stat(pid: u32) -> io::Result<Option<Stat>> {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(text) => {
            let parsed = Stat::parse(&text);
            parsed.map(Some).ok_or_else(|| io::Error::other(format!("/proc/{pid}/stat has an unknown form")))
        }
        Err(error) if is_gone(&error) && !exists(pid) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH)
}

/// Whether the number is in use, by a process or a zombie.
pub fn exists(pid: u32) -> bool {
    let Ok(pid) = i32::try_from(pid) else { return false };
    pid > 0 && !matches!(nix::sys::signal::kill(Pid::from_raw(pid), None), Err(Errno::ESRCH))
}

/// The environment with which a process was started; empty if it overwrote that memory, is a
/// zombie, or is just executing its program.
///
/// # Errors
/// If it is gone, or another user's and we are not root.
pub fn environ(pid: u32) -> io::Result<Vec<(OsString, OsString)>> {
    let bytes = std::fs::read(format!("/proc/{pid}/environ"))?;
    let split = |entry: &[u8]| {
        let at = entry.iter().position(|byte| *byte == b'=')?;
        let (name, value) = entry.split_at_checked(at)?;
        Some((OsString::from_vec(name.to_vec()), OsString::from_vec(value.get(1..)?.to_vec())))
    };
    Ok(bytes.split(|byte| *byte == 0).filter_map(split).collect())
}

/// One variable of [`environ`].
pub fn variable<'a>(environ: &'a [(OsString, OsString)], name: &str) -> Option<&'a OsStr> {
    environ.iter().find(|(key, _)| key.as_bytes() == name.as_bytes()).map(|(_, value)| value.as_os_str())
}

/// The id of this boot of the machine.
///
/// # Errors
/// If `/proc` is not there.
pub fn boot_id() -> io::Result<String> {
    Ok(std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

/// Sends a signal to every process of a group. `Ok(false)` if there is none.
///
/// # Errors
/// If we may not.
pub fn signal_group(group: u32, signal: Signal) -> io::Result<bool> {
    let group = i32::try_from(group).ok().filter(|group| *group > 1).ok_or(io::ErrorKind::InvalidInput)?;
    match nix::sys::signal::killpg(Pid::from_raw(group), signal) {
        Ok(()) => Ok(true),
        Err(Errno::ESRCH) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

struct Descriptor(OwnedFd);

impl AsRawFd for Descriptor {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// A hold on one process, child or not, that its number's reuse cannot change.
pub struct PidFd {
    pid: u32,
    descriptor: AsyncFd<Descriptor>,
}

impl fmt::Debug for PidFd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PidFd").field(&self.pid).finish()
    }
}

fn pidfd_open(pid: u32) -> io::Result<OwnedFd> {
    #[expect(unsafe_code, reason = "no safe wrapper for pidfd_open; the returned descriptor is ours alone")]
    // SAFETY: the system call takes two integers and touches no memory of ours; a result that is not negative is a
    // new descriptor which nothing else owns.
    let descriptor = unsafe {
        let result = libc::syscall(libc::SYS_pidfd_open, libc::c_long::from(pid), 0 as libc::c_long);
        let number = RawFd::try_from(result).map_err(io::Error::other)?;
        if number < 0 {
            return Err(io::Error::last_os_error());
        }
        OwnedFd::from_raw_fd(number)
    };
    Ok(descriptor)
}

impl PidFd {
    /// Takes hold of the process that has this number now. Needs the async runtime.
    ///
    /// # Errors
    /// `ESRCH` if there is none.
    pub fn open(pid: u32) -> io::Result<Self> {
        let descriptor = Descriptor(pidfd_open(pid)?);
        #[expect(unsafe_code, reason = "registering a descriptor with the runtime has no safe form")]
        // SAFETY: `Descriptor` owns its descriptor, always gives the same number, and closes it only when dropped.
        let descriptor = unsafe { AsyncFd::register(descriptor) }?;
        Ok(Self { pid, descriptor })
    }

    /// Takes hold of a process only if it has this start time and has not ended. `None`: that process is gone.
    ///
    /// # Errors
    /// If the process cannot be looked at.
    pub fn find(pid: u32, start_time: u64) -> io::Result<Option<Self>> {
        let held = match Self::open(pid) {
            Ok(held) => held,
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => return Ok(None),
            Err(error) => return Err(error),
        };
        // The number cannot pass to another process between the two steps without the start time telling.
        Ok(stat(pid)?.filter(|stat| stat.start_time == start_time && !stat.is_zombie()).map(|_| held))
    }

    /// The process number.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The descriptor, for `waitid`.
    pub(crate) fn borrow(&self) -> BorrowedFd<'_> {
        self.descriptor.get_ref().0.as_fd()
    }

    /// Sends a signal. `Ok(false)` if the process is gone.
    ///
    /// # Errors
    /// If we may not.
    pub fn signal(&self, signal: Signal) -> io::Result<bool> {
        #[expect(unsafe_code, reason = "no safe wrapper for pidfd_send_signal")]
        // SAFETY: the descriptor is open for as long as `self`; a null pointer for the details is documented to act
        // like `kill`; no memory of ours is touched.
        let result = unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                libc::c_long::from(self.descriptor.get_ref().as_raw_fd()),
                libc::c_long::from(signal as i32),
                std::ptr::null::<libc::siginfo_t>(),
                0 as libc::c_long,
            )
        };
        if result == 0 {
            return Ok(true);
        }
        match io::Error::last_os_error() {
            error if error.raw_os_error() == Some(libc::ESRCH) => Ok(false),
            error => Err(error),
        }
    }

    /// Returns when the process has ended (it may still be a zombie).
    ///
    /// # Errors
    /// If the runtime is shutting down.
    pub async fn ended(&self) -> io::Result<()> {
        // The descriptor becomes readable at the end and stays so.
        let mut ready = self.descriptor.readable().await?;
        ready.retain_ready();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_with_parentheses() {
        let text = "12 (a ) (b) Z 1 12 12 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 98765 0 0";
        let stat = Stat::parse(text).unwrap();
        assert_eq!(stat, Stat { state: 'Z', parent: 1, group: 12, threads: 1, start_time: 98765 });
        assert!(stat.is_zombie());
    }

    #[test]
    fn knows_itself() {
        let me = stat(std::process::id()).unwrap().unwrap();
        assert!(me.start_time > 0 && !me.is_zombie());
        assert!(boot_id().unwrap().len() > 30);
        assert_eq!(stat(u32::MAX).unwrap(), None);
        assert!(exists(std::process::id()) && !exists(0));
    }

    #[test]
    fn python_numbers_for_exits() {
        assert_eq!(Exit::Signal(9).code(), Some(-9));
        assert_eq!(Exit::Signal(9).to_string(), "killed by SIGKILL");
        assert_eq!(Exit::Code(3).to_string(), "exit status 3");
        assert_eq!(Exit::Unknown.code(), None);
    }

    #[tokio::test]
    async fn holds_processes_that_others_started() {
        let mut child = std::process::Command::new("sleep").arg("1000").env("MARK", "here").spawn().unwrap();
        let start = stat(child.id()).unwrap().unwrap().start_time;
        assert!(PidFd::find(child.id(), start + 1).unwrap().is_none());
        let held = PidFd::find(child.id(), start).unwrap().unwrap();
        assert!(held.signal(Signal::SIGTERM).unwrap());
        held.ended().await.unwrap();
        held.ended().await.unwrap();
        assert!(stat(child.id()).unwrap().unwrap().is_zombie());
        assert!(PidFd::find(child.id(), start).unwrap().is_none(), "a zombie has ended");
        child.wait().unwrap();
        assert!(!held.signal(Signal::SIGTERM).unwrap());
    }

    #[test]
    fn reads_the_environment() {
        let mut child = std::process::Command::new("sleep").arg("1000").env("MARK", "a=b").spawn().unwrap();
        // In the middle of exec the environment is empty for a moment.
        let environ = loop {
            let environ = environ(child.id()).unwrap();
            if !environ.is_empty() {
                break environ;
            }
            std::thread::yield_now();
        };
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(variable(&environ, "MARK"), Some(OsStr::new("a=b")));
        assert_eq!(variable(&environ, "MAR"), None);
    }
}
