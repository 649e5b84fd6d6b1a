//! The life of a server as the hub sees it.

use perijove_core::servers::state::ServerState;
use perijove_core::servers::{Outcome, StartRequest};
use perijove_model::ServerName;
use perijove_testkit::TestHub;

fn request() -> StartRequest {
    StartRequest { server: ServerName::default(), display_name: String::new(), options: None, handler: None }
}

#[tokio::test]
async fn a_server_that_crashes_is_cleaned_up_after() {
    let hub = TestHub::new().await;
    let user = hub.user("ada").await;
    assert_eq!(hub.hub.start_server(&user, request()).await.unwrap(), Outcome::Done);
    let live = hub.hub.live_server(user.row.id, &ServerName::default()).unwrap();
    let mut states = live.watch();
    hub.spawner.crash("ada", "");
    states.wait_for(|state| *state == ServerState::Stopped).await.unwrap();
    let user = hub.user("ada").await;
    assert!(user.spawner("").unwrap().row.server_id.is_none());
    assert!(!hub.hub.proxy_routes().await.unwrap().contains_key("/user/ada/"));
}

#[tokio::test]
async fn stale_routes_go_and_missing_ones_come_back() {
    let hub = TestHub::new().await;
    let user = hub.user("ada").await;
    hub.hub.start_server(&user, request()).await.unwrap();
    let routes: &dyn perijove_proxy::Routes = &hub.routes;
    let target = perijove_proxy::Target::url("http://127.0.0.1:1").unwrap();
    routes.add("/user/gone/", &target, serde_json::Map::new()).await.unwrap();
    assert!(routes.delete("/user/ada/").await.unwrap());
    hub.hub.check_routes().await.unwrap();
    let present = hub.hub.proxy_routes().await.unwrap();
    assert!(present.contains_key("/user/ada/") && !present.contains_key("/user/gone/"), "{present:?}");
}

#[tokio::test]
async fn closing_the_hub_stops_what_it_started() {
    let hub = TestHub::new().await;
    let user = hub.user("ada").await;
    hub.hub.start_server(&user, request()).await.unwrap();
    hub.hub.close_servers().await;
    assert!(hub.spawner.launch_of("ada", "").is_none());
    hub.hub.close().await.unwrap();
}
