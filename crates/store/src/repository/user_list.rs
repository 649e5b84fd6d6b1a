//! The list of users with the filters, orders and pages of `GET /hub/api/users`.

use super::Page;
use crate::Backend;
use crate::error::StoreError;
use crate::param::Param;
use crate::rows::User;
use crate::tx::Tx;

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
    /// The same users in no special order, and all of them: what has the same total has the same filters.
    #[must_use]
    pub fn filters(&self) -> Self {
        let (state, name_filter, visible) = (self.state, self.name_filter.clone(), self.visible.clone());
        Self { state, name_filter, visible, ..Self::default() }
    }

    /// Whether users with a running server are all that is wanted, in the order of their ids: an index has these.
    fn is_of_running(&self) -> bool {
        self.state == Some(UserState::Active)
            && self.sort == UserSort::Id
            && self.visible.is_none()
            && self.name_filter.is_none()
    }
}

/// The users' running servers: our partial index on `spawners` has the same condition.
const RUNNING: &str = "FROM spawners p WHERE p.server_id IS NOT NULL AND p.user_id IS NOT NULL";

/// `total` is how many there are on all pages, where that is known.
pub(super) async fn page(
    tx: &mut Tx,
    query: &UserQuery,
    total: Option<i64>,
) -> Result<Page<User>, StoreError> {
    let mut params = Vec::new();
    let condition = condition(query, tx.backend(), &mut params);
    let order = order(query, tx.backend());
    let text = if query.is_of_running() {
        let (direction, limits) = (direction(query), limits(query));
        format!(
            "SELECT [users u] FROM (SELECT DISTINCT p.user_id {RUNNING} ORDER BY p.user_id {direction} {limits}) a \
             JOIN users u ON u.id = a.user_id ORDER BY a.user_id {direction}"
        )
    } else {
        format!("SELECT [users u] FROM users u{condition} ORDER BY {order} {}", limits(query))
    };
    let items: Vec<User> = tx.dynamic_all(&text, &params).await?;
    if let Some(total) = total {
        return Ok(Page { items, total });
    }
    let found = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let is_last = query.limit.is_none_or(|limit| found < limit);
    if is_last && (found > 0 || query.offset <= 0) {
        return Ok(Page { total: query.offset.max(0) + found, items });
    }
    let total = tx.dynamic_scalar(&format!("SELECT count(*) FROM users u{condition}"), &params).await?;
    Ok(Page { items, total })
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

fn limits(query: &UserQuery) -> String {
    // MySQL has no OFFSET without LIMIT; this number is its own advice for "all".
    format!("LIMIT {} OFFSET {}", query.limit.unwrap_or(i64::MAX), query.offset.max(0))
}
