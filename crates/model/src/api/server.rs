//! Users' servers.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::Timestamp;

/// One server of a user.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Server)]
pub struct ServerModel {
    /// The name, empty for the default server.
    pub name: String,
    /// What its owner calls it.
    pub display_name: Option<String>,
    /// `user/server`.
    pub full_name: String,
    /// When it was last active.
    pub last_activity: Option<Timestamp>,
    /// When it was started, if it runs.
    pub started: Option<Timestamp>,
    /// `spawn` or `stop` while it is on its way there.
    pub pending: Option<String>,
    /// Whether it answers requests.
    pub ready: bool,
    /// Whether it neither runs nor starts nor stops.
    pub stopped: bool,
    /// Path of the server, or its URL where users have subdomains.
    pub url: String,
    /// What the user chose when starting it; `{}` or null if nothing.
    #[schema(value_type = Value)]
    pub user_options: Json,
    /// Path of its progress events.
    pub progress_url: String,
    /// Public URL, if the hub knows its own.
    pub full_url: Option<String>,
    /// Public URL of the progress events, if the hub knows its own.
    pub full_progress_url: Option<String>,
    /// What the spawner remembers; only for callers with `admin:server_state`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    pub state: Option<Json>,
}
