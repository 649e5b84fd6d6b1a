//! `/users` and `/users/NAME`.

mod admin_access;
mod change;
mod create;
mod create_many;
mod delete;
mod list;
mod show;

pub use admin_access::{admin_access, admin_access_docs};
pub use change::{change, change_docs};
pub use create::{create, create_docs};
pub use create_many::{create_many, create_many_docs};
pub use delete::{delete, delete_docs};
pub use list::{list, list_docs};
pub use show::{show, show_docs};

/// Keys and types that a user's model in a request may have.
const MODEL: [(&str, &str); 5] =
    [("name", "str"), ("admin", "bool"), ("groups", "list"), ("roles", "list"), ("auth_state", "dict")];
