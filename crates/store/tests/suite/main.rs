//! The store against real databases: SQLite always, PostgreSQL and MariaDB where `PERIJOVE_TEST_POSTGRES` and
//! `PERIJOVE_TEST_MYSQL` name a server whose user may create databases (`e2e/databases.sh run cargo test …`). With
//! `PERIJOVE_TEST_PYTHON` naming a Python that has JupyterHub 6.1.1, psycopg2 and pymysql, databases change hands.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

#[macro_use]
mod databases;

mod concurrency;
mod foreign_keys;
mod grants;
mod groups;
mod handover;
mod oauth;
mod own;
mod recorded;
mod roles;
mod rows;
mod schema;
mod servers;
mod services;
mod shares;
mod texts;
mod tokens;
mod transactions;
mod upgrade;
mod user_list;
mod users;
