//! The hub over HTTP: the REST API for programs and the pages for people.
//!
//! [`routes`] lists every route, one line each, with the scope it needs; [`guard`] is the one place
//! where requests are authenticated and authorised. A handler extracts, calls one method of
//! [`perijove_core::Hub`], and turns the result into JSON or a page.

mod api;
mod app;
mod caller;
mod client;
mod cookies;
mod error;
mod etag;
mod form;
mod guard;
mod handler_names;
mod models;
mod next_url;
mod openapi;
mod pages;
mod plugins;
mod python_json;
mod refresh;
mod request_facts;
mod request_log;
mod responses;
mod routes;
mod server_path;
mod service;
mod xsrf;

pub use app::{App, AppOptions};
pub use guard::{Access, Kind, Xsrf};
pub use openapi::Operation;
pub use plugins::{
    Pattern as PluginPattern, Patterns as PluginPatterns, PluginOptions, PluginWorker, Plugins,
};
pub use routes::{Docs, Row, rows};
pub use service::HubService;
