//! The progress events of one start: kept, so that a page that connects late sees them all.

use std::sync::{Mutex, PoisonError};

use perijove_model::ServerName;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::hub::Hub;
use crate::records::UserRecord;

/// At most this many events of one start are kept; later ones are dropped.
const EVENTS_AT_MOST: usize = 2_000;

/// One event of the progress stream, in the REST API's shape.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ProgressEvent {
    /// How far the start is, 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<i64>,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The text as HTML; preferred where it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html_message: Option<String>,
}

impl ProgressEvent {
    /// An event with a percentage and a text.
    pub fn new(progress: i64, message: impl Into<String>) -> Self {
        Self { progress: Some(progress), message: Some(message.into()), html_message: None }
    }
}

/// The events of one start so far, and a way to wait for more.
#[derive(Debug)]
pub struct ProgressLog {
    events: Mutex<Vec<ProgressEvent>>,
    count: watch::Sender<usize>,
}

impl Default for ProgressLog {
    fn default() -> Self {
        Self { events: Mutex::default(), count: watch::channel(0).0 }
    }
}

impl ProgressLog {
    /// Adds an event and wakes all readers.
    pub fn push(&self, event: ProgressEvent) {
        let count = {
            let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
            if events.len() >= EVENTS_AT_MOST {
                return;
            }
            events.push(event);
            events.len()
        };
        self.count.send_replace(count);
    }

    /// Forgets everything, for a new start.
    pub fn clear(&self) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.count.send_replace(0);
    }

    /// The events from number `from` on.
    pub fn since(&self, from: usize) -> Vec<ProgressEvent> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.get(from..).unwrap_or_default().to_vec()
    }

    /// A receiver that changes with each event; its value is the number of events.
    pub fn watch(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }
}

impl Hub {
    /// The last event of a start that went well. `Spawner.progress_ready_hook` may change it; one that
    /// breaks changes nothing.
    pub async fn ready_event(&self, user: &UserRecord, server: &ServerName) -> Value {
        let url = self.settings.server_url(&user.name, server);
        let event = json!({
            "progress": 100,
            "ready": true,
            "message": format!("Server ready at {url}"),
            "html_message": format!("Server ready at <a href=\"{url}\">{url}</a>"),
            "url": url,
        });
        // The caller's record may be from before the server had an address.
        let fresh = self.find_user(user.name.as_str()).await.ok().flatten();
        let user = fresh.as_deref().unwrap_or(user);
        match self.hooks.progress_ready(&self.hook_target(user, server), event.clone()).await {
            Ok(changed) => changed,
            Err(error) => {
                tracing::error!(user.name = %user.name, "Error in ready_event hook: {error}");
                event
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_readers_see_everything() {
        let log = ProgressLog::default();
        log.push(ProgressEvent::new(0, "requested"));
        log.push(ProgressEvent::new(50, "launched"));
        assert_eq!(log.since(0).len(), 2);
        assert_eq!(log.since(1), vec![ProgressEvent::new(50, "launched")]);
        assert!(log.since(5).is_empty());
    }
}
