//! Services.

use super::{CHUNK, placeholders};
use crate::error::StoreError;
use crate::param::{Param, params};
use crate::rows::Service;
use crate::statement::sql;
use crate::tx::{Query, Tx};

/// The table `services`.
pub struct Services<'t> {
    pub(super) tx: &'t mut Tx,
}

impl Services<'_> {
    /// Finds a service by primary key.
    pub async fn find(&mut self, id: i64) -> Result<Option<Service>, StoreError> {
        self.tx.optional(sql!("SELECT [services s] FROM services s WHERE s.id = ?"), params![id]).await
    }

    /// Finds a service by name.
    pub async fn by_name(&mut self, name: &str) -> Result<Option<Service>, StoreError> {
        let statement = sql!("SELECT [services s] FROM services s WHERE s.name = ?");
        self.tx.exact(statement, params![name], |found: &Service| found.name == name).await
    }

    /// The services among these names that exist, by name.
    pub async fn by_names(&mut self, names: &[&str]) -> Result<Vec<Service>, StoreError> {
        let mut services = Vec::with_capacity(names.len());
        for chunk in names.chunks(CHUNK) {
            let params: Vec<Param<'_>> = chunk.iter().map(|name| Param::from(*name)).collect();
            let text = format!(
                "SELECT [services s] FROM services s WHERE s.name IN ({})",
                placeholders(chunk.len())
            );
            services.extend(self.tx.all::<Service>(Query::Once(&text), &params).await?);
        }
        services.retain(|found| names.contains(&found.name.as_str()));
        services.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(services)
    }

    /// Finds the service of an OAuth client.
    pub async fn by_oauth_client(&mut self, identifier: &str) -> Result<Option<Service>, StoreError> {
        let statement = sql!("SELECT [services s] FROM services s WHERE s.oauth_client_id = ? ORDER BY s.id");
        let same = |found: &Service| found.oauth_client_id.as_deref() == Some(identifier);
        self.tx.exact(statement, params![identifier], same).await
    }

    /// All services, by primary key.
    pub async fn all(&mut self) -> Result<Vec<Service>, StoreError> {
        self.tx.all(sql!("SELECT [services s] FROM services s ORDER BY s.id"), &[]).await
    }

    /// Adds a service and sets its id. [`StoreError::Conflict`] if the name is taken.
    pub async fn insert(&mut self, service: &mut Service) -> Result<(), StoreError> {
        self.tx.insert(service).await
    }

    /// Writes all columns of a service.
    pub async fn update(&mut self, service: &Service) -> Result<bool, StoreError> {
        self.tx.update(service).await
    }

    /// Adds a service, or writes all columns of the one with the same name; sets its id.
    pub async fn upsert(&mut self, service: &mut Service) -> Result<(), StoreError> {
        match self.by_name(&service.name).await? {
            Some(known) => {
                service.id = known.id;
                self.update(service).await.map(|_| ())
            }
            None => self.insert(service).await,
        }
    }

    /// Writes only the process id.
    pub async fn set_pid(&mut self, id: i64, pid: Option<i64>) -> Result<bool, StoreError> {
        let statement = sql!("UPDATE services SET pid = ? WHERE id = ?");
        Ok(self.tx.execute(statement, params![pid, id]).await? > 0)
    }

    /// Deletes a service with its address, its OAuth client (and the client's tokens and codes), its tokens and roles.
    pub async fn delete(&mut self, id: i64) -> Result<bool, StoreError> {
        let address =
            sql!("DELETE FROM servers WHERE id IN (SELECT s._server_id FROM services s WHERE s.id = ?)");
        self.tx.execute(address, params![id]).await?;
        let client = sql!(
            "DELETE FROM oauth_clients WHERE identifier IN (SELECT s.oauth_client_id FROM services s WHERE s.id = ?)"
        );
        self.tx.execute(client, params![id]).await?;
        Ok(self.tx.execute(sql!("DELETE FROM services WHERE id = ?"), params![id]).await? > 0)
    }
}
