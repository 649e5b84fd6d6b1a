//! Numbers for Prometheus, events, and the password tokens of JupyterHub 1.x.

use http::{Method, StatusCode};
use perijove_core::events::ServerAction;
use perijove_testkit::{PASSWORD, TestHub};
use serde_json::json;

async fn metrics(hub: &TestHub) -> String {
    let answer = hub.get("/hub/metrics").token(&TestHub::admin_token()).send().await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "text/plain; version=1.0.0; charset=utf-8");
    answer.text().to_owned()
}

/// The value of a sample, by its beginning up to the value.
fn value(text: &str, sample: &str) -> f64 {
    let found = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    assert!(found.is_some(), "no {sample} in {text}");
    found.unwrap().parse().unwrap()
}

#[tokio::test]
async fn requests_are_counted_by_upstreams_handlers() {
    let hub = TestHub::new().await;
    for _ in 0..2 {
        hub.get("/hub/api/user").token(&TestHub::admin_token()).send().await;
    }
    for path in ["/hub/nothing", "/hub/api/nothing", "/nothing", "/user/x", "/hub", "/services/x"] {
        hub.get(path).send().await;
    }
    hub.request(Method::PUT, "/hub/api/users").send().await;
    let text = metrics(&hub).await;
    for (code, handler, method, expected) in [
        ("200", "jupyterhub.apihandlers.users.SelfAPIHandler", "GET", 2.0),
        ("404", "jupyterhub.handlers.base.Template404", "GET", 1.0),
        ("404", "jupyterhub.apihandlers.base.API404", "GET", 1.0),
        ("302", "jupyterhub.handlers.base.PrefixRedirectHandler", "GET", 1.0),
        ("301", "jupyterhub.handlers.base.AddSlashHandler", "GET", 3.0),
        ("405", "jupyterhub.apihandlers.users.UserListAPIHandler", "PUT", 1.0),
    ] {
        let labels = format!("{{code=\"{code}\",handler=\"{handler}\",method=\"{method}\"}}");
        let sample = format!("jupyterhub_request_duration_seconds_count{labels}");
        assert!((value(&text, &sample) - expected).abs() < f64::EPSILON, "{sample} in {text}");
    }
}

#[tokio::test]
async fn servers_and_logins_are_counted_and_told_to_the_event_log() {
    let hub = TestHub::new().await;
    hub.log_in("ada").await;
    let token = hub.token("ada").await;
    let path = "/hub/api/users/ada/server";
    assert_eq!(hub.post(path).token(&token).send().await.status, StatusCode::CREATED);
    let text = metrics(&hub).await;
    for sample in [
        "jupyterhub_server_spawn_duration_seconds_count{reason=\"\",status=\"success\"}",
        "jupyterhub_proxy_add_duration_seconds_count{status=\"success\"}",
        "jupyterhub_login_duration_seconds_count{status=\"LoginStatus.success\"}",
        "jupyterhub_running_servers",
    ] {
        assert!(value(&text, sample) >= 1.0, "{sample}");
    }
    assert_eq!(hub.request(Method::DELETE, path).token(&token).send().await.status, StatusCode::NO_CONTENT);
    let text = metrics(&hub).await;
    assert!(value(&text, "jupyterhub_server_stop_seconds_count{status=\"success\"}") >= 1.0);
    assert!(value(&text, "jupyterhub_running_servers") < 1.0);
    let events: Vec<_> =
        hub.events.all().into_iter().map(|event| (event.action, event.user, event.server)).collect();
    let event = |action| (action, "ada".to_owned(), String::new());
    assert_eq!(events, [event(ServerAction::Start), event(ServerAction::Stop)]);
}

#[tokio::test]
async fn metrics_are_for_those_who_may_read_them() {
    let hub = TestHub::new().await;
    for token in [None, Some(hub.token("ada").await)] {
        let request = hub.get("/hub/metrics");
        let request = if let Some(token) = &token { request.token(token) } else { request };
        assert_eq!(request.send().await.status, StatusCode::FORBIDDEN);
    }
    let open = TestHub::builder().settings(|settings| settings.authenticate_prometheus = false).build().await;
    assert_eq!(open.get("/hub/metrics").send().await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_password_buys_a_token_only_where_it_is_configured() {
    let login = json!({ "username": "ada", "password": PASSWORD });
    let hub = TestHub::new().await;
    let answer = hub.post("/hub/api/authorizations/token").json(&login).send().await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);

    let hub = TestHub::builder()
        .settings(|settings| {
            settings.api.legacy_password_tokens = true;
            settings.api.token_expires_in_max_seconds = 60;
        })
        .build()
        .await;
    let made = hub.post("/hub/api/authorizations/token").json(&login).send().await;
    assert_eq!(made.status, StatusCode::OK);
    assert_eq!(made.json()["user"]["name"], json!("ada"));
    let token = made.json()["token"].as_str().unwrap().to_owned();
    let tokens = hub.get("/hub/api/users/ada/tokens").token(&token).send().await.json();
    assert!(tokens["api_tokens"][0]["expires_at"].is_string(), "{tokens}");
    for (who, status) in [("ada", 200), ("other", 403)] {
        hub.user("other").await;
        let body = json!({ "username": who });
        let answer = hub.post("/hub/api/authorizations/token").token(&token).json(&body).send().await;
        assert_eq!(answer.status.as_u16(), status, "{who}");
    }
    let admin = hub.post("/hub/api/authorizations/token").token(&TestHub::admin_token());
    assert_eq!(
        admin.json(&json!({ "username": "other" })).send().await.json()["user"]["name"],
        json!("other")
    );
}

#[tokio::test]
async fn passwords_cannot_be_guessed_for_ever() {
    let hub =
        TestHub::builder().settings(|settings| settings.api.legacy_password_tokens = true).build().await;
    let guess = async |password: &str| {
        let body = json!({ "username": "ada", "password": password });
        hub.post("/hub/api/authorizations/token").json(&body).send().await
    };
    for _ in 0..10 {
        assert_eq!(guess("wrong").await.status, StatusCode::FORBIDDEN);
    }
    let refused = guess(PASSWORD).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
}

#[tokio::test]
async fn a_login_cookie_names_its_user_to_programs() {
    let hub = TestHub::new().await;
    let cookies = hub.log_in("ada").await;
    let value = cookies.split("; ").find_map(|pair| pair.strip_prefix("jupyterhub-hub-login=")).unwrap();
    let value = value.trim_matches('"');
    let path = format!("/hub/api/authorizations/cookie/jupyterhub-hub-login/{}", value.replace('|', "%7C"));
    let shown = hub.get(&path).token(&TestHub::admin_token()).send().await;
    assert_eq!((shown.status, shown.json()["name"].clone()), (StatusCode::OK, json!("ada")));
    let in_body = hub
        .request(Method::GET, "/hub/api/authorizations/cookie/jupyterhub-hub-login")
        .token(&TestHub::admin_token())
        .raw(value.to_owned());
    assert_eq!(in_body.send().await.json()["name"], json!("ada"));
    assert_eq!(hub.get(&path).cookies(&cookies).send().await.status, StatusCode::FORBIDDEN);
}
