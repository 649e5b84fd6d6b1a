//! `POST /users/NAME/admin-access`: from before servers asked the hub who may enter. It never did more since than answer.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;

use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::openapi::Operation;

/// Answers as 6.1.1 does.
pub async fn admin_access(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer {
    tracing::warn!("{} asked for access to servers of {name}: roles give that", caller.principal()?.name());
    if !app.hub.settings.servers.admin_access {
        return Err(Failure::forbidden("admin access to user servers disabled"));
    }
    app.hub.find_user(&name).await?.ok_or_else(|| Failure::not_found(""))?;
    Ok(StatusCode::OK.into_response())
}

/// See [`admin_access`].
pub fn admin_access_docs() -> Operation {
    Operation::new("Ask for access to a user's server.")
        .deprecated()
        .details("Does nothing since JupyterHub 0.8: roles give access to servers.")
        .answers(200, "Allowed by `JupyterHub.admin_access`; nothing has changed.")
}
