//! Timestamps, JSON and booleans on SQLite, byte for byte as SQLAlchemy writes them there.

use chrono::{TimeZone as _, Utc};
use perijove_store::{Backend, Spawner, User};
use serde_json::json;

use crate::databases::Database;
use crate::recorded;

/// The rows of `record.py` as JupyterHub 5.2.1 wrote them, and the same rows as the store writes them.
#[tokio::test]
async fn rows_are_those_of_sqlalchemy() {
    let theirs = Database::create(Backend::Sqlite).await.unwrap();
    recorded::load_jupyterhub_5(&theirs).await;
    let ours = Database::create(Backend::Sqlite).await.unwrap();
    let store = ours.connect().await;
    let mut tx = store.begin().await.unwrap();
    let mut ada = User {
        name: "ada".to_owned(),
        admin: true,
        cookie_id: "cookie".to_owned(),
        created: Some(Utc.timestamp_opt(1_714_979_289, 123_456_000).unwrap()),
        encrypted_auth_state: Some(b"gAAAA\x00\xff".to_vec()),
        ..User::default()
    };
    tx.users().insert(&mut ada).await.unwrap();
    let mut bob = User {
        name: "bob".to_owned(),
        cookie_id: "other".to_owned(),
        created: Some(Utc.timestamp_opt(1_714_979_289, 0).unwrap()),
        ..User::default()
    };
    tx.users().insert(&mut bob).await.unwrap();
    let mut lab = perijove_store::Group {
        name: "lab".to_owned(),
        properties: Some(json!({"größe": [1, null]})),
        ..perijove_store::Group::default()
    };
    tx.groups().insert(&mut lab).await.unwrap();
    let mut server = Spawner {
        user_id: Some(ada.id),
        state: Some(json!({"pid": 7})),
        user_options: Some(json!({"a": "b"})),
        ..Spawner::default()
    };
    tx.spawners().insert(&mut server).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await.unwrap();
    for query in [
        "SELECT group_concat(typeof(admin) || quote(admin) || quote(created) || quote(encrypted_auth_state), ' ') FROM users",
        "SELECT typeof(properties) || quote(properties) FROM \"groups\"",
        "SELECT typeof(state) || quote(state) || quote(user_options) || quote(name) FROM spawners",
    ] {
        assert_eq!(ours.column(query).await, theirs.column(query).await, "{query}");
    }
    let created = ours.column("SELECT created FROM users ORDER BY id").await;
    assert_eq!(created, ["2024-05-06 07:08:09.123456", "2024-05-06 07:08:09.000000"]);
}

/// What people and other programs may have left in a column is read, and a bad list of scopes grants nothing.
#[tokio::test]
async fn odd_values_are_read() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let store = database.connect().await;
    database
        .execute(
            "INSERT INTO users (name, cookie_id, admin, created, last_activity, user_info) VALUES \
             ('a', 'a', NULL, '2024-05-06 07:08:09', '2024-05-06T07:08:09.5', '{\"x\": NaN, \"y\": \"NaN\"}'), \
             ('b', 'b', 1, '2024-05-06', NULL, 'no JSON'), \
             ('c', 'c', 0, NULL, NULL, 'null'); \
             INSERT INTO roles (name, scopes, managed_by_auth) VALUES ('a', '{\"b\": 1}', 0), ('b', 'null', 0), ('c', NULL, 0)",
        )
        .await;
    let mut tx = store.read().await.unwrap();
    let a = tx.users().by_name("a").await.unwrap().unwrap();
    assert_eq!((a.admin, a.user_info), (false, Some(json!({"x": null, "y": "NaN"}))));
    assert_eq!(a.created.unwrap().timestamp(), 1_714_979_289);
    assert_eq!(a.last_activity.unwrap().timestamp_millis(), 1_714_979_289_500);
    let b = tx.users().by_name("b").await.unwrap().unwrap();
    assert_eq!((b.admin, b.user_info, b.created.unwrap().timestamp()), (true, None, 1_714_953_600));
    let c = tx.users().by_name("c").await.unwrap().unwrap();
    assert_eq!((c.created, c.user_info), (None, None));
    for role in tx.roles().all().await.unwrap() {
        assert_eq!(role.scopes, Vec::<String>::new(), "{}", role.name);
    }
    drop(tx);
    store.close().await.unwrap();
}
