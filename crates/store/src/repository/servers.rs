//! Addresses of running servers and services.

use crate::error::StoreError;
use crate::param::params;
use crate::rows::Server;
use crate::statement::sql;
use crate::tx::Tx;

/// The table `servers`.
pub struct Servers<'t> {
    pub(super) tx: &'t mut Tx,
}

impl Servers<'_> {
    /// Finds an address by primary key.
    pub async fn find(&mut self, id: i64) -> Result<Option<Server>, StoreError> {
        self.tx.optional(sql!("SELECT [servers s] FROM servers s WHERE s.id = ?"), params![id]).await
    }

    /// Adds an address and sets its id.
    pub async fn insert(&mut self, server: &mut Server) -> Result<(), StoreError> {
        self.tx.insert(server).await
    }

    /// Writes all columns of an address.
    pub async fn update(&mut self, server: &Server) -> Result<bool, StoreError> {
        self.tx.update(server).await
    }

    /// Deletes an address; the spawner or service that had it then has none.
    pub async fn delete(&mut self, id: i64) -> Result<bool, StoreError> {
        Ok(self.tx.execute(sql!("DELETE FROM servers WHERE id = ?"), params![id]).await? > 0)
    }
}
