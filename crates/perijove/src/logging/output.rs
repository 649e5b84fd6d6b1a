//! Where log lines go: standard error, one system call for many of them where there are many.
//!
//! The first [`SINGLE_LINES`] of each [`GAP`] are written at once, so that a hub with little to do logs before it answers;
//! those that follow wait, at most that long. Warnings and errors never wait, nor does a log that nobody reads fast
//! enough grow: what is more than [`WAITING_AT_MOST`] is written by whoever logs.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line may wait: what a `kill -9` can lose of a busy hub's log.
const GAP: Duration = Duration::from_millis(5);
/// How many lines of that time are written one by one: 1,600 a second, which cost next to nothing.
const SINGLE_LINES: u32 = 8;
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
    /// When the present gap began, and how many lines were written since.
    gap_began: Instant,
    single_lines: u32,
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
        let state = State { waiting: Vec::new(), gap_began: Instant::now(), single_lines: 0, sink };
        Self(Arc::new(Shared { state: Mutex::new(state), more: Condvar::new() }))
    }

    /// Writes what waits.
    pub fn flush(&self) {
        self.0.lock().flush();
    }

    fn add(&self, line: &[u8], at_once: bool) {
        let mut state = self.0.lock();
        let is_first = state.waiting.is_empty();
        let now = Instant::now();
        if now.duration_since(state.gap_began) >= GAP {
            state.begin_gap(now);
        }
        state.waiting.extend_from_slice(line);
        let single = is_first && state.single_lines < SINGLE_LINES;
        if at_once || single || state.waiting.len() > WAITING_AT_MOST {
            state.single_lines += 1;
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
            state.begin_gap(Instant::now());
            state.flush();
        }
    }
}

impl State {
    fn begin_gap(&mut self, now: Instant) {
        (self.gap_began, self.single_lines) = (now, 0);
    }

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

    /// In a gap that does not end, however slow the machine is.
    fn output() -> (Output, Pieces) {
        let pieces = Pieces::default();
        let output = Output::new(Box::new(pieces.clone()));
        output.0.lock().gap_began = Instant::now() + Duration::from_secs(60);
        (output, pieces)
    }

    /// The same after the lines that are written one by one.
    fn busy() -> (Output, Pieces) {
        let (output, pieces) = output();
        output.0.lock().single_lines = SINGLE_LINES;
        (output, pieces)
    }

    #[test]
    fn a_few_lines_are_written_at_once() {
        let (output, pieces) = output();
        for number in 0..SINGLE_LINES {
            output.add(format!("{number}\n").as_bytes(), false);
        }
        assert_eq!(pieces.0.lock().unwrap().len(), 8);
        output.add(b"one more\n", false);
        assert_eq!(pieces.0.lock().unwrap().len(), 8);
    }

    #[test]
    fn another_gap_is_another_few_lines() {
        let (output, pieces) = busy();
        output.0.lock().gap_began = Instant::now().checked_sub(GAP).unwrap();
        output.add(b"one\n", false);
        assert_eq!(*pieces.0.lock().unwrap(), ["one\n"]);
    }

    #[test]
    fn lines_that_follow_closely_are_written_together_and_in_order() {
        let (output, pieces) = busy();
        output.add(b"one\n", false);
        output.add(b"two\n", false);
        assert!(pieces.0.lock().unwrap().is_empty());
        output.add(b"three\n", true);
        assert_eq!(*pieces.0.lock().unwrap(), ["one\ntwo\nthree\n"]);
    }

    #[test]
    fn what_waits_is_bounded() {
        let (output, pieces) = busy();
        output.add(&[b'x'; WAITING_AT_MOST], false);
        assert!(pieces.0.lock().unwrap().is_empty());
        output.add(b"y", false);
        assert_eq!(pieces.0.lock().unwrap().len(), 1);
    }

    #[test]
    fn what_waits_is_written_without_another_line() {
        let (output, pieces) = busy();
        output.add(b"one\n", false);
        let shared = output.0.clone();
        let _writer = std::thread::spawn(move || shared.write_for_ever());
        while pieces.0.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
        assert_eq!(*pieces.0.lock().unwrap(), ["one\n"]);
    }
}
