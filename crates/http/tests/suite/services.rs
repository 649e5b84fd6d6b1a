//! Services that are added and removed while the hub runs.

use http::{Method, StatusCode};
use perijove_testkit::{Answer, TestHub};
use serde_json::{Value, json};

const CALLBACK: &str = "https://elsewhere.example/callback";

async fn add(hub: &TestHub, name: &str, body: &Value) -> Answer {
    hub.post(&format!("/hub/api/services/{name}")).token(&TestHub::admin_token()).json(body).send().await
}

async fn remove(hub: &TestHub, name: &str) -> StatusCode {
    let path = format!("/hub/api/services/{name}");
    hub.request(Method::DELETE, &path).token(&TestHub::admin_token()).send().await.status
}

async fn seen(hub: &TestHub, name: &str) -> StatusCode {
    let path = format!("/hub/api/services/{name}");
    hub.get(&path).token(&TestHub::admin_token()).send().await.status
}

#[tokio::test]
async fn a_service_comes_with_its_token_and_goes_with_it() {
    let hub = TestHub::new().await;
    let token = "the-token-of-a-made-service";
    let body = json!({ "api_token": token, "info": { "a": 1 }, "display": false });
    let made = add(&hub, "made", &body).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let model = made.json();
    assert_eq!(
        (&model["name"], &model["info"], &model["display"]),
        (&json!("made"), &json!({"a": 1}), &json!(false))
    );
    assert_eq!(add(&hub, "made", &body).await.status, StatusCode::CONFLICT);
    let own = hub.get("/hub/api/user").token(token).send().await;
    assert_eq!(own.json()["name"], json!("made"));
    assert_eq!(remove(&hub, "made").await, StatusCode::OK);
    assert_eq!(hub.get("/hub/api/user").token(token).send().await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        (seen(&hub, "made").await, remove(&hub, "made").await),
        (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
    );
}

#[tokio::test]
async fn what_cannot_be_leaves_nothing() {
    let hub = TestHub::new().await;
    for (body, status) in [
        (json!({}), 400),
        (json!([]), 400),
        (json!({ "command": ["sleep", "1"] }), 400),
        (json!({ "timeout": 1 }), 400),
        (json!({ "url": "ftp://h/" }), 400),
        (json!({ "oauth_no_confirm": true }), 400),
        (json!({ "oauth_client_id": "other", "oauth_redirect_uri": CALLBACK }), 400),
        (json!({ "oauth_client_allowed_scopes": ["no:such"], "oauth_redirect_uri": CALLBACK }), 400),
        (json!({ "api_token": "short" }), 400),
    ] {
        let answer = add(&hub, "wrong", &body).await;
        assert_eq!(answer.status.as_u16(), status, "{body}");
        assert_eq!(seen(&hub, "wrong").await, StatusCode::NOT_FOUND, "{body}");
    }
    for name in ["a%2Fb", "%20x", "...", "a%2520b"] {
        assert_eq!(
            add(&hub, name, &json!({ "admin": false })).await.status,
            StatusCode::BAD_REQUEST,
            "{name}"
        );
    }
}

#[tokio::test]
async fn nobody_gives_a_service_more_than_they_have() {
    let hub = TestHub::builder().service("registrar", |_| ()).build().await;
    let registrar = TestHub::service_token("registrar");
    let ask = async |body: &Value| {
        hub.post("/hub/api/services/made").token(&registrar).json(body).send().await.status.as_u16()
    };
    assert_eq!(ask(&json!({ "admin": false })).await, 403);
    let mut tx = hub.store.begin().await.unwrap();
    let role = perijove_store::Role {
        name: "registrar".into(),
        scopes: vec!["admin:services".into()],
        ..perijove_store::Role::default()
    };
    let mut role = role;
    tx.roles().insert(&mut role).await.unwrap();
    let id = tx.services().by_name("registrar").await.unwrap().unwrap().id;
    tx.roles().grant(perijove_store::Holder::Service(id), role.id, false).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ask(&json!({ "admin": true })).await, 400);
    let scopes = json!({ "oauth_client_allowed_scopes": ["admin:users"], "oauth_redirect_uri": CALLBACK });
    assert_eq!(ask(&scopes).await, 400);
    assert_eq!(ask(&json!({ "admin": false })).await, 201);
}

#[tokio::test]
async fn a_client_of_another_service_cannot_be_taken_over() {
    let hub = TestHub::new().await;
    let body = json!({ "oauth_redirect_uri": CALLBACK, "oauth_client_id": "service-first" });
    assert_eq!(add(&hub, "first", &body).await.status, StatusCode::CREATED);
    assert_eq!(add(&hub, "second", &body).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(seen(&hub, "second").await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn services_of_the_configuration_stay() {
    let hub = TestHub::new().await;
    assert_eq!(add(&hub, "admin-service", &json!({})).await.status, StatusCode::CONFLICT);
    assert_eq!(remove(&hub, "admin-service").await, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(seen(&hub, "admin-service").await, StatusCode::OK);
}

#[tokio::test]
async fn services_made_at_run_time_outlive_a_restart() {
    let hub = TestHub::new().await;
    add(&hub, "made", &json!({ "oauth_redirect_uri": CALLBACK, "info": { "a": 1 } })).await;
    let hub = hub.restarted().await;
    hub.hub.seed(&perijove_core::startup::Seed::default()).await.unwrap();
    let answer = hub.get("/hub/api/services/made").token(&hub.token("admin").await).send().await;
    assert!(matches!(answer.status, StatusCode::OK | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND));
    let mut tx = hub.store.read().await.unwrap();
    let row = tx.services().by_name("made").await.unwrap().unwrap();
    assert_eq!(
        (row.from_config, row.info, row.oauth_client_id.as_deref()),
        (false, Some(json!({ "a": 1 })), Some("service-made"))
    );
    drop(tx);
    assert_eq!(hub.hub.services().await.unwrap().iter().filter(|one| one.row.name == "made").count(), 1);
}
