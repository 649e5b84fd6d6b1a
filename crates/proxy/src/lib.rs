//! The reverse proxy: route table, listeners, forwarder, WebSocket relay and CHP's REST API.
//!
//! It knows nothing of the hub. What is not forwarded is answered by a [`LocalService`], which the hub implements.
//! The same route operations work on the embedded table ([`RouteTable`]) and on an external proxy that speaks
//! configurable-http-proxy's REST API, behind one trait, [`Routes`].

mod answer;
mod api;
mod client;
mod client_body;
mod command;
mod connection;
mod external;
mod forward;
mod headers;
mod listener;
mod local;
mod metrics;
mod options;
mod routes;
mod server;
mod stream;
mod target;
mod tls;
mod upstream;

pub use api::ChpApi;
pub use client_body::ClientBody;
pub use command::{
    CommandError, EmbeddedCommand, ExtraListeners, LogLevel, ProxyCommand, ProxySecrets, run_proxy_command,
};
pub use connection::{ConnInfo, Remote};
pub use external::{ExternalProxy, ExternalProxyError, ExternalProxyOptions};
pub use forward::{is_upgrade, relay};
pub use headers::is_hop_by_hop;
pub use listener::{ListenAddress, ListenError, Listener};
pub use local::{LocalService, NoLocalService, plain_response};
pub use metrics::ProxyMetrics;
pub use options::{PeerNetwork, ProxyOptions, TrustedPeers};
pub use routes::{
    MoveError, Route, RouteEntry, RouteError, RouteTable, Routes, path_from_spec, spec_from_path,
};
pub use server::{ProxyServer, serve_local};
pub use target::{Endpoint, Target, TargetError, TargetUrl};
pub use tls::{ServerTls, TlsError, UpstreamTls};

/// An error of any type, as bodies carry it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a response that a [`LocalService`] gives.
pub type Body = http_body_util::combinators::UnsyncBoxBody<bytes::Bytes, BoxError>;

/// The body of a request that a [`LocalService`] gets.
pub type RequestBody = ClientBody;
