//! Much at the same time.

use std::sync::Arc;
use std::time::Duration;

use perijove_core::identity::Principal;
use perijove_core::records::UserRecord;
use perijove_core::servers::state::{ServerState, StartPhase};
use perijove_core::servers::{Outcome, StartRequest};
use perijove_model::ServerName;
use perijove_testkit::{Behaviour, TestHub};

fn lab() -> ServerName {
    ServerName::parse("lab").unwrap()
}

fn request(server: ServerName) -> StartRequest {
    StartRequest { server, display_name: String::new(), options: None, handler: None }
}

async fn starting(hub: &TestHub, behaviour: Behaviour, phase: StartPhase) -> Arc<UserRecord> {
    let user = hub.user("ada").await;
    hub.spawner.behave(behaviour);
    let started = hub.hub.start_server_within(&user, request(ServerName::default()), Duration::ZERO).await;
    assert_eq!(started.unwrap(), Outcome::Pending);
    let live = hub.hub.live_server(user.row.id, &ServerName::default()).unwrap();
    live.watch().wait_for(|state| *state == ServerState::Starting(phase)).await.unwrap();
    user
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_starts_one_happens() {
    let hub = TestHub::new().await;
    let user = hub.user("ada").await;
    let starts = (0..100).map(|_| {
        let (hub, user) = (hub.hub.clone(), user.clone());
        tokio::spawn(async move { hub.start_server(&user, request(lab())).await })
    });
    let mut done = 0;
    for start in starts.collect::<Vec<_>>() {
        done += usize::from(start.await.unwrap().is_ok());
    }
    assert_eq!((done, hub.spawner.starts()), (1, 1));
    assert_eq!(hub.hub.server_state(user.row.id, &lab()), ServerState::Ready);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_stops_and_deletions_leave_nothing_half_done() {
    let hub = TestHub::new().await;
    let user = hub.user("ada").await;
    let tasks = (0..100).map(|number| {
        let (hub, user) = (hub.hub.clone(), user.clone());
        tokio::spawn(async move {
            match number % 3 {
                0 => drop(hub.start_server(&user, request(lab())).await),
                1 => drop(hub.stop_server(&user, &lab()).await),
                _ => drop(hub.delete_server(&user, &lab()).await),
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    if let Some(live) = hub.hub.live_server(user.row.id, &lab()) {
        live.watch().wait_for(|state| state.pending().is_none()).await.unwrap();
    }
    let ready = hub.hub.server_state(user.row.id, &lab()).is_ready();
    let user = hub.user("ada").await;
    let recorded = user.spawner("lab").is_some_and(|spawner| spawner.target().is_some());
    let runs = hub.spawner.launch_of("ada", "lab").is_some();
    let routed = hub.hub.proxy_routes().await.unwrap().contains_key("/user/ada/lab/");
    assert_eq!((recorded, runs, routed), (ready, ready, ready));
    assert_eq!(hub.hub.user_tokens(&user).await.unwrap().len(), usize::from(ready));
    hub.hub.stop_server(&user, &lab()).await.unwrap();
    assert_eq!(hub.hub.start_server(&user, request(lab())).await.unwrap(), Outcome::Done);
}

#[tokio::test]
async fn a_user_can_be_deleted_while_a_server_of_theirs_starts() {
    let hub = TestHub::new().await;
    let before = hub.user("ada").await;
    let user = starting(&hub, Behaviour::Hangs, StartPhase::Launching).await;
    let by = Principal::User(hub.user("admin").await);
    // The record from before the start does not know the server.
    hub.hub.delete_user(&before, &by).await.unwrap();
    assert!(hub.hub.find_user("ada").await.unwrap().is_none());
    assert!(hub.hub.live_server(user.row.id, &ServerName::default()).is_none());
    hub.spawner.behave(Behaviour::Works);
    hub.hub.start_server(&user, request(ServerName::default())).await.unwrap_err();
    assert!(hub.spawner.launch_of("ada", "").is_none());
    let newcomer = hub.user("ada").await;
    let started = hub.hub.start_server(&newcomer, request(ServerName::default())).await;
    assert_eq!(started.unwrap(), Outcome::Done);
}

#[tokio::test]
async fn a_hub_that_stops_its_servers_stops_starting_ones_too() {
    for (behaviour, phase) in
        [(Behaviour::Hangs, StartPhase::Launching), (Behaviour::Silent, StartPhase::WaitingForAnswer)]
    {
        let hub = TestHub::new().await;
        let user = starting(&hub, behaviour, phase).await;
        hub.hub.close_servers().await;
        assert!(hub.spawner.launch_of("ada", "").is_none());
        assert!(hub.user("ada").await.spawner("").unwrap().row.server_id.is_none());
        let refused = hub.hub.start_server(&user, request(ServerName::default())).await;
        assert!(matches!(refused, Err(perijove_core::Error::Busy { .. })), "{refused:?}");
        hub.hub.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_hub_that_leaves_servers_running_gives_up_starts_without_a_process() {
    let hub = TestHub::builder().settings(|settings| settings.servers.cleanup_servers = false).build().await;
    starting(&hub, Behaviour::Hangs, StartPhase::Launching).await;
    hub.hub.close_servers().await;
    assert!(hub.user("ada").await.spawner("").unwrap().row.server_id.is_none());
    // Hangs if the start is waited for.
    hub.hub.close().await.unwrap();
}

#[tokio::test]
async fn a_hub_that_leaves_servers_running_leaves_starting_ones_to_the_next() {
    let hub = TestHub::builder().settings(|settings| settings.servers.cleanup_servers = false).build().await;
    starting(&hub, Behaviour::Silent, StartPhase::WaitingForAnswer).await;
    hub.hub.close_servers().await;
    assert!(hub.spawner.launch_of("ada", "").is_some());
    let next = hub.restarted().await;
    assert_eq!(next.hub.find_servers().await.unwrap().len(), 1);
    assert!(next.hub.proxy_routes().await.unwrap().contains_key("/user/ada/"));
    hub.hub.close().await.unwrap();
}
