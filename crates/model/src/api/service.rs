//! Services.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::user::double;
use crate::scope::ScopeSet;

/// A service, as far as the caller may see it. Absent fields are not sent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = Service)]
pub struct ServiceModel {
    /// Always `service`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Names of the service's roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// Whether it is an administrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin: Option<bool>,
    /// Where it listens; empty if nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its path behind the proxy; empty if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// The command that runs it, for services that the hub manages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// Its process id while the hub runs it, else 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Free-form information from the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    pub info: Option<Json>,
    /// Whether it is listed in the pages' menu.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<bool>,
    /// Expanded scopes of the caller; in `GET /user` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub scopes: Option<ScopeSet>,
    /// The browser session of the caller's token, if any; in `GET /user` only.
    #[serde(skip_serializing_if = "Option::is_none", with = "double")]
    pub session_id: Option<Option<String>>,
    /// The caller's token, null if none was used; in `GET /user` only.
    #[serde(skip_serializing_if = "Option::is_none", with = "double")]
    pub token_id: Option<Option<String>>,
}
