//! `/hub/user/…`: what is served where a single-user server should be but is not.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use perijove_core::records::UserRecord;
use perijove_core::urls::with_query;
use perijove_model::ServerName;
use perijove_model::scope::Resource;
use perijove_web::contexts::NotRunning;
use serde::Deserialize;
use serde_json::json as value;

use super::spawn_pending::spawn_url;
use super::view;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::guard::redirect;
use crate::next_url::parameter;
use crate::responses::json;

/// More redirects than this between hub and server are a loop, unless the configuration says otherwise.
const REDIRECTS_AT_MOST: i64 = 4;

/// What is below `/hub/user/`.
#[derive(Debug, Deserialize)]
pub struct UserPath {
    user_of_url: String,
    #[serde(default)]
    rest: String,
}

/// `/hub/user/NAME[/…]`: on to the server if it is ready, to its progress page if it is starting, or
/// a page that offers to start it.
pub async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(UserPath { user_of_url, rest }): Path<UserPath>,
    headers: HeaderMap,
    uri: Uri,
) -> Answer {
    let missing = || Failure::not_found("No access to resources or resources not found");
    let user = app.hub.find_user(&user_of_url).await?.ok_or_else(missing)?;
    let first = rest.split('/').next().unwrap_or_default();
    let scopes = caller.authorisation();
    let may = |server: &str| {
        let resource = Resource::Server { user: &user.row.name, groups: &user.grants.groups, server };
        scopes.allows("access:servers", &resource)
    };
    let allowed = may("") || (rest.contains('/') && may(first));
    if !allowed {
        return Err(missing());
    }
    let named = if app.hub.settings.servers.allow_named_servers { user.spawner(first) } else { None };
    let server = named.map(|spawner| spawner.name.clone()).unwrap_or_default();
    let state = app.hub.server_state(user.row.id, &server);
    let here = uri.path_and_query().map_or("/", |whole| whole.as_str());
    if state.is_ready() {
        return to_server(&app, &user, here).await;
    }
    if wants_json(&headers) || rest.split('/').any(|part| part == "api") {
        return not_running_json(&app, &caller, &user, &server, uri.path());
    }
    let failed = matches!(state, perijove_core::servers::state::ServerState::Failed(_));
    if state.pending().is_some() || failed {
        let page = spawn_url(&app, &user, &server).replacen("/spawn/", "/spawn-pending/", 1);
        let mut response = redirect(&with_query(&page, [("next", here)]));
        *response.status_mut() = StatusCode::SEE_OTHER;
        return Ok(response);
    }
    not_running(&app, &caller, &user, &server, here).await
}

/// Anything but GET of a server that is not running: programs, who get JSON.
pub async fn refuse(State(app): State<App>, caller: Caller, Path(path): Path<UserPath>, uri: Uri) -> Answer {
    let name = perijove_model::UserName::from_stored(path.user_of_url);
    answer_json(&app, &caller, &name.escaped(), &ServerName::default(), uri.path())
}

fn status(app: &App) -> StatusCode {
    if app.hub.settings.pages.legacy_stopped_status {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::FAILED_DEPENDENCY
    }
}

async fn not_running(
    app: &App,
    caller: &Caller,
    user: &Arc<UserRecord>,
    server: &ServerName,
    here: &str,
) -> Answer {
    let context = NotRunning {
        user: view::user(&app.hub, user),
        server_name: server.to_string(),
        spawn_url: with_query(&spawn_url(app, user, server), [("next", here)]),
        implicit_spawn_seconds: Some(app.hub.settings.pages.implicit_spawn_seconds),
        auth_state: app.hub.auth_state(&user.row),
        ..NotRunning::default()
    };
    view::render(app, caller, status(app), &context).await
}

fn not_running_json(
    app: &App,
    caller: &Caller,
    user: &UserRecord,
    server: &ServerName,
    path: &str,
) -> Answer {
    answer_json(app, caller, &user.name.escaped(), server, path)
}

fn answer_json(app: &App, caller: &Caller, escaped: &str, server: &ServerName, path: &str) -> Answer {
    let prefix = &app.hub.settings.hub_prefix;
    let mut page =
        format!("{}://{}{prefix}spawn/{escaped}", caller.client().browser_scheme, caller.client().host);
    if !server.is_default() {
        page = format!("{page}/{}", server.escaped());
    }
    let shown = path.get(prefix.len() - 1..).unwrap_or(path);
    let message = format!("JupyterHub server no longer running at {shown}. Restart the server at {page}");
    json(status(app), &value!({ "message": message }))
}

/// Whether the client prefers JSON to HTML.
fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let quality = |kind: &str| {
        accept.split(',').find_map(|part| {
            let mut fields = part.split(';');
            if fields.next()?.trim() != kind {
                return None;
            }
            let quality = fields.find_map(|field| field.trim().strip_prefix("q=")?.parse::<f64>().ok());
            Some(quality.unwrap_or(1.0))
        })
    };
    match (quality("application/json"), quality("text/html")) {
        (Some(json), Some(html)) => json > html,
        (json, None) => json.is_some(),
        (None, Some(_)) => false,
    }
}

/// Leads to the server itself. A counter in the query notices loops, which a proxy that lags behind
/// can cause; each round waits longer.
async fn to_server(app: &App, user: &UserRecord, here: &str) -> Result<Response, Failure> {
    let settings = &app.hub.settings;
    let rest = here.get(settings.hub_prefix.len()..).unwrap_or_default();
    let target = format!("{}{}{rest}", settings.user_host(&user.name), settings.base_url);
    let (path, query) = target.split_once('?').unwrap_or((target.as_str(), ""));
    let redirects: u32 = parameter(query, "redirects").and_then(|count| count.parse().ok()).unwrap_or(0);
    if i64::from(redirects) >= app.options.user_redirect_limit.unwrap_or(REDIRECTS_AT_MOST) {
        return Err(Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "Redirect loop detected."));
    }
    if redirects > 0 {
        tracing::warn!("Redirect loop detected on {here}");
        tokio::time::sleep(Duration::from_secs(2_u64.pow(redirects).min(10))).await;
    }
    if redirects == 0 {
        return Ok(redirect(&with_query(&target, [("redirects", "1")])));
    }
    let kept: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(key, _)| key != "redirects")
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    let url = with_query(path, kept.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    let next = (redirects + 1).to_string();
    Ok(redirect(&with_query(&url, [("redirects", next.as_str())])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_pages_and_programs_json() {
        let accepts = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            wants_json(&headers)
        };
        assert!(!accepts("text/html,application/xhtml+xml,*/*;q=0.8"));
        assert!(accepts("application/json"));
        assert!(!accepts("application/json;q=0.5, text/html"));
        assert!(!accepts("*/*"));
    }
}
