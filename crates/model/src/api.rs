//! The JSON bodies of JupyterHub 6.1.1's REST API.
//!
//! Fields that upstream leaves out when the caller's scopes do not cover them are `Option`s that are skipped;
//! where such a field may also be `null` it is an `Option<Option<…>>`. What clients send is checked by hand where it
//! is used, since upstream's rules for it differ from endpoint to endpoint.

mod group;
mod hub;
mod pagination;
mod server;
mod service;
mod share;
mod timestamp;
mod token;
mod user;

pub use group::GroupModel;
pub use hub::{ClassInfo, ErrorModel, InfoModel, VersionModel};
pub use pagination::{
    MEDIA_TYPE, NextPage, PageError, PageRequest, Paginated, Pagination, accepts_pagination,
};
pub use server::ServerModel;
pub use service::ServiceModel;
pub use share::{NameModel, ShareCodeModel, ShareModel, SharedServerModel};
pub use timestamp::{Timestamp, TimestampError};
pub use token::{TokenListModel, TokenModel};
pub use user::UserModel;

/// A JSON object.
pub type JsonMap = serde_json::Map<String, serde_json::Value>;

#[cfg(test)]
mod tests;
