//! `DELETE /users/NAME`.

use axum::extract::{Path, State};
use axum::http::StatusCode;

use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::openapi::Operation;
use crate::responses::empty;

/// Stops the user's servers and deletes the user.
pub async fn delete(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer {
    let user = app.hub.find_user(&name).await?.ok_or_else(|| Failure::not_found(""))?;
    app.hub.delete_user(&user, caller.principal()?).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// See [`delete`].
pub fn delete_docs() -> Operation {
    Operation::new("Stops a user's servers and deletes the user.")
        .answers(204, "The user is gone.")
        .refuses(400, "The caller is that user, or a server is stopping.")
}
