//! `GET /share-codes/OWNER` and `GET /share-codes/OWNER/SERVER`.

use axum::extract::{Path, State};
use perijove_model::api::ShareCodeModel;
use perijove_store::ShareFilter;

use crate::api::paging::Paging;
use crate::api::shares::code_model;
use crate::app::App;
use crate::error::{Answer, Failure};
use crate::openapi::Operation;
use crate::server_path::ServerPath;

/// The codes of all servers of an owner.
pub async fn of_owner(State(app): State<App>, paging: Paging, Path(owner): Path<String>) -> Answer {
    let owner = app.hub.find_user(&owner).await?.ok_or_else(|| Failure::not_found(""))?;
    list(&app, &paging, ShareFilter::Owner(owner.row.id)).await
}

/// The codes of one server.
pub async fn of_server(State(app): State<App>, paging: Paging, Path(path): Path<ServerPath>) -> Answer {
    let server = path.shared(&app.hub).await?;
    list(&app, &paging, server.filter()).await
}

async fn list(app: &App, paging: &Paging, filter: ShareFilter) -> Answer {
    let (found, total) = app.hub.list_share_codes(filter, paging.offset(), paging.limit()).await?;
    let codes: Vec<_> = found.into_iter().map(|found| code_model(&app.hub, found)).collect();
    paging.envelope(codes, total)
}

/// See [`of_owner`].
pub fn of_owner_docs() -> Operation {
    Operation::new("The codes of an owner's servers.")
        .sends_envelope::<ShareCodeModel>("The codes, without their values.")
}

/// See [`of_server`].
pub fn of_server_docs() -> Operation {
    Operation::new("The codes of a server.")
        .sends_envelope::<ShareCodeModel>("The codes, without their values.")
}
