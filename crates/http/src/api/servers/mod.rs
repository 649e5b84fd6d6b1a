//! `/users/NAME/server` and `/users/NAME/servers/SERVER`.

mod change;
mod create;
mod request;
mod show;
mod start;
mod stop;

use std::sync::Arc;

use perijove_core::records::UserRecord;

pub use change::{change, change_default};
pub use create::{create, create_default};
pub use show::{show, show_default};
pub use start::{start, start_default};
pub use stop::{stop, stop_default};

use crate::app::App;
use crate::error::Failure;

async fn find_user(app: &App, name: &str) -> Result<Arc<UserRecord>, Failure> {
    app.hub.find_user(name).await?.ok_or_else(|| Failure::not_found(""))
}
