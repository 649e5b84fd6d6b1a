//! `/shares/OWNER/SERVER`, and what is shared with a user or a group.

mod grant;
mod list;
mod model;
mod of_receiver;
mod request;
mod revoke;

use axum::http::StatusCode;
use perijove_core::shares::SharedServer;
use perijove_model::scope::{Authorisation, KnownGroups, ScopeSet};

pub use grant::{grant, grant_docs};
pub use list::{
    of_owner, of_owner_docs, of_server, of_server_docs, with_group, with_group_docs, with_user,
    with_user_docs,
};
pub use model::{code as code_model, new_code as new_code_model};
pub use of_receiver::{
    delete_of_group, delete_of_group_docs, delete_of_user, delete_of_user_docs, show_of_group,
    show_of_group_docs, show_of_user, show_of_user_docs,
};
pub use request::{CodeRequest, Receiver, ShareRequest};
pub use revoke::{revoke, revoke_all, revoke_all_docs, revoke_docs};

use crate::error::{Answer, Failure};
use crate::openapi::Operation;

/// `POST`, `PATCH` and `DELETE` of `/shares/OWNER`: only a server is shared.
pub async fn needs_server() -> Answer {
    Err(Failure::new(StatusCode::METHOD_NOT_ALLOWED, ""))
}

/// Checks that the caller has what they want to share.
///
/// # Errors
/// 403 that names the first scope that the caller does not have.
pub fn check_held(caller: &Authorisation, server: &SharedServer, scopes: &ScopeSet) -> Result<(), Failure> {
    let owner = &server.owner;
    let groups = KnownGroups::of(owner.row.name.as_str(), owner.grants.groups.iter().cloned());
    match scopes.iter().find(|scope| !caller.has_scope_with(scope, &groups)) {
        None => Ok(()),
        Some(scope) => Err(missing_scope(scope)),
    }
}

/// 403 for a scope that the caller wants to share and does not have.
pub fn missing_scope(scope: &str) -> Failure {
    Failure::forbidden(format!("Do not have permission to grant share with scope {scope}"))
}

/// See [`needs_server`].
pub fn needs_server_docs() -> Operation {
    Operation::new("Not possible: name a server too.").refuses(405, "Always, where the scope is there.")
}
