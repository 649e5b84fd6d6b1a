//! `POST` of a server: started.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use perijove_core::servers::{Outcome, StartRequest};
use perijove_model::ServerName;

use super::request;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::openapi::Operation;
use crate::refresh;
use crate::request_facts::SeenByPython;
use crate::responses::empty;
use crate::server_path::ServerPath;

/// Starts a server, made before if need be: 201 once it is ready, 202 while it is starting.
pub async fn start(
    State(app): State<App>,
    caller: Caller,
    Path(path): Path<ServerPath>,
    seen: SeenByPython,
    bytes: Bytes,
) -> Answer {
    let user = path.user(&app.hub).await?;
    let server = path.server_name;
    let request = request::parse(&bytes)?;
    let (name, display_name) = if server.is_empty() {
        (ServerName::default(), String::new())
    } else {
        let display_name = request.display_name.clone().unwrap_or_else(|| server.clone());
        let limit = app.hub.named_server_limit(seen.handler()).await?;
        (app.hub.check_named_server(&user, &server, &display_name, Some(limit))?, display_name)
    };
    let log_name = user.server_log_name(&server);
    match app.hub.server_state(user.row.id, &name).pending() {
        Some("spawn") => return Ok(empty(StatusCode::ACCEPTED)),
        Some(pending) => return Err(Failure::bad_request(format!("{log_name} is pending {pending}"))),
        None => (),
    }
    if app.hub.poll_and_notify(&user, &name).await? {
        return Err(Failure::bad_request(format!("{log_name} is already running")));
    }
    if let Some(display_name) = request.display_name.filter(|_| !server.is_empty()) {
        app.hub.set_display_name(&user, &name, &display_name).await?;
    }
    let user = refresh::before_spawn(&app, &caller, user).await?;
    let (options, handler) = (request.user_options, seen.with_body(&bytes));
    let start = StartRequest { server: name, display_name, options, handler };
    match app.hub.start_server(&user, start).await? {
        Outcome::Done => Ok(empty(StatusCode::CREATED)),
        Outcome::Pending => Ok(empty(StatusCode::ACCEPTED)),
    }
}

/// See [`start`].
pub fn start_docs() -> Operation {
    Operation::new("Starts a server, made before if need be.")
        .details("A body without `display_name` and `user_options` is taken for the options themselves.")
        .body(request::schema())
        .answers(201, "The server is ready.")
        .answers(202, "The server is starting.")
        .refuses(429, "Too many servers are starting or running; `Retry-After` says when to try again.")
        .refuses(500, "The start failed; the message says why.")
        .refuses(503, "The hub starts no servers at the moment.")
}
