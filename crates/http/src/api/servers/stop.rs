//! `DELETE` of a server: stopped, and with `remove` deleted.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use perijove_core::servers::Outcome;
use perijove_model::ServerName;

use crate::api::body;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::openapi::{Operation, schema};
use crate::refresh;
use crate::responses::empty;
use crate::server_path::ServerPath;

/// Stops a server: 204 once it is stopped, 202 while it is stopping.
pub async fn stop(
    State(app): State<App>,
    caller: Caller,
    Path(path): Path<ServerPath>,
    bytes: Bytes,
) -> Answer {
    let user = path.user(&app.hub).await?;
    let ServerPath { user_name, server_name: server } = path;
    let body = body::object(&bytes, "Body must be a JSON object")?;
    let remove = body.get("remove").is_some_and(body::is_truthy);
    let name = if server.is_empty() {
        if remove {
            return Err(Failure::bad_request("Cannot delete the default server"));
        }
        ServerName::default()
    } else {
        if !app.hub.settings.servers.allow_named_servers {
            return Err(Failure::bad_request("Named servers are not enabled."));
        }
        let missing = || Failure::not_found(format!("{user_name} has no server named '{server}'"));
        user.spawner(&server).ok_or_else(missing)?.name.clone()
    };
    let already = app.hub.server_state(user.row.id, &name).pending() == Some("stop");
    if !already {
        refresh::before_stop(&app, &caller, &user, &name).await?;
    }
    let outcome = if already { Outcome::Pending } else { app.hub.stop_server(&user, &name).await? };
    match (outcome, remove) {
        (Outcome::Done, true) => app.hub.delete_server(&user, &name).await?,
        (Outcome::Pending, true) => app.hub.delete_server_after_stop(user, name),
        (_, false) => (),
    }
    match outcome {
        Outcome::Done => Ok(empty(StatusCode::NO_CONTENT)),
        Outcome::Pending => Ok(empty(StatusCode::ACCEPTED)),
    }
}

/// See [`stop`].
pub fn stop_docs() -> Operation {
    Operation::new("Stops a server.")
        .body(schema::object([("remove", schema::flag(), "Whether a named server is deleted, too.")]))
        .answers(202, "The server is stopping.")
        .answers(204, "The server is stopped.")
}
