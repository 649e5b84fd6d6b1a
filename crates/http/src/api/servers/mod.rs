//! `/users/NAME/server` and `/users/NAME/servers/SERVER`.

mod change;
mod create;
mod request;
mod show;
mod start;
mod stop;

use std::sync::Arc;

use perijove_core::records::UserRecord;

pub use change::{change, change_default, change_docs};
pub use create::{create, create_default, create_default_docs, create_docs};
pub use show::{show, show_default, show_docs};
pub use start::{start, start_default, start_docs};
pub use stop::{stop, stop_default, stop_docs};

use crate::app::App;
use crate::error::Failure;

async fn find_user(app: &App, name: &str) -> Result<Arc<UserRecord>, Failure> {
    app.hub.find_user(name).await?.ok_or_else(|| Failure::not_found(""))
}
