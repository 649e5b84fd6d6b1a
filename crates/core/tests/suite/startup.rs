//! What a start writes.

use perijove_core::startup::GroupSeed;
use perijove_model::role::RoleSpec;
use perijove_model::value::Value;
use perijove_testkit::TestHub;

fn role(name: &str, users: Option<&[&str]>) -> RoleSpec {
    let text = |text: &str| Value::Str(text.to_owned());
    let mut entries = vec![(text("name"), text(name)), (text("scopes"), Value::List(vec![text("self")]))];
    if let Some(users) = users {
        entries.push((text("users"), Value::List(users.iter().map(|name| text(name)).collect())));
    }
    RoleSpec::from_value(&Value::Dict(entries)).unwrap()
}

async fn roles_of(hub: &TestHub, user: &str) -> Vec<String> {
    let user = hub.hub.find_user(user).await.unwrap().unwrap();
    user.role_names().into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn users_groups_and_roles_are_those_of_the_configuration() {
    let hub = TestHub::builder()
        .seed(|seed| {
            seed.roles.push(role("reader", Some(&["rita"])));
            let group = GroupSeed { users: vec!["gus".into()], properties: None };
            seed.groups.push(("physics".into(), group));
        })
        .build()
        .await;
    assert_eq!(roles_of(&hub, "rita").await, ["user", "reader"]);
    assert_eq!(hub.hub.find_user("gus").await.unwrap().unwrap().grants.groups, ["physics"]);
    assert_eq!(roles_of(&hub, "admin").await, ["user", "admin"]);
    // The next start has another list: who is not in it loses the role, and the role goes with its entry.
    let mut seed =
        perijove_core::startup::Seed { roles: vec![role("reader", Some(&["otto"]))], ..Default::default() };
    hub.hub.seed(&seed).await.unwrap();
    assert_eq!(roles_of(&hub, "rita").await, ["user"]);
    assert_eq!(roles_of(&hub, "otto").await, ["user", "reader"]);
    seed.roles.clear();
    hub.hub.seed(&seed).await.unwrap();
    assert_eq!(roles_of(&hub, "otto").await, ["user"]);
}

#[tokio::test]
async fn blocked_users_lose_every_right() {
    let hub = TestHub::builder()
        .policy(|policy| policy.blocked_users.extend(["mallory".to_owned()]))
        .seed(|seed| seed.roles.push(role("reader", Some(&["mallory"]))))
        .build()
        .await;
    assert!(roles_of(&hub, "mallory").await.is_empty());
}

#[tokio::test]
async fn an_invalid_name_ends_the_start() {
    let hub = TestHub::new().await;
    let seed =
        perijove_core::startup::Seed { roles: vec![role("reader", Some(&["a/b"]))], ..Default::default() };
    let error = hub.hub.seed(&seed).await.unwrap_err();
    assert!(error.to_string().contains("\"a/b\""), "{error}");
}

#[tokio::test]
async fn services_that_are_not_configured_any_more_go_with_their_tokens() {
    let hub = TestHub::builder().service("old", |_| ()).build().await;
    let token = TestHub::service_token("old").into();
    let now = hub.hub.now();
    assert!(hub.hub.identities.of_token(&token, now).await.unwrap().is_some());
    hub.hub.seed(&perijove_core::startup::Seed::default()).await.unwrap();
    assert!(hub.hub.identities.of_token(&token, now).await.unwrap().is_none());
}

#[tokio::test]
async fn a_start_mends_what_configured_users_lack() {
    let mut seed = perijove_core::startup::Seed::default();
    seed.allowed_users.extend(["ada".to_owned(), "bob".to_owned()]);
    let hub =
        TestHub::builder().seed(|given| given.allowed_users.clone_from(&seed.allowed_users)).build().await;
    let ada = hub.user("ada").await;
    let mut tx = hub.store.begin().await.unwrap();
    let role = tx.roles().by_name("user").await.unwrap().unwrap();
    assert!(tx.roles().strip(perijove_store::Holder::User(ada.row.id), role.id).await.unwrap());
    tx.commit().await.unwrap();
    seed.admin_users.insert("bob".into());
    hub.hub.seed(&seed).await.unwrap();
    assert_eq!(roles_of(&hub, "ada").await, ["user"]);
    assert_eq!(roles_of(&hub, "bob").await, ["user", "admin"]);
    assert!(hub.user("bob").await.row.admin);
}
