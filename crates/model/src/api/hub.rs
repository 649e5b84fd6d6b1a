//! The hub itself, and its errors.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The answer of `GET /`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Version)]
pub struct VersionModel {
    /// The release of JupyterHub whose API this is.
    pub version: String,
}

/// A configured class in `GET /info`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Class)]
pub struct ClassInfo {
    /// `module.Class`; upstream's name for native implementations.
    #[serde(rename = "class")]
    pub class_name: String,
    /// The version of its package, or `unknown`.
    pub version: String,
}

/// The answer of `GET /info`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Info)]
pub struct InfoModel {
    /// The release of JupyterHub whose API this is.
    pub version: String,
    /// Version of the Python interpreter.
    pub python: String,
    /// Path of the Python interpreter.
    pub sys_executable: String,
    /// The spawner.
    pub spawner: ClassInfo,
    /// The authenticator.
    pub authenticator: ClassInfo,
}

/// The body of every failed API request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorModel {
    /// The HTTP status.
    pub status: u16,
    /// What is wrong; null where there is nothing to add to the status.
    pub message: Option<String>,
}
