use perijove_testkit::TestHub;
use serde_json::json;

use super::*;

async fn call(hub: &TestHub, method: &str, params: Json) -> Result<Json, HubCallError> {
    CallsOf::new(&hub.hub).call(method, params).await
}

#[tokio::test]
async fn a_login_is_written_as_the_hubs_own_is() {
    let hub = TestHub::builder().settings(|settings| settings.manage_groups = true).build().await;
    let model = json!({ "name": "ada", "admin": true, "groups": ["maths"], "auth_state": null });
    let answer = call(&hub, "login", json!({ "model": model })).await.unwrap();
    assert_eq!(answer, json!({ "name": "ada" }));
    let user = hub.user("ada").await;
    assert!(user.row.admin && user.role_names().contains(&"admin"));
    assert_eq!(user.grants.groups, ["maths"]);

    // `null` leaves groups and the flag as they are; not to speak of groups is an error of the authenticator's.
    let model = json!({ "name": "ada", "admin": null, "groups": null });
    call(&hub, "login", json!({ "model": model })).await.unwrap();
    let user = hub.user("ada").await;
    assert!(user.row.admin && user.grants.groups == ["maths"]);
    let silent = call(&hub, "login", json!({ "model": { "name": "ada" } })).await.unwrap_err();
    assert!(silent.status.is_none() && silent.message.contains("manage_groups"), "{silent:?}");
}

#[tokio::test]
async fn servers_are_started_and_stopped() {
    let hub = TestHub::new().await;
    hub.user("ada").await;
    let of_ada = |server: &str| json!({ "user": "ada", "server": server });
    assert_eq!(call(&hub, "start_server", of_ada("")).await.unwrap(), Json::Null);
    let again = call(&hub, "start_server", of_ada("")).await.unwrap_err();
    assert_eq!(again.status, Some(400));
    assert_eq!(call(&hub, "stop_server", of_ada("")).await.unwrap(), Json::Null);
    assert_eq!(call(&hub, "stop_server", of_ada("none")).await.unwrap_err().status, Some(404));
    assert_eq!(call(&hub, "start_server", of_ada("No Slug!")).await.unwrap_err().status, Some(400));
    let nobody = call(&hub, "start_server", json!({ "user": "nobody", "server": "" })).await.unwrap_err();
    assert_eq!(nobody.status, Some(404));
}

#[tokio::test]
async fn auth_state_is_not_kept_where_it_is_not_enabled() {
    let hub = TestHub::new().await;
    hub.user("ada").await;
    let saved = call(&hub, "save_auth_state", json!({ "user": "ada", "auth_state": { "token": 1 } })).await;
    assert_eq!(saved.unwrap(), Json::Null);
    assert_eq!(call(&hub, "auth_state", json!({ "user": "ada" })).await.unwrap(), Json::Null);
}

#[tokio::test]
async fn nonsense_is_refused() {
    let hub = TestHub::new().await;
    for (method, params) in
        [("fly", json!({})), ("login", json!({})), ("count_login", json!({ "seconds": "x" }))]
    {
        let refused = call(&hub, method, params).await.unwrap_err();
        assert_eq!(refused.status, None, "{method}");
    }
    let calls = CallsOf::new(&hub.hub);
    drop(hub);
    assert!(calls.call("auth_state", json!({ "user": "ada" })).await.is_err());
}
