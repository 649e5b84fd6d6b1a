//! An event log that remembers.

use std::sync::Mutex;

use async_trait::async_trait;
use perijove_core::events::{EventLog, ServerEvent};

/// What the hub wrote to its event log.
#[derive(Debug, Default)]
pub struct RecordedEvents(Mutex<Vec<ServerEvent>>);

impl RecordedEvents {
    /// All events so far, oldest first.
    pub fn all(&self) -> Vec<ServerEvent> {
        self.0.lock().expect("no panic while it was locked").clone()
    }
}

#[async_trait]
impl EventLog for RecordedEvents {
    fn record(&self, event: ServerEvent) {
        self.0.lock().expect("no panic while it was locked").push(event);
    }

    async fn close(&self) {}
}
