//! The event log: what people and programs do with servers, for other programs to read.

use async_trait::async_trait;
use chrono::{DateTime, Timelike, Utc};
use serde_json::{Value, json};

/// The schema of all events of this hub, and what of it this is.
const SCHEMA: (&str, &str) = ("https://schema.jupyter.org/jupyterhub/events/server-action", "1");
/// The version of the fields that every event has.
const METADATA_VERSION: i64 = 1;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerAction {
    /// A server was started and answers.
    Start,
    /// Somebody stopped a server.
    Stop,
}

/// Something that was done to a server, and has succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerEvent {
    /// When.
    pub time: DateTime<Utc>,
    /// What.
    pub action: ServerAction,
    /// Whose server it is.
    pub user: String,
    /// The server's name; empty for the default one.
    pub server: String,
}

impl ServerEvent {
    /// The event as upstream writes it, in its order.
    pub fn to_json(&self) -> Value {
        let action = match self.action {
            ServerAction::Start => "start",
            ServerAction::Stop => "stop",
        };
        json!({
            "__timestamp__": timestamp(self.time),
            "__schema__": SCHEMA.0,
            "__schema_version__": SCHEMA.1,
            "__metadata_version__": METADATA_VERSION,
            "action": action,
            "username": self.user,
            "servername": self.server,
        })
    }
}

/// Python's ISO format, to which upstream adds a `Z` although it names the zone already.
fn timestamp(time: DateTime<Utc>) -> String {
    let format =
        if time.nanosecond() < 1000 { "%Y-%m-%dT%H:%M:%S+00:00Z" } else { "%Y-%m-%dT%H:%M:%S%.6f+00:00Z" };
    time.format(format).to_string()
}

/// Where events go.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Takes an event and returns at once.
    fn record(&self, event: ServerEvent);

    /// Returns when all events have been delivered, or cannot be.
    async fn close(&self);
}

/// Nobody asked for events.
#[derive(Debug, Clone, Copy)]
pub struct NoEventLog;

#[async_trait]
impl EventLog for NoEventLog {
    fn record(&self, _event: ServerEvent) {}

    async fn close(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_upstreams_fields_in_upstreams_order() {
        let time = DateTime::from_timestamp(1_700_000_000, 123_456_789).unwrap();
        let event =
            ServerEvent { time, action: ServerAction::Stop, user: "zo\"e".into(), server: String::new() };
        assert_eq!(
            event.to_json().to_string(),
            r#"{"__timestamp__":"2023-11-14T22:13:20.123456+00:00Z","__schema__":"https://schema.jupyter.org/jupyterhub/events/server-action","__schema_version__":"1","__metadata_version__":1,"action":"stop","username":"zo\"e","servername":""}"#
        );
        assert_eq!(
            timestamp(DateTime::from_timestamp(1_700_000_000, 0).unwrap()),
            "2023-11-14T22:13:20+00:00Z"
        );
    }
}
