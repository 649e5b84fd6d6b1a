//! Calls from Python code to the hub: logins, starts and stops that a plug-in's request handler asks for.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use serde_json::{Value as Json, json};

/// Python's code of an error that the hub answered with.
const REFUSED: i64 = 1;

/// What the hub does for Python code. Every method is named in the worker's `hub_calls.py`.
#[async_trait]
pub trait HubCalls: Send + Sync {
    /// Runs one call.
    async fn call(&self, method: &str, params: Json) -> Result<Json, HubCallError>;
}

/// Why a call of the worker's was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct HubCallError {
    /// The HTTP status that a request handler answers with; an exception without one is 500.
    pub status: Option<u16>,
    /// The message for whoever sent the request.
    pub message: String,
    /// Seconds after which a new try makes sense.
    pub retry_after: Option<u64>,
}

impl HubCallError {
    /// A failure that says nothing to whoever sent the request.
    pub fn internal(message: impl Into<String>) -> Self {
        Self { status: None, message: message.into(), retry_after: None }
    }
}

/// Who answers the calls of all processes of one worker; set once the hub is made.
#[derive(Clone, Default)]
pub(crate) struct Callee(Arc<OnceLock<Arc<dyn HubCalls>>>);

impl Callee {
    /// From now on `calls` answers. A second call changes nothing.
    pub(crate) fn set(&self, calls: Arc<dyn HubCalls>) {
        let _ = self.0.set(calls);
    }

    /// The answer to a message of the worker's, as JSON-RPC.
    pub(crate) async fn answer(&self, id: u64, method: &str, params: Json) -> Json {
        let outcome = match self.0.get() {
            Some(calls) => calls.call(method, params).await,
            None => Err(HubCallError::internal("the hub answers no calls yet")),
        };
        match outcome {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
            Err(HubCallError { status, message, retry_after }) => {
                let data = json!({ "status": status, "retry_after": retry_after });
                let error = json!({ "code": REFUSED, "message": message, "data": data });
                json!({ "jsonrpc": "2.0", "id": id, "error": error })
            }
        }
    }
}
