//! `/users` and `/users/NAME`.

mod change;
mod create;
mod create_many;
mod delete;
mod list;
mod show;

pub use change::change;
pub use create::create;
pub use create_many::create_many;
pub use delete::delete;
pub use list::list;
pub use show::show;

/// Keys and types that a user's model in a request may have.
const MODEL: [(&str, &str); 5] =
    [("name", "str"), ("admin", "bool"), ("groups", "list"), ("roles", "list"), ("auth_state", "dict")];
