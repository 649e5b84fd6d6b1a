//! The list of users with the filters, orders and pages of `GET /hub/api/users`.

use std::collections::HashMap;

use super::Page;
use crate::Backend;
use crate::error::StoreError;
use crate::param::Param;
use crate::rows::{Record as _, User};
use crate::statement::sql_of_ids;
use crate::tx::{Query, Tx};

/// What to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct UserQuery {
    /// Only users in this state.
    pub state: Option<UserState>,
    /// Only names that contain this, in any case; `%` and `_` are wildcards, as upstream has it.
    pub name_filter: Option<String>,
    /// Only these users; None for all.
    pub visible: Option<VisibleUsers>,
    /// Order.
    pub sort: UserSort,
    /// Order from high to low.
    pub descending: bool,
    /// How many users to pass over.
    pub offset: i64,
    /// How many users to give at most; None for all.
    pub limit: Option<i64>,
}

/// Users in this state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserState {
    /// At least one server has an address.
    Active,
    /// No server has an address.
    Inactive,
}

/// The users that a requester may see: those named, and the members of the groups named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct VisibleUsers {
    /// Names of users.
    pub users: Vec<String>,
    /// Names of groups.
    pub groups: Vec<String>,
}

/// Order of users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum UserSort {
    /// By primary key.
    #[default]
    Id,
    /// By name.
    Name,
    /// By last activity; users without any come first, and last in the opposite order.
    LastActivity,
}

impl UserQuery {
    /// The same users on one page, counted from the beginning: what is kept of a list is kept under this.
    #[must_use]
    pub fn all_pages(&self) -> Self {
        let (state, name_filter, visible) = (self.state, self.name_filter.clone(), self.visible.clone());
        Self { state, name_filter, visible, sort: self.sort, ..Self::default() }
    }

    /// Whether a page is found by passing over so many users that reading the ids of the whole list, once, is better.
    /// Activity changes its order all the time, so that one is not worth it.
    #[must_use]
    pub fn passes_over_many(&self) -> bool {
        self.sort != UserSort::LastActivity
            && (self.name_filter.is_some() || self.visible.is_some() || self.offset >= MANY)
    }

    /// The query that finds the same page, in the opposite order, by counting from the end; None where that is not
    /// nearer. `total` is how many users there are on all pages.
    fn counted_from_the_end(&self, total: i64) -> Option<Self> {
        let (offset, limit) = (self.offset.max(0), self.limit?);
        let end = offset.saturating_add(limit.max(0)).min(total);
        let after = total - end;
        (offset >= MANY && after < offset).then(|| Self {
            descending: !self.descending,
            offset: after,
            limit: Some((end - offset).max(0)),
            ..self.clone()
        })
    }

    /// Whether users with a running server are all that is wanted, in the order of their ids: an index has these.
    fn is_of_running(&self) -> bool {
        self.state == Some(UserState::Active)
            && self.sort == UserSort::Id
            && self.visible.is_none()
            && self.name_filter.is_none()
    }
}

/// From this offset on, a page is looked for in other ways than by counting from the beginning.
const MANY: i64 = 1000;

/// The users' running servers: our partial index on `spawners` has the same condition.
const RUNNING: &str = "FROM spawners p WHERE p.server_id IS NOT NULL AND p.user_id IS NOT NULL";

/// `total` is how many there are on all pages, where that is known.
pub(super) async fn page(
    tx: &mut Tx,
    query: &UserQuery,
    total: Option<i64>,
) -> Result<Page<User>, StoreError> {
    let total = if total.is_none() && query.offset >= MANY { Some(count(tx, query).await?) } else { total };
    if let Some((backwards, total)) =
        total.and_then(|total| Some((query.counted_from_the_end(total)?, total)))
    {
        let mut items = items(tx, &backwards).await?;
        items.reverse();
        return Ok(Page { items, total });
    }
    let items = items(tx, query).await?;
    if let Some(total) = total {
        return Ok(Page { items, total });
    }
    let found = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let is_last = query.limit.is_none_or(|limit| found < limit);
    if is_last && (found > 0 || query.offset <= 0) {
        return Ok(Page { total: query.offset.max(0) + found, items });
    }
    Ok(Page { items, total: count(tx, query).await? })
}

async fn count(tx: &mut Tx, query: &UserQuery) -> Result<i64, StoreError> {
    let mut params = Vec::new();
    let condition = condition(query, tx.backend(), &mut params);
    tx.scalar(Query::Recurring(&format!("SELECT count(*) FROM users u{condition}")), &params).await
}

async fn items(tx: &mut Tx, query: &UserQuery) -> Result<Vec<User>, StoreError> {
    let mut params = Vec::new();
    let condition = condition(query, tx.backend(), &mut params);
    let order = order(query, tx.backend());
    let text = if query.is_of_running() {
        let direction = direction(query);
        format!(
            "SELECT [users u] FROM (SELECT DISTINCT p.user_id {RUNNING} ORDER BY p.user_id {direction} {LIMITS}) a \
             JOIN users u ON u.id = a.user_id ORDER BY a.user_id {direction}"
        )
    } else {
        format!("SELECT [users u] FROM users u{condition} ORDER BY {order} {LIMITS}")
    };
    // MySQL has no OFFSET without LIMIT; this number is near its own advice for "all".
    params.push(Param::from(query.limit.unwrap_or(i64::MAX)));
    params.push(Param::from(query.offset.max(0)));
    tx.all(Query::Recurring(&text), &params).await
}

/// The ids of all users of the list, in ascending order: of the ids, or of the names where these are sorted by.
pub(super) async fn ids(tx: &mut Tx, query: &UserQuery) -> Result<Vec<i64>, StoreError> {
    let mut params = Vec::new();
    let condition = condition(query, tx.backend(), &mut params);
    if query.sort == UserSort::Name {
        let text = format!("SELECT u.id FROM users u{condition} ORDER BY u.name, u.id");
        return tx.column(Query::Recurring(&text), &params).await;
    }
    // Sorted here, so that the database may read the smallest of its indexes.
    let mut ids: Vec<i64> =
        tx.column(Query::Recurring(&format!("SELECT u.id FROM users u{condition}")), &params).await?;
    ids.sort_unstable();
    Ok(ids)
}

/// The users with these ids, in this order; those that there are.
pub(super) async fn by_ids(tx: &mut Tx, ids: &[i64]) -> Result<Vec<User>, StoreError> {
    let statement = sql_of_ids!("SELECT [users u] FROM users u WHERE u.id IN ($ids)");
    let mut found = HashMap::with_capacity(ids.len());
    for mut row in tx.rows_of_ids(statement, ids).await? {
        let user = User::decode(&mut row)?;
        found.insert(user.id, user);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

fn condition<'q>(query: &'q UserQuery, backend: Backend, params: &mut Vec<Param<'q>>) -> String {
    let mut conditions = Vec::new();
    // Not correlated: the cost is that of the running servers, however many users there are.
    match query.state {
        Some(UserState::Active) => conditions.push(format!("u.id IN (SELECT p.user_id {RUNNING})")),
        Some(UserState::Inactive) => conditions.push(format!("u.id NOT IN (SELECT p.user_id {RUNNING})")),
        None => {}
    }
    if let Some(visible) = &query.visible {
        conditions.push(visibility(visible, backend, params));
    }
    if let Some(filter) = &query.name_filter {
        // The wildcards around the filter are added in SQL, so that the parameter can be borrowed.
        // SQLite's `LIKE` takes no notice of case by itself.
        conditions.push(match backend {
            Backend::Sqlite => "u.name LIKE concat('%', ?, '%')".to_owned(),
            Backend::Postgres | Backend::MySql => "lower(u.name) LIKE lower(concat('%', ?, '%'))".to_owned(),
        });
        params.push(Param::from(filter.as_str()));
    }
    if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) }
}

fn visibility<'q>(visible: &'q VisibleUsers, backend: Backend, params: &mut Vec<Param<'q>>) -> String {
    let mut either = Vec::new();
    if !visible.users.is_empty() {
        either.push(format!("u.name IN ({})", super::among(&visible.users, backend, params)));
    }
    if !visible.groups.is_empty() {
        either.push(format!(
            "EXISTS (SELECT 1 FROM user_group_map m JOIN \"groups\" g ON g.id = m.group_id \
             WHERE m.user_id = u.id AND g.name IN ({}))",
            super::among(&visible.groups, backend, params)
        ));
    }
    if either.is_empty() { "1 = 0".to_owned() } else { format!("({})", either.join(" OR ")) }
}

/// The primary key makes pages stable. Each order is one that an index has, so that a page costs the same however many
/// users there are.
fn order(query: &UserQuery, backend: Backend) -> String {
    let direction = direction(query);
    match query.sort {
        UserSort::Id => format!("u.id {direction}"),
        UserSort::Name => format!("u.name {direction}, u.id {direction}"),
        UserSort::LastActivity => {
            // PostgreSQL alone takes NULL for the highest.
            let nulls = match (backend, query.descending) {
                (Backend::Postgres, false) => " NULLS FIRST",
                (Backend::Postgres, true) => " NULLS LAST",
                (Backend::Sqlite | Backend::MySql, _) => "",
            };
            format!("u.last_activity {direction}{nulls}, u.id {direction}")
        }
    }
}

fn direction(query: &UserQuery) -> &'static str {
    if query.descending { "DESC" } else { "ASC" }
}

/// How many to give, and how many to pass over.
const LIMITS: &str = "LIMIT ? OFFSET ?";
