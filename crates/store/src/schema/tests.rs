//! The structs have the columns of their tables.

use super::*;
use crate::rows::*;

#[test]
fn fields_follow_columns() {
    let pairs: [(&Table, &[&str]); 11] = [
        (&SERVERS, Server::FIELDS),
        (&ROLES, Role::FIELDS),
        (&GROUPS, Group::FIELDS),
        (&USERS, User::FIELDS),
        (&OAUTH_CLIENTS, OAuthClient::FIELDS),
        (&SPAWNERS, Spawner::FIELDS),
        (&SERVICES, Service::FIELDS),
        (&OAUTH_CODES, OAuthCode::FIELDS),
        (&SHARES, Share::FIELDS),
        (&SHARE_CODES, ShareCode::FIELDS),
        (&API_TOKENS, ApiToken::FIELDS),
    ];
    for (table, fields) in pairs {
        let columns: Vec<&str> =
            table.columns.iter().map(|column| column.name.trim_start_matches('_')).collect();
        assert_eq!(columns, fields, "{}", table.name);
    }
}

#[test]
fn every_table_is_listed_once() {
    let mut names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 17);
}
