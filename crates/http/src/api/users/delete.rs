//! `DELETE /users/NAME`.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use perijove_model::ServerName;

use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::openapi::Operation;
use crate::refresh;
use crate::responses::empty;

/// Stops the user's servers and deletes the user.
pub async fn delete(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer {
    let user = app.hub.find_user(&name).await?.ok_or_else(|| Failure::not_found(""))?;
    let is_self = caller.user().is_ok_and(|caller| caller.row.id == user.row.id);
    let default = ServerName::default();
    // Upstream looks at the default server only: the named ones are stopped without a question.
    if !is_self && app.hub.server_state(user.row.id, &default).is_ready() {
        refresh::before_stop(&app, &caller, &user, &default).await?;
    }
    app.hub.delete_user(&user, caller.principal()?).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// See [`delete`].
pub fn delete_docs() -> Operation {
    Operation::new("Stops a user's servers and deletes the user.")
        .answers(204, "The user is gone.")
        .refuses(400, "The caller is that user, or a server is stopping.")
}
