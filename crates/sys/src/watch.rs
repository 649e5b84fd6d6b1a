//! Notices of changes to the files of one directory, so that following many logs costs nothing while they are quiet.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::path::Path;

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use tokio::io::unix::AsyncFd;

struct Descriptor(Inotify);

impl AsRawFd for Descriptor {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

/// Reports which files of a directory were written to.
pub struct DirectoryWatch {
    descriptor: AsyncFd<Descriptor>,
}

impl std::fmt::Debug for DirectoryWatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DirectoryWatch")
    }
}

/// What happened since the last call.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Names of files that were written to; a name may occur more than once.
    pub names: Vec<OsString>,
    /// Notices were lost: any file may have changed.
    pub overflow: bool,
}

impl DirectoryWatch {
    /// Watches the files directly in `directory`. Needs the async runtime.
    ///
    /// # Errors
    /// If the kernel cannot, or the user's limit of watches is reached: poll instead.
    pub fn new(directory: &Path) -> io::Result<Self> {
        let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
        inotify.add_watch(directory, AddWatchFlags::IN_MODIFY)?;
        #[expect(unsafe_code, reason = "registering a descriptor with the runtime has no safe form")]
        // SAFETY: `Descriptor` owns its descriptor, always gives the same number, and closes it only when dropped.
        let descriptor = unsafe { AsyncFd::register(Descriptor(inotify)) }?;
        Ok(Self { descriptor })
    }

    /// Waits until something was written.
    ///
    /// # Errors
    /// If the runtime is shutting down.
    pub async fn changes(&self) -> io::Result<Changes> {
        loop {
            let mut ready = self.descriptor.readable().await?;
            match self.descriptor.get_ref().0.read_events() {
                Ok(events) => {
                    let overflow =
                        events.iter().any(|event| event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW));
                    let names = events.into_iter().filter_map(|event| event.name).collect();
                    return Ok(Changes { names, overflow });
                }
                Err(Errno::EAGAIN | Errno::EINTR) => ready.clear_ready(),
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[tokio::test]
    async fn tells_which_file_was_written() {
        let directory = tempfile::tempdir().unwrap();
        let mut file = std::fs::File::create(directory.path().join("a.log")).unwrap();
        let watch = DirectoryWatch::new(directory.path()).unwrap();
        file.write_all(b"x").unwrap();
        assert_eq!(watch.changes().await.unwrap(), Changes { names: vec!["a.log".into()], overflow: false });
    }
}
