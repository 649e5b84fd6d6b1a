//! The store against real databases: SQLite always, PostgreSQL and MariaDB where `PERIJOVE_TEST_POSTGRES` and
//! `PERIJOVE_TEST_MYSQL` name a server whose user may create databases (`e2e/databases.sh run cargo test …`).

#[macro_use]
mod databases;

mod foreign_keys;
mod grants;
mod groups;
mod oauth;
mod own;
mod roles;
mod rows;
mod servers;
mod services;
mod shares;
mod tokens;
mod transactions;
mod user_list;
mod users;
