//! `POST /shutdown`.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Map, Value, json as value};

use crate::api::body;
use crate::app::App;
use crate::error::{Answer, Failure};
use crate::openapi::{Operation, schema};
use crate::responses::json;

/// Ends the hub; `servers` and `proxy` say whether these end too, where the configuration's answer
/// shall not count.
pub async fn shutdown(State(app): State<App>, bytes: Bytes) -> Answer {
    let body = body::object(&bytes, "Body must be a JSON dict or empty")?;
    let servers = flag(&body, "servers")?;
    let proxy = flag(&body, "proxy")?;
    app.hub.request_shutdown_with(servers, proxy);
    json(StatusCode::ACCEPTED, &value!({ "message": "Shutting down Hub" }))
}

fn flag(body: &Map<String, Value>, key: &str) -> Result<Option<bool>, Failure> {
    match body.get(key) {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(other) => {
            Err(Failure::bad_request(format!("{key} must be true or false, got {}", body::short(other))))
        }
    }
}

/// See [`shutdown`].
pub fn shutdown_docs() -> Operation {
    Operation::new("Ends the hub.")
        .body(schema::object([
            ("proxy", schema::flag(), "Whether the proxy ends too; by default what the configuration says."),
            (
                "servers",
                schema::flag(),
                "Whether the users' servers end too; by default what the configuration says.",
            ),
        ]))
        .sends_json(
            202,
            schema::object([("message", schema::text(), "That it ends.")]),
            "The hub is about to end.",
        )
}
