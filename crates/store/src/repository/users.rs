//! Users.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{CHUNK, Page, UserQuery, activity, grants, placeholders, user_list};
use crate::error::StoreError;
use crate::param::{Param, params};
use crate::rows::{Grants, User, UserWithGrants};
use crate::statement::sql;
use crate::tx::{Query, Tx};

/// The table `users`.
pub struct Users<'t> {
    pub(super) tx: &'t mut Tx,
}

impl Users<'_> {
    /// Finds a user by primary key.
    pub async fn find(&mut self, id: i64) -> Result<Option<User>, StoreError> {
        self.tx.optional(sql!("SELECT [users u] FROM users u WHERE u.id = ?"), params![id]).await
    }

    /// Finds a user by name, exactly as written.
    pub async fn by_name(&mut self, name: &str) -> Result<Option<User>, StoreError> {
        let statement = sql!("SELECT [users u] FROM users u WHERE u.name = ?");
        self.tx.exact(statement, params![name], |found: &User| found.name == name).await
    }

    /// Finds the user whose login cookie contains this id.
    pub async fn by_cookie_id(&mut self, cookie_id: &str) -> Result<Option<User>, StoreError> {
        let statement = sql!("SELECT [users u] FROM users u WHERE u.cookie_id = ?");
        self.tx.exact(statement, params![cookie_id], |found: &User| found.cookie_id == cookie_id).await
    }

    /// The users among these names that exist, by name.
    pub async fn by_names(&mut self, names: &[&str]) -> Result<Vec<User>, StoreError> {
        let mut users = Vec::with_capacity(names.len());
        for chunk in names.chunks(CHUNK) {
            let params: Vec<Param<'_>> = chunk.iter().map(|name| Param::from(*name)).collect();
            let text =
                format!("SELECT [users u] FROM users u WHERE u.name IN ({})", placeholders(chunk.len()));
            users.extend(self.tx.all::<User>(Query::Once(&text), &params).await?);
        }
        users.retain(|found| names.contains(&found.name.as_str()));
        users.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(users)
    }

    /// The user of a login cookie with everything that decides their rights, in one statement.
    pub async fn resolve_by_cookie_id(
        &mut self,
        cookie_id: &str,
    ) -> Result<Option<UserWithGrants>, StoreError> {
        grants::user_by_cookie_id(self.tx, cookie_id).await
    }

    /// The user of this name, exactly as written, with everything that decides their rights, in one statement.
    pub async fn resolve_by_name(&mut self, name: &str) -> Result<Option<UserWithGrants>, StoreError> {
        grants::user_by_name(self.tx, name).await
    }

    /// Everything that decides the rights of a user, in one statement; empty for a user that does not exist.
    pub async fn grants(&mut self, user_id: i64) -> Result<Grants, StoreError> {
        grants::of_user(self.tx, user_id).await
    }

    /// [`Users::grants`] for many users by primary key, for lists; users that have nothing are left out.
    pub async fn grants_of(&mut self, user_ids: &[i64]) -> Result<BTreeMap<i64, Grants>, StoreError> {
        grants::of_users(self.tx, user_ids).await
    }

    /// Adds a user and sets its id. [`StoreError::Conflict`] if the name or the cookie id is taken.
    pub async fn insert(&mut self, user: &mut User) -> Result<(), StoreError> {
        self.tx.insert(user).await
    }

    /// Writes all columns of a user.
    pub async fn update(&mut self, user: &User) -> Result<bool, StoreError> {
        self.tx.update(user).await
    }

    /// Writes only the administrator flag.
    pub async fn set_admin(&mut self, id: i64, admin: bool) -> Result<bool, StoreError> {
        let statement = sql!("UPDATE users SET \"admin\" = ? WHERE id = ?");
        Ok(self.tx.execute(statement, params![admin, id]).await? > 0)
    }

    /// Writes only the encrypted `auth_state`.
    pub async fn set_auth_state(&mut self, id: i64, encrypted: Option<&[u8]>) -> Result<bool, StoreError> {
        let statement = sql!("UPDATE users SET encrypted_auth_state = ? WHERE id = ?");
        Ok(self.tx.execute(statement, params![encrypted, id]).await? > 0)
    }

    /// Writes only the cookie id, which logs the user out everywhere.
    pub async fn set_cookie_id(&mut self, id: i64, cookie_id: &str) -> Result<bool, StoreError> {
        let statement = sql!("UPDATE users SET cookie_id = ? WHERE id = ?");
        Ok(self.tx.execute(statement, params![cookie_id, id]).await? > 0)
    }

    /// Writes when a user was made where that is not known, as in databases of old versions: the time of their last
    /// activity, or now.
    pub async fn complete_created(&mut self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let statement = sql!("UPDATE users SET created = coalesce(last_activity, ?) WHERE created IS NULL");
        self.tx.execute(statement, params![now]).await
    }

    /// Deletes a user with all that belongs to them: servers with their addresses and OAuth clients, tokens, codes,
    /// shares, memberships and roles.
    pub async fn delete(&mut self, id: i64) -> Result<bool, StoreError> {
        let addresses =
            sql!("DELETE FROM servers WHERE id IN (SELECT p.server_id FROM spawners p WHERE p.user_id = ?)");
        self.tx.execute(addresses, params![id]).await?;
        let clients = sql!(
            "DELETE FROM oauth_clients WHERE identifier IN \
             (SELECT p.oauth_client_id FROM spawners p WHERE p.user_id = ?)"
        );
        self.tx.execute(clients, params![id]).await?;
        Ok(self.tx.execute(sql!("DELETE FROM users WHERE id = ?"), params![id]).await? > 0)
    }

    /// A page of users, filtered and sorted as the REST API's `GET /users`.
    pub async fn list(&mut self, query: &UserQuery) -> Result<Page<User>, StoreError> {
        self.list_of(query, None).await
    }

    /// The same; `total` is how many users there are on all pages, where that is known and need not be counted.
    pub async fn list_of(&mut self, query: &UserQuery, total: Option<i64>) -> Result<Page<User>, StoreError> {
        user_list::page(self.tx, query, total).await
    }

    /// The ids of all users of such a list, on all its pages, in ascending order: of the ids, or of the names if that is
    /// the list's order.
    pub async fn ids_of_list(&mut self, query: &UserQuery) -> Result<Vec<i64>, StoreError> {
        user_list::ids(self.tx, query).await
    }

    /// The users with these primary keys, in this order; those that there are.
    pub async fn by_ids(&mut self, ids: &[i64]) -> Result<Vec<User>, StoreError> {
        user_list::by_ids(self.tx, ids).await
    }

    /// The names of all users, by primary key.
    pub async fn names(&mut self) -> Result<Vec<String>, StoreError> {
        self.tx.column(sql!("SELECT u.name FROM users u ORDER BY u.id"), &[]).await
    }

    /// The administrators, by primary key.
    pub async fn admins(&mut self) -> Result<Vec<User>, StoreError> {
        let statement = sql!("SELECT [users u] FROM users u WHERE u.\"admin\" = ? ORDER BY u.id");
        self.tx.all(statement, params![true]).await
    }

    /// How many users there are.
    pub async fn count(&mut self) -> Result<i64, StoreError> {
        self.tx.scalar(sql!("SELECT count(*) FROM users"), &[]).await
    }

    /// How many users were active at this time or later.
    pub async fn count_active_since(&mut self, time: DateTime<Utc>) -> Result<i64, StoreError> {
        self.tx.scalar(sql!("SELECT count(*) FROM users WHERE last_activity >= ?"), params![time]).await
    }

    /// Records activity of many users. A time before the recorded one changes nothing. Returns how many have changed.
    pub async fn set_activity(&mut self, times: &[(i64, DateTime<Utc>)]) -> Result<u64, StoreError> {
        activity::record(self.tx, activity::Table::Users, times).await
    }

    /// Keeps other transactions from changing this user until the end of this one (`SELECT … FOR UPDATE`; on SQLite a
    /// write transaction is alone anyway). False if there is no such user.
    pub async fn lock(&mut self, id: i64) -> Result<bool, StoreError> {
        let found: Vec<i64> = if self.tx.backend() == crate::Backend::Sqlite {
            self.tx.column(sql!("SELECT id FROM users WHERE id = ?"), params![id]).await?
        } else {
            self.tx.column(sql!("SELECT id FROM users WHERE id = ? FOR UPDATE"), params![id]).await?
        };
        Ok(!found.is_empty())
    }
}
