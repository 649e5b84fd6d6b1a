//! The tables: JupyterHub 6.1.1's, exactly as SQLAlchemy creates them on each backend, and our own.

mod ddl;
mod statements;
mod tables;

#[cfg(test)]
mod tests;

use crate::Backend;

pub(crate) use ddl::{add_column, create_own_indexes, create_statements, create_version_table};
use statements::{Bound, Statements};
pub(crate) use tables::*;

/// The Alembic revision of this schema, the head of JupyterHub 6.1.1.
pub(crate) const HEAD: &str = "f460b0348206";

/// Type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An integer primary key that the database counts up.
    Id,
    /// A 32-bit integer.
    Integer,
    /// A 64-bit integer (only in our own tables).
    BigInteger,
    /// Text with a maximal number of characters.
    Varchar(u16),
    /// Text without limit; also JSON.
    Text,
    /// A boolean.
    Boolean,
    /// A timestamp without time zone.
    DateTime,
    /// Bytes.
    Blob,
}

/// What happens to a row when the row that it refers to is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnDelete {
    /// It is deleted too.
    Cascade,
    /// The reference becomes NULL.
    SetNull,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its type.
    pub(crate) kind: Kind,
    /// Whether it may be NULL.
    pub(crate) nullable: bool,
}

/// A constraint of a table; its name follows from upstream's naming convention.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Constraint {
    /// `pk_<table>`
    PrimaryKey(&'static [&'static str]),
    /// `uq_<table>_<column>`
    Unique(&'static str),
    /// `fk_<table>_<column>_<target>`: column, target table, target column.
    Foreign(&'static str, &'static str, &'static str, OnDelete),
}

/// A table.
#[derive(Debug)]
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its columns, in the order of creation.
    pub(crate) columns: &'static [Column],
    /// Its constraints, in the order of creation.
    pub(crate) constraints: &'static [Constraint],
    /// Columns with an index of their own, `ix_<table>_<column>`.
    pub(crate) indexes: &'static [&'static str],
    /// Statements about whole rows, made when they are first needed.
    pub(crate) statements: Statements,
}

impl Table {
    /// The statements that insert and update whole rows.
    pub(crate) fn statements(&'static self) -> Bound {
        Bound(self)
    }
}

/// All columns of a table under an alias, for a SELECT.
pub(crate) fn column_list(table: &str, alias: &str) -> String {
    let columns =
        TABLES.iter().find(|candidate| candidate.name == table).map_or(&[][..], |table| table.columns);
    let names: Vec<String> = columns.iter().map(|column| format!("{alias}.\"{}\"", column.name)).collect();
    names.join(", ")
}

/// Puts an identifier into a backend's quotes.
pub(crate) fn quoted(name: &str, backend: Backend) -> String {
    match backend {
        Backend::MySql => format!("`{name}`"),
        Backend::Sqlite | Backend::Postgres => format!("\"{name}\""),
    }
}
