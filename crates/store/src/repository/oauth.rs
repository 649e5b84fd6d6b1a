//! OAuth clients and codes.

use crate::error::StoreError;
use crate::param::params;
use crate::rows::{ClientTarget, OAuthClient, OAuthCode};
use crate::statement::sql;
use crate::tx::Tx;

/// The tables `oauth_clients` and `oauth_codes`.
pub struct OAuth<'t> {
    pub(super) tx: &'t mut Tx,
}

impl OAuth<'_> {
    /// Finds a client by its public identifier.
    pub async fn client(&mut self, identifier: &str) -> Result<Option<OAuthClient>, StoreError> {
        let statement = sql!("SELECT [oauth_clients c] FROM oauth_clients c WHERE c.identifier = ?");
        self.tx
            .exact(statement, params![identifier], |found: &OAuthClient| found.identifier == identifier)
            .await
    }

    /// All clients, by primary key.
    pub async fn clients(&mut self) -> Result<Vec<OAuthClient>, StoreError> {
        self.tx.all(sql!("SELECT [oauth_clients c] FROM oauth_clients c ORDER BY c.id"), &[]).await
    }

    /// What a client stands for; None for `jupyterhub` and for a client whose server or service is gone.
    pub async fn client_target(&mut self, identifier: &str) -> Result<Option<ClientTarget>, StoreError> {
        let services =
            sql!("SELECT s.name FROM services s WHERE s.oauth_client_id = ? ORDER BY s.id LIMIT 1");
        let found: Vec<String> = self.tx.column(services, params![identifier]).await?;
        if let Some(name) = found.into_iter().next() {
            return Ok(Some(ClientTarget::Service(name)));
        }
        let servers = sql!(
            "SELECT u.name, p.name FROM spawners p JOIN users u ON u.id = p.user_id \
             WHERE p.oauth_client_id = ? ORDER BY p.id LIMIT 1"
        );
        let rows = self.tx.rows(servers, params![identifier]).await?;
        rows.into_iter()
            .next()
            .map(|mut row| Ok(ClientTarget::Server { user: row.take()?, server: row.take()? }))
            .transpose()
    }

    /// Adds a client and sets its id. [`StoreError::Conflict`] if the identifier is taken.
    pub async fn insert_client(&mut self, client: &mut OAuthClient) -> Result<(), StoreError> {
        self.tx.insert(client).await
    }

    /// Writes all columns of a client.
    pub async fn update_client(&mut self, client: &OAuthClient) -> Result<bool, StoreError> {
        self.tx.update(client).await
    }

    /// Deletes a client with its tokens and codes.
    pub async fn delete_client(&mut self, identifier: &str) -> Result<bool, StoreError> {
        let statement = sql!("DELETE FROM oauth_clients WHERE identifier = ?");
        Ok(self.tx.execute(statement, params![identifier]).await? > 0)
    }

    /// Finds a code, expired or not.
    pub async fn code(&mut self, code: &str) -> Result<Option<OAuthCode>, StoreError> {
        let statement = sql!("SELECT [oauth_codes c] FROM oauth_codes c WHERE c.code = ? ORDER BY c.id");
        self.tx.exact(statement, params![code], |found: &OAuthCode| found.code == code).await
    }

    /// Adds a code and sets its id.
    pub async fn insert_code(&mut self, code: &mut OAuthCode) -> Result<(), StoreError> {
        self.tx.insert(code).await
    }

    /// Deletes a code. False if it was used already: of two requests with the same code only one gets true.
    pub async fn delete_code(&mut self, id: i64) -> Result<bool, StoreError> {
        Ok(self.tx.execute(sql!("DELETE FROM oauth_codes WHERE id = ?"), params![id]).await? > 0)
    }

    /// Deletes the codes that ended before this time, in seconds since 1970. Returns how many.
    pub async fn purge_codes(&mut self, now: i64) -> Result<u64, StoreError> {
        let statement = sql!("DELETE FROM oauth_codes WHERE expires_at IS NOT NULL AND expires_at < ?");
        self.tx.execute(statement, params![now]).await
    }
}
