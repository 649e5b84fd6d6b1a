//! Users.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::{ServerModel, Timestamp};
use crate::scope::SharedScopes;

/// A user, as far as the caller may see them. Absent fields are not sent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = User)]
pub struct UserModel {
    /// Always `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether the user is an administrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin: Option<bool>,
    /// Names of the roles given to the user directly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// Names of the groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// URL of the default server while it runs.
    #[serde(skip_serializing_if = "Option::is_none", with = "double")]
    pub server: Option<Option<String>>,
    /// `spawn` or `stop` while the default server is on its way there.
    #[serde(skip_serializing_if = "Option::is_none", with = "double")]
    pub pending: Option<Option<String>>,
    /// When the user was created.
    #[serde(skip_serializing_if = "Option::is_none", with = "double")]
    pub created: Option<Option<Timestamp>>,
    /// When the user was last active.
    #[serde(skip_serializing_if = "Option::is_none", with = "double")]
    pub last_activity: Option<Option<Timestamp>>,
    /// Servers by name; running ones, or all if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub servers: Option<BTreeMap<String, ServerModel>>,
    /// What the identity provider said.
    #[serde(skip_serializing_if = "Option::is_none", with = "double")]
    #[schema(value_type = Option<Value>)]
    pub auth_state: Option<Option<Json>>,
    /// What the authenticator publishes about the user.
    #[serde(skip_serializing_if = "Option::is_none", with = "double")]
    #[schema(value_type = Option<Value>)]
    pub user_info: Option<Option<Json>>,
    /// Expanded scopes of the caller; in `GET /user` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub scopes: Option<SharedScopes>,
    /// The browser session of the caller's token, if any; in `GET /user` only.
    #[serde(skip_serializing_if = "Option::is_none", with = "double")]
    pub session_id: Option<Option<String>>,
    /// The caller's token, null if none was used; in `GET /user` only.
    #[serde(skip_serializing_if = "Option::is_none", with = "double")]
    pub token_id: Option<Option<String>>,
}

/// Present-but-null as `Some(None)`: serde alone would read `null` as absent.
pub(super) mod double {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "the signature that serde's `with` asks for")]
    pub(in crate::api) fn serialize<T: Serialize, S: Serializer>(
        value: &Option<Option<T>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }

    pub(in crate::api) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<T>>, D::Error> {
        Option::<T>::deserialize(deserializer).map(Some)
    }
}
