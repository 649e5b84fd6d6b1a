//! One repository per group of tables, each a view of a transaction: `tx.users().by_name("ada").await?`.
//!
//! A row that does not exist is `Ok(None)`, or `false` from what changes one row.

mod activity;
mod grants;
mod groups;
mod oauth;
mod own;
mod roles;
mod servers;
mod services;
mod shares;
mod spawners;
mod tokens;
mod user_list;
mod users;

#[cfg(test)]
mod tests;

pub(crate) use grants::resolve_by_prefix;
pub use groups::Groups;
pub use oauth::OAuth;
pub use own::Own;
pub use roles::{Assignment, Holder, HolderKind, Holders, Roles};
pub use servers::Servers;
pub use services::Services;
pub use shares::{ShareFilter, ShareWith, Shares};
pub use spawners::Spawners;
pub use tokens::Tokens;
pub use user_list::{UserQuery, UserSort, UserState, VisibleUsers};
pub use users::Users;

use crate::Backend;
use crate::param::Param;
use crate::tx::Tx;

/// A page of a longer list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// How many rows there are on all pages.
    pub total: i64,
}

impl Tx {
    /// Users.
    pub fn users(&mut self) -> Users<'_> {
        Users { tx: self }
    }

    /// Groups and their members.
    pub fn groups(&mut self) -> Groups<'_> {
        Groups { tx: self }
    }

    /// Roles and who has them.
    pub fn roles(&mut self) -> Roles<'_> {
        Roles { tx: self }
    }

    /// Named servers of users, running or not.
    pub fn spawners(&mut self) -> Spawners<'_> {
        Spawners { tx: self }
    }

    /// Addresses of running servers and services.
    pub fn servers(&mut self) -> Servers<'_> {
        Servers { tx: self }
    }

    /// Tokens.
    pub fn tokens(&mut self) -> Tokens<'_> {
        Tokens { tx: self }
    }

    /// OAuth clients and codes.
    pub fn oauth(&mut self) -> OAuth<'_> {
        OAuth { tx: self }
    }

    /// Services.
    pub fn services(&mut self) -> Services<'_> {
        Services { tx: self }
    }

    /// Shares and share codes.
    pub fn shares(&mut self) -> Shares<'_> {
        Shares { tx: self }
    }

    /// Perijove's own tables.
    pub fn perijove(&mut self) -> Own<'_> {
        Own { tx: self }
    }
}

/// `1, 2, 3`: integers may stand in a statement as they are.
fn id_list(ids: &[i64]) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    ids.join(", ")
}

/// `?, ?, ?`
fn placeholders(count: usize) -> String {
    vec!["?"; count].join(", ")
}

/// What stands inside `IN (…)` for a list that may be long: one parameter where the database can take a list apart,
/// since no database takes more than some ten thousand.
fn among<'q>(names: &'q [String], backend: Backend, params: &mut Vec<Param<'q>>) -> String {
    match backend {
        Backend::Sqlite => {
            params.push(Param::from(names));
            "SELECT value FROM json_each(?)".to_owned()
        }
        Backend::Postgres => {
            params.push(Param::from(names));
            "SELECT json_array_elements_text(?::json)".to_owned()
        }
        Backend::MySql if names.is_empty() => "NULL".to_owned(),
        Backend::MySql => {
            params.extend(names.iter().map(|name| Param::from(name.as_str())));
            placeholders(names.len())
        }
    }
}

/// How many rows or names go into one statement.
const CHUNK: usize = 500;
