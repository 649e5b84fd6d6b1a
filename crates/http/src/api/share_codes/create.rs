//! `POST /share-codes/OWNER/SERVER`.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use perijove_model::api::ShareCodeModel;

use crate::api::shares::{CodeRequest, check_held, missing_scope, new_code_model};
use crate::app::App;
use crate::caller::Caller;
use crate::error::Answer;
use crate::openapi::Operation;
use crate::responses::json;
use crate::server_path::ServerPath;

/// Makes a code and shows its value, this once.
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(path): Path<ServerPath>,
    bytes: Bytes,
) -> Answer {
    let request = CodeRequest::parse(&bytes)?;
    let scopes = app.hub.share_scopes(&request.scopes, &path.user_name, &path.server_name)?;
    let held = caller.authorisation();
    // Upstream looks at the scopes before it looks for the server.
    let server = match path.shared(&app.hub).await {
        Ok(server) => server,
        Err(missing) => {
            let refused = scopes.iter().find(|scope| !held.has_scope(scope));
            return Err(refused.map_or(missing, |scope| missing_scope(scope)));
        }
    };
    check_held(&held, &server, &scopes)?;
    let made = app.hub.create_share_code(&server, &scopes, request.expires_in).await?;
    json(StatusCode::OK, &new_code_model(&app.hub, made))
}

/// See [`create`].
pub fn create_docs() -> Operation {
    Operation::new("Make a code that others exchange for a share of a server.")
        .needs_body(CodeRequest::schema())
        .sends::<ShareCodeModel>(200, "The code, with its value and where it is redeemed; never shown again.")
}
