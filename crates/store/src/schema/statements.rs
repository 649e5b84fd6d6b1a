//! `INSERT` and `UPDATE` of whole rows, made once per table and backend.

use std::sync::OnceLock;

use super::{Kind, Table};
use crate::Backend;
use crate::statement::adapt;

/// The statements of a table.
#[derive(Debug, Default)]
pub(crate) struct Statements {
    insert: [OnceLock<String>; 3],
    update: [OnceLock<String>; 3],
}

/// A table's [`Statements`], with the table.
pub(crate) struct Bound(pub(super) &'static Table);

impl Statements {
    pub(super) const fn new() -> Self {
        Self {
            insert: [OnceLock::new(), OnceLock::new(), OnceLock::new()],
            update: [OnceLock::new(), OnceLock::new(), OnceLock::new()],
        }
    }
}

impl Bound {
    /// Adds a row with all columns but the primary key; PostgreSQL answers with the key.
    pub(crate) fn insert(&self, backend: Backend) -> &'static str {
        let [sqlite, postgres, mysql] = &self.0.statements.insert;
        slot(backend, sqlite, postgres, mysql).get_or_init(|| {
            let columns: Vec<String> = self.columns().map(|name| format!("\"{name}\"")).collect();
            let text = format!(
                "INSERT INTO \"{}\" ({}) VALUES ({})",
                self.0.name,
                columns.join(", "),
                vec!["?"; columns.len()].join(", ")
            );
            let returning = if backend == Backend::Postgres { " RETURNING id" } else { "" };
            adapt(&text, backend) + returning
        })
    }

    /// Writes all columns of the row with a primary key, the last parameter.
    pub(crate) fn update(&self, backend: Backend) -> &'static str {
        let [sqlite, postgres, mysql] = &self.0.statements.update;
        slot(backend, sqlite, postgres, mysql).get_or_init(|| {
            let columns: Vec<String> = self.columns().map(|name| format!("\"{name}\" = ?")).collect();
            adapt(&format!("UPDATE \"{}\" SET {} WHERE id = ?", self.0.name, columns.join(", ")), backend)
        })
    }

    fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.0.columns.iter().filter(|column| column.kind != Kind::Id).map(|column| column.name)
    }
}

fn slot<'s, T>(backend: Backend, sqlite: &'s T, postgres: &'s T, mysql: &'s T) -> &'s T {
    match backend {
        Backend::Sqlite => sqlite,
        Backend::Postgres => postgres,
        Backend::MySql => mysql,
    }
}
