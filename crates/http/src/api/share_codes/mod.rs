//! `/share-codes/OWNER/SERVER`: codes that whoever holds them exchanges for a share.

mod create;
mod delete;
mod list;

pub use create::{create, create_docs};
pub use delete::{delete, delete_docs};
pub use list::{of_owner, of_owner_docs, of_server, of_server_docs};
