//! Where log lines go: standard error, one system call for many of them where there are many.
//!
//! A line is written at once unless another was written less than [`GAP`] ago; then it waits, with those that come
//! after it, at most that long. Warnings and errors never wait, nor does a log that nobody reads fast enough grow: what
//! is more than [`WAITING_AT_MOST`] is written by whoever logs.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line may wait: what a `kill -9` can lose of a busy hub's log.
const GAP: Duration = Duration::from_millis(5);
/// Bytes that may wait.
const WAITING_AT_MOST: usize = 64 * 1024;

/// Standard error as a place for lines. Clones are the same.
#[derive(Clone)]
pub struct Output(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    more: Condvar,
}

struct State {
    waiting: Vec<u8>,
    written: Option<Instant>,
    sink: Box<dyn Write + Send>,
}

impl Output {
    /// Standard error, with a thread that writes what waits.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn stderr() -> io::Result<Self> {
        let output = Self::new(Box::new(io::stderr()));
        let shared = output.0.clone();
        std::thread::Builder::new().name("log".to_owned()).spawn(move || shared.write_for_ever())?;
        Ok(output)
    }

    fn new(sink: Box<dyn Write + Send>) -> Self {
        let state = State { waiting: Vec::new(), written: None, sink };
        Self(Arc::new(Shared { state: Mutex::new(state), more: Condvar::new() }))
    }

    /// Writes what waits.
    pub fn flush(&self) {
        self.0.lock().flush();
    }

    fn add(&self, line: &[u8], at_once: bool) {
        let mut state = self.0.lock();
        let now = Instant::now();
        let is_first = state.waiting.is_empty();
        let busy = state.written.is_some_and(|written| now.duration_since(written) < GAP);
        state.waiting.extend_from_slice(line);
        if at_once || (is_first && !busy) || state.waiting.len() > WAITING_AT_MOST {
            state.written = Some(now);
            state.flush();
        } else if is_first {
            drop(state);
            self.0.more.notify_one();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_for_ever(&self) {
        loop {
            let state = self.more.wait_while(self.lock(), |state| state.waiting.is_empty());
            drop(state);
            std::thread::sleep(GAP);
            let mut state = self.lock();
            state.written = Some(Instant::now());
            state.flush();
        }
    }
}

impl State {
    fn flush(&mut self) {
        // There is nowhere to tell that the log cannot be written.
        let _written = self.sink.write_all(&self.waiting);
        self.waiting.clear();
    }
}

/// One line on its way; `tracing` writes it in one piece.
pub struct Line<'a> {
    output: &'a Output,
    at_once: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.output.add(line, self.at_once);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush();
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Output {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { output: self, at_once: true }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Line<'a> {
        Line { output: self, at_once: *metadata.level() <= Level::WARN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written, piece by piece.
    #[derive(Clone, Default)]
    struct Pieces(Arc<Mutex<Vec<String>>>);

    impl Write for Pieces {
        fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().push(String::from_utf8_lossy(piece).into_owned());
            Ok(piece.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn output() -> (Output, Pieces) {
        let pieces = Pieces::default();
        (Output::new(Box::new(pieces.clone())), pieces)
    }

    #[test]
    fn a_single_line_is_written_at_once() {
        let (output, pieces) = output();
        output.add(b"one\n", false);
        assert_eq!(*pieces.0.lock().unwrap(), ["one\n"]);
    }

    #[test]
    fn lines_that_follow_closely_are_written_together_and_in_order() {
        let (output, pieces) = output();
        // As if a line had been written just now, however slow the machine is.
        output.0.lock().written = Some(Instant::now() + Duration::from_secs(60));
        output.add(b"one\n", false);
        output.add(b"two\n", false);
        assert!(pieces.0.lock().unwrap().is_empty());
        output.add(b"three\n", true);
        assert_eq!(*pieces.0.lock().unwrap(), ["one\ntwo\nthree\n"]);
    }

    #[test]
    fn what_waits_is_bounded() {
        let (output, pieces) = output();
        output.0.lock().written = Some(Instant::now() + Duration::from_secs(60));
        output.add(&[b'x'; WAITING_AT_MOST], false);
        assert!(pieces.0.lock().unwrap().is_empty());
        output.add(b"y", false);
        assert_eq!(pieces.0.lock().unwrap().len(), 1);
    }

    #[test]
    fn what_waits_is_written_without_another_line() {
        let (output, pieces) = output();
        output.0.lock().written = Some(Instant::now() + Duration::from_secs(60));
        output.add(b"one\n", false);
        let shared = output.0.clone();
        let _writer = std::thread::spawn(move || shared.write_for_ever());
        while pieces.0.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
        assert_eq!(*pieces.0.lock().unwrap(), ["one\n"]);
    }
}
