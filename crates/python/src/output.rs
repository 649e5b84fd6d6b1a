//! What the interpreter prints, relayed line by line.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// Which of the worker's streams a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Receives every line the worker prints, without its line end.
pub type OutputSink = Arc<dyn Fn(OutputStream, &str) + Send + Sync>;

/// Lines kept for the message about a worker that died.
const REMEMBERED_LINES: usize = 12;

/// The sink that writes to the hub's log.
pub(crate) fn log_sink() -> OutputSink {
    Arc::new(|stream, line| match stream {
        OutputStream::Stdout => tracing::info!(target: "perijove::python", "{line}"),
        OutputStream::Stderr => tracing::warn!(target: "perijove::python", "{line}"),
    })
}

/// The last lines that a worker printed.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastLines(Arc<Mutex<VecDeque<String>>>);

impl LastLines {
    fn push(&self, line: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == REMEMBERED_LINES {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
    }

    pub(crate) fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().fold(String::new(), |text, line| text + line + "\n")
    }
}

/// Relays one stream until it ends.
pub(crate) async fn relay(
    stream: OutputStream,
    from: impl AsyncRead + Unpin,
    sink: OutputSink,
    remembered: LastLines,
) {
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while let Ok(1..) = reader.read_until(b'\n', &mut line).await {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        remembered.push(text);
        sink(stream, text);
        line.clear();
    }
}
