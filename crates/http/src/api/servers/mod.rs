//! `/users/NAME/server` and `/users/NAME/servers/SERVER`.

mod change;
mod create;
mod request;
mod show;
mod start;
mod stop;

pub use change::{change, change_docs};
pub use create::{create, create_default, create_default_docs, create_docs};
pub use show::{show, show_docs};
pub use start::{start, start_docs};
pub use stop::{stop, stop_docs};
