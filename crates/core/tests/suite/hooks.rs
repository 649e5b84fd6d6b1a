//! Functions of the configuration around servers.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use perijove_core::Error;
use perijove_core::hooks::{HookResult, HookTarget, Hooks};
use perijove_core::servers::StartRequest;
use perijove_core::startup::GroupSeed;
use perijove_model::ServerName;
use perijove_spawners::Launch;
use perijove_testkit::TestHub;
use serde_json::{Value, json};

/// Writes down what it is shown, and changes the last event or breaks.
#[derive(Default)]
struct Recording {
    breaks: bool,
    properties: Mutex<Vec<Option<Value>>>,
}

#[async_trait]
impl Hooks for Recording {
    async fn before_spawn(&self, target: &HookTarget<'_>, _: &mut Launch) -> HookResult<()> {
        let seen = target.groups.iter().map(|group| group.properties.clone());
        self.properties.lock().unwrap().extend(seen);
        Ok(())
    }

    async fn progress_ready(&self, target: &HookTarget<'_>, mut event: Value) -> HookResult<Value> {
        if self.breaks {
            return Err(Error::internal("broken"));
        }
        assert!(target.user.spawner("").unwrap().target().is_some(), "the server has no address");
        event.as_object_mut().unwrap().insert("message".into(), json!("changed"));
        Ok(event)
    }
}

fn request() -> StartRequest {
    StartRequest { server: ServerName::default(), display_name: String::new(), options: None, handler: None }
}

async fn last_event(hub: &TestHub) -> Value {
    let user = hub.user("ada").await;
    hub.hub.start_server(&user, request()).await.unwrap();
    let stream = hub.get("/hub/api/users/ada/server/progress").token(&TestHub::admin_token()).send().await;
    let text = stream.text();
    serde_json::from_str(text.trim().strip_prefix("data: ").unwrap()).unwrap()
}

#[tokio::test]
async fn the_last_event_of_a_start_is_the_hooks() {
    let hub = TestHub::builder().hooks(Arc::new(Recording::default())).build().await;
    let event = last_event(&hub).await;
    assert_eq!((&event["message"], &event["url"]), (&json!("changed"), &json!("/user/ada/")));
}

#[tokio::test]
async fn a_broken_hook_does_not_keep_the_user_waiting() {
    let hub = TestHub::builder().hooks(Arc::new(Recording { breaks: true, ..Recording::default() }));
    let event = last_event(&hub.build().await).await;
    assert_eq!((&event["ready"], &event["message"]), (&json!(true), &json!("Server ready at /user/ada/")));
}

#[tokio::test]
async fn hooks_before_a_start_see_the_properties_of_groups() {
    let hooks = Arc::new(Recording::default());
    let properties = json!({ "gpu": 2 });
    let group = GroupSeed { users: vec!["ada".into()], properties: properties.as_object().cloned() };
    let hub = TestHub::builder().hooks(hooks.clone()).seed(|seed| {
        seed.groups.push(("physics".into(), group));
    });
    let hub = hub.build().await;
    let user = hub.user("ada").await;
    hub.hub.start_server(&user, request()).await.unwrap();
    assert_eq!(*hooks.properties.lock().unwrap(), [Some(properties)]);
}
