//! Routes: what they are, and the operations that the embedded table and an external proxy share.

mod spec;
mod table;

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::target::{Target, TargetError};

pub use spec::{path_from_spec, spec_from_path};
pub(crate) use table::{HUB_MARK, iso_millis};
pub use table::{Route, RouteTable};

/// Why a route operation failed.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// A specification without a host where routing is by host, or the reverse.
    #[error("the route {spec:?} does not fit: {expected}")]
    Spec {
        /// The specification as given.
        spec: String,
        /// What it must look like.
        expected: &'static str,
    },
    /// The target cannot be forwarded to.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A proxy class in Python failed.
    #[error("the proxy class failed: {0}")]
    Plugin(String),
    /// The external proxy cannot be reached.
    #[error("the proxy at {url} cannot be reached: {message}")]
    Unreachable {
        /// Its API address.
        url: String,
        /// What went wrong.
        message: String,
    },
    /// The external proxy refused.
    #[error("the proxy at {url} answered {status} to {method} {path}")]
    Status {
        /// Its API address.
        url: String,
        /// HTTP status.
        status: u16,
        /// HTTP method.
        method: &'static str,
        /// Path of the request.
        path: String,
    },
    /// The external proxy's answer cannot be understood.
    #[error("the proxy at {url} gave an answer that is no route table: {message}")]
    Answer {
        /// Its API address.
        url: String,
        /// What is wrong with it.
        message: String,
    },
}

/// One route as the hub sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteEntry {
    /// `/prefix/`, or `host/prefix/` with host routing; percent-encoded, with a slash at the end.
    pub spec: String,
    /// The address that requests go to.
    pub target: String,
    /// What was given along when the route was added.
    pub data: Map<String, Value>,
    /// When a request was last answered well, or the route was added. `None` where the proxy does not tell.
    pub last_activity: Option<DateTime<Utc>>,
}

impl RouteEntry {
    /// A route as another program tells of it: with the time in the data, if there is one.
    pub fn told(spec: String, target: String, data: Map<String, Value>) -> Self {
        let time = data.get("last_activity").and_then(Value::as_str);
        let time = time.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        Self { spec, target, data, last_activity: time.map(|time| time.to_utc()) }
    }
}

/// The routes of a proxy, embedded or not, as the hub maintains them.
///
/// Routes added this way are marked as the hub's in CHP's API (`"jupyterhub": true`), and only such are listed, as 6.1.1 does.
#[async_trait]
pub trait Routes: Send + Sync {
    /// Adds a route or replaces the one of that specification. It is in effect when this returns.
    ///
    /// # Errors
    /// For a specification that does not fit the routing mode, and when an external proxy fails.
    async fn add(&self, spec: &str, target: &Target, data: Map<String, Value>) -> Result<(), RouteError>;

    /// Removes a route; `false` if there was none.
    ///
    /// # Errors
    /// As for [`Routes::add`].
    async fn delete(&self, spec: &str) -> Result<bool, RouteError>;

    /// All routes by their specification; with `inactive_since` only those without activity since then.
    ///
    /// # Errors
    /// When an external proxy fails.
    async fn get_all(
        &self,
        inactive_since: Option<DateTime<Utc>>,
    ) -> Result<BTreeMap<String, RouteEntry>, RouteError>;

    /// From now on drives another proxy: one whose API is at `api_url`, or takes this token, or both.
    ///
    /// # Errors
    /// [`MoveError::Embedded`] for a proxy that is part of this program.
    fn move_to(&self, _api_url: Option<&str>, _token: Option<SecretString>) -> Result<(), MoveError> {
        Err(MoveError::Embedded)
    }
}

/// Why another proxy cannot take over.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// There is no other proxy.
    #[error("The proxy is part of this hub: it has no API URL and no token that could change")]
    Embedded,
    /// The address or the token is wrong.
    #[error("{0}")]
    Wrong(String),
}
