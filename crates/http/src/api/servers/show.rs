//! `GET` of a server.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use perijove_core::records::SpawnerRecord;
use perijove_model::api::ServerModel;

use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::openapi::Operation;
use crate::responses::json;
use crate::server_path::ServerPath;

/// Shows a server.
pub async fn show(State(app): State<App>, caller: Caller, Path(path): Path<ServerPath>) -> Answer {
    let user = path.user(&app.hub).await?;
    let server = &path.server_name;
    let default = SpawnerRecord::default_without_row();
    let spawner = user.spawner(server).or_else(|| server.is_empty().then_some(&default));
    let spawner = spawner.ok_or_else(|| Failure::not_found(""))?;
    json(StatusCode::OK, &models::server(&app.hub, &caller.authorisation(), &user, spawner))
}

/// See [`show`].
pub fn show_docs() -> Operation {
    Operation::new("A server.").sends::<ServerModel>(200, "The server.")
}
