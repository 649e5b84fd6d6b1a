//! `c.EventLogger.handlers`: events on their way to Python's logging handlers.
//!
//! Nobody waits for a handler: events queue up, in order, and one task gives them to the worker.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use async_trait::async_trait;
use perijove_config::{Config, sections};
use perijove_core::events::{EventLog, NoEventLog, ServerEvent};
use perijove_model::Value;
use perijove_python::Worker;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long handlers may take for one event, and how long the hub's end waits for those that are queued.
const DEADLINE: Duration = Duration::from_secs(10);
/// Events that may wait. More of them are only lost where a handler stands still.
const QUEUED_AT_MOST: usize = 10_000;

/// The queue, and the task that empties it.
struct PythonEventLog {
    queue: Mutex<Option<Sender<ServerEvent>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// The configured event log, once Python has looked at its handlers.
///
/// # Errors
/// Handlers that are none.
pub async fn start(config: &Config, worker: Option<&Worker>) -> anyhow::Result<Arc<dyn EventLog>> {
    let section: sections::EventLogger = config.section()?;
    let handlers = match section.handlers {
        None | Some(Value::None) => return Ok(Arc::new(NoEventLog)),
        Some(Value::List(handlers)) if handlers.is_empty() => return Ok(Arc::new(NoEventLog)),
        Some(handlers) => handlers,
    };
    let Some(worker) = worker.cloned() else {
        bail!("c.EventLogger.handlers must be a list of Python's logging handlers, and is {handlers}");
    };
    worker.log_event(&handlers, None, DEADLINE).await.context("c.EventLogger.handlers")?;
    let (sender, receiver) = mpsc::channel(QUEUED_AT_MOST);
    let task = tokio::spawn(deliver(worker, handlers, receiver));
    Ok(Arc::new(PythonEventLog { queue: Mutex::new(Some(sender)), task: Mutex::new(Some(task)) }))
}

async fn deliver(worker: Worker, handlers: Value, mut events: Receiver<ServerEvent>) {
    while let Some(event) = events.recv().await {
        if let Err(error) = worker.log_event(&handlers, Some(&event.to_json()), DEADLINE).await {
            tracing::error!("an event was not logged by c.EventLogger.handlers: {error}");
        }
    }
}

#[async_trait]
impl EventLog for PythonEventLog {
    fn record(&self, event: ServerEvent) {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Err(error)) = queue.as_ref().map(|queue| queue.try_send(event)) {
            tracing::error!("an event is lost: the handlers of the event log are too slow ({error})");
        }
    }

    async fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task
            && timeout(DEADLINE, task).await.is_err()
        {
            tracing::error!("some events are lost: the handlers of the event log are too slow");
        }
    }
}
