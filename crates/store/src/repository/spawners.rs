//! Named servers of users, running or not.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{activity, grants};
use crate::cell::Cells;
use crate::error::StoreError;
use crate::param::params;
use crate::rows::{Record as _, RunningSpawner, Server, Spawner};
use crate::statement::{sql, sql_of_ids};
use crate::tx::Tx;

/// How many columns the table `servers` has.
const SERVER_COLUMNS: usize = 6;

/// The table `spawners`.
pub struct Spawners<'t> {
    pub(super) tx: &'t mut Tx,
}

impl Spawners<'_> {
    /// Finds a spawner by primary key.
    pub async fn find(&mut self, id: i64) -> Result<Option<Spawner>, StoreError> {
        self.tx.optional(sql!("SELECT [spawners p] FROM spawners p WHERE p.id = ?"), params![id]).await
    }

    /// Finds a user's spawner by server name; empty for the default server.
    pub async fn by_user_and_name(
        &mut self,
        user_id: i64,
        name: &str,
    ) -> Result<Option<Spawner>, StoreError> {
        let statement =
            sql!("SELECT [spawners p] FROM spawners p WHERE p.user_id = ? AND p.name = ? ORDER BY p.id");
        self.tx.exact(statement, params![user_id, name], |found: &Spawner| found.name == name).await
    }

    /// Finds a spawner by the names of its user and server.
    pub async fn by_names(&mut self, user: &str, name: &str) -> Result<Option<Spawner>, StoreError> {
        let statement = sql!(
            "SELECT u.name, [spawners p] FROM users u JOIN spawners p ON p.user_id = u.id \
             WHERE u.name = ? AND p.name = ? ORDER BY p.id"
        );
        for mut row in self.tx.rows(statement, params![user, name]).await? {
            let (owner, spawner) = (row.take::<String>()?, Spawner::decode(&mut row)?);
            if owner == user && spawner.name == name {
                return Ok(Some(spawner));
            }
        }
        Ok(None)
    }

    /// Finds the spawner of an OAuth client.
    pub async fn by_oauth_client(&mut self, identifier: &str) -> Result<Option<Spawner>, StoreError> {
        let statement = sql!("SELECT [spawners p] FROM spawners p WHERE p.oauth_client_id = ? ORDER BY p.id");
        let same = |found: &Spawner| found.oauth_client_id.as_deref() == Some(identifier);
        self.tx.exact(statement, params![identifier], same).await
    }

    /// The spawners of a user, by primary key.
    pub async fn of_user(&mut self, user_id: i64) -> Result<Vec<Spawner>, StoreError> {
        let statement = sql!("SELECT [spawners p] FROM spawners p WHERE p.user_id = ? ORDER BY p.id");
        self.tx.all(statement, params![user_id]).await
    }

    /// The spawners of many users, by primary key.
    pub async fn of_users(&mut self, user_ids: &[i64]) -> Result<Vec<Spawner>, StoreError> {
        let statement =
            sql_of_ids!("SELECT [spawners p] FROM spawners p WHERE p.user_id IN ($ids) ORDER BY p.id");
        self.tx.rows_of_ids(statement, user_ids).await?.iter_mut().map(Spawner::decode).collect()
    }

    /// The spawners of many users, each with its address if it has one, by primary key: one statement for a page.
    pub async fn with_addresses(
        &mut self,
        user_ids: &[i64],
    ) -> Result<Vec<(Spawner, Option<Server>)>, StoreError> {
        let statement = sql_of_ids!(
            "SELECT [spawners p], [servers s] FROM spawners p LEFT JOIN servers s ON s.id = p.server_id \
             WHERE p.user_id IN ($ids) ORDER BY p.id"
        );
        let mut rows = self.tx.rows_of_ids(statement, user_ids).await?;
        let decode = |row: &mut Cells| Ok((Spawner::decode(row)?, grants::optional(row, SERVER_COLUMNS)?));
        rows.iter_mut().map(decode).collect()
    }

    /// All spawners that have an address, with it and the name of their owner, by primary key.
    pub async fn running(&mut self) -> Result<Vec<RunningSpawner>, StoreError> {
        let statement = sql!(
            "SELECT [spawners p], [servers s], u.name FROM spawners p JOIN servers s ON s.id = p.server_id \
             JOIN users u ON u.id = p.user_id ORDER BY p.id"
        );
        self.tx.rows(statement, &[]).await?.into_iter().map(running).collect()
    }

    /// Adds a spawner and sets its id.
    pub async fn insert(&mut self, spawner: &mut Spawner) -> Result<(), StoreError> {
        self.tx.insert(spawner).await
    }

    /// Writes all columns of a spawner.
    pub async fn update(&mut self, spawner: &Spawner) -> Result<bool, StoreError> {
        self.tx.update(spawner).await
    }

    /// Writes only the state of the spawner class.
    pub async fn set_state(&mut self, id: i64, state: Option<&Value>) -> Result<bool, StoreError> {
        let statement = sql!("UPDATE spawners SET state = ? WHERE id = ?");
        Ok(self.tx.execute(statement, params![state, id]).await? > 0)
    }

    /// Gives a spawner an address, or takes it away. The former address is deleted, as upstream does.
    pub async fn set_server(&mut self, id: i64, server_id: Option<i64>) -> Result<bool, StoreError> {
        let former: Vec<Option<i64>> =
            self.tx.column(sql!("SELECT server_id FROM spawners WHERE id = ?"), params![id]).await?;
        let statement = sql!("UPDATE spawners SET server_id = ? WHERE id = ?");
        let changed = self.tx.execute(statement, params![server_id, id]).await? > 0;
        for former in former.into_iter().flatten().filter(|former| Some(*former) != server_id) {
            self.tx.execute(sql!("DELETE FROM servers WHERE id = ?"), params![former]).await?;
        }
        Ok(changed)
    }

    /// Deletes a spawner with its address, its OAuth client (and the client's tokens and codes) and its shares.
    pub async fn delete(&mut self, id: i64) -> Result<bool, StoreError> {
        let address =
            sql!("DELETE FROM servers WHERE id IN (SELECT p.server_id FROM spawners p WHERE p.id = ?)");
        self.tx.execute(address, params![id]).await?;
        let client = sql!(
            "DELETE FROM oauth_clients WHERE identifier IN (SELECT p.oauth_client_id FROM spawners p WHERE p.id = ?)"
        );
        self.tx.execute(client, params![id]).await?;
        Ok(self.tx.execute(sql!("DELETE FROM spawners WHERE id = ?"), params![id]).await? > 0)
    }

    /// Records activity of many spawners. A time before the recorded one changes nothing. Returns how
    /// many have changed.
    pub async fn set_activity(&mut self, times: &[(i64, DateTime<Utc>)]) -> Result<u64, StoreError> {
        activity::record(self.tx, activity::Table::Spawners, times).await
    }
}

fn running(mut row: Cells) -> Result<RunningSpawner, StoreError> {
    Ok(RunningSpawner {
        spawner: Spawner::decode(&mut row)?,
        server: Server::decode(&mut row)?,
        user_name: row.take()?,
    })
}
