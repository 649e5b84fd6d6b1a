//! What the child does between fork and exec.
//!
//! The hub has many threads and only the forking one exists here, so a lock (the allocator's, for example) may be
//! held for ever. Only async-signal-safe system calls on prepared memory are allowed, and nothing may panic.

use std::fmt;
use std::os::fd::{OwnedFd, RawFd};

use nix::errno::Errno;

use super::plan::{Choice, Plan};

/// Steps of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Stage {
    /// A session of its own.
    Session = 1,
    /// Standard streams.
    Streams = 2,
    /// Limits.
    Limits = 3,
    /// Primary group.
    Group = 4,
    /// Supplementary groups.
    Groups = 5,
    /// User.
    User = 6,
    /// Working directory.
    Directory = 7,
    /// The program.
    Execute = 8,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Session => "making a session",
            Self::Streams => "redirecting the output",
            Self::Limits => "setting limits",
            Self::Group => "changing to the user's primary group",
            Self::Groups => "giving up the hub's groups",
            Self::User => "changing to the user",
            Self::Directory => "entering the working directory",
            Self::Execute => "executing the command",
        })
    }
}

/// A child's last words.
pub(super) struct Report {
    pub(super) stage: Stage,
    pub(super) errno: Errno,
}

impl Report {
    /// `None` if the child said nothing, which means that it executed its program.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (stage, errno) = bytes.split_first()?;
        let stage = match stage {
            1 => Stage::Session,
            2 => Stage::Streams,
            3 => Stage::Limits,
            4 => Stage::Group,
            5 => Stage::Groups,
            6 => Stage::User,
            7 => Stage::Directory,
            _ => Stage::Execute,
        };
        let errno = errno.try_into().map_or(0, i32::from_ne_bytes);
        Some(Self { stage, errno: Errno::from_raw(errno) })
    }
}

type Step = Result<(), (Stage, i32)>;

fn check(stage: Stage, result: libc::c_int) -> Step {
    if result == -1 { Err((stage, Errno::last_raw())) } else { Ok(()) }
}

/// Runs the child. Never returns.
#[expect(unsafe_code, reason = "system calls after fork")]
// SAFETY (caller): only to be called in a forked child.
pub(super) unsafe fn child(plan: &mut Plan) -> ! {
    // SAFETY: system calls on descriptors and memory that `plan` owns; `_exit` does not return.
    unsafe {
        let before_gate = prepare(plan);
        wait_at(&plan.gate);
        let failed =
            match before_gate.and_then(|()| become_user(plan)).and_then(|()| enter(&plan.directories)) {
                Ok(()) => (Stage::Execute, execute(plan)),
                Err(failed) => failed,
            };
        report(&plan.status, failed);
        libc::_exit(127)
    }
}

/// Everything that does not depend on being recorded.
#[expect(unsafe_code, reason = "system calls after fork")]
unsafe fn prepare(plan: &Plan) -> Step {
    // SAFETY: plain system calls; the structures passed live on this stack.
    unsafe {
        check(Stage::Session, libc::setsid())?;
        check(Stage::Streams, libc::dup2(Plan::raw(&plan.null), 0))?;
        check(Stage::Streams, libc::dup2(Plan::raw(&plan.output), 1))?;
        check(Stage::Streams, libc::dup2(Plan::raw(&plan.output), 2))?;
        close_others(Plan::raw(&plan.gate), Plan::raw(&plan.status));
        reset_signals();
        if let Some((soft, hard)) = plan.open_files {
            let limit = libc::rlimit { rlim_cur: soft, rlim_max: hard };
            check(Stage::Limits, libc::setrlimit(libc::RLIMIT_NOFILE, &limit))?;
        }
        if let Some(umask) = plan.umask {
            libc::umask(umask);
        }
    }
    Ok(())
}

/// Closes all descriptors above the standard ones but two, so that no child holds another child's gate open. Where
/// the kernel is too old, close-on-exec does the same a little later.
#[expect(unsafe_code, reason = "system calls after fork")]
unsafe fn close_others(one: RawFd, other: RawFd) {
    let (low, high) = if one < other { (one, other) } else { (other, one) };
    for (first, last) in [(3, low - 1), (low + 1, high - 1), (high + 1, RawFd::MAX)] {
        if first <= last {
            // SAFETY: closes numbers that nothing in this process uses any more.
            unsafe {
                libc::syscall(
                    libc::SYS_close_range,
                    first as libc::c_uint,
                    last as libc::c_uint,
                    0 as libc::c_uint,
                );
            }
        }
    }
}

/// Ignored signals would stay ignored across exec, and blocked ones blocked.
#[expect(unsafe_code, reason = "system calls after fork")]
unsafe fn reset_signals() {
    // SAFETY: an all-zero `sigaction` is a valid one with the default disposition; the set is initialised before use.
    unsafe {
        let default: libc::sigaction = std::mem::zeroed();
        for signal in 1..=64 {
            libc::sigaction(signal, &default, std::ptr::null_mut());
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &none, std::ptr::null_mut());
    }
}

/// Waits for one byte; at end-of-file there is no hub any more.
#[expect(unsafe_code, reason = "system calls after fork")]
unsafe fn wait_at(gate: &OwnedFd) {
    let mut byte = 0_u8;
    loop {
        // SAFETY: reads one byte into a byte.
        let got = unsafe { libc::read(Plan::raw(gate), (&raw mut byte).cast(), 1) };
        match got {
            1 => return,
            -1 if Errno::last_raw() == libc::EINTR => {}
            // SAFETY: ends this process.
            _ => unsafe { libc::_exit(0) },
        }
    }
}

/// Takes on the user's identity. A failing `setgroups` is fatal only if groups remain that are not the user's: a hub
/// that is not root can start servers of its own user.
#[expect(unsafe_code, reason = "system calls after fork")]
unsafe fn become_user(plan: &mut Plan) -> Step {
    // A hub with ambient capabilities keeps them to itself.
    // SAFETY: plain system call; kernels that do not know it answer with an error.
    unsafe {
        libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    }
    let Some(identity) = &plan.identity else { return Ok(()) };
    let (uid, gid) = (identity.uid, identity.gid);
    // SAFETY: the group list lives as long as `plan`; the room for the answer is as long as stated.
    unsafe {
        check(Stage::Group, libc::setresgid(gid, gid, gid))?;
        let set = libc::setgroups(identity.groups.len(), identity.groups.as_ptr());
        if set == -1 {
            libc::setgroups(0, std::ptr::null());
        }
        check(Stage::User, libc::setresuid(uid, uid, uid))?;
        if set == -1 {
            let room = libc::c_int::try_from(plan.group_room.len()).unwrap_or(libc::c_int::MAX);
            let count = libc::getgroups(room, plan.group_room.as_mut_ptr());
            check(Stage::Groups, count)?;
            let left = plan.group_room.get(..usize::try_from(count).unwrap_or(0)).unwrap_or(&[]);
            if left.iter().any(|group| *group != gid && !identity.groups.contains(group)) {
                return Err((Stage::Groups, libc::EPERM));
            }
        }
        if uid != 0 {
            drop_capabilities();
        }
    }
    Ok(())
}

/// Between two users that are not root, the kernel keeps capabilities.
#[expect(unsafe_code, reason = "system calls after fork")]
unsafe fn drop_capabilities() {
    #[repr(C)]
    struct Header {
        version: u32,
        pid: libc::c_int,
    }
    const VERSION_3: u32 = 0x2008_0522;
    let header = Header { version: VERSION_3, pid: 0 };
    let none = [0_u32; 6];
    // SAFETY: version 3 takes a header and two sets of three words each, which live on this stack.
    unsafe {
        libc::syscall(libc::SYS_capset, &raw const header, none.as_ptr());
    }
}

#[expect(unsafe_code, reason = "system calls after fork")]
unsafe fn enter(choices: &[Choice]) -> Step {
    let mut failed = Ok(());
    for choice in choices {
        // SAFETY: the strings live as long as the plan; writing to standard error takes a pointer and its length.
        unsafe {
            if choice.create {
                libc::mkdir(choice.path.as_ptr(), 0o700);
            }
            match check(Stage::Directory, libc::chdir(choice.path.as_ptr())) {
                Ok(()) => {
                    if let Some(notice) = &choice.notice {
                        libc::write(2, notice.as_ptr().cast(), notice.len());
                    }
                    return Ok(());
                }
                Err(error) => failed = Err(error),
            }
        }
    }
    failed
}

/// Tries the files in turn. Returns only on failure: the first error that is not "not found", as a shell reports it.
#[expect(unsafe_code, reason = "system calls after fork")]
unsafe fn execute(plan: &Plan) -> i32 {
    let mut worst = libc::ENOENT;
    for file in &plan.files {
        // SAFETY: both arrays end with a null pointer and live as long as the plan.
        unsafe {
            libc::execve(file.as_ptr(), plan.argv.as_ptr(), plan.env.as_ptr());
        }
        let errno = Errno::last_raw();
        if worst == libc::ENOENT && errno != libc::ENOTDIR {
            worst = errno;
        }
    }
    worst
}

#[expect(unsafe_code, reason = "system calls after fork")]
unsafe fn report(status: &OwnedFd, (stage, errno): (Stage, i32)) {
    let [a, b, c, d] = errno.to_ne_bytes();
    let bytes = [stage as u8, a, b, c, d];
    // SAFETY: writes five bytes of this stack; a pipe takes them at once.
    unsafe {
        libc::write(Plan::raw(status), bytes.as_ptr().cast(), bytes.len());
    }
}
