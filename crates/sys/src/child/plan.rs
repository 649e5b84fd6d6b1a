//! Everything that a child needs, made before the fork: after it nothing may allocate.

use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{SigSet, SigmaskHow, pthread_sigmask};
use nix::unistd::{ForkResult, fork, pipe2};

use super::run;
use super::{ChildError, ChildSpec, Identity, WorkingDirectory, own_children};

/// Where programs are looked for without `PATH`, as Python does.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// Most groups that a process can have on Linux.
const MAX_GROUPS: usize = 65_536;

/// A null-terminated array of C strings, as `execve` takes it.
pub(super) struct Strings {
    _owned: Vec<CString>,
    pointers: Vec<*const libc::c_char>,
}

impl Strings {
    fn new(owned: Vec<CString>) -> Self {
        let mut pointers: Vec<_> = owned.iter().map(|string| string.as_ptr()).collect();
        pointers.push(std::ptr::null());
        Self { _owned: owned, pointers }
    }

    pub(super) fn as_ptr(&self) -> *const *const libc::c_char {
        self.pointers.as_ptr()
    }
}

/// A directory to try, and what to say if it is used.
pub(super) struct Choice {
    pub(super) path: CString,
    pub(super) notice: Option<Vec<u8>>,
    pub(super) create: bool,
}

/// The prepared child.
pub(super) struct Plan {
    pub(super) files: Vec<CString>,
    pub(super) argv: Strings,
    pub(super) env: Strings,
    pub(super) identity: Option<Identity>,
    pub(super) directories: Vec<Choice>,
    pub(super) umask: Option<libc::mode_t>,
    pub(super) open_files: Option<(u64, u64)>,
    pub(super) null: OwnedFd,
    pub(super) output: OwnedFd,
    pub(super) gate: OwnedFd,
    pub(super) status: OwnedFd,
    pub(super) group_room: Vec<libc::gid_t>,
    hub_gate: OwnedFd,
    hub_status: OwnedFd,
}

/// What the hub keeps of a fork.
pub(super) struct Forked {
    pub(super) pid: u32,
    pub(super) gate: OwnedFd,
    pub(super) status: OwnedFd,
}

fn c_string(text: &OsStr) -> Result<CString, ChildError> {
    CString::new(text.as_bytes())
        .map_err(|_| ChildError::Spec("an argument, variable or path contains a zero byte"))
}

fn above_standard(fd: impl AsFd) -> io::Result<OwnedFd> {
    let number = fcntl(fd, FcntlArg::F_DUPFD_CLOEXEC(3))?;
    #[expect(unsafe_code, reason = "fcntl returns a plain number")]
    // SAFETY: F_DUPFD_CLOEXEC succeeded, so the number is a new descriptor that nothing else owns.
    let owned = unsafe { OwnedFd::from_raw_fd(number) };
    Ok(owned)
}

fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
    Ok((above_standard(read)?, above_standard(write)?))
}

/// The files that `execvpe` would try.
fn files(spec: &ChildSpec) -> Result<Vec<CString>, ChildError> {
    let program = spec.executable.as_ref().or(spec.argv.first());
    let program =
        program.filter(|program| !program.is_empty()).ok_or(ChildError::Spec("there is no command"))?;
    if program.as_bytes().contains(&b'/') {
        return Ok(vec![c_string(program)?]);
    }
    let path = spec.env.iter().rev().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_os_str());
    let path = path.unwrap_or(OsStr::new(DEFAULT_PATH));
    std::env::split_paths(path).map(|directory| c_string(directory.join(program).as_os_str())).collect()
}

fn directories(wanted: &WorkingDirectory) -> Result<Vec<Choice>, ChildError> {
    let choice = |path: &Path, notice, create| {
        Ok::<_, ChildError>(Choice { path: c_string(path.as_os_str())?, notice, create })
    };
    match wanted {
        WorkingDirectory::Inherit => Ok(Vec::new()),
        WorkingDirectory::Exactly(path) => Ok(vec![choice(path, None, false)?]),
        WorkingDirectory::FirstOf { candidates, temporary } => {
            let first = candidates.first().map_or_else(String::new, |path| path.display().to_string());
            let notice = |path: &Path| {
                format!("perijove: cannot start in {first}, starting in {} instead\n", path.display())
                    .into_bytes()
            };
            let mut choices = Vec::with_capacity(candidates.len() + 1);
            for (index, path) in candidates.iter().enumerate() {
                choices.push(choice(path, (index > 0).then(|| notice(path)), false)?);
            }
            choices.push(choice(temporary, Some(notice(temporary)), true)?);
            Ok(choices)
        }
    }
}

fn assignment((name, value): &(OsString, OsString)) -> Result<CString, ChildError> {
    if name.is_empty() || name.as_bytes().contains(&b'=') {
        return Err(ChildError::Spec("an environment variable has no proper name"));
    }
    let mut bytes = name.clone().into_vec();
    bytes.push(b'=');
    bytes.extend_from_slice(value.as_bytes());
    c_string(OsStr::from_bytes(&bytes))
}

impl Plan {
    pub(super) fn new(spec: &ChildSpec) -> Result<Self, ChildError> {
        let argv = spec.argv.iter().map(|arg| c_string(arg)).collect::<Result<_, _>>()?;
        let env = spec.env.iter().map(assignment).collect::<Result<_, _>>()?;
        let null = File::options().read(true).write(true).open("/dev/null").map_err(ChildError::Fork)?;
        let output = match &spec.output {
            Some(output) => above_standard(output),
            None => above_standard(&null),
        };
        let (gate, hub_gate) = pipe().map_err(ChildError::Fork)?;
        let (hub_status, status) = pipe().map_err(ChildError::Fork)?;
        Ok(Self {
            files: files(spec)?,
            argv: Strings::new(argv),
            env: Strings::new(env),
            identity: spec.identity.clone(),
            directories: directories(&spec.directory)?,
            umask: spec.umask,
            open_files: spec.open_files,
            null: above_standard(null).map_err(ChildError::Fork)?,
            output: output.map_err(ChildError::Fork)?,
            gate,
            status,
            group_room: vec![0; if spec.identity.is_some() { MAX_GROUPS } else { 0 }],
            hub_gate,
            hub_status,
        })
    }

    /// Forks. Only the hub returns.
    pub(super) fn fork(mut self) -> Result<Forked, ChildError> {
        // No handler of the hub's may run in the child; the child empties the mask itself.
        let mut before = SigSet::empty();
        let blocked = pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), Some(&mut before));
        blocked.map_err(|errno| ChildError::Fork(errno.into()))?;
        // Held over the fork, so that the reaper never meets a child that is not listed. The child does not use it.
        let mut own = own_children();
        #[expect(unsafe_code, reason = "fork has no safe form")]
        // SAFETY: in the child, `run::child` only makes async-signal-safe system calls on memory prepared above, does
        // not allocate, lock or panic, and never returns.
        let forked = unsafe {
            match fork() {
                Ok(ForkResult::Child) => run::child(&mut self),
                Ok(ForkResult::Parent { child }) => Ok(child),
                Err(errno) => Err(errno),
            }
        };
        let pid = forked.as_ref().ok().and_then(|pid| u32::try_from(pid.as_raw()).ok());
        own.extend(pid);
        drop(own);
        let restored = pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&before), None);
        forked.and(restored).map_err(|errno| ChildError::Fork(errno.into()))?;
        Ok(Forked { pid: pid.unwrap_or_default(), gate: self.hub_gate, status: self.hub_status })
    }

    pub(super) fn raw(fd: &OwnedFd) -> RawFd {
        fd.as_raw_fd()
    }
}
