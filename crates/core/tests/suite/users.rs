//! Users changed from several sides.

use chrono::TimeDelta;
use perijove_core::Error;
use perijove_core::identity::Principal;
use perijove_core::startup::{Seed, TokenSeed, TokenSeedOwner};
use perijove_core::users::UserChanges;
use perijove_store::UserQuery;
use perijove_testkit::TestHub;

#[tokio::test]
async fn a_change_keeps_what_others_wrote_meanwhile() {
    let hub = TestHub::new().await;
    let user = hub.user("ada").await;
    let later = hub.hub.now() + TimeDelta::hours(1);
    let mut tx = hub.store.begin().await.unwrap();
    tx.users().set_activity(&[(user.row.id, later)]).await.unwrap();
    tx.users().set_cookie_id(user.row.id, "another").await.unwrap();
    tx.commit().await.unwrap();
    let by = Principal::User(hub.user("admin").await);
    let changes = UserChanges { admin: Some(true), ..UserChanges::default() };
    let changed = hub.hub.change_user(&user, changes, &by).await.unwrap();
    assert!(changed.row.admin);
    assert_eq!(changed.row.cookie_id, "another");
    assert_eq!(changed.row.last_activity.map(|time| time.timestamp()), Some(later.timestamp()));
}

#[tokio::test]
async fn a_user_is_made_once() {
    let hub = TestHub::new().await;
    hub.user("ada").await;
    let name = hub.hub.check_user_name("ada").await.unwrap();
    assert!(matches!(hub.hub.create_user(&name, false).await, Err(Error::Conflict(_))));
}

#[tokio::test]
async fn a_page_of_users_is_the_same_as_its_users() {
    let hub = TestHub::new().await;
    let user = hub.user("ada").await;
    let request = perijove_core::servers::StartRequest {
        server: perijove_model::ServerName::default(),
        display_name: String::new(),
        options: None,
        handler: None,
    };
    hub.hub.start_server(&user, request).await.unwrap();
    let page = hub.hub.list_users(&UserQuery::default()).await.unwrap();
    assert!(page.users.len() >= 2);
    for listed in &page.users {
        let alone = hub.hub.find_user(listed.name.as_str()).await.unwrap().unwrap();
        assert_eq!(format!("{listed:?}"), format!("{alone:?}"));
    }
}

#[tokio::test]
async fn tokens_with_slow_hashes_are_good_too() {
    let hub = TestHub::new().await;
    let token: secrecy::SecretString = "chosen-by-a-person".to_owned().into();
    let owner = TokenSeedOwner::User("ada".into());
    let mut seed = Seed { tokens: vec![TokenSeed { token: token.clone(), owner }], ..Seed::default() };
    seed.trust_given_tokens = false;
    hub.hub.seed(&seed).await.unwrap();
    let now = hub.hub.now();
    let found = hub.hub.identities.of_token(&token, now).await.unwrap().unwrap();
    assert_eq!(found.principal.name(), "ada");
    let wrong = "chosen-by-a-robot!".to_owned().into();
    assert!(hub.hub.identities.of_token(&wrong, now).await.unwrap().is_none());
}
