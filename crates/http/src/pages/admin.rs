//! The admin page; its script works through the REST API.

use axum::extract::State;
use perijove_core::UPSTREAM_VERSION;
use perijove_web::contexts::Admin;

use super::view;
use crate::app::App;
use crate::caller::Caller;
use crate::error::Answer;

/// Shows the page.
pub async fn show(State(app): State<App>, caller: Caller) -> Answer {
    let hub = &app.hub;
    let user = caller.user()?;
    let context = Admin {
        current_user: view::user(hub, user),
        allow_named_servers: hub.settings.servers.allow_named_servers,
        named_server_limit_per_user: hub.settings.servers.named_server_limit_per_user,
        server_version: UPSTREAM_VERSION.to_owned(),
        perijove_version: env!("CARGO_PKG_VERSION").to_owned(),
        api_page_limit: u32::try_from(hub.settings.api.page_default_limit).unwrap_or(u32::MAX),
        auth_state: hub.auth_state(&user.row),
    };
    view::show(&app, &caller, &context).await
}
