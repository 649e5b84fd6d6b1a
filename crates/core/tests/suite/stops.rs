//! Stops that fail.

use std::sync::Arc;

use perijove_core::servers::registry::LiveServer;
use perijove_core::servers::state::{Event, ServerState};
use perijove_core::servers::{Outcome, StartRequest};
use perijove_core::{Error, records::UserRecord};
use perijove_model::ServerName;
use perijove_testkit::{Behaviour, TestHub};

fn request() -> StartRequest {
    StartRequest { server: ServerName::default(), display_name: String::new(), options: None, handler: None }
}

async fn running() -> (TestHub, Arc<UserRecord>, Arc<LiveServer>) {
    let hub = TestHub::new().await;
    let user = hub.user("ada").await;
    assert_eq!(hub.hub.start_server(&user, request()).await.unwrap(), Outcome::Done);
    let live = hub.hub.live_server(user.row.id, &ServerName::default()).unwrap();
    (hub, user, live)
}

async fn is_routed(hub: &TestHub) -> bool {
    hub.hub.proxy_routes().await.unwrap().contains_key("/user/ada/")
}

#[tokio::test]
async fn a_server_that_cannot_be_stopped_stays_and_can_be_stopped_later() {
    let (hub, user, live) = running().await;
    hub.spawner.fail_stops(true);
    let refused = hub.hub.stop_server(&user, &ServerName::default()).await.unwrap_err();
    assert!(matches!(&refused, Error::Internal(_)), "{refused:?}");
    assert_eq!(live.state(), ServerState::Ready);
    assert!(is_routed(&hub).await);
    assert!(hub.user("ada").await.spawner("").unwrap().row.server_id.is_some());
    let answer = hub.request(http::Method::DELETE, "/hub/api/users/ada/server");
    let answer = answer.token(&TestHub::admin_token()).send().await;
    assert_eq!(answer.status, 500);
    hub.spawner.fail_stops(false);
    assert_eq!(hub.hub.stop_server(&user, &ServerName::default()).await.unwrap(), Outcome::Done);
    assert_eq!(hub.hub.server_state(user.row.id, &ServerName::default()), ServerState::Stopped);
    assert!(!is_routed(&hub).await);
    assert!(hub.user("ada").await.spawner("").unwrap().row.server_id.is_none());
}

#[tokio::test]
async fn a_server_that_could_not_be_stopped_is_watched_on() {
    let (hub, user, live) = running().await;
    hub.spawner.fail_stops(true);
    hub.hub.stop_server(&user, &ServerName::default()).await.unwrap_err();
    hub.spawner.fail_stops(false);
    let mut states = live.watch();
    hub.spawner.crash("ada", "");
    states.wait_for(|state| *state == ServerState::Stopped).await.unwrap();
    assert!(hub.user("ada").await.spawner("").unwrap().row.server_id.is_none());
}

#[tokio::test]
async fn what_a_failed_start_left_running_is_not_forgotten() {
    let hub = TestHub::new().await;
    let user = hub.user("ada").await;
    hub.spawner.be_impatient();
    hub.spawner.behave(Behaviour::Silent);
    hub.spawner.fail_stops(true);
    let refused = hub.hub.start_server(&user, request()).await.unwrap_err();
    assert!(refused.to_string().contains("could not be stopped"), "{refused}");
    let live = hub.hub.live_server(user.row.id, &ServerName::default()).unwrap();
    live.watch().wait_for(|state| *state == ServerState::Ready).await.unwrap();
    hub.spawner.fail_stops(false);
    assert_eq!(hub.hub.stop_server(&user, &ServerName::default()).await.unwrap(), Outcome::Done);
    assert!(hub.spawner.launch_of("ada", "").is_none());
}

#[tokio::test]
async fn a_user_whose_server_cannot_be_stopped_is_not_deleted() {
    let (hub, user, live) = running().await;
    hub.spawner.fail_stops(true);
    let admin = hub.user("admin").await;
    let by = perijove_core::identity::Principal::User(admin);
    hub.hub.delete_user(&user, &by).await.unwrap_err();
    assert!(hub.hub.find_user("ada").await.unwrap().is_some());
    assert!(live.apply(Event::StopRequested).is_ok());
}
