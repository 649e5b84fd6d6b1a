//! `POST /shares/OWNER/SERVER`: share a server with a user or a group.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use perijove_core::shares::ShareWith;
use perijove_model::api::ShareModel;
use perijove_model::scope::{Authorisation, KnownGroups};

use super::{Receiver, ShareRequest, check_held, model};
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::openapi::Operation;
use crate::responses::json;
use crate::server_path::ServerPath;

/// Shares it, or adds to what is shared.
pub async fn grant(
    State(app): State<App>,
    caller: Caller,
    Path(path): Path<ServerPath>,
    bytes: Bytes,
) -> Answer {
    let request = ShareRequest::parse(&bytes)?;
    let scopes = app.hub.share_scopes(&request.scopes, &path.user_name, &path.server_name)?;
    let server = path.shared(&app.hub).await?;
    let held = caller.authorisation();
    check_held(&held, &server, &scopes)?;
    let with = receiver(&app, &held, &request.receiver).await?;
    let granted = app.hub.grant_share(&server, &with, &scopes).await?;
    json(StatusCode::OK, &model::share(&app.hub, granted))
}

/// To share with somebody by name is to learn whether there is somebody of that name.
async fn receiver(app: &App, held: &Authorisation, receiver: &Receiver) -> Result<ShareWith, Failure> {
    match receiver {
        Receiver::User(name) => {
            let found = app.hub.find_user(name).await?;
            let groups = found.as_ref().map(|user| user.grants.groups.clone()).unwrap_or_default();
            let groups = KnownGroups::of(name.as_str(), groups);
            if !held.has_scope_with(&format!("read:users:name!user={name}"), &groups) {
                let message = "Need scope 'read:users:name' to share with users by name";
                return Err(Failure::forbidden(message));
            }
            let missing = || Failure::bad_request(format!("No such user: {name}"));
            found.map(ShareWith::User).ok_or_else(missing)
        }
        Receiver::Group(name) => {
            if !held.has_scope(&format!("read:groups:name!group={name}")) {
                let message = "Need scope 'read:groups:name' to share with groups by name";
                return Err(Failure::forbidden(message));
            }
            let missing = || Failure::bad_request(format!("No such group: {name}"));
            app.hub.group_to_share_with(name).await?.ok_or_else(missing)
        }
    }
}

/// See [`grant`].
pub fn grant_docs() -> Operation {
    Operation::new("Share a server with a user or a group.")
        .details("Scopes are added to those of an earlier share. Without scopes it is access to the server.")
        .needs_body(ShareRequest::schema("What to share; access if nothing is named."))
        .sends::<ShareModel>(200, "The share as it is now.")
}
