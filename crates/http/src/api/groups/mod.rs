//! `/groups` and `/groups/NAME`.

mod change;
mod create;
mod list;
mod show;

use perijove_core::groups::GroupRecord;

pub use change::{
    add_users, add_users_docs, delete, delete_docs, remove_users, remove_users_docs, set_properties,
    set_properties_docs,
};
pub use create::{create, create_docs, create_many, create_many_docs};
pub use list::{list, list_docs};
pub use show::{show, show_docs};

use crate::app::App;
use crate::error::Failure;

/// Keys and types that a group's model in a request may have.
const MODEL: [(&str, &str); 3] = [("name", "str"), ("users", "list"), ("roles", "list")];

async fn find(app: &App, name: &str) -> Result<GroupRecord, Failure> {
    app.hub.find_group(name).await?.ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Failure {
    Failure::not_found(format!("No such group: {name}"))
}
