//! Calls that wait for an answer of the worker.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Deserialize;
use serde_json::{Value as Json, json};
use tokio::sync::{mpsc, oneshot};

use super::Outgoing;

use crate::error::{PythonError, WorkerError};

type Answer = Result<Json, WorkerError>;

/// The calls of one connection.
#[derive(Default)]
pub(super) struct Pending(Mutex<Table>);

#[derive(Default)]
struct Table {
    last_id: u64,
    calls: HashMap<u64, oneshot::Sender<Answer>>,
    /// Who is told what a call says before it has ended.
    listeners: HashMap<u64, mpsc::UnboundedSender<Json>>,
    end: Option<End>,
}

/// How the process ended.
#[derive(Clone)]
struct End {
    status: String,
    output: String,
}

impl From<End> for WorkerError {
    fn from(end: End) -> Self {
        Self::Died { status: end.status, output: end.output }
    }
}

/// The part of a JSON-RPC error object that exceptions fill.
#[derive(Deserialize)]
struct WireError {
    code: i64,
    message: String,
    data: Option<PythonError>,
}

impl Pending {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new call; an error if the process has ended.
    pub(super) fn register(self: &Arc<Self>, outgoing: &Outgoing) -> Result<Call, WorkerError> {
        let mut table = self.table();
        if let Some(end) = &table.end {
            return Err(end.clone().into());
        }
        table.last_id += 1;
        let id = table.last_id;
        let (sender, receiver) = oneshot::channel();
        table.calls.insert(id, sender);
        Ok(Call { id, receiver, pending: Arc::clone(self), outgoing: outgoing.clone() })
    }

    pub(super) fn has_ended(&self) -> bool {
        self.table().end.is_some()
    }

    /// Whether nobody waits for anything.
    pub(super) fn is_idle(&self) -> bool {
        self.table().calls.is_empty()
    }

    /// Whether somebody still waits for the answer to a call.
    pub(super) fn is_awaited(&self, id: u64) -> bool {
        self.table().calls.contains_key(&id)
    }

    /// Hands a message from the worker to whom it is for.
    pub(super) fn receive(&self, message: Json) {
        let Some(id) = message.get("id").and_then(Json::as_u64) else {
            match message.get("method").and_then(Json::as_str) {
                Some("progress") => self.tell(message),
                _ => notification(&message),
            }
            return;
        };
        let sender = self.table().calls.remove(&id);
        if let Some(sender) = sender {
            let _ = sender.send(answer(message));
        }
    }

    /// Hands on what a call says before it has ended.
    fn tell(&self, mut message: Json) {
        let Some(params) = message.get_mut("params") else { return };
        let Some(call) = params.get("call").and_then(Json::as_u64) else { return };
        let event = params.get_mut("event").map(Json::take).unwrap_or_default();
        if let Some(listener) = self.table().listeners.get(&call) {
            let _ = listener.send(event);
        }
    }

    /// Fails every call that waits, and every later one.
    pub(super) fn end(&self, status: String, output: String) {
        let mut table = self.table();
        let end = End { status, output };
        for (_, sender) in table.calls.drain() {
            let _ = sender.send(Err(end.clone().into()));
        }
        table.end = Some(end);
    }
}

fn answer(mut message: Json) -> Answer {
    let Some(error) = message.get_mut("error").map(Json::take) else {
        return Ok(message.get_mut("result").map(Json::take).unwrap_or_default());
    };
    match serde_json::from_value(error) {
        Ok(WireError { message, data: Some(exception), .. }) => {
            Err(WorkerError::Python(Box::new(PythonError { message, ..exception })))
        }
        Ok(WireError { code, message, data: None }) => {
            Err(WorkerError::Protocol(format!("{message} ({code})")))
        }
        Err(error) => Err(WorkerError::Protocol(error.to_string())),
    }
}

/// A record that Python code logged.
fn notification(message: &Json) {
    let param = |name: &str| message.get("params").and_then(|params| params.get(name));
    let text = |name: &str| param(name).and_then(Json::as_str).unwrap_or_default();
    let (logger, line) = (text("logger"), text("message"));
    match param("level").and_then(Json::as_u64).unwrap_or_default() {
        0..20 => tracing::debug!(target: "perijove::python", logger, "{line}"),
        20..30 => tracing::info!(target: "perijove::python", logger, "{line}"),
        30..40 => tracing::warn!(target: "perijove::python", logger, "{line}"),
        40.. => tracing::error!(target: "perijove::python", logger, "{line}"),
    }
}

/// One call. Dropping it before the answer has come cancels it in the worker.
pub(crate) struct Call {
    id: u64,
    receiver: oneshot::Receiver<Answer>,
    pending: Arc<Pending>,
    outgoing: Outgoing,
}

impl Call {
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// What the call says before it has ended, from now on.
    pub(crate) fn events(&self) -> mpsc::UnboundedReceiver<Json> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.pending.table().listeners.insert(self.id, sender);
        receiver
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        match (&mut self.receiver).await {
            Ok(answer) => answer,
            Err(_) => Err(WorkerError::Protocol("the call was forgotten".to_owned())),
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let unanswered = {
            let mut table = self.pending.table();
            table.listeners.remove(&self.id);
            table.calls.remove(&self.id).is_some()
        };
        if unanswered {
            self.outgoing
                .send(&json!({ "jsonrpc": "2.0", "method": "cancel", "params": { "call": self.id } }));
        }
    }
}
