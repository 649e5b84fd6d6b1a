//! Lists of shares: of an owner, of a server, with a user, with a group.

use axum::extract::{Path, State};
use perijove_core::shares::ShareWith;
use perijove_model::api::ShareModel;
use perijove_store::ShareFilter;

use super::model;
use crate::api::paging::Paging;
use crate::app::App;
use crate::error::{Answer, Failure};
use crate::openapi::Operation;
use crate::server_path::ServerPath;

/// `GET /shares/OWNER`.
pub async fn of_owner(State(app): State<App>, paging: Paging, Path(owner): Path<String>) -> Answer {
    let owner = app.hub.find_user(&owner).await?.ok_or_else(|| Failure::not_found(""))?;
    list(&app, &paging, ShareFilter::Owner(owner.row.id)).await
}

/// `GET /shares/OWNER/SERVER`.
pub async fn of_server(State(app): State<App>, paging: Paging, Path(path): Path<ServerPath>) -> Answer {
    let server = path.shared(&app.hub).await?;
    list(&app, &paging, server.filter()).await
}

/// `GET /users/NAME/shared`: also what is shared with the user's groups.
pub async fn with_user(State(app): State<App>, paging: Paging, Path(name): Path<String>) -> Answer {
    let missing = || Failure::not_found(format!("No such user: {name}"));
    let user = app.hub.find_user(&name).await?.ok_or_else(missing)?;
    list(&app, &paging, ShareWith::User(user).filter()).await
}

/// `GET /groups/NAME/shared`.
pub async fn with_group(State(app): State<App>, paging: Paging, Path(name): Path<String>) -> Answer {
    let missing = || Failure::not_found(format!("No such group: {name}"));
    let group = app.hub.group_to_share_with(&name).await?.ok_or_else(missing)?;
    list(&app, &paging, group.filter()).await
}

async fn list(app: &App, paging: &Paging, filter: ShareFilter) -> Answer {
    let (found, total) = app.hub.list_shares(filter, paging.offset(), paging.limit()).await?;
    let shares: Vec<_> = found.into_iter().map(|found| model::share(&app.hub, found)).collect();
    paging.envelope(shares, total)
}

/// See [`of_owner`].
pub fn of_owner_docs() -> Operation {
    Operation::new("With whom an owner's servers are shared.")
        .sends_envelope::<ShareModel>("The shares of all servers.")
}

/// See [`of_server`].
pub fn of_server_docs() -> Operation {
    Operation::new("With whom a server is shared.").sends_envelope::<ShareModel>("The server's shares.")
}

/// See [`with_user`].
pub fn with_user_docs() -> Operation {
    Operation::new("What is shared with a user.")
        .sends_envelope::<ShareModel>("The user's shares, and those of the user's groups.")
}

/// See [`with_group`].
pub fn with_group_docs() -> Operation {
    Operation::new("What is shared with a group.").sends_envelope::<ShareModel>("The group's shares.")
}
