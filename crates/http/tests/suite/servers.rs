//! Servers through the REST API and the progress stream.

use http::{Method, StatusCode};
use perijove_testkit::{Behaviour, TestHub};
use serde_json::{Value, json};

fn events(text: &str) -> Vec<Value> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("data: "));
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_server_starts_tells_its_progress_and_stops() {
    let hub = TestHub::new().await;
    let token = hub.token("joan").await;
    let options = json!({ "flavour": "vanilla" });
    let started = hub.post("/hub/api/users/joan/server").token(&token).json(&options).send().await;
    assert_eq!((started.status, started.header("content-type")), (StatusCode::CREATED, "text/plain"));
    let progress = hub.get("/hub/api/users/joan/server/progress").token(&token).send().await;
    assert_eq!(progress.header("content-type"), "text/event-stream");
    let last = events(&progress.text()).pop().unwrap();
    assert_eq!((last["ready"].clone(), last["url"].clone()), (json!(true), json!("/user/joan/")));
    let server = hub.get("/hub/api/user").token(&token).send().await.json()["servers"][""].clone();
    assert_eq!(server["ready"], json!(true));
    assert_eq!(server["user_options"], options);
    let again = hub.post("/hub/api/users/joan/server").token(&token).send().await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
    let routes = hub.get("/hub/api/proxy").token(&TestHub::admin_token()).send().await.json();
    assert_eq!(routes["/user/joan/"]["data"]["user"], json!("joan"));
    let stopped = hub.request(Method::DELETE, "/hub/api/users/joan/server").token(&token).send().await;
    assert_eq!(stopped.status, StatusCode::NO_CONTENT);
    assert_eq!(hub.get("/hub/api/user").token(&token).send().await.json()["servers"], json!({}));
    let routes = hub.get("/hub/api/proxy").token(&TestHub::admin_token()).send().await.json();
    assert!(routes.get("/user/joan/").is_none());
}

#[tokio::test]
async fn a_server_that_exits_early_fails_at_once_with_its_last_words() {
    let hub = TestHub::new().await;
    hub.spawner.behave(Behaviour::Exits("LAST WORDS <script>".into()));
    let token = hub.token("nina").await;
    let failed = hub.post("/hub/api/users/nina/server").token(&token).send().await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    let progress = hub.get("/hub/api/users/nina/server/progress").token(&token).send().await;
    let last = events(&progress.text()).pop().unwrap();
    assert_eq!(last["failed"], json!(true));
    assert!(last["output"].as_str().unwrap().contains("LAST WORDS"), "{last}");
    let cookies = hub.log_in("nina").await;
    let page = hub.get("/hub/spawn-pending/nina").cookies(&cookies).send().await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(page.text().contains("LAST WORDS &lt;script&gt;"), "{}", page.text());
    hub.spawner.behave(Behaviour::Works);
    let retried = hub.post("/hub/api/users/nina/server").token(&token).send().await;
    assert_eq!(retried.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_slow_start_is_pending_and_can_be_interrupted() {
    let hub = TestHub::builder().settings(|settings| settings.servers.slow_spawn_timeout = 0.0).build().await;
    hub.spawner.behave(Behaviour::Hangs);
    let token = hub.token("slow").await;
    assert_eq!(
        hub.post("/hub/api/users/slow/server").token(&token).send().await.status,
        StatusCode::ACCEPTED
    );
    assert_eq!(
        hub.post("/hub/api/users/slow/server").token(&token).send().await.status,
        StatusCode::ACCEPTED
    );
    let user = hub.get("/hub/api/user").token(&token).send().await.json();
    assert_eq!(
        (user["pending"].clone(), user["servers"][""]["pending"].clone()),
        (json!("spawn"), json!("spawn"))
    );
    let stopped = hub.request(Method::DELETE, "/hub/api/users/slow/server").token(&token).send().await;
    assert_eq!(stopped.status, StatusCode::NO_CONTENT);
    assert_eq!(hub.get("/hub/api/user").token(&token).send().await.json()["servers"], json!({}));
}

#[tokio::test]
async fn a_refusal_of_a_hook_keeps_its_status_and_words() {
    let hub = TestHub::new().await;
    hub.spawner.behave(Behaviour::Refuses(429, "not today".into()));
    let token = hub.token("rick").await;
    let refused = hub.post("/hub/api/users/rick/server").token(&token).send().await;
    assert_eq!(refused.json(), json!({ "status": 429, "message": "not today" }));
}

#[tokio::test]
async fn limits_say_when_to_come_back() {
    let hub =
        TestHub::builder().settings(|settings| settings.servers.concurrent_spawn_limit = 1).build().await;
    let hub = &hub;
    hub.spawner.behave(Behaviour::Hangs);
    let first = hub.token("first").await;
    let second = hub.token("second").await;
    let hanging = hub.post("/hub/api/users/first/server").token(&first).send();
    let refused = async {
        let key = hub.user("first").await.row.id;
        while !hub.hub.server_state(key, &perijove_model::ServerName::default()).is_active() {
            tokio::task::yield_now().await;
        }
        hub.post("/hub/api/users/second/server").token(&second).send().await
    };
    let answer = tokio::select! {
        _ = hanging => panic!("the start does not hang"),
        answer = refused => answer,
    };
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.header("retry-after").parse::<u64>().is_ok());
}

#[tokio::test]
async fn named_servers_are_made_renamed_and_removed() {
    let hub = TestHub::builder()
        .settings(|settings| settings.servers.named_server_limit_per_user = 1)
        .build()
        .await;
    let token = hub.token("kate").await;
    let path = "/hub/api/users/kate/servers/second";
    assert_eq!(hub.request(Method::PUT, path).token(&token).send().await.status, StatusCode::CREATED);
    let third = hub.post("/hub/api/users/kate/servers/third").token(&token).send().await;
    assert_eq!(third.status, StatusCode::BAD_REQUEST);
    assert_eq!(hub.post(path).token(&token).send().await.status, StatusCode::CREATED);
    let busy =
        hub.request(Method::PATCH, path).token(&token).json(&json!({ "name": "renamed" })).send().await;
    assert_eq!(busy.status, StatusCode::BAD_REQUEST);
    assert_eq!(hub.request(Method::DELETE, path).token(&token).send().await.status, StatusCode::NO_CONTENT);
    let renamed =
        hub.request(Method::PATCH, path).token(&token).json(&json!({ "name": "renamed" })).send().await;
    assert_eq!((renamed.status, renamed.json()["name"].clone()), (StatusCode::OK, json!("renamed")));
    let removal = hub.request(Method::DELETE, "/hub/api/users/kate/servers/renamed").token(&token);
    assert_eq!(removal.json(&json!({ "remove": true })).send().await.status, StatusCode::NO_CONTENT);
    let user = hub.get("/hub/api/users/kate?include_stopped_servers").token(&token).send().await.json();
    assert!(user["servers"].get("renamed").is_none());
}

#[tokio::test]
async fn a_server_knows_its_own_token_and_scopes() {
    let hub = TestHub::new().await;
    let token = hub.token("owner").await;
    hub.post("/hub/api/users/owner/server").token(&token).send().await;
    let facts = hub.spawner.launch_of("owner", "").unwrap().facts;
    let own = secrecy::ExposeSecret::expose_secret(&facts.api_token).to_owned();
    let activity = json!({ "servers": { "": { "last_activity": "2020-01-01T00:00:00Z" } } });
    let posted = hub.post("/hub/api/users/owner/activity").token(&own).json(&activity).send().await;
    assert_eq!(posted.status, StatusCode::OK);
    assert_eq!(hub.get("/hub/api/users").token(&own).send().await.status, StatusCode::FORBIDDEN);
    hub.request(Method::DELETE, "/hub/api/users/owner/server").token(&token).send().await;
    assert_eq!(hub.get("/hub/api/user").token(&own).send().await.status, StatusCode::FORBIDDEN);
}
