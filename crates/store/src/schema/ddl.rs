//! The statements that create the tables, in each backend's types.

use super::{Column, Constraint, Kind, OnDelete, TABLES, Table, quoted};
use crate::Backend;

/// Creates what is missing of a table and its indexes. Each entry is one statement.
pub(crate) fn create_statements(missing: impl Fn(&str) -> bool, backend: Backend) -> Vec<String> {
    TABLES.iter().filter(|table| missing(table.name)).flat_map(|table| create_table(table, backend)).collect()
}

fn create_table(table: &Table, backend: Backend) -> Vec<String> {
    let name = |name: &str| quoted_if_needed(name, backend);
    let columns = table.columns.iter().map(|column| definition(column, backend));
    let constraints = table.constraints.iter().map(|constraint| constraint_text(table, constraint, backend));
    let lines: Vec<String> = columns.chain(constraints).map(|line| format!("\n\t{line}")).collect();
    // SQLAlchemy separates with a comma, a blank and a line feed.
    let mut statements =
        vec![format!("CREATE TABLE {} ({}\n){}", name(table.name), lines.join(", "), suffix(backend))];
    statements.extend(table.indexes.iter().map(|column| {
        format!("CREATE INDEX ix_{}_{column} ON {} ({})", table.name, name(table.name), name(column))
    }));
    statements
}

/// Our own indexes on upstream's tables: name, table, and the columns in brackets with the condition of a partial one.
const OWN_INDEXES: [(&str, &str, &str); 12] = [
    ("perijove_ix_users_last_activity", "users", "(last_activity NULLS FIRST, id)"),
    ("perijove_ix_spawners_user_id", "spawners", "(user_id)"),
    (
        "perijove_ix_spawners_running",
        "spawners",
        "(user_id) WHERE server_id IS NOT NULL AND user_id IS NOT NULL",
    ),
    ("perijove_ix_spawners_oauth_client_id", "spawners", "(oauth_client_id)"),
    ("perijove_ix_api_tokens_user_id", "api_tokens", "(user_id)"),
    ("perijove_ix_api_tokens_client_id", "api_tokens", "(client_id)"),
    ("perijove_ix_oauth_codes_user_id", "oauth_codes", "(user_id)"),
    ("perijove_ix_shares_owner_id", "shares", "(owner_id)"),
    ("perijove_ix_shares_spawner_id", "shares", "(spawner_id)"),
    ("perijove_ix_shares_user_id", "shares", "(user_id)"),
    ("perijove_ix_shares_group_id", "shares", "(group_id)"),
    ("perijove_ix_user_group_map_members", "user_group_map", "(group_id, user_id)"),
];

/// Creates those that are missing of our own indexes, without which the cost of a request grows with all users: upstream's
/// schema has none for foreign keys on SQLite and PostgreSQL. MySQL makes these by itself.
pub(crate) fn create_own_indexes(missing: impl Fn(&str) -> bool, backend: Backend) -> Vec<String> {
    let statement = |(name, table, indexed): (&str, &str, &str)| match backend {
        // SQLite takes NULL for the lowest in any case, and its indexes cannot say so.
        Backend::Sqlite => {
            Some(format!("CREATE INDEX {name} ON {table} {}", indexed.replace(" NULLS FIRST", "")))
        }
        Backend::Postgres => Some(format!("CREATE INDEX {name} ON {table} {indexed}")),
        Backend::MySql => None,
    };
    OWN_INDEXES.into_iter().filter(|(name, ..)| missing(name)).filter_map(statement).collect()
}

/// Alembic's own table.
pub(crate) fn create_version_table() -> &'static str {
    "CREATE TABLE alembic_version (\n\tversion_num VARCHAR(32) NOT NULL, \n\tCONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)\n)"
}

/// Adds a column to a table that exists, with an optional default for the rows that are there.
pub(crate) fn add_column(table: &Table, column: &Column, default: Option<&str>, backend: Backend) -> String {
    let default = default.map(|value| format!(" DEFAULT {value}")).unwrap_or_default();
    let null = if column.nullable { "" } else { " NOT NULL" };
    format!(
        "ALTER TABLE {} ADD COLUMN {} {}{default}{null}",
        quoted_if_needed(table.name, backend),
        quoted_if_needed(column.name, backend),
        type_name(column.kind, backend),
    )
}

fn definition(column: &Column, backend: Backend) -> String {
    let null = if column.nullable { "" } else { " NOT NULL" };
    let count = if column.kind == Kind::Id && backend == Backend::MySql { " AUTO_INCREMENT" } else { "" };
    format!("{} {}{null}{count}", quoted_if_needed(column.name, backend), type_name(column.kind, backend))
}

fn type_name(kind: Kind, backend: Backend) -> String {
    let (sqlite, postgres, mysql) = match kind {
        Kind::Id => ("INTEGER", "SERIAL", "INTEGER"),
        Kind::Integer => ("INTEGER", "INTEGER", "INTEGER"),
        Kind::BigInteger => ("BIGINT", "BIGINT", "BIGINT"),
        Kind::Text => ("TEXT", "TEXT", "TEXT"),
        Kind::Boolean => ("BOOLEAN", "BOOLEAN", "BOOL"),
        Kind::DateTime => ("DATETIME", "TIMESTAMP WITHOUT TIME ZONE", "DATETIME"),
        Kind::Blob => ("BLOB", "BYTEA", "BLOB"),
        Kind::Varchar(length) => return format!("VARCHAR({length})"),
    };
    match backend {
        Backend::Sqlite => sqlite,
        Backend::Postgres => postgres,
        Backend::MySql => mysql,
    }
    .to_owned()
}

fn constraint_text(table: &Table, constraint: &Constraint, backend: Backend) -> String {
    let name = |name: &str| quoted_if_needed(name, backend);
    match constraint {
        Constraint::PrimaryKey(columns) => {
            let columns: Vec<String> = columns.iter().map(|column| name(column)).collect();
            format!("CONSTRAINT pk_{} PRIMARY KEY ({})", table.name, columns.join(", "))
        }
        Constraint::Unique(column) => {
            format!("CONSTRAINT uq_{}_{column} UNIQUE ({})", table.name, name(column))
        }
        Constraint::Foreign(column, target, target_column, on_delete) => {
            let action = match on_delete {
                OnDelete::Cascade => "CASCADE",
                OnDelete::SetNull => "SET NULL",
            };
            format!(
                "CONSTRAINT fk_{}_{column}_{target} FOREIGN KEY({}) REFERENCES {} ({}) ON DELETE {action}",
                table.name,
                name(column),
                name(target),
                name(target_column),
            )
        }
    }
}

/// Upstream asks for dynamic rows on MySQL, so that long indexed names fit.
fn suffix(backend: Backend) -> &'static str {
    if backend == Backend::MySql { "ROW_FORMAT=DYNAMIC" } else { "" }
}

/// Quotes what SQLAlchemy quotes: `sqlite_master` keeps the text of the statement as it was given.
fn quoted_if_needed(name: &str, backend: Backend) -> String {
    match (backend, name) {
        (Backend::Postgres, "user") | (Backend::MySql, "groups" | "admin") => quoted(name, backend),
        _ => name.to_owned(),
    }
}
