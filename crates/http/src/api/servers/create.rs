//! `PUT` of a server: made, not started.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use perijove_model::api::ServerModel;

use super::request;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::openapi::Operation;
use crate::request_facts::SeenByPython;
use crate::responses::json;
use crate::server_path::ServerPath;

/// The default server always exists.
pub async fn create_default(State(app): State<App>, Path(path): Path<ServerPath>) -> Answer {
    let user = path.user(&app.hub).await?;
    Err(Failure::conflict(format!("User {} already has a default server", user.name)))
}

/// Makes a named server.
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(path): Path<ServerPath>,
    seen: SeenByPython,
    bytes: Bytes,
) -> Answer {
    let user = path.user(&app.hub).await?;
    let server = path.server_name;
    if user.spawner(&server).is_some() {
        return Err(Failure::conflict(format!("User {} already has server {server}", user.name)));
    }
    let request = request::parse(&bytes)?;
    let display_name = request.display_name.unwrap_or_else(|| server.clone());
    let limit = app.hub.named_server_limit(seen.handler()).await?;
    let name = app.hub.check_named_server(&user, &server, &display_name, Some(limit))?;
    let record = app.hub.create_server(&user, &name, &display_name, request.user_options).await?;
    json(StatusCode::CREATED, &models::server(&app.hub, &caller.authorisation(), &user, &record))
}

/// See [`create_default`].
pub fn create_default_docs() -> Operation {
    Operation::new("Always refused: every user has a default server.")
        .refuses(409, "The default server exists.")
}

/// See [`create`].
pub fn create_docs() -> Operation {
    Operation::new("Makes a server without starting it.")
        .body(request::schema())
        .sends::<ServerModel>(201, "The new server.")
        .refuses(409, "There is such a server.")
}
