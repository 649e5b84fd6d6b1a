//! What people are told of a start that failed.

use perijove_core::servers::StartRequest;
use perijove_model::ServerName;
use perijove_testkit::{Behaviour, TestHub};
use serde_json::{Value, json};

const PROGRESS: &str = "/hub/api/users/ada/server/progress";

async fn hub_with_a_failed_start() -> TestHub {
    let hub = TestHub::new().await;
    let user = hub.user("ada").await;
    hub.spawner.behave(Behaviour::Exits("<b>no module</b>\nlast words".into()));
    let request = StartRequest {
        server: ServerName::default(),
        display_name: String::new(),
        options: None,
        handler: None,
    };
    let refused = hub.hub.start_server(&user, request).await.unwrap_err();
    assert!(refused.to_string().contains("last words"), "{refused}");
    hub
}

#[tokio::test]
async fn the_last_lines_of_a_failed_start_are_in_its_last_event() {
    let hub = hub_with_a_failed_start().await;
    let token = hub.token("ada").await;
    let stream = hub.get(PROGRESS).token(&token).send().await;
    let text = stream.text();
    let event: Value = serde_json::from_str(text.trim().strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(
        event,
        json!({
            "progress": 100,
            "failed": true,
            "message": "Spawn failed: The server ended before it answered (exit code 1).",
            "output": "<b>no module</b>\nlast words",
        })
    );
}

#[tokio::test]
async fn the_page_of_a_failed_start_escapes_what_the_server_wrote() {
    let hub = hub_with_a_failed_start().await;
    let cookies = hub.log_in("ada").await;
    let page = hub.get("/hub/spawn-pending/ada").cookies(&cookies).send().await;
    let text = page.text();
    assert!(text.contains("last words"), "{text}");
    assert!(!text.contains("<b>no module"), "{text}");
}

#[tokio::test]
async fn others_do_not_see_what_a_server_wrote() {
    let hub = hub_with_a_failed_start().await;
    let token = hub.token("eve").await;
    let stream = hub.get(PROGRESS).token(&token).send().await;
    assert!(stream.status.is_client_error() && !stream.text().contains("last words"), "{stream:?}");
    let cookies = hub.log_in("eve").await;
    for path in ["/hub/spawn-pending/ada", "/hub/spawn/ada", "/user/ada/"] {
        let page = hub.get(path).cookies(&cookies).send().await;
        assert!(!page.text().contains("last words"), "{path}");
    }
}
