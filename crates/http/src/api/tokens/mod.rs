//! `/users/NAME/tokens`.

mod create;
mod delete;
mod list;
mod show;

use std::sync::Arc;

use perijove_core::records::UserRecord;
use perijove_store::ApiToken;

pub(crate) use create::{check_xsrf, longest_life};
pub use create::{create, create_docs};
pub use delete::{delete, delete_docs};
pub use list::{list, list_docs};
pub use show::{show, show_docs};

use crate::app::App;
use crate::error::Failure;

/// The user and the token that a path names.
async fn find(app: &App, name: &str, token_id: &str) -> Result<(Arc<UserRecord>, ApiToken), Failure> {
    let user =
        app.hub.find_user(name).await?.ok_or_else(|| Failure::not_found(format!("No such user: {name}")))?;
    let missing = || Failure::not_found(format!("No such token {token_id} for user {name}"));
    let id: i64 = token_id.strip_prefix('a').and_then(|id| id.parse().ok()).ok_or_else(missing)?;
    let token = app.hub.find_user_token(&user, id).await?.ok_or_else(missing)?;
    Ok((user, token))
}
