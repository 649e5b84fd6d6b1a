//! `GET /users/NAME`.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use perijove_model::api::UserModel;

use super::list::include_stopped;
use crate::api::query::Arguments;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::openapi::{Operation, schema};
use crate::responses::json;

/// Shows one user, with `auth_state` for those who may see it.
pub async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    arguments: Arguments,
) -> Answer {
    let user = app.hub.find_user(&name).await?.ok_or_else(|| Failure::not_found(""))?;
    let model = models::user(&app.hub, &caller.authorisation(), &user, include_stopped(&arguments));
    let mut model = model.ok_or_else(|| Failure::not_found(""))?;
    if model.auth_state.is_some() {
        model.auth_state = Some(app.hub.auth_state(&user.row));
    }
    json(StatusCode::OK, &model)
}

/// See [`show`].
pub fn show_docs() -> Operation {
    Operation::new("A user.")
        .query(
            "include_stopped_servers",
            schema::text(),
            "Shows stopped servers too, unless it is `0` or `false`.",
        )
        .sends::<UserModel>(200, "What the caller may see of the user.")
}
