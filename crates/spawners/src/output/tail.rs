//! One followed file.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use perijove_model::{ServerName, UserName};

/// How many lines are kept for messages.
const KEPT_LINES: usize = 40;
/// Longer lines are cut in pieces.
const LONGEST_LINE: usize = 4096;
/// A server that writes more than this between two looks has the rest skipped, so that the hub's log stays usable.
const MOST_AT_ONCE: u64 = 256 * 1024;
/// How much of the end is kept when something is skipped.
const KEPT_BYTES: u64 = 16 * 1024;

/// From where a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// A new server's file.
    Start,
    /// The file of a server that ran before the hub: what it wrote until now is only kept for messages.
    End,
}

/// A file that is being followed.
#[derive(Debug)]
pub(crate) struct Tail {
    /// User and server; `None` for what spawners in Python and their children print.
    owner: Option<(String, String)>,
    limit: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    offset: u64,
    partial: Vec<u8>,
    lines: VecDeque<String>,
}

impl Tail {
    pub(super) fn open(
        path: &Path,
        owner: Option<(&UserName, &ServerName)>,
        limit: u64,
        begin: Begin,
    ) -> io::Result<Self> {
        let file = File::options().read(true).write(true).open(path)?;
        let mut state = State { file, offset: 0, partial: Vec::new(), lines: VecDeque::new() };
        if begin == Begin::End {
            state.offset = state.file.metadata()?.len().saturating_sub(KEPT_BYTES);
            state.read()?;
        }
        let owner = owner.map(|(user, server)| (user.to_string(), server.to_string()));
        Ok(Self { owner, limit, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs what was written since the last call, and empties a file that has grown too large. Blocks shortly.
    pub(crate) fn catch_up(&self) {
        let mut state = self.state();
        let read = state.read();
        let emptied = state.empty_beyond(self.limit);
        drop(state);
        match read {
            Ok(news) => self.log(&news),
            Err(error) => {
                tracing::warn!(user.name = self.user(), "the server's output cannot be read: {error}")
            }
        }
        if let Err(error) = emptied {
            tracing::warn!(user.name = self.user(), "the server's output cannot be emptied: {error}");
        }
    }

    fn user(&self) -> Option<&str> {
        self.owner.as_ref().map(|(user, _)| user.as_str())
    }

    fn log(&self, news: &News) {
        let skipped = (news.skipped > 0).then(|| format!("skipped {} bytes of output", news.skipped));
        for line in skipped.iter().chain(&news.lines) {
            match &self.owner {
                Some((user, server)) => tracing::info!(user.name = user, server.name = server, "{line}"),
                None => tracing::info!(target: "perijove::python", "{line}"),
            }
        }
    }

    /// The last lines, the unfinished one included.
    pub(crate) fn last_lines(&self) -> String {
        let state = self.state();
        let mut lines: Vec<_> = state.lines.iter().cloned().collect();
        if !state.partial.is_empty() {
            lines.push(printable(&state.partial));
        }
        lines.join("\n")
    }
}

/// What a read brought.
#[derive(Debug, Default)]
struct News {
    lines: Vec<String>,
    skipped: u64,
}

impl State {
    fn read(&mut self) -> io::Result<News> {
        let mut news = News::default();
        let length = self.file.metadata()?.len();
        if length < self.offset {
            // Somebody else emptied it.
            self.offset = 0;
        }
        let unread = length - self.offset;
        if unread > MOST_AT_ONCE {
            news.skipped = unread - KEPT_BYTES;
            self.offset += news.skipped;
            self.partial.clear();
        }
        let mut buffer = vec![0; 16 * 1024];
        while self.offset < length {
            let count = self.file.read_at(&mut buffer, self.offset)?;
            let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
            self.offset += count as u64;
            self.take(bytes, &mut news);
        }
        Ok(news)
    }

    fn take(&mut self, bytes: &[u8], news: &mut News) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.partial.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.partial.len() > LONGEST_LINE {
                let line = printable(&std::mem::take(&mut self.partial));
                if self.lines.len() == KEPT_LINES {
                    self.lines.pop_front();
                }
                self.lines.push_back(line.clone());
                news.lines.push(line);
            }
        }
    }

    /// What a server writes between the last read and this is lost to the log; it could not be told apart.
    fn empty_beyond(&mut self, limit: u64) -> io::Result<()> {
        if self.offset > limit {
            self.file.set_len(0)?;
            self.offset = 0;
        }
        Ok(())
    }
}

/// A line without its end, and without characters that would act on the terminal of whoever reads the log.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches(['\n', '\r']);
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() && character != '\t' {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}
