//! Named servers: made, checked, renamed, deleted.

use std::sync::Arc;

use perijove_model::name::ServerName;
use perijove_model::slug;
use perijove_model::value::repr_of_text;
use serde_json::Value;

use super::registry::LiveServer;
use super::state::{Event, ServerState};
use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::records::{SpawnerRecord, UserRecord};

/// What `PATCH` may change of a stopped server.
#[derive(Debug, Default)]
pub struct ServerChanges {
    /// A new name.
    pub name: Option<String>,
    /// What it is called on pages.
    pub display_name: Option<String>,
    /// The options of the next start.
    pub user_options: Option<Value>,
}

impl Hub {
    /// Checks that a server of this name may be made or started. A new one must be within the
    /// [limit](Hub::named_server_limit), if one is given.
    ///
    /// # Errors
    /// [`Error::Invalid`] where named servers are off, the name is not valid, or the user has too many.
    pub fn check_named_server(
        &self,
        user: &UserRecord,
        name: &str,
        display_name: &str,
        limit: Option<i64>,
    ) -> Result<ServerName> {
        let rules = &self.settings.servers;
        if !rules.allow_named_servers {
            return Err(Error::Invalid("Named servers are not enabled.".into()));
        }
        let exists = user.spawner(name).is_some();
        if let Some(limit) = limit.filter(|limit| !exists && *limit > 0) {
            let count = user.spawners.iter().filter(|spawner| !spawner.row.name.is_empty()).count();
            if i64::try_from(count).unwrap_or(i64::MAX) >= limit {
                return Err(Error::Invalid(format!(
                    "User {} already has the maximum of {} named servers.  One must be deleted before a new server \
                     can be created",
                    user.name, limit
                )));
            }
        }
        if !exists {
            if !slug::is_valid_safe_slug(name) {
                return Err(Error::Invalid(format!("Invalid server_name: {}", repr_of_text(name))));
            }
            if !slug::is_valid_display_name(&slug::normalise_unicode(display_name)) {
                return Err(Error::Invalid(format!("Invalid display_name: {}", repr_of_text(display_name))));
            }
        } else if !rules.allow_invalid_named_server_start && !slug::is_valid_safe_slug(name) {
            return Err(Error::Invalid(format!(
                "Starting invalid server_name {} is disabled, contact your administrator",
                repr_of_text(name)
            )));
        }
        ServerName::parse(name).map_err(|error| Error::Invalid(error.to_string()))
    }

    /// Makes a named server without starting it.
    ///
    /// # Errors
    /// [`Error::Conflict`] if there is one of this name.
    pub async fn create_server(
        &self,
        user: &UserRecord,
        name: &ServerName,
        display_name: &str,
        options: Option<Value>,
    ) -> Result<SpawnerRecord> {
        let mut tx = self.store.begin().await?;
        if tx.spawners().by_user_and_name(user.row.id, name.as_str()).await?.is_some() {
            return Err(Error::Conflict(format!("User {} already has server {name}", user.name)));
        }
        let mut row = self.spawner_row(&mut tx, user.row.id, name, display_name).await?;
        if options.is_some() {
            row.user_options = options;
            tx.spawners().update(&row).await?;
        }
        tx.commit().await?;
        self.servers.know(&(user.row.id, name.clone()));
        Ok(SpawnerRecord { row, name: name.clone(), server: None })
    }

    /// Makes the row of a server whose form is shown, if there is none, as upstream does: the form does not say again
    /// what the server is called.
    pub async fn keep_server(
        &self,
        user: &UserRecord,
        server: &ServerName,
        display_name: &str,
    ) -> Result<()> {
        if user.spawner(server.as_str()).is_some() {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        self.spawner_row(&mut tx, user.row.id, server, display_name).await?;
        tx.commit().await?;
        self.servers.know(&(user.row.id, server.clone()));
        Ok(())
    }

    /// Sets what a server is called on pages.
    pub async fn set_display_name(
        &self,
        user: &UserRecord,
        server: &ServerName,
        display_name: &str,
    ) -> Result<()> {
        let mut tx = self.store.begin().await?;
        if let Some(mut row) = tx.spawners().by_user_and_name(user.row.id, server.as_str()).await?
            && row.display_name.as_deref() != Some(display_name)
        {
            row.display_name = Some(display_name.to_owned());
            tx.spawners().update(&row).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Changes a stopped server.
    ///
    /// # Errors
    /// [`Error::Invalid`] while it is active, [`Error::Conflict`] if the new name is taken.
    pub async fn change_server(
        &self,
        user: &UserRecord,
        server: &ServerName,
        changes: ServerChanges,
    ) -> Result<SpawnerRecord> {
        let live = self.claim_for_change(user, server).await?;
        let changed = async {
            self.tell_of_rename(user, server, &changes).await?;
            self.change_server_rows(user, server, changes).await
        };
        let changed = changed.await;
        if let Err(refused) = live.apply(Event::RenameEnded) {
            tracing::error!("{refused}");
        }
        self.servers.forget_stopped(&live.key);
        if changed.as_ref().is_ok_and(|changed| changed.name == *server) {
            self.servers.know(&live.key);
        }
        changed
    }

    /// Makes a stopped server ours. While somebody else changes it this waits: afterwards it may have another name, so
    /// that of several renamings at the same time one happens, and the others do not find the server.
    async fn claim_for_change(&self, user: &UserRecord, server: &ServerName) -> Result<Arc<LiveServer>> {
        let key = (user.row.id, server.clone());
        loop {
            match self.servers.claim(key.clone(), Event::RenameBegan) {
                Ok(live) => return Ok(live),
                Err(refused) if refused.state == ServerState::Renaming => {
                    let Some(live) = self.servers.get(&key) else { continue };
                    let mut states = live.watch();
                    // Fails only if the server was forgotten, that is: changed.
                    let _state = states.wait_for(|state| *state != ServerState::Renaming).await;
                }
                Err(_) => {
                    let name = user.server_log_name(server.as_str());
                    let message = format!("{name} is active. Please stop it before modifying it.");
                    return Err(Error::Invalid(message));
                }
            }
        }
    }

    /// The spawner may have something that bears the old name, and may refuse.
    async fn tell_of_rename(
        &self,
        user: &UserRecord,
        server: &ServerName,
        changes: &ServerChanges,
    ) -> Result<()> {
        let Some(new) = changes.name.as_ref().filter(|new| *new != server.as_str()) else { return Ok(()) };
        let new = ServerName::parse(new).map_err(|error| Error::Invalid(error.to_string()))?;
        let Some(target) = self.target(user, server).await? else { return Ok(()) };
        Ok(self.spawner.rename(&target, &new).await?)
    }

    async fn change_server_rows(
        &self,
        user: &UserRecord,
        server: &ServerName,
        changes: ServerChanges,
    ) -> Result<SpawnerRecord> {
        let mut tx = self.store.begin().await?;
        let mut row = match tx.spawners().by_user_and_name(user.row.id, server.as_str()).await? {
            Some(row) => row,
            None if server.as_str().is_empty() => self.spawner_row(&mut tx, user.row.id, server, "").await?,
            None => {
                let server = repr_of_text(server.as_str());
                return Err(Error::NotFound(format!("User {} has no such server {server}", user.name)));
            }
        };
        let mut name = server.clone();
        if let Some(new) = changes.name {
            if tx.spawners().by_user_and_name(user.row.id, &new).await?.is_some() {
                return Err(Error::Conflict(format!(
                    "User {} already has server {}",
                    user.name,
                    repr_of_text(&new)
                )));
            }
            name = ServerName::parse(&new).map_err(|error| Error::Invalid(error.to_string()))?;
            row.name = new;
        }
        if let Some(display_name) = changes.display_name.filter(|name| !name.is_empty()) {
            row.display_name = Some(display_name);
        }
        if changes.user_options.is_some() {
            row.user_options = changes.user_options;
        }
        tx.spawners().update(&row).await?;
        tx.commit().await?;
        Ok(SpawnerRecord { row, name, server: None })
    }

    /// Deletes a stopped named server for good.
    ///
    /// # Errors
    /// [`Error::Invalid`] while it is active.
    pub async fn delete_server(self: &Arc<Self>, user: &UserRecord, server: &ServerName) -> Result<()> {
        // Nobody may start it while its rows go.
        let key = (user.row.id, server.clone());
        let live = self.servers.claim(key, Event::RenameBegan).map_err(|refused| {
            Error::Invalid(format!(
                "{} is {}. Please stop it first.",
                user.server_log_name(server.as_str()),
                refused.state
            ))
        })?;
        let deleted = self.delete_server_rows(user, server).await;
        if let Err(refused) = live.apply(Event::RenameEnded) {
            tracing::error!("{refused}");
        }
        self.servers.forget_stopped(&live.key);
        deleted
    }

    async fn delete_server_rows(&self, user: &UserRecord, server: &ServerName) -> Result<()> {
        if let Some(target) = self.target(user, server).await? {
            self.spawner.delete_forever(&target).await;
        }
        let mut tx = self.store.begin().await?;
        if let Some(row) = tx.spawners().by_user_and_name(user.row.id, server.as_str()).await? {
            tx.spawners().delete(row.id).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Deletes a server once its pending stop has ended.
    pub fn delete_server_after_stop(self: &Arc<Self>, user: Arc<UserRecord>, server: ServerName) {
        let hub = self.clone();
        self.tasks.spawn(async move {
            if let Some(live) = hub.servers.get(&(user.row.id, server.clone())) {
                let mut states = live.watch();
                // Fails only if the server was forgotten, that is: stopped.
                let _state = states.wait_for(|state| !state.is_active()).await;
            }
            if let Err(error) = hub.delete_server(&user, &server).await {
                tracing::error!(user.name = %user.name, server.name = %server, "deleting a server failed: {error}");
            }
        });
    }
}
