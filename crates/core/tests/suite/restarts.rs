//! What a hub finds that follows one that was killed.

use std::time::Duration;

use perijove_core::servers::state::{ServerState, StartPhase};
use perijove_core::servers::{Outcome, StartRequest};
use perijove_model::ServerName;
use perijove_spawners::Poll;
use perijove_testkit::{Behaviour, TestHub};

/// The check of the servers does not come near this, or it waits for what it must not.
const LIMIT: Duration = Duration::from_secs(20);

fn request() -> StartRequest {
    StartRequest { server: ServerName::default(), display_name: String::new(), options: None, handler: None }
}

async fn killed_hub_with_a_server() -> TestHub {
    let hub = TestHub::new().await;
    let user = hub.user("ada").await;
    assert_eq!(hub.hub.start_server(&user, request()).await.unwrap(), Outcome::Done);
    hub
}

async fn after_restart(hub: &TestHub) -> TestHub {
    let hub = hub.restarted().await;
    let found = hub.hub.find_servers().await.unwrap();
    hub.hub.check_servers(found, LIMIT).await;
    hub
}

async fn state(hub: &TestHub) -> ServerState {
    let user = hub.user("ada").await;
    hub.hub.server_state(user.row.id, &ServerName::default())
}

async fn settled(hub: &TestHub) -> ServerState {
    let user = hub.user("ada").await;
    let Some(live) = hub.hub.live_server(user.row.id, &ServerName::default()) else {
        return ServerState::Stopped;
    };
    let mut states = live.watch();
    states.wait_for(|state| state.pending().is_none()).await.unwrap().clone()
}

async fn is_routed(hub: &TestHub) -> bool {
    hub.hub.proxy_routes().await.unwrap().contains_key("/user/ada/")
}

#[tokio::test]
async fn a_running_server_is_adopted() {
    let hub = after_restart(&killed_hub_with_a_server().await).await;
    assert_eq!(state(&hub).await, ServerState::Ready);
    assert!(is_routed(&hub).await);
}

/// A hub whose server runs and takes connections, but does not answer.
async fn killed_hub_with_a_silent_server() -> TestHub {
    let hub = TestHub::new().await;
    let user = hub.user("ada").await;
    hub.spawner.behave(Behaviour::Silent);
    let started = hub.hub.start_server_within(&user, request(), Duration::ZERO).await;
    assert_eq!(started.unwrap(), Outcome::Pending);
    let live = hub.hub.live_server(user.row.id, &ServerName::default()).unwrap();
    let waiting = ServerState::Starting(StartPhase::WaitingForAnswer);
    live.watch().wait_for(|state| *state == waiting).await.unwrap();
    hub.spawner.be_impatient();
    hub
}

#[tokio::test]
async fn a_server_of_which_nothing_is_known_is_left_alone() {
    let before = killed_hub_with_a_silent_server().await;
    before.spawner.poll_as(Some(Poll::Unknown("the account database is away".into())));
    let hub = after_restart(&before).await;
    assert_eq!(state(&hub).await, ServerState::Ready);
    assert!(is_routed(&hub).await);
    assert!(hub.spawner.launch_of("ada", "").is_some());
}

#[tokio::test]
async fn a_running_server_that_does_not_answer_is_stopped() {
    let hub = after_restart(&killed_hub_with_a_silent_server().await).await;
    assert_eq!(settled(&hub).await, ServerState::Stopped);
    assert!(hub.spawner.launch_of("ada", "").is_none());
    assert!(!is_routed(&hub).await);
}

/// Takes back what a start writes last, as if the hub had been killed before it did.
async fn forget_address(hub: &TestHub) {
    let user = hub.user("ada").await;
    let server_id = user.spawner("").unwrap().row.server_id.unwrap();
    let mut tx = hub.store.begin().await.unwrap();
    let mut row = tx.servers().find(server_id).await.unwrap().unwrap();
    row.port = None;
    tx.servers().update(&row).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_process_of_a_half_finished_start_is_ended() {
    let before = killed_hub_with_a_server().await;
    forget_address(&before).await;
    let hub = before.restarted().await;
    let found = hub.hub.find_servers().await.unwrap();
    assert!(!is_routed(&hub).await, "it would lead to port 80");
    hub.hub.check_routes().await.unwrap();
    assert!(!is_routed(&hub).await, "it would lead to port 80");
    hub.hub.check_servers(found, LIMIT).await;
    assert_eq!(settled(&hub).await, ServerState::Stopped);
    assert!(hub.spawner.launch_of("ada", "").is_none());
    assert!(hub.user("ada").await.spawner("").unwrap().row.server_id.is_none());
    let user = hub.user("ada").await;
    assert_eq!(hub.hub.start_server(&user, request()).await.unwrap(), Outcome::Done);
}

#[tokio::test]
async fn a_start_that_made_no_process_yet_is_cleaned_up() {
    let before = killed_hub_with_a_server().await;
    forget_address(&before).await;
    let user = before.user("ada").await;
    let mut tx = before.store.begin().await.unwrap();
    tx.spawners().set_state(user.spawner("").unwrap().row.id, None).await.unwrap();
    tx.commit().await.unwrap();
    let hub = after_restart(&before).await;
    assert_eq!(settled(&hub).await, ServerState::Stopped);
    let user = hub.user("ada").await;
    assert!(user.spawner("").unwrap().row.server_id.is_none());
    assert!(hub.hub.user_tokens(&user).await.unwrap().is_empty(), "the token of the start is left");
}

#[tokio::test]
async fn a_half_finished_start_of_which_nothing_is_known_gets_no_route() {
    let before = killed_hub_with_a_server().await;
    forget_address(&before).await;
    before.spawner.fail_stops(true);
    before.spawner.poll_as(Some(Poll::Unknown("nobody knows".into())));
    let hub = after_restart(&before).await;
    assert_eq!(settled(&hub).await, ServerState::Ready);
    hub.hub.check_routes().await.unwrap();
    assert!(!is_routed(&hub).await);
    assert!(hub.spawner.launch_of("ada", "").is_some());
}
