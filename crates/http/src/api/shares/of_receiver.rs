//! `/users/NAME/shared/OWNER/SERVER`, and the same of groups: one share, as its receiver sees and leaves it.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use perijove_core::shares::ShareWith;
use perijove_model::api::ShareModel;
use perijove_store::ShareDetails;
use serde::Deserialize;

use super::model;
use crate::app::App;
use crate::error::{Answer, Failure};
use crate::openapi::Operation;
use crate::responses::{empty, json};

/// One server shared with one user. The names are not those that the guard looks at: what counts is the receiver.
#[derive(Debug, Deserialize)]
pub struct UserShare {
    user_name: String,
    owner: String,
    #[serde(default)]
    server: String,
}

/// One server shared with one group.
#[derive(Debug, Deserialize)]
pub struct GroupShare {
    group_name: String,
    owner: String,
    #[serde(default)]
    server: String,
}

/// Shows a user's share.
pub async fn show_of_user(State(app): State<App>, Path(path): Path<UserShare>) -> Answer {
    let found = of_user(&app, &path).await?;
    json(StatusCode::OK, &model::share(&app.hub, found))
}

/// A user leaves a share.
pub async fn delete_of_user(State(app): State<App>, Path(path): Path<UserShare>) -> Answer {
    let found = of_user(&app, &path).await?;
    delete(&app, &found).await
}

/// Shows a group's share.
pub async fn show_of_group(State(app): State<App>, Path(path): Path<GroupShare>) -> Answer {
    let found = of_group(&app, &path).await?;
    json(StatusCode::OK, &model::share(&app.hub, found))
}

/// A group leaves a share.
pub async fn delete_of_group(State(app): State<App>, Path(path): Path<GroupShare>) -> Answer {
    let found = of_group(&app, &path).await?;
    delete(&app, &found).await
}

async fn of_user(app: &App, path: &UserShare) -> Result<ShareDetails, Failure> {
    let UserShare { user_name, owner, server } = path;
    let user = app.hub.find_user(user_name).await?.map(ShareWith::User);
    let found = between(app, owner, server, user).await?;
    found.ok_or_else(|| Failure::not_found(format!("No such share for user {user_name} on {owner}/{server}")))
}

async fn of_group(app: &App, path: &GroupShare) -> Result<ShareDetails, Failure> {
    let GroupShare { group_name, owner, server } = path;
    let missing = || Failure::not_found(format!("No such group: {group_name}"));
    let group = app.hub.group_to_share_with(group_name).await?.ok_or_else(missing)?;
    let found = between(app, owner, server, Some(group)).await?;
    found.ok_or_else(|| {
        Failure::not_found(format!("No such share for group {group_name} on {owner}/{server}"))
    })
}

async fn between(
    app: &App,
    owner: &str,
    server: &str,
    with: Option<ShareWith>,
) -> Result<Option<ShareDetails>, Failure> {
    let server = app.hub.server_to_share(owner, server).await?;
    let (Some(server), Some(with)) = (server, with) else { return Ok(None) };
    Ok(app.hub.find_share(&server, &with).await?)
}

async fn delete(app: &App, found: &ShareDetails) -> Result<Response, Failure> {
    app.hub.delete_share(found).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// See [`show_of_user`].
pub fn show_of_user_docs() -> Operation {
    Operation::new("A server shared with a user.").sends::<ShareModel>(200, "The share.")
}

/// See [`delete_of_user`].
pub fn delete_of_user_docs() -> Operation {
    Operation::new("Leave a server that is shared with a user.").answers(204, "The user has lost it.")
}

/// See [`show_of_group`].
pub fn show_of_group_docs() -> Operation {
    Operation::new("A server shared with a group.").sends::<ShareModel>(200, "The share.")
}

/// See [`delete_of_group`].
pub fn delete_of_group_docs() -> Operation {
    Operation::new("Leave a server that is shared with a group.").answers(204, "The group has lost it.")
}
