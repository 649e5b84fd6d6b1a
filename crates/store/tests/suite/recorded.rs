//! What `recorded/record.sh` wrote down.

use std::path::PathBuf;

use perijove_store::Backend;

use crate::databases::Database;

fn read(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recorded").join(name);
    std::fs::read_to_string(&path).unwrap()
}

fn kind(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "sqlite",
        Backend::Postgres => "postgres",
        Backend::MySql => "mysql",
    }
}

/// What a database consists of, a fact a line.
pub async fn facts(database: &Database) -> Vec<String> {
    database.column(&read(&format!("facts-{}.sql", kind(database.backend)))).await
}

/// Fails if a database does not consist of what was recorded.
pub async fn compare(database: &Database, name: &str) {
    let found = facts(database).await;
    let recorded = read(&format!("{name}-{}.txt", kind(database.backend)));
    let missing: Vec<&str> =
        recorded.lines().filter(|fact| !found.iter().any(|found| found == fact)).collect();
    let added: Vec<&String> =
        found.iter().filter(|found| !recorded.lines().any(|fact| fact == *found)).collect();
    assert!(missing.is_empty() && added.is_empty(), "missing: {missing:#?}\nadded: {added:#?}");
    assert!(recorded.lines().count() > 50, "nothing was recorded");
}

/// Fills an empty database with one that JupyterHub 5.2.1 made.
pub async fn load_jupyterhub_5(database: &Database) {
    let dump = read(&format!("jupyterhub-5.2.1-{}.sql", kind(database.backend)));
    // The dump has the tables in the order of their names.
    let first = if database.backend == Backend::MySql { "SET foreign_key_checks = 0;" } else { "" };
    database.execute(&format!("{first}{dump}")).await;
}
