//! `GET /groups/NAME`.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use perijove_model::api::GroupModel;

use super::find;
use crate::app::App;
use crate::caller::Caller;
use crate::error::Answer;
use crate::models;
use crate::openapi::Operation;
use crate::responses::json;

/// Shows a group.
pub async fn show(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer {
    let group = find(&app, &name).await?;
    json(StatusCode::OK, &models::group(&caller.authorisation(), &group))
}

/// See [`show`].
pub fn show_docs() -> Operation {
    Operation::new("A group.").sends::<GroupModel>(200, "What the caller may see of the group.")
}
