//! `PATCH` and `DELETE /shares/OWNER/SERVER`: end sharing with one, or with all.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use perijove_core::shares::ShareWith;
use perijove_model::api::ShareModel;
use serde_json::json as value;

use super::{Receiver, ShareRequest, model};
use crate::app::App;
use crate::error::Answer;
use crate::openapi::{Operation, schema};
use crate::responses::{empty, json};
use crate::server_path::ServerPath;

/// Takes scopes away from a user or group, all if none are named. `{}` where nothing is left, also for somebody who
/// is not there: that they have nothing is what was asked for.
pub async fn revoke(State(app): State<App>, Path(path): Path<ServerPath>, bytes: Bytes) -> Answer {
    let request = ShareRequest::parse(&bytes)?;
    app.hub.check_share_scopes(&request.scopes)?;
    let server = path.shared(&app.hub).await?;
    let with = match &request.receiver {
        Receiver::User(name) => app.hub.find_user(name).await?.map(ShareWith::User),
        Receiver::Group(name) => app.hub.group_to_share_with(name).await?,
    };
    let Some(with) = with else {
        tracing::warn!("nobody to revoke a share from: {:?}", request.receiver);
        return json(StatusCode::OK, &value!({}));
    };
    let scopes = Some(request.scopes.as_slice()).filter(|scopes| !scopes.is_empty());
    match app.hub.revoke_share(&server, &with, scopes).await? {
        Some(left) => json(StatusCode::OK, &model::share(&app.hub, left)),
        None => json(StatusCode::OK, &value!({})),
    }
}

/// Ends all shares of the server.
pub async fn revoke_all(State(app): State<App>, Path(path): Path<ServerPath>) -> Answer {
    let server = path.shared(&app.hub).await?;
    app.hub.revoke_all_shares(&server).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// See [`revoke`].
pub fn revoke_docs() -> Operation {
    let answer = schema::any_of([schema::model::<ShareModel>(), schema::only(schema::any_object())]);
    Operation::new("End sharing with one user or group, or a part of it.")
        .needs_body(ShareRequest::schema("What to take away; all if nothing is named."))
        .sends_json(200, answer, "What is left of the share: an empty object if nothing is, or never was.")
}

/// See [`revoke_all`].
pub fn revoke_all_docs() -> Operation {
    Operation::new("End all sharing of a server.").answers(204, "Nothing is shared any more.")
}
