//! Users, tokens and activity.

use http::{Method, StatusCode};
use perijove_testkit::TestHub;
use serde_json::json;

#[tokio::test]
async fn users_come_and_go() {
    let hub = TestHub::new().await;
    let admin = TestHub::admin_token();
    let made = hub.post("/hub/api/users/grace").token(&admin).send().await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!((made.json()["name"].clone(), made.json()["servers"].clone()), (json!("grace"), json!({})));
    assert_eq!(hub.post("/hub/api/users/grace").token(&admin).send().await.status, StatusCode::CONFLICT);
    let many = json!({ "usernames": ["x1", "x2"] });
    assert_eq!(hub.post("/hub/api/users").token(&admin).json(&many).send().await.status, StatusCode::CREATED);
    let gone = hub.request(Method::DELETE, "/hub/api/users/grace").token(&admin).send().await;
    assert_eq!((gone.status, gone.body.len()), (StatusCode::NO_CONTENT, 0));
    assert_eq!(hub.get("/hub/api/users/grace").token(&admin).send().await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_body_is_json_whatever_its_type_says() {
    let hub = TestHub::new().await;
    let request = hub.post("/hub/api/users").token(&TestHub::admin_token());
    let answer = request.form(r#"{"usernames": ["curly"]}"#).send().await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let broken = hub.post("/hub/api/users").token(&TestHub::admin_token()).raw("{").send().await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    assert_eq!(broken.json(), json!({ "status": 400, "message": "Invalid JSON in body of request" }));
}

#[tokio::test]
async fn errors_and_headers_have_upstreams_shape() {
    let hub = TestHub::new().await;
    let answer = hub.get("/hub/api/users").send().await;
    assert_eq!(answer.json(), json!({ "status": 403, "message": "Missing or invalid credentials." }));
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-jupyterhub-version"), "6.1.1");
    let policy = "frame-ancestors 'none'; report-uri /hub/security/csp-report; default-src 'none'";
    assert_eq!(answer.header("content-security-policy"), policy);
    let missing = hub.get("/hub/api/no/such/thing").token(&TestHub::admin_token()).send().await;
    assert_eq!(missing.json(), json!({ "status": 404, "message": null }));
    let wrong = hub.request(Method::PUT, "/hub/api/users").token(&TestHub::admin_token()).send().await;
    assert_eq!(wrong.json(), json!({ "status": 405, "message": null }));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_as_json() {
    let hub = TestHub::new().await;
    let answer =
        hub.post("/hub/api/users").token(&TestHub::admin_token()).raw(vec![b' '; 11 << 20]).send().await;
    assert_eq!(answer.json()["status"], json!(413));
}

#[tokio::test]
async fn lists_are_pages_for_those_who_ask_for_pages() {
    let hub = TestHub::new().await;
    for name in ["p1", "p2", "p3"] {
        hub.user(name).await;
    }
    let admin = TestHub::admin_token();
    let plain = hub.get("/hub/api/users?name_filter=p&limit=2").token(&admin).send().await.json();
    assert_eq!(plain.as_array().map(Vec::len), Some(2));
    let paged = hub
        .get("/hub/api/users?name_filter=p&limit=2")
        .token(&admin)
        .header("accept", "application/jupyterhub-pagination+json")
        .send()
        .await
        .json();
    assert_eq!(paged["_pagination"]["total"], json!(3));
    let next = paged["_pagination"]["next"]["url"].as_str().unwrap();
    assert_eq!(next, "http://hub.example/hub/api/users?name_filter=p&limit=2&offset=2");
}

#[tokio::test]
async fn tokens_can_do_what_they_were_made_for() {
    let hub = TestHub::new().await;
    let token = hub.token("pete").await;
    let body = json!({ "note": "mine", "expires_in": 100, "scopes": ["read:users:name!user"] });
    let made = hub.post("/hub/api/users/pete/tokens").token(&token).json(&body).send().await;
    assert_eq!(made.status, StatusCode::CREATED);
    let small = made.json()["token"].as_str().unwrap().to_owned();
    let whoami = hub.get("/hub/api/user").token(&small).send().await.json();
    assert_eq!((whoami["name"].clone(), whoami.get("servers").cloned()), (json!("pete"), None));
    assert_eq!(
        hub.post("/hub/api/users/pete/server").token(&small).send().await.status,
        StatusCode::FORBIDDEN
    );
    let greedy = json!({ "scopes": ["admin:users"] });
    let refused = hub.post("/hub/api/users/pete/tokens").token(&token).json(&greedy).send().await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/hub/api/users/pete/tokens/{id}");
    assert_eq!(hub.request(Method::DELETE, &path).token(&token).send().await.status, StatusCode::NO_CONTENT);
    assert_eq!(hub.get("/hub/api/user").token(&small).send().await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_token_can_be_had_for_a_password() {
    let hub = TestHub::new().await;
    hub.user("pete").await;
    let body = |password: &str| json!({ "auth": { "username": "pete", "password": password } });
    let made = hub.post("/hub/api/users/pete/tokens").json(&body("right")).send().await;
    assert_eq!(made.status, StatusCode::CREATED);
    let refused = hub.post("/hub/api/users/pete/tokens").json(&body("wrong")).send().await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn another_process_writes_and_the_next_request_sees_it() {
    let hub = TestHub::new().await;
    let token = hub.token("ruth").await;
    assert_eq!(hub.get("/hub/api/users").token(&token).send().await.status, StatusCode::FORBIDDEN);
    let user = hub.user("ruth").await;
    let mut tx = hub.store.begin().await.unwrap();
    let admin = tx.roles().by_name("admin").await.unwrap().unwrap();
    tx.roles().grant(perijove_store::Holder::User(user.row.id), admin.id, false).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(hub.get("/hub/api/users").token(&token).send().await.status, StatusCode::OK);
    let mut tx = hub.store.begin().await.unwrap();
    tx.tokens().delete_for_user(user.row.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(hub.get("/hub/api/user").token(&token).send().await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn activity_is_committed_before_its_answer() {
    let hub = TestHub::new().await;
    let token = hub.token("olga").await;
    let when = "2037-01-01T00:00:00.000000Z";
    let future = json!({ "last_activity": when });
    let refused = hub.post("/hub/api/users/olga/activity").token(&token).json(&future).send().await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let soon =
        (chrono::Utc::now() + chrono::TimeDelta::minutes(1)).format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    let body = json!({ "last_activity": soon });
    let accepted = hub.post("/hub/api/users/olga/activity").token(&token).json(&body).send().await;
    assert_eq!(accepted.status, StatusCode::OK);
    let user = hub.get("/hub/api/users/olga").token(&token).send().await.json();
    assert_eq!(user["last_activity"], json!(soon));
}
