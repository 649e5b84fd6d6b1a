//! What is kept in memory of users and tokens, while this process and others write.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use perijove_core::identity::Principal;
use perijove_core::records::UserRecord;
use perijove_core::servers::StartRequest;
use perijove_core::tokens::{TokenOwner, TokenRequest};
use perijove_model::ServerName;
use perijove_store::{ApiToken, Holder, Store, StoreOptions, UserQuery};
use perijove_testkit::TestHub;
use secrecy::SecretString;

/// A hub, and its database as another process has it open.
async fn hub_and_other() -> (TestHub, Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:///{}", folder.path().join("hub.sqlite").display());
    let hub = TestHub::builder().database(&url).build().await;
    let other = Store::connect(&url, StoreOptions::default()).await.unwrap();
    (hub, other, folder)
}

async fn user_of(hub: &TestHub, token: &str) -> Option<Arc<UserRecord>> {
    let token: SecretString = token.to_owned().into();
    let found = hub.hub.identities.of_token(&token, hub.hub.now()).await.unwrap()?;
    match found.principal {
        Principal::User(user) => Some(user),
        Principal::Service(_) => None,
    }
}

async fn be_active(hub: &TestHub, name: &str, time: DateTime<Utc>) {
    let user = hub.user(name).await;
    hub.hub.post_activity(&user, Some(time), &BTreeMap::new()).await.unwrap();
}

fn second(time: Option<DateTime<Utc>>) -> Option<i64> {
    time.map(|time| time.timestamp())
}

#[tokio::test]
async fn posted_activity_is_seen_at_once() {
    let (hub, _other, _folder) = hub_and_other().await;
    let token = hub.token("ada").await;
    let bobs = hub.token("bob").await;
    for number in 1..20 {
        let time = hub.hub.now() + TimeDelta::seconds(10 * number);
        // Found now, so that they are kept.
        for token in [&token, &bobs] {
            user_of(&hub, token).await.unwrap();
        }
        let cookie = hub.user("ada").await.row.cookie_id.clone();
        hub.hub.identities.of_cookie(&cookie).await.unwrap().unwrap();
        be_active(&hub, "ada", time).await;
        let expected = Some(time.timestamp());
        assert_eq!(second(hub.user("ada").await.row.last_activity), expected);
        assert_eq!(second(user_of(&hub, &token).await.unwrap().row.last_activity), expected);
        let by_cookie = hub.hub.identities.of_cookie(&cookie).await.unwrap().unwrap();
        assert_eq!(second(by_cookie.principal.user().unwrap().row.last_activity), expected);
        assert_ne!(second(user_of(&hub, &bobs).await.unwrap().row.last_activity), expected);
    }
}

/// What is kept of a user after activity was posted is what the database would give.
#[tokio::test]
async fn times_are_kept_as_the_database_has_them() {
    let (hub, other, _folder) = hub_and_other().await;
    let ada = hub.user("ada").await;
    let request = StartRequest {
        server: ServerName::default(),
        display_name: String::new(),
        options: None,
        handler: None,
    };
    hub.hub.start_server(&ada, request).await.unwrap();
    let start = hub.hub.now() + TimeDelta::seconds(100);
    for number in 0..12_i64 {
        let user = hub.user("ada").await;
        // Forth and back, with more digits than are stored.
        let time =
            start + TimeDelta::nanoseconds(number * 1_000_000_777) - TimeDelta::seconds(3 * (number % 5));
        let servers = [(String::new(), time + TimeDelta::seconds(number % 3))].into_iter().collect();
        let of_user = (number % 4 != 3).then_some(time);
        hub.hub.post_activity(&user, of_user, &servers).await.unwrap();
        let kept = hub.user("ada").await;
        let mut tx = other.read().await.unwrap();
        let found = tx.users().resolve_by_name("ada").await.unwrap().unwrap();
        let read = UserRecord::load(&mut tx, found).await.unwrap();
        assert_eq!(format!("{kept:?}"), format!("{read:?}"), "{number}");
    }
}

/// Whatever this hub writes and keeps in between, the next request sees what another process has written.
#[tokio::test]
async fn others_are_seen_among_own_writes() {
    let (hub, other, _folder) = hub_and_other().await;
    let (ada, token) = (hub.user("ada").await, hub.token("ada").await);
    let admin = hub.user("admin").await.grants.roles.iter().find(|role| role.name == "admin").unwrap().id;
    for number in 0..20 {
        let is_admin = number % 2 == 0;
        if number % 3 == 0 {
            be_active(&hub, "ada", hub.hub.now() + TimeDelta::seconds(number)).await;
        }
        user_of(&hub, &token).await.unwrap();
        let mut tx = other.begin().await.unwrap();
        tx.users().set_admin(ada.row.id, is_admin).await.unwrap();
        if is_admin {
            tx.roles().grant(Holder::User(ada.row.id), admin, false).await.unwrap();
        } else {
            tx.roles().strip(Holder::User(ada.row.id), admin).await.unwrap();
        }
        tx.commit().await.unwrap();
        match number % 4 {
            0 => be_active(&hub, "bob", hub.hub.now() + TimeDelta::seconds(number)).await,
            1 => drop(hub.token("ada").await),
            2 => be_active(&hub, "ada", hub.hub.now() + TimeDelta::seconds(number)).await,
            _ => {}
        }
        let found = user_of(&hub, &token).await.unwrap();
        assert_eq!(found.row.admin, is_admin, "{number}");
        assert_eq!(found.grants.roles.iter().any(|role| role.id == admin), is_admin, "{number}");
        assert_eq!(hub.user("ada").await.row.admin, is_admin, "{number}");
    }
    let mut tx = other.begin().await.unwrap();
    tx.tokens().delete_for_user(ada.row.id).await.unwrap();
    tx.commit().await.unwrap();
    be_active(&hub, "ada", hub.hub.now() + TimeDelta::seconds(100)).await;
    assert!(user_of(&hub, &token).await.is_none());
}

#[tokio::test]
async fn a_new_token_is_good_at_once_and_leaves_the_others() {
    let (hub, _other, _folder) = hub_and_other().await;
    let mut tokens = vec![hub.token("ada").await];
    for _ in 0..10 {
        tokens.push(hub.token("ada").await);
        for token in &tokens {
            assert_eq!(user_of(&hub, token).await.unwrap().row.name, "ada");
        }
    }
}

/// A kept token that has expired does not stand before a new row of the same token.
#[tokio::test]
async fn a_token_given_again_is_found() {
    let (hub, _other, _folder) = hub_and_other().await;
    let user = hub.user("ada").await;
    let owner = TokenOwner::User(&user);
    let request = || TokenRequest {
        given: Some("given-twice".to_owned().into()),
        expires_in: Some(1000),
        ..TokenRequest::default()
    };
    let (token, row) = hub.hub.new_token(owner, request()).await.unwrap();
    let later = hub.hub.now() + TimeDelta::seconds(500);
    assert!(hub.hub.identities.of_token(&token, later).await.unwrap().is_some());
    let mut tx = hub.store.begin().await.unwrap();
    let ends = Some(hub.hub.now() + TimeDelta::seconds(100));
    tx.tokens().update(&ApiToken { expires_at: ends, ..row }).await.unwrap();
    tx.commit().await.unwrap();
    assert!(hub.hub.identities.of_token(&token, hub.hub.now()).await.unwrap().is_some());
    assert!(hub.hub.identities.of_token(&token, later).await.unwrap().is_none());
    hub.hub.new_token(owner, request()).await.unwrap();
    assert!(hub.hub.identities.of_token(&token, later).await.unwrap().is_some());
}

#[tokio::test]
async fn lists_show_what_others_write() {
    let (hub, other, _folder) = hub_and_other().await;
    for name in ["ada", "adam", "bob"] {
        hub.user(name).await;
    }
    let names = async |name_filter: &str| {
        let query = UserQuery { name_filter: Some(name_filter.to_owned()), ..UserQuery::default() };
        let page = hub.hub.list_users(&query).await.unwrap();
        assert_eq!(usize::try_from(page.total).unwrap(), page.users.len());
        page.users.iter().map(|user| user.row.name.clone()).collect::<Vec<_>>()
    };
    for _ in 0..2 {
        assert_eq!(names("ad").await, ["admin", "ada", "adam"]);
    }
    be_active(&hub, "ada", hub.hub.now()).await;
    assert_eq!(names("ad").await, ["admin", "ada", "adam"]);
    let mut tx = other.begin().await.unwrap();
    let adam = tx.users().by_name("adam").await.unwrap().unwrap();
    tx.users().delete(adam.id).await.unwrap();
    tx.commit().await.unwrap();
    be_active(&hub, "ada", hub.hub.now() + TimeDelta::seconds(10)).await;
    assert_eq!(names("ad").await, ["admin", "ada"]);
    hub.user("ad").await;
    assert_eq!(names("ad").await, ["admin", "ada", "ad"]);
}

#[tokio::test]
async fn groups_show_what_others_write() {
    let (hub, other, _folder) = hub_and_other().await;
    for name in ["ada", "bob"] {
        hub.user(name).await;
    }
    let lab = hub.hub.create_group("lab", &["ada".to_owned()]).await.unwrap();
    hub.hub.create_group("empty", &[]).await.unwrap();
    let listed = async || {
        let (groups, total) = hub.hub.list_groups(None, 0, 10).await.unwrap();
        assert_eq!(total, 2);
        groups.iter().map(|group| (group.row.name.clone(), group.users.clone())).collect::<Vec<_>>()
    };
    let expected = |users: &[&str]| {
        let users: Vec<String> = users.iter().map(|name| (*name).to_owned()).collect();
        [("lab".to_owned(), users), ("empty".to_owned(), Vec::new())]
    };
    for _ in 0..2 {
        assert_eq!(listed().await, expected(&["ada"]));
    }
    let bob = hub.user("bob").await;
    let mut tx = other.begin().await.unwrap();
    tx.groups().add_user(lab.row.id, bob.row.id).await.unwrap();
    tx.commit().await.unwrap();
    be_active(&hub, "ada", hub.hub.now()).await;
    assert_eq!(listed().await, expected(&["ada", "bob"]));
    hub.hub.change_members(&lab, &["ada".to_owned()], false).await.unwrap();
    assert_eq!(listed().await, expected(&["bob"]));
}
