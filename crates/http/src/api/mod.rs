//! The REST API, a folder a resource and a file an endpoint.

pub mod activity;
pub mod authorizations;
pub mod body;
pub mod groups;
pub mod hub;
pub mod metrics;
pub mod oauth2;
pub mod openapi;
pub mod paging;
pub mod password_tokens;
pub mod progress;
pub mod proxy;
pub mod query;
pub mod servers;
pub mod services;
pub mod share_codes;
pub mod shares;
pub mod tokens;
pub mod user;
pub mod users;
