//! The progress page: shows a start, leads on when the server is ready, shows why it failed.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use perijove_core::error::Failure as StartFailure;
use perijove_core::records::UserRecord;
use perijove_core::servers::state::ServerState;
use perijove_core::urls::with_query;
use perijove_model::ServerName;
use perijove_web::contexts::{NotRunning, SpawnPending, StopPending};

use super::spawn::find_user;
use super::view;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::guard::redirect;
use crate::next_url;
use crate::server_path::ServerPath;

/// Of the server in the path.
pub async fn of_path(
    State(app): State<App>,
    caller: Caller,
    Path(path): Path<ServerPath>,
    uri: Uri,
) -> Answer {
    let user = find_user(&app, &path.user_name).await?;
    let server = &path.server_name;
    let missing = || Failure::not_found(format!("{} has no such server {server}", user.name));
    let known = user.spawner(server).map(|spawner| spawner.name.clone());
    let name = known.or_else(|| server.is_empty().then(ServerName::default)).ok_or_else(missing)?;
    show(&app, &caller, &user, name, uri.query().unwrap_or_default()).await
}

/// What there is to show of a server: where it is, how its start goes, or why it failed.
pub async fn show(
    app: &App,
    caller: &Caller,
    user: &Arc<UserRecord>,
    server: ServerName,
    query: &str,
) -> Answer {
    let hub = &app.hub;
    let settings = &hub.settings;
    let state = hub.server_state(user.row.id, &server);
    let (escaped, escaped_server) = (user.name.escaped(), server.escaped());
    if state.is_ready() {
        let url = settings.server_url(&user.name, &server);
        return Ok(redirect(&next_url::resolve(hub, caller.client(), query, None, Some(&url))));
    }
    if state.pending().is_some() {
        let xsrf = caller.xsrf_token(settings, hub.now().timestamp());
        let progress = settings.progress_path(&escaped, &escaped_server);
        let context = SpawnPending {
            user: view::user(hub, user),
            spawner: view::spawner_of(hub, user, &server),
            progress_url: with_query(&progress, [("_xsrf", xsrf.as_str())]),
            auth_state: hub.auth_state(&user.row),
        };
        return match state.is_stopping() {
            true => view::show(app, caller, &StopPending(context)).await,
            false => view::show(app, caller, &context).await,
        };
    }
    match state {
        ServerState::Failed(failure) => show_failed(app, caller, user, &server, failure).await,
        _ => view::show(app, caller, &not_running(app, user, &server)).await,
    }
}

/// Why the last start failed, with a button to try again. An exception that was not meant for people leaves no words.
pub async fn show_failed(
    app: &App,
    caller: &Caller,
    user: &Arc<UserRecord>,
    server: &ServerName,
    failure: StartFailure,
) -> Answer {
    let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let exception = Some(failure.text().to_owned());
    let html_message = failure.html_message().map(str::to_owned);
    let (message, output) = match failure.message.split_once('\n') {
        Some((message, output)) => (message.to_owned(), Some(output.to_owned())),
        None => (failure.message, None),
    };
    let context = NotRunning {
        failed: true,
        failed_message: Some(message).filter(|message| !message.is_empty()),
        failed_html_message: html_message,
        failed_output: output,
        exception,
        ..not_running(app, user, server)
    };
    view::render(app, caller, status, &context).await
}

fn not_running(app: &App, user: &Arc<UserRecord>, server: &ServerName) -> NotRunning {
    NotRunning {
        user: view::user(&app.hub, user),
        server_name: server.to_string(),
        spawn_url: spawn_url(app, user, server),
        auth_state: app.hub.auth_state(&user.row),
        ..NotRunning::default()
    }
}

/// The page that starts a server.
pub fn spawn_url(app: &App, user: &UserRecord, server: &ServerName) -> String {
    let url = format!("{}spawn/{}", app.hub.settings.hub_prefix, user.name.escaped());
    if server.is_default() { url } else { format!("{url}/{}", server.escaped()) }
}
