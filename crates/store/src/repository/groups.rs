//! Groups and their members.

use serde_json::Value;

use super::{CHUNK, Page, among, placeholders};
use crate::error::StoreError;
use crate::param::{Param, params};
use crate::rows::{Group, User};
use crate::statement::{sql, sql_of_ids};
use crate::tx::{Query, Tx};

/// The tables `groups` and `user_group_map`.
pub struct Groups<'t> {
    pub(super) tx: &'t mut Tx,
}

impl Groups<'_> {
    /// Finds a group by primary key.
    pub async fn find(&mut self, id: i64) -> Result<Option<Group>, StoreError> {
        self.tx.optional(sql!("SELECT [groups g] FROM \"groups\" g WHERE g.id = ?"), params![id]).await
    }

    /// Finds a group by name.
    pub async fn by_name(&mut self, name: &str) -> Result<Option<Group>, StoreError> {
        let statement = sql!("SELECT [groups g] FROM \"groups\" g WHERE g.name = ?");
        self.tx.exact(statement, params![name], |found: &Group| found.name == name).await
    }

    /// The groups among these names that exist, by name.
    pub async fn by_names(&mut self, names: &[&str]) -> Result<Vec<Group>, StoreError> {
        let mut groups = Vec::with_capacity(names.len());
        for chunk in names.chunks(CHUNK) {
            let params: Vec<Param<'_>> = chunk.iter().map(|name| Param::from(*name)).collect();
            let text = format!(
                "SELECT [groups g] FROM \"groups\" g WHERE g.name IN ({})",
                placeholders(chunk.len())
            );
            groups.extend(self.tx.all::<Group>(Query::Once(&text), &params).await?);
        }
        groups.retain(|found| names.contains(&found.name.as_str()));
        groups.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(groups)
    }

    /// All groups, by primary key.
    pub async fn all(&mut self) -> Result<Vec<Group>, StoreError> {
        self.tx.all(sql!("SELECT [groups g] FROM \"groups\" g ORDER BY g.id"), &[]).await
    }

    /// A page of groups by primary key; only those named, or all if `visible` is None. `limit` None means all.
    pub async fn list(
        &mut self,
        visible: Option<&[&str]>,
        offset: i64,
        limit: Option<i64>,
    ) -> Result<Page<Group>, StoreError> {
        let (limit, offset) = (limit.unwrap_or(i64::MAX), offset.max(0));
        let Some(names) = visible else {
            let total = self.tx.scalar(sql!("SELECT count(*) FROM \"groups\""), &[]).await?;
            let page = sql!("SELECT [groups g] FROM \"groups\" g ORDER BY g.id LIMIT ? OFFSET ?");
            return Ok(Page { items: self.tx.all(page, params![limit, offset]).await?, total });
        };
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = Vec::new();
        let condition = format!(" WHERE g.name IN ({})", among(&names, self.tx.backend(), &mut params));
        let count = format!("SELECT count(*) FROM \"groups\" g{condition}");
        let total = self.tx.scalar(Query::Once(&count), &params).await?;
        let text = format!(
            "SELECT [groups g] FROM \"groups\" g{condition} ORDER BY g.id LIMIT {limit} OFFSET {offset}"
        );
        Ok(Page { items: self.tx.all(Query::Once(&text), &params).await?, total })
    }

    /// Adds a group and sets its id. [`StoreError::Conflict`] if the name is taken.
    pub async fn insert(&mut self, group: &mut Group) -> Result<(), StoreError> {
        self.tx.insert(group).await
    }

    /// Deletes a group with its memberships, roles and shares.
    pub async fn delete(&mut self, id: i64) -> Result<bool, StoreError> {
        Ok(self.tx.execute(sql!("DELETE FROM \"groups\" WHERE id = ?"), params![id]).await? > 0)
    }

    /// Writes the group's properties.
    pub async fn set_properties(&mut self, id: i64, properties: Option<&Value>) -> Result<bool, StoreError> {
        let statement = sql!("UPDATE \"groups\" SET properties = ? WHERE id = ?");
        Ok(self.tx.execute(statement, params![properties, id]).await? > 0)
    }

    /// The members of a group, by primary key.
    pub async fn members(&mut self, group_id: i64) -> Result<Vec<User>, StoreError> {
        let statement = sql!(
            "SELECT [users u] FROM user_group_map m JOIN users u ON u.id = m.user_id \
             WHERE m.group_id = ? ORDER BY u.id"
        );
        self.tx.all(statement, params![group_id]).await
    }

    /// Pairs of group id and name of a member, for many groups; those of a group by the member's primary key.
    pub async fn member_names(&mut self, group_ids: &[i64]) -> Result<Vec<(i64, String)>, StoreError> {
        let statement = sql_of_ids!(
            "SELECT m.group_id, u.name FROM user_group_map m JOIN users u ON u.id = m.user_id \
             WHERE m.group_id IN ($ids) ORDER BY m.group_id, m.user_id"
        );
        self.tx.pairs_of_ids(statement, group_ids).await
    }

    /// The groups of a user, by name.
    pub async fn of_user(&mut self, user_id: i64) -> Result<Vec<Group>, StoreError> {
        let statement = sql!(
            "SELECT [groups g] FROM user_group_map m JOIN \"groups\" g ON g.id = m.group_id \
             WHERE m.user_id = ? ORDER BY g.name"
        );
        self.tx.all(statement, params![user_id]).await
    }

    /// The names of the groups of the user with this name, sorted; empty for an unknown user.
    pub async fn names_of_user(&mut self, user_name: &str) -> Result<Vec<String>, StoreError> {
        let statement = sql!(
            "SELECT u.name, g.name FROM users u JOIN user_group_map m ON m.user_id = u.id \
             JOIN \"groups\" g ON g.id = m.group_id WHERE u.name = ? ORDER BY g.name"
        );
        let mut names = Vec::new();
        for mut row in self.tx.rows(statement, params![user_name]).await? {
            if row.take::<String>()? == user_name {
                names.push(row.take()?);
            }
        }
        Ok(names)
    }

    /// Pairs of user id and name of a group, for many users.
    pub async fn names_of_users(&mut self, user_ids: &[i64]) -> Result<Vec<(i64, String)>, StoreError> {
        let statement = sql_of_ids!(
            "SELECT m.user_id, g.name FROM user_group_map m JOIN \"groups\" g ON g.id = m.group_id \
             WHERE m.user_id IN ($ids) ORDER BY g.name, m.user_id"
        );
        self.tx.pairs_of_ids(statement, user_ids).await
    }

    /// Adds a member. False if the user was one already.
    pub async fn add_user(&mut self, group_id: i64, user_id: i64) -> Result<bool, StoreError> {
        let known = sql!("SELECT count(*) FROM user_group_map WHERE group_id = ? AND user_id = ?");
        if self.tx.scalar::<i64>(known, params![group_id, user_id]).await? > 0 {
            return Ok(false);
        }
        let statement = sql!("INSERT INTO user_group_map (user_id, group_id) VALUES (?, ?)");
        Ok(self.tx.execute(statement, params![user_id, group_id]).await? > 0)
    }

    /// Removes a member. False if the user was none.
    pub async fn remove_user(&mut self, group_id: i64, user_id: i64) -> Result<bool, StoreError> {
        let statement = sql!("DELETE FROM user_group_map WHERE group_id = ? AND user_id = ?");
        Ok(self.tx.execute(statement, params![group_id, user_id]).await? > 0)
    }
}
