//! Rows as the tests need them.

use chrono::{DateTime, TimeZone as _, Utc};
use perijove_store::{ApiToken, Group, OAuthClient, Role, Server, Service, Spawner, Tx, User};

/// A whole second, since `DATETIME` of MySQL keeps no less.
pub fn at(second: i64) -> DateTime<Utc> {
    Utc.timestamp_opt(1_700_000_000 + second, 0).unwrap()
}

pub fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub async fn user(tx: &mut Tx, name: &str) -> User {
    let mut user = User {
        name: name.to_owned(),
        cookie_id: format!("cookie of {name}"),
        created: Some(at(0)),
        ..User::default()
    };
    tx.users().insert(&mut user).await.unwrap();
    user
}

pub async fn group(tx: &mut Tx, name: &str, members: &[&User]) -> Group {
    let mut group = Group { name: name.to_owned(), ..Group::default() };
    tx.groups().insert(&mut group).await.unwrap();
    for member in members {
        assert!(tx.groups().add_user(group.id, member.id).await.unwrap());
    }
    group
}

pub async fn role(tx: &mut Tx, name: &str, scopes: &[&str]) -> Role {
    let mut role = Role { name: name.to_owned(), scopes: texts(scopes), ..Role::default() };
    tx.roles().insert(&mut role).await.unwrap();
    role
}

pub async fn client(tx: &mut Tx, identifier: &str) -> OAuthClient {
    let mut client = OAuthClient {
        identifier: identifier.to_owned(),
        secret: Some("hash".to_owned()),
        redirect_uri: Some("/user/ada/oauth_callback".to_owned()),
        allowed_scopes: texts(&["access:servers"]),
        ..OAuthClient::default()
    };
    tx.oauth().insert_client(&mut client).await.unwrap();
    client
}

pub async fn address(tx: &mut Tx, port: i64) -> Server {
    let mut server = Server {
        proto: "http".to_owned(),
        ip: "127.0.0.1".to_owned(),
        port: Some(port),
        base_url: "/user/ada/".to_owned(),
        cookie_name: "jupyterhub-user-ada".to_owned(),
        ..Server::default()
    };
    tx.servers().insert(&mut server).await.unwrap();
    server
}

pub async fn spawner(tx: &mut Tx, owner: &User, name: &str) -> Spawner {
    let mut spawner = Spawner {
        user_id: Some(owner.id),
        name: name.to_owned(),
        started: Some(at(1)),
        ..Spawner::default()
    };
    tx.spawners().insert(&mut spawner).await.unwrap();
    spawner
}

/// A spawner with an address and an OAuth client.
pub async fn running(tx: &mut Tx, owner: &User, name: &str) -> Spawner {
    let mut spawner = spawner(tx, owner, name).await;
    spawner.server_id = Some(address(tx, 8888).await.id);
    spawner.oauth_client_id =
        Some(client(tx, &format!("jupyterhub-user-{}-{name}", owner.name)).await.identifier);
    assert!(tx.spawners().update(&spawner).await.unwrap());
    spawner
}

pub async fn service(tx: &mut Tx, name: &str) -> Service {
    let mut service = Service { name: name.to_owned(), ..Service::default() };
    tx.services().insert(&mut service).await.unwrap();
    service
}

/// A token of a user, with a prefix from `hashed`.
pub async fn token(tx: &mut Tx, owner: &User, client: &str, hashed: &str) -> ApiToken {
    let mut token = ApiToken {
        user_id: Some(owner.id),
        hashed: hashed.to_owned(),
        prefix: hashed.chars().take(4).collect(),
        client_id: Some(client.to_owned()),
        session_id: Some("session".to_owned()),
        created: Some(at(0)),
        note: Some("a note".to_owned()),
        scopes: texts(&["inherit"]),
        ..ApiToken::default()
    };
    tx.tokens().insert(&mut token).await.unwrap();
    token
}
