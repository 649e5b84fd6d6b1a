//! Tokens.

use chrono::{DateTime, Utc};

use super::{activity, grants};
use crate::error::StoreError;
use crate::param::params;
use crate::rows::{ApiToken, TokenWithOwner};
use crate::statement::sql;
use crate::tx::Tx;

/// The table `api_tokens`.
pub struct Tokens<'t> {
    pub(super) tx: &'t mut Tx,
}

impl Tokens<'_> {
    /// Finds a token by primary key.
    pub async fn find(&mut self, id: i64) -> Result<Option<ApiToken>, StoreError> {
        self.tx.optional(sql!("SELECT [api_tokens t] FROM api_tokens t WHERE t.id = ?"), params![id]).await
    }

    /// The tokens with this prefix (four characters), expired ones included.
    pub async fn by_prefix(&mut self, prefix: &str) -> Result<Vec<ApiToken>, StoreError> {
        let statement = sql!("SELECT [api_tokens t] FROM api_tokens t WHERE t.prefix = ? ORDER BY t.id");
        self.tx.all(statement, params![prefix]).await
    }

    /// The tokens with this prefix, expired ones included, each with its owner and all that decides the owner's
    /// rights, in one statement. The caller compares hashes and expiry.
    pub async fn resolve_by_prefix(&mut self, prefix: &str) -> Result<Vec<TokenWithOwner>, StoreError> {
        grants::tokens_by_prefix(self.tx, prefix).await
    }

    /// Adds a token and sets its id. Its client must exist.
    pub async fn insert(&mut self, token: &mut ApiToken) -> Result<(), StoreError> {
        self.tx.insert(token).await
    }

    /// Writes all columns of a token.
    pub async fn update(&mut self, token: &ApiToken) -> Result<bool, StoreError> {
        self.tx.update(token).await
    }

    /// Deletes a token.
    pub async fn delete(&mut self, id: i64) -> Result<bool, StoreError> {
        Ok(self.tx.execute(sql!("DELETE FROM api_tokens WHERE id = ?"), params![id]).await? > 0)
    }

    /// Deletes the tokens of a user. Returns how many.
    pub async fn delete_for_user(&mut self, user_id: i64) -> Result<u64, StoreError> {
        self.tx.execute(sql!("DELETE FROM api_tokens WHERE user_id = ?"), params![user_id]).await
    }

    /// Deletes the tokens of a service. Returns how many.
    pub async fn delete_for_service(&mut self, service_id: i64) -> Result<u64, StoreError> {
        self.tx.execute(sql!("DELETE FROM api_tokens WHERE service_id = ?"), params![service_id]).await
    }

    /// Deletes the tokens that an OAuth client issued. Returns how many.
    pub async fn delete_for_client(&mut self, client_id: &str) -> Result<u64, StoreError> {
        self.tx.execute(sql!("DELETE FROM api_tokens WHERE client_id = ?"), params![client_id]).await
    }

    /// Deletes the tokens of a user's browser session, as at logout. Returns how many.
    pub async fn delete_for_session(&mut self, user_id: i64, session_id: &str) -> Result<u64, StoreError> {
        let statement = sql!("DELETE FROM api_tokens WHERE user_id = ? AND session_id = ?");
        self.tx.execute(statement, params![user_id, session_id]).await
    }

    /// Deletes the tokens that an OAuth client issued for a user. Returns how many.
    pub async fn delete_for_user_and_client(
        &mut self,
        user_id: i64,
        client_id: &str,
    ) -> Result<u64, StoreError> {
        let statement = sql!("DELETE FROM api_tokens WHERE user_id = ? AND client_id = ?");
        self.tx.execute(statement, params![user_id, client_id]).await
    }

    /// The tokens of a user, by primary key.
    pub async fn list_for_user(&mut self, user_id: i64) -> Result<Vec<ApiToken>, StoreError> {
        let statement = sql!("SELECT [api_tokens t] FROM api_tokens t WHERE t.user_id = ? ORDER BY t.id");
        self.tx.all(statement, params![user_id]).await
    }

    /// The tokens of a service, by primary key.
    pub async fn list_for_service(&mut self, service_id: i64) -> Result<Vec<ApiToken>, StoreError> {
        let statement = sql!("SELECT [api_tokens t] FROM api_tokens t WHERE t.service_id = ? ORDER BY t.id");
        self.tx.all(statement, params![service_id]).await
    }

    /// The tokens that an OAuth client issued for a user, by primary key.
    pub async fn list_for_user_and_client(
        &mut self,
        user_id: i64,
        client_id: &str,
    ) -> Result<Vec<ApiToken>, StoreError> {
        let statement = sql!(
            "SELECT [api_tokens t] FROM api_tokens t WHERE t.user_id = ? AND t.client_id = ? ORDER BY t.id"
        );
        self.tx.all(statement, params![user_id, client_id]).await
    }

    /// Deletes the tokens that ended before this time. Returns how many.
    pub async fn purge_expired(&mut self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let statement = sql!("DELETE FROM api_tokens WHERE expires_at IS NOT NULL AND expires_at < ?");
        self.tx.execute(statement, params![now]).await
    }

    /// Records the use of many tokens. A time before the recorded one changes nothing. Returns how
    /// many have changed.
    pub async fn set_activity(&mut self, times: &[(i64, DateTime<Utc>)]) -> Result<u64, StoreError> {
        activity::record(self.tx, activity::Table::Tokens, times).await
    }
}
