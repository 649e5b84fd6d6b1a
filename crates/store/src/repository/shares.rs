//! Shares of servers and share codes.

use chrono::{DateTime, Utc};

use super::Page;
use crate::cell::Cells;
use crate::error::StoreError;
use crate::param::{Param, params};
use crate::rows::{Record as _, Share, ShareCode, ShareCodeDetails, ShareDetails};
use crate::statement::sql;
use crate::tx::{Query, Tx};

/// The tables `shares` and `share_codes`.
pub struct Shares<'t> {
    pub(super) tx: &'t mut Tx,
}

/// Whom a server is shared with, by primary key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShareWith {
    /// A user.
    User(i64),
    /// A group.
    Group(i64),
}

/// Which shares, or share codes, to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShareFilter {
    /// Of all servers of this user.
    Owner(i64),
    /// Of this spawner.
    Spawner(i64),
    /// With this user, directly or through a group (for codes: none).
    WithUser(i64),
    /// With this group (for codes: none).
    WithGroup(i64),
}

const DETAILS: &str = "FROM shares s JOIN users o ON o.id = s.owner_id JOIN spawners p ON p.id = s.spawner_id \
     LEFT JOIN users u ON u.id = s.user_id LEFT JOIN \"groups\" g ON g.id = s.group_id";

const CODE_DETAILS: &str =
    "FROM share_codes s JOIN users o ON o.id = s.owner_id JOIN spawners p ON p.id = s.spawner_id";

impl Shares<'_> {
    /// Finds the share of a spawner with a user or group.
    pub async fn between(&mut self, spawner_id: i64, with: ShareWith) -> Result<Option<Share>, StoreError> {
        let (statement, id) = match with {
            ShareWith::User(id) => (
                sql!(
                    "SELECT [shares s] FROM shares s WHERE s.spawner_id = ? AND s.user_id = ? ORDER BY s.id LIMIT 1"
                ),
                id,
            ),
            ShareWith::Group(id) => (
                sql!(
                    "SELECT [shares s] FROM shares s WHERE s.spawner_id = ? AND s.group_id = ? ORDER BY s.id LIMIT 1"
                ),
                id,
            ),
        };
        self.tx.optional(statement, params![spawner_id, id]).await
    }

    /// A page of shares with the names that their API model shows, by primary key; expired ones included. `limit`
    /// None means all.
    pub async fn list(
        &mut self,
        filter: ShareFilter,
        offset: i64,
        limit: Option<i64>,
    ) -> Result<Page<ShareDetails>, StoreError> {
        let (condition, params) = match filter {
            ShareFilter::Owner(id) => ("s.owner_id = ?", vec![id]),
            ShareFilter::Spawner(id) => ("s.spawner_id = ?", vec![id]),
            ShareFilter::WithGroup(id) => ("s.group_id = ?", vec![id]),
            ShareFilter::WithUser(id) => (
                "(s.user_id = ? OR s.group_id IN (SELECT m.group_id FROM user_group_map m WHERE m.user_id = ?))",
                vec![id, id],
            ),
        };
        let params: Vec<Param<'_>> = params.into_iter().map(Param::from).collect();
        let count = format!("SELECT count(*) {DETAILS} WHERE {condition}");
        let total = self.tx.scalar(Query::Once(&count), &params).await?;
        let text = format!(
            "SELECT [shares s], o.name, p.name, u.name, g.name {DETAILS} WHERE {condition} ORDER BY s.id {}",
            limits(offset, limit)
        );
        let rows = self.tx.rows(Query::Once(&text), &params).await?;
        Ok(Page { items: rows.into_iter().map(details).collect::<Result<_, _>>()?, total })
    }

    /// Adds a share and sets its id.
    pub async fn insert(&mut self, share: &mut Share) -> Result<(), StoreError> {
        self.tx.insert(share).await
    }

    /// Writes all columns of a share.
    pub async fn update(&mut self, share: &Share) -> Result<bool, StoreError> {
        self.tx.update(share).await
    }

    /// Deletes a share.
    pub async fn delete(&mut self, id: i64) -> Result<bool, StoreError> {
        Ok(self.tx.execute(sql!("DELETE FROM shares WHERE id = ?"), params![id]).await? > 0)
    }

    /// Deletes all shares of a spawner. Returns how many.
    pub async fn delete_for_spawner(&mut self, spawner_id: i64) -> Result<u64, StoreError> {
        self.tx.execute(sql!("DELETE FROM shares WHERE spawner_id = ?"), params![spawner_id]).await
    }

    /// The share codes with this prefix (four characters), expired ones included.
    pub async fn codes_by_prefix(&mut self, prefix: &str) -> Result<Vec<ShareCodeDetails>, StoreError> {
        let text =
            format!("SELECT [share_codes s], o.name, p.name {CODE_DETAILS} WHERE s.prefix = ? ORDER BY s.id");
        let rows = self.tx.rows(Query::Once(&text), params![prefix]).await?;
        rows.into_iter().map(code_details).collect()
    }

    /// Finds a share code by primary key.
    pub async fn find_code(&mut self, id: i64) -> Result<Option<ShareCode>, StoreError> {
        self.tx.optional(sql!("SELECT [share_codes s] FROM share_codes s WHERE s.id = ?"), params![id]).await
    }

    /// A page of share codes by primary key; expired ones included. `limit` None means all.
    pub async fn list_codes(
        &mut self,
        filter: ShareFilter,
        offset: i64,
        limit: Option<i64>,
    ) -> Result<Page<ShareCodeDetails>, StoreError> {
        let (condition, id) = match filter {
            ShareFilter::Owner(id) => ("s.owner_id = ?", id),
            ShareFilter::Spawner(id) => ("s.spawner_id = ?", id),
            ShareFilter::WithUser(id) | ShareFilter::WithGroup(id) => ("s.id = ? AND 1 = 0", id),
        };
        let count = format!("SELECT count(*) {CODE_DETAILS} WHERE {condition}");
        let total = self.tx.scalar(Query::Once(&count), params![id]).await?;
        let text = format!(
            "SELECT [share_codes s], o.name, p.name {CODE_DETAILS} WHERE {condition} ORDER BY s.id {}",
            limits(offset, limit)
        );
        let rows = self.tx.rows(Query::Once(&text), params![id]).await?;
        Ok(Page { items: rows.into_iter().map(code_details).collect::<Result<_, _>>()?, total })
    }

    /// Adds a share code and sets its id.
    pub async fn insert_code(&mut self, code: &mut ShareCode) -> Result<(), StoreError> {
        self.tx.insert(code).await
    }

    /// Counts an exchange of a code.
    pub async fn count_exchange(&mut self, id: i64, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let statement = sql!(
            "UPDATE share_codes SET exchange_count = coalesce(exchange_count, 0) + 1, last_exchanged_at = ? \
             WHERE id = ?"
        );
        Ok(self.tx.execute(statement, params![now, id]).await? > 0)
    }

    /// Deletes a share code.
    pub async fn delete_code(&mut self, id: i64) -> Result<bool, StoreError> {
        Ok(self.tx.execute(sql!("DELETE FROM share_codes WHERE id = ?"), params![id]).await? > 0)
    }

    /// Deletes all share codes of a spawner. Returns how many.
    pub async fn delete_codes_for_spawner(&mut self, spawner_id: i64) -> Result<u64, StoreError> {
        self.tx.execute(sql!("DELETE FROM share_codes WHERE spawner_id = ?"), params![spawner_id]).await
    }

    /// Deletes shares and share codes that ended before this time. Returns how many.
    pub async fn purge_expired(&mut self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let shares = sql!("DELETE FROM shares WHERE expires_at IS NOT NULL AND expires_at < ?");
        let codes = sql!("DELETE FROM share_codes WHERE expires_at IS NOT NULL AND expires_at < ?");
        Ok(self.tx.execute(shares, params![now]).await? + self.tx.execute(codes, params![now]).await?)
    }
}

fn limits(offset: i64, limit: Option<i64>) -> String {
    format!("LIMIT {} OFFSET {}", limit.unwrap_or(i64::MAX), offset.max(0))
}

fn details(mut row: Cells) -> Result<ShareDetails, StoreError> {
    Ok(ShareDetails {
        share: Share::decode(&mut row)?,
        owner_name: row.take()?,
        server_name: row.take()?,
        user_name: row.take()?,
        group_name: row.take()?,
    })
}

fn code_details(mut row: Cells) -> Result<ShareCodeDetails, StoreError> {
    Ok(ShareCodeDetails {
        code: ShareCode::decode(&mut row)?,
        owner_name: row.take()?,
        server_name: row.take()?,
    })
}
