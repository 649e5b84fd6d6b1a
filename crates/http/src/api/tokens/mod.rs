//! `/users/NAME/tokens`.

mod create;
mod delete;
mod list;
mod show;

use std::sync::Arc;

use perijove_core::records::UserRecord;
use perijove_store::ApiToken;
use serde::Deserialize;

pub(crate) use create::{check_xsrf, longest_life};
pub use create::{create, create_docs};
pub use delete::{delete, delete_docs};
pub use list::{list, list_docs};
pub use show::{show, show_docs};

use crate::app::App;
use crate::error::Failure;

/// The user and the token of a path. A path may end before the token's id, which names none.
#[derive(Debug, Deserialize)]
pub struct TokenPath {
    user_name: String,
    #[serde(default)]
    token_id: String,
}

/// The user and the token that a path names.
async fn find(
    app: &App,
    TokenPath { user_name: name, token_id }: &TokenPath,
) -> Result<(Arc<UserRecord>, ApiToken), Failure> {
    let user =
        app.hub.find_user(name).await?.ok_or_else(|| Failure::not_found(format!("No such user: {name}")))?;
    let missing = || Failure::not_found(format!("No such token {token_id} for user {name}"));
    let id: i64 = token_id.strip_prefix('a').and_then(|id| id.parse().ok()).ok_or_else(missing)?;
    let token = app.hub.find_user_token(&user, id).await?.ok_or_else(missing)?;
    Ok((user, token))
}
