//! The home page: the user's servers.

use axum::extract::State;
use perijove_model::{ServerName, slug};
use perijove_web::contexts::Home;

use super::view;
use crate::app::App;
use crate::caller::Caller;
use crate::error::Answer;
use crate::request_facts::SeenByPython;

/// Shows the user's servers. A default server that has died is noticed here.
pub async fn show(State(app): State<App>, caller: Caller, seen: SeenByPython) -> Answer {
    let hub = &app.hub;
    let user = caller.user()?.clone();
    let default = ServerName::default();
    if hub.server_state(user.row.id, &default).is_ready() {
        hub.poll_and_notify(&user, &default).await?;
    }
    let settings = &hub.settings;
    let escaped = user.name.escaped();
    let any_active = user.spawners.iter().any(|one| hub.server_state(user.row.id, &one.name).is_active());
    let url = if any_active {
        format!("{}user/{escaped}", settings.base_url)
    } else {
        format!("{}spawn/{escaped}", settings.hub_prefix)
    };
    let names = user.spawners.iter().map(|one| one.row.name.clone());
    let context = Home {
        url,
        default_server: view::spawner_of(hub, &user, &default),
        allow_named_servers: settings.servers.allow_named_servers,
        named_server_limit_per_user: hub.named_server_limit(seen.handler()).await?,
        invalid_server_names: names
            .filter(|name| !name.is_empty() && !slug::is_valid_safe_slug(name))
            .collect(),
        auth_state: hub.auth_state(&user.row),
        user: view::user(hub, &user),
    };
    view::show(&app, &caller, &context).await
}
