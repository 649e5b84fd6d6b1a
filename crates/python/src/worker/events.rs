//! The event log's handlers are Python objects, so that Python hands the events to them.

use std::time::Duration;

use perijove_model::value::Value;
use serde_json::{Value as Json, json};

use super::Worker;
use super::hooks::renumber;
use crate::error::WorkerError;

impl Worker {
    /// Gives one event to `handlers`, the value of `c.EventLogger.handlers`; without an event they are
    /// only looked at.
    ///
    /// # Errors
    /// Those of [`Worker::call`]; [`WorkerError::Python`] if they are no logging handlers.
    pub async fn log_event(
        &self,
        handlers: &Value,
        event: Option<&Json>,
        deadline: Duration,
    ) -> Result<(), WorkerError> {
        let (connection, numbers) = self.live().await?;
        let params = json!({ "handlers": renumber(handlers, &numbers)?.to_json(), "event": event });
        connection.request("log_event", &params, deadline, "writing to the event log").await?;
        Ok(())
    }
}
