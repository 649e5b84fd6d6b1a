//! Shares, share codes, and the page that accepts one.

use http::{Method, StatusCode};
use perijove_testkit::{Answer, TestHub};
use serde_json::{Value, json};

use crate::xsrf_of;

const SERVER: &str = "access:servers!server=ada/";

async fn hub() -> TestHub {
    let hub = TestHub::new().await;
    for name in ["ada", "bob", "cleo"] {
        hub.user(name).await;
    }
    hub
}

async fn share(hub: &TestHub, body: Value) -> Answer {
    hub.post("/hub/api/shares/ada/").token(&TestHub::admin_token()).json(&body).send().await
}

async fn ask(hub: &TestHub, method: Method, path: &str, token: &str) -> Answer {
    hub.request(method, &format!("/hub/api/{path}")).token(token).send().await
}

async fn scopes_of(hub: &TestHub, token: &str) -> Vec<String> {
    let user = ask(hub, Method::GET, "user", token).await.json();
    user["scopes"].as_array().unwrap().iter().map(|scope| scope.as_str().unwrap().to_owned()).collect()
}

/// A code for ada's default server, and what the answer said of it.
async fn new_code(hub: &TestHub, body: Value) -> Value {
    let request = hub.post("/hub/api/share-codes/ada/").token(&TestHub::admin_token()).json(&body);
    let answer = request.send().await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_share_grants_and_its_end_takes_away() {
    let hub = hub().await;
    let bob = hub.token("bob").await;
    assert!(!scopes_of(&hub, &bob).await.contains(&SERVER.to_owned()));
    let granted = share(&hub, json!({"user": "bob"})).await;
    assert_eq!(granted.status, StatusCode::OK);
    let model = granted.json();
    assert_eq!(
        (&model["scopes"], &model["user"], &model["group"], &model["kind"]),
        (&json!([SERVER]), &json!({"name": "bob"}), &Value::Null, &json!("user"))
    );
    let server =
        json!({"user": {"name": "ada"}, "name": "", "url": "/user/ada/", "full_url": null, "ready": false});
    assert_eq!(model["server"], server);
    assert!(scopes_of(&hub, &bob).await.contains(&SERVER.to_owned()));
    let more = share(&hub, json!({"user": "bob", "scopes": ["read:servers"]})).await.json();
    assert_eq!(more["scopes"], json!([SERVER, "read:servers!server=ada/"]));
    let cookies = hub.log_in("bob").await;
    assert_eq!(
        hub.get("/hub/user/ada/").cookies(&cookies).send().await.status,
        StatusCode::FAILED_DEPENDENCY
    );
    let left = ask(&hub, Method::DELETE, "users/bob/shared/ada/", &bob).await;
    assert_eq!((left.status, left.body.len()), (StatusCode::NO_CONTENT, 0));
    assert!(!scopes_of(&hub, &bob).await.contains(&SERVER.to_owned()));
    assert_eq!(hub.get("/hub/user/ada/").cookies(&cookies).send().await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn tokens_have_nothing_of_shares_with_groups_and_only_the_literal_scopes_of_others() {
    let hub = hub().await;
    hub.hub.create_group("physics", &["cleo".to_owned()]).await.unwrap();
    for with in
        [json!({"user": "bob", "scopes": ["servers"]}), json!({"group": "physics", "scopes": ["servers"]})]
    {
        assert_eq!(share(&hub, with).await.status, StatusCode::OK);
    }
    let (literal, implied) = ("servers!server=ada/".to_owned(), "start:servers!server=ada/".to_owned());
    let bob = scopes_of(&hub, &hub.token("bob").await).await;
    assert_eq!((bob.contains(&literal), bob.contains(&implied)), (true, false));
    let cleo = scopes_of(&hub, &hub.token("cleo").await).await;
    assert_eq!((cleo.contains(&literal), cleo.contains(&implied)), (false, false));
    for name in ["bob", "cleo"] {
        let cookies = hub.log_in(name).await;
        let start =
            hub.post("/hub/api/users/ada/server").cookies(&cookies).header("x-xsrftoken", &xsrf_of(&cookies));
        let status = start.json(&json!({})).send().await.status;
        let expected = if name == "bob" { StatusCode::CREATED } else { StatusCode::BAD_REQUEST };
        assert_eq!(status, expected, "a browser of {name} may start it");
    }
}

#[tokio::test]
async fn a_share_reaches_no_further_than_its_server_and_its_giver() {
    let hub = hub().await;
    let wrong = [
        json!({"user": "bob", "scopes": ["read:servers!server=cleo/"]}),
        json!({"user": "bob", "scopes": ["read:servers!user=ada"]}),
        json!({"user": "bob", "scopes": ["no:such:scope"]}),
        json!({"user": "bob", "group": "physics"}),
        json!({"user": "nobody-here"}),
        json!({"group": "no-such-group"}),
        json!({}),
        json!([1]),
    ];
    for body in wrong {
        assert_eq!(share(&hub, body.clone()).await.status, StatusCode::BAD_REQUEST, "{body}");
    }
    let boss = |scopes: &'static [&'static str]| hub.token_with_scopes("admin", scopes);
    let post = async |token: &str, body: Value| {
        hub.post("/hub/api/shares/ada/").token(token).json(&body).send().await.status
    };
    let sharer = boss(&["shares!user=ada", "read:users:name!user=bob"]).await;
    assert_eq!(post(&sharer, json!({"user": "bob"})).await, StatusCode::OK);
    assert_eq!(
        post(&sharer, json!({"user": "bob", "scopes": ["admin:servers"]})).await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        post(&sharer, json!({"user": "cleo"})).await,
        StatusCode::FORBIDDEN,
        "a name that it may not see"
    );
    assert_eq!(
        post(&sharer, json!({"user": "nobody-here"})).await,
        StatusCode::FORBIDDEN,
        "and it does not learn of"
    );
    let foreign = boss(&["shares!server=ada/lab"]).await;
    assert_eq!(post(&foreign, json!({"user": "bob"})).await, StatusCode::NOT_FOUND);
    let default = boss(&["shares!server=ada/", "read:users:name"]).await;
    assert_eq!(post(&default, json!({"user": "cleo"})).await, StatusCode::OK, "the default server alone");
    assert_eq!(ask(&hub, Method::GET, "shares/ada", &default).await.status, StatusCode::NOT_FOUND);
    for method in [Method::POST, Method::PATCH, Method::DELETE] {
        let status = ask(&hub, method, "shares/ada", &TestHub::admin_token()).await.status;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    }
}

#[tokio::test]
async fn a_share_does_not_outlive_names() {
    let hub = hub().await;
    assert_eq!(share(&hub, json!({"user": "bob"})).await.status, StatusCode::OK);
    let made = new_code(&hub, json!({})).await;
    let bob = hub.token("bob").await;
    let renamed = hub.request(Method::PATCH, "/hub/api/users/ada").token(&TestHub::admin_token());
    assert_eq!(renamed.json(&json!({"name": "adele"})).send().await.status, StatusCode::OK);
    hub.user("ada").await;
    let scopes = scopes_of(&hub, &bob).await;
    assert!(scopes.contains(&"access:servers!server=adele/".to_owned()));
    assert!(!scopes.contains(&SERVER.to_owned()), "the name is somebody else's now");
    let shown = ask(&hub, Method::GET, "users/bob/shared", &bob).await.json();
    assert_eq!(shown["items"][0]["scopes"], json!(["access:servers!server=adele/"]));
    let admin = TestHub::admin_token();
    let codes = ask(&hub, Method::GET, "share-codes/adele/", &admin).await.json();
    assert_eq!((&codes["items"][0]["id"], codes["items"][0].get("code")), (&made["id"], None));
    assert_eq!(ask(&hub, Method::DELETE, "users/adele", &admin).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ask(&hub, Method::GET, "users/bob/shared", &bob).await.json()["items"], json!([]));
}

#[tokio::test]
async fn lists_have_pages() {
    let hub = hub().await;
    for name in ["bob", "cleo", "admin"] {
        hub.user(name).await;
        assert_eq!(share(&hub, json!({ "user": name })).await.status, StatusCode::OK);
    }
    let page = ask(&hub, Method::GET, "shares/ada/?limit=2", &TestHub::admin_token()).await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 2, "in an envelope, whatever the client accepts");
    assert_eq!(
        (&page["_pagination"]["total"], &page["_pagination"]["next"]["offset"]),
        (&json!(3), &json!(2))
    );
    let rest = ask(&hub, Method::GET, "shares/ada?limit=2&offset=2", &TestHub::admin_token()).await.json();
    assert_eq!(
        (rest["items"][0]["user"]["name"].clone(), rest["_pagination"]["next"].clone()),
        (json!("admin"), Value::Null)
    );
}

#[tokio::test]
async fn a_code_becomes_a_share_as_often_as_it_is_accepted() {
    let hub = hub().await;
    let made = new_code(&hub, json!({"expires_in": 60})).await;
    let code = made["code"].as_str().unwrap();
    assert_eq!(made["accept_url"], json!(format!("/hub/accept-share?code={code}")));
    assert_eq!((&made["exchange_count"], &made["full_accept_url"]), (&json!(0), &Value::Null));
    let page = made["accept_url"].as_str().unwrap();
    let cookies = hub.log_in("bob").await;
    let shown = hub.get(page).cookies(&cookies).send().await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.text().contains("not currently running"), "{}", shown.text());
    assert_eq!(
        hub.post(page).cookies(&cookies).form("").send().await.status,
        StatusCode::FORBIDDEN,
        "forged"
    );
    let form = format!("_xsrf={}&code={code}", xsrf_of(&cookies));
    let accept = async |next: &str| {
        let form = format!("{form}&next={next}");
        hub.post("/hub/accept-share").cookies(&cookies).form(&form).send().await
    };
    for (next, expected) in
        [("", "/user/ada/"), ("%2Fhub%2Fhome", "/hub/home"), ("https://evil.example/", "/user/ada/")]
    {
        let accepted = accept(next).await;
        assert_eq!((accepted.status, accepted.header("location")), (StatusCode::FOUND, expected));
    }
    let bob = hub.token("bob").await;
    assert!(scopes_of(&hub, &bob).await.contains(&SERVER.to_owned()));
    let admin = TestHub::admin_token();
    let codes = ask(&hub, Method::GET, "share-codes/ada", &admin).await.json();
    assert_eq!(codes["items"][0]["exchange_count"], json!(3));
    assert!(codes["items"][0]["last_exchanged_at"].is_string());
    assert_eq!(ask(&hub, Method::GET, "shares/ada/", &admin).await.json()["_pagination"]["total"], json!(1));
    let owner = hub.log_in("ada").await;
    assert_eq!(hub.get(page).cookies(&owner).send().await.status, StatusCode::FORBIDDEN, "not to oneself");
    let form = format!("_xsrf={}&code={code}", xsrf_of(&owner));
    assert_eq!(
        hub.post("/hub/accept-share").cookies(&owner).form(&form).send().await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn codes_end_by_time_by_value_by_number_and_with_all_others() {
    let hub = hub().await;
    let admin = TestHub::admin_token();
    let mut codes = Vec::new();
    for _ in 0..4 {
        codes.push(new_code(&hub, json!({})).await);
    }
    let field = |at: usize, name: &str| codes[at][name].as_str().unwrap().to_owned();
    let delete = async |query: String| {
        ask(&hub, Method::DELETE, &format!("share-codes/ada/{query}"), &admin).await.status
    };
    let left = async || {
        ask(&hub, Method::GET, "share-codes/ada/", &admin).await.json()["items"].as_array().unwrap().len()
    };
    for wrong in ["?id=nonsense", "?id=sc_99999", "?code=nonsense"] {
        assert_eq!(delete(wrong.to_owned()).await, StatusCode::NOT_FOUND, "{wrong}");
    }
    let other = format!("share-codes/bob/?code={}", field(0, "code"));
    assert_eq!(ask(&hub, Method::DELETE, &other, &admin).await.status, StatusCode::NOT_FOUND);
    assert_eq!(delete(format!("?id={}", field(0, "id"))).await, StatusCode::NO_CONTENT);
    assert_eq!(delete(format!("?code={}", field(1, "code"))).await, StatusCode::NO_CONTENT);
    assert_eq!(left().await, 2);
    let cookies = hub.log_in("bob").await;
    let page = async |at: usize| {
        hub.get(&format!("/hub/accept-share?code={}", field(at, "code")))
            .cookies(&cookies)
            .send()
            .await
            .status
    };
    assert_eq!((page(1).await, page(2).await), (StatusCode::NOT_FOUND, StatusCode::OK));
    expire(&hub, &field(2, "id")).await;
    assert_eq!((page(2).await, left().await), (StatusCode::NOT_FOUND, 1), "it has ended");
    let form = format!("_xsrf={}&code={}", xsrf_of(&cookies), field(2, "code"));
    assert_eq!(
        hub.post("/hub/accept-share").cookies(&cookies).form(&form).send().await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!((delete(String::new()).await, left().await), (StatusCode::NO_CONTENT, 0));
}

#[tokio::test]
async fn a_start_deletes_codes_that_have_ended() {
    let hub = hub().await;
    let (ended, live) = (new_code(&hub, json!({})).await, new_code(&hub, json!({})).await);
    expire(&hub, ended["id"].as_str().unwrap()).await;
    hub.hub.seed(&perijove_core::startup::Seed::default()).await.unwrap();
    let ada = hub.user("ada").await;
    let filter = perijove_store::ShareFilter::Owner(ada.row.id);
    let rows = hub.store.read().await.unwrap().shares().list_codes(filter, 0, None).await.unwrap();
    let ids: Vec<String> = rows.items.iter().map(|row| format!("sc_{}", row.code.id)).collect();
    assert_eq!(json!(ids), json!([live["id"]]));
}

/// Sets a code's end back.
async fn expire(hub: &TestHub, id: &str) {
    let id = id.trim_start_matches("sc_").parse().unwrap();
    let mut tx = hub.store.begin().await.unwrap();
    let mut row = tx.shares().find_code(id).await.unwrap().unwrap();
    tx.shares().delete_code(id).await.unwrap();
    row.expires_at = Some(chrono::DateTime::UNIX_EPOCH);
    tx.shares().insert_code(&mut row).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn two_at_a_time_make_one_share() {
    let hub = hub().await;
    let both = [json!({"user": "bob", "scopes": ["read:servers"]}), json!({"user": "bob"})];
    let answers = tokio::join!(share(&hub, both[0].clone()), share(&hub, both[1].clone()));
    assert_eq!((answers.0.status, answers.1.status), (StatusCode::OK, StatusCode::OK));
    let list = ask(&hub, Method::GET, "shares/ada/", &TestHub::admin_token()).await.json();
    assert_eq!(list["_pagination"]["total"], json!(1));
    assert_eq!(list["items"][0]["scopes"], json!([SERVER, "read:servers!server=ada/"]));
}

#[tokio::test]
async fn the_old_admin_access_only_answers() {
    let hub = hub().await;
    let path = "/hub/api/users/ada/admin-access";
    let refused = hub.post(path).token(&TestHub::admin_token()).send().await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let hub = TestHub::builder().settings(|settings| settings.servers.admin_access = true).build().await;
    hub.user("ada").await;
    let missing =
        hub.post("/hub/api/users/nobody-here/admin-access").token(&TestHub::admin_token()).send().await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let answered = hub.post(path).token(&TestHub::admin_token()).send().await;
    assert_eq!((answered.status, answered.body.len()), (StatusCode::OK, 0));
}
