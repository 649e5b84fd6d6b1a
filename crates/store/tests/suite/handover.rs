//! JupyterHub 6.1.1 opens what the store made, and the store what JupyterHub made.

use std::path::PathBuf;
use std::process::Command;

use perijove_store::{Backend, Holder, Share};
use serde_json::{Value, json};

use crate::databases::{Database, setting};
use crate::rows::{at, group, role, running, texts, token, user};
use crate::upgrade::check_rows;

/// Runs `record.py` with JupyterHub 6.1.1; None if there is none here.
fn jupyterhub(action: &str, database: &Database) -> Option<String> {
    let python = setting("PERIJOVE_TEST_PYTHON", "handing databases to JupyterHub and back")?;
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recorded/record.py");
    let url = database.url.replacen("mysql://", "mysql+pymysql://", 1);
    let url = url.replacen("postgresql://", "postgresql+psycopg2://", 1);
    let output = Command::new(python).arg(script).args([action, &url]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

async fn there_and_back(backend: Backend) {
    let Some(database) = Database::create(backend).await else { return };
    let store = database.connect().await;
    let mut tx = store.begin().await.unwrap();
    let ada = user(&mut tx, "ada").await;
    let bob = user(&mut tx, "bob").await;
    tx.users().set_admin(ada.id, true).await.unwrap();
    group(&mut tx, "lab", &[&ada]).await;
    let reader = role(&mut tx, "reader", &["read:users"]).await;
    tx.roles().grant(Holder::User(ada.id), reader.id, false).await.unwrap();
    let mut server = running(&mut tx, &ada, "gpu").await;
    (server.state, server.user_options) = (Some(json!({"pid": 7})), Some(json!({"größe": [1.5, null]})));
    tx.spawners().update(&server).await.unwrap();
    let client = server.oauth_client_id.unwrap();
    token(&mut tx, &ada, &client, "abcd").await;
    let mut share = Share {
        user_id: Some(bob.id),
        group_id: None,
        id: 0,
        created_at: at(0),
        scopes: texts(&["access:servers!server=ada/gpu"]),
        expires_at: None,
        owner_id: Some(ada.id),
        spawner_id: Some(server.id),
    };
    tx.shares().insert(&mut share).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await.unwrap();

    let Some(seen) = jupyterhub("use", &database) else { return };
    let expected = json!({
        "ada": {
            "admin": true, "created": "2023-11-14T22:13:20", "groups": ["lab"], "roles": ["reader"],
            "servers": {"gpu": [{"pid": 7}, {"größe": [1.5, null]}]},
            "tokens": [["abcd", ["inherit"], client]], "shared_with": [],
        },
        "bob": {
            "admin": false, "created": "2023-11-14T22:13:20", "groups": [], "roles": [], "servers": {},
            "tokens": [], "shared_with": [["access:servers!server=ada/gpu"]],
        },
    });
    assert_eq!(serde_json::from_str::<Value>(&seen).unwrap(), expected);

    let store = database.connect().await;
    let mut tx = store.read().await.unwrap();
    assert_eq!(tx.users().names().await.unwrap(), ["bob", "grace"]);
    let grace = tx.users().by_name("grace").await.unwrap().unwrap();
    assert_eq!(grace.created.unwrap().to_rfc3339(), "2024-01-02T03:04:05+00:00");
    assert_eq!(tx.tokens().by_prefix("abcd").await.unwrap(), []);
    assert_eq!(tx.spawners().running().await.unwrap(), []);
    drop(tx);
    store.close().await.unwrap();
    database.remove().await;
}

async fn back_and_there(backend: Backend) {
    let Some(database) = Database::create(backend).await else { return };
    if jupyterhub("fill", &database).is_none() {
        return;
    }
    let store = database.connect().await;
    check_rows(&store).await;
    let mut tx = store.begin().await.unwrap();
    let dan = user(&mut tx, "dan").await;
    let lab = tx.groups().by_name("lab").await.unwrap().unwrap();
    tx.groups().add_user(lab.id, dan.id).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await.unwrap();
    let seen: Value = serde_json::from_str(&jupyterhub("use", &database).unwrap()).unwrap();
    assert_eq!(seen["dan"]["groups"], json!(["lab"]));
    assert_eq!(seen["ada"]["servers"][""][0], json!({"pid": 7}));
    database.remove().await;
}

async fn both_ways(backend: Backend) {
    there_and_back(backend).await;
    back_and_there(backend).await;
}

#[tokio::test]
async fn sqlite() {
    both_ways(Backend::Sqlite).await;
}

#[tokio::test]
async fn postgres() {
    both_ways(Backend::Postgres).await;
}

#[tokio::test]
async fn mysql() {
    both_ways(Backend::MySql).await;
}
