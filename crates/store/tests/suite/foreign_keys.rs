//! What happens to rows whose neighbours another program deletes: the foreign keys themselves, without the store.

use perijove_store::{Backend, Holder, OAuthCode};

use crate::databases::Database;
use crate::rows::{client, group, role, running, token, user};

async fn check(backend: Backend) {
    let Some(database) = Database::create(backend).await else { return };
    let store = database.connect().await;
    let mut tx = store.begin().await.unwrap();
    let ada = user(&mut tx, "ada").await;
    let lab = group(&mut tx, "lab", &[&ada]).await;
    let reader = role(&mut tx, "reader", &[]).await;
    tx.roles().grant(Holder::User(ada.id), reader.id, false).await.unwrap();
    let server = running(&mut tx, &ada, "").await;
    client(&mut tx, "x").await;
    let secret = token(&mut tx, &ada, "x", "abcd").await;
    let mut code = OAuthCode { user_id: Some(ada.id), code: "c".to_owned(), ..OAuthCode::default() };
    tx.oauth().insert_code(&mut code).await.unwrap();
    tx.commit().await.unwrap();

    let on = if backend == Backend::Sqlite { "PRAGMA foreign_keys=ON;" } else { "" };
    database.execute(&format!("{on} DELETE FROM servers")).await;
    database.execute(&format!("{on} DELETE FROM oauth_clients WHERE identifier <> 'x'")).await;
    let mut tx = store.read().await.unwrap();
    let left = tx.spawners().find(server.id).await.unwrap().unwrap();
    assert_eq!((left.server_id, left.oauth_client_id), (None, None));
    drop(tx);
    database.execute(&format!("{on} DELETE FROM users")).await;
    let mut tx = store.read().await.unwrap();
    assert_eq!(tx.spawners().find(server.id).await.unwrap(), None);
    assert_eq!(tx.tokens().find(secret.id).await.unwrap(), None);
    assert_eq!(tx.oauth().code("c").await.unwrap(), None);
    assert_eq!(tx.groups().members(lab.id).await.unwrap(), []);
    assert_eq!(tx.roles().holders(reader.id).await.unwrap(), perijove_store::Holders::default());
    drop(tx);
    store.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn sqlite() {
    check(Backend::Sqlite).await;
}

#[tokio::test]
async fn postgres() {
    check(Backend::Postgres).await;
}

#[tokio::test]
async fn mysql() {
    check(Backend::MySql).await;
}
