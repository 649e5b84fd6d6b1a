//! The server that a path names.

use std::sync::Arc;

use perijove_core::Hub;
use perijove_core::records::UserRecord;
use perijove_core::shares::SharedServer;
use serde::Deserialize;

use crate::error::Failure;

/// The user and the server of a path; the default server where it names none.
#[derive(Debug, Deserialize)]
pub struct ServerPath {
    /// The user's name.
    pub user_name: String,
    /// The server's name; empty for the default server.
    #[serde(default)]
    pub server_name: String,
}

impl ServerPath {
    /// The user.
    ///
    /// # Errors
    /// 404 if there is none.
    pub async fn user(&self, hub: &Hub) -> Result<Arc<UserRecord>, Failure> {
        hub.find_user(&self.user_name).await?.ok_or_else(|| Failure::not_found(""))
    }

    /// The server with what sharing it needs.
    ///
    /// # Errors
    /// 404 if there is none.
    pub async fn shared(&self, hub: &Hub) -> Result<SharedServer, Failure> {
        let Self { user_name, server_name } = self;
        let found = hub.server_to_share(user_name, server_name).await?;
        found.ok_or_else(|| Failure::not_found(format!("No such server: {user_name}/{server_name}")))
    }
}
