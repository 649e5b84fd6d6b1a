//! The pages, one file each.

pub mod accept_share;
pub mod admin;
pub mod byte_range;
pub mod csp_report;
pub mod error;
pub mod home;
pub mod login;
pub mod logout;
pub mod not_found;
pub mod root;
pub mod spawn;
pub mod spawn_pending;
pub mod statics;
pub mod token;
pub mod user_redirect;
pub mod user_url;

pub mod view;
