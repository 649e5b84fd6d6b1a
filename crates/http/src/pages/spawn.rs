//! The spawn page: starts a server, with a form for its options if there is one.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use perijove_core::Error;
use perijove_core::error::Failure as StartFailure;
use perijove_core::records::UserRecord;
use perijove_core::servers::StartRequest;
use perijove_core::servers::state::ServerState;
use perijove_core::urls::with_query;
use perijove_model::ServerName;
use perijove_python::RequestFacts;
use perijove_web::contexts::Spawn;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::{spawn_pending, view};
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::form;
use crate::guard::redirect;
use crate::next_url::{self, keep_parameters, parameter};
use crate::refresh;
use crate::request_facts::SeenByPython;

/// A start that fails within this time is shown at once; after it, the progress page shows it.
const MOMENT: Duration = Duration::from_secs(1);

/// A visit of the page: who, where, and the request as Python may want to see it.
pub struct Visit {
    caller: Caller,
    uri: Uri,
    seen: SeenByPython,
}

impl FromRequestParts<App> for Visit {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let Ok(seen) = SeenByPython::from_request_parts(parts, app).await;
        Ok(Self { caller, uri: parts.uri.clone(), seen })
    }
}

impl Visit {
    fn query(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }

    fn handler(&self) -> Option<&RequestFacts> {
        self.seen.handler()
    }

    fn start(&self, server: &ServerName, display_name: &str, options: Option<Value>) -> StartRequest {
        let (server, display_name) = (server.clone(), display_name.to_owned());
        StartRequest { server, display_name, options, handler: self.seen.0.clone() }
    }
}

/// The server of a page's path; one's own default server where it names nobody.
#[derive(Debug, Deserialize)]
pub struct OwnOrNamed {
    user_name: Option<String>,
    #[serde(default)]
    server_name: String,
}

impl OwnOrNamed {
    async fn user(&self, app: &App, caller: &Caller) -> Result<Arc<UserRecord>, Failure> {
        match &self.user_name {
            Some(name) => find_user(app, name).await,
            None => Ok(caller.user()?.clone()),
        }
    }
}

/// The user that a path names.
pub async fn find_user(app: &App, name: &str) -> Result<Arc<UserRecord>, Failure> {
    let missing = || Failure::not_found(format!("No such user: {name}"));
    app.hub.find_user(name).await?.ok_or_else(missing)
}

/// The progress page of a server, with the parameters of this request.
fn pending_url(app: &App, user: &UserRecord, server: &ServerName, query: &str) -> String {
    let mut url = format!("{}spawn-pending/{}", app.hub.settings.hub_prefix, user.name.escaped());
    if !server.is_default() {
        url = format!("{url}/{}", server.escaped());
    }
    let url = keep_parameters(&url, query, &["next", "display_name"]);
    match parameter(query, "next") {
        Some(next) if !next.is_empty() => with_query(&url, [("next", next.as_str())]),
        _ => url,
    }
}

/// Starts a server at once, or shows the form for its options.
pub async fn show(State(app): State<App>, visit: Visit, Path(path): Path<OwnOrNamed>) -> Answer {
    let (app, visit, server) = (&app, &visit, path.server_name.as_str());
    let user = path.user(app, &visit.caller).await?;
    let query = visit.query();
    let shown = parameter(query, "display_name").filter(|name| !server.is_empty() && !name.is_empty());
    let display_name = shown.unwrap_or_else(|| server.to_owned());
    let name = checked_name(app, visit, &user, server, &display_name).await?;
    if let Some(elsewhere) = already(app, visit, &user, &name) {
        return Ok(elsewhere);
    }
    let options = options_of_query(query)?;
    let mut failed = None;
    if !options.is_empty() {
        let options = Value::Object(options);
        match app.hub.options_from_query(&user, &name, options, visit.handler()).await {
            Ok(options) => {
                let start = visit.start(&name, &display_name, Some(options));
                match begin_with_options(app, visit, &user, start).await {
                    Ok(response) => return Ok(response),
                    Err(failure) => failed = Some((failure, Step::Start)),
                }
            }
            Err(error) => failed = Some((refused_options(error), Step::Options)),
        }
    }
    let form = app.hub.options_form(&user, &name, visit.handler()).await?;
    match failed {
        Some((failure, Step::Start)) if form.is_empty() => Err(failure),
        // Without a form to show, upstream goes on as if nothing had been asked for.
        _ if form.is_empty() => {
            begin_or_explain(app, visit, &user, visit.start(&name, &display_name, None)).await
        }
        failed => {
            app.hub.keep_server(&user, &name, &display_name).await?;
            render_form(app, visit, &user, &name, form, failed.map(|(failure, _)| failure)).await
        }
    }
}

/// What failed with the options of a query.
enum Step {
    /// The options mean nothing.
    Options,
    /// The start.
    Start,
}

/// Starts a server with the options of the form.
pub async fn submit(
    State(app): State<App>,
    visit: Visit,
    Path(path): Path<OwnOrNamed>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let (app, server) = (&app, path.server_name.as_str());
    let user = path.user(app, &visit.caller).await?;
    let visit = Visit { seen: SeenByPython(visit.seen.with_body(&body)), ..visit };
    let name = checked_name(app, &visit, &user, server, server).await?;
    let state = app.hub.server_state(user.row.id, &name);
    if let Some(pending) = state.pending() {
        return Err(Failure::bad_request(format!(
            "{} is pending {pending}",
            user.server_log_name(name.as_str())
        )));
    }
    if state.is_ready() {
        return Err(Failure::bad_request(format!(
            "{} is already running",
            user.server_log_name(name.as_str())
        )));
    }
    let form = form::fields(&headers, &body).await?;
    let outcome = match app.hub.options_from_form(&user, &name, form).await {
        Ok(options) => {
            begin_with_options(app, &visit, &user, visit.start(&name, server, Some(options))).await
        }
        Err(error) => Err(refused_options(error)),
    };
    match outcome {
        Ok(response) => Ok(response),
        Err(failure) => {
            let form = app.hub.options_form(&user, &name, visit.handler()).await?;
            app.hub.keep_server(&user, &name, server).await?;
            render_form(app, &visit, &user, &name, form, Some(failure)).await
        }
    }
}

/// Options that are not accepted: the form is shown with the reason, which is the text of any exception. As upstream,
/// that is no error of the server's, unless the exception has a status.
fn refused_options(error: Error) -> Failure {
    let failure = Failure::from(error);
    match &failure.unexpected {
        Some(text) if failure.message.is_empty() => {
            Failure { status: StatusCode::OK, message: text.clone(), ..failure }
        }
        Some(_) => Failure { status: StatusCode::OK, ..failure },
        None => failure,
    }
}

async fn checked_name(
    app: &App,
    visit: &Visit,
    user: &UserRecord,
    server: &str,
    display_name: &str,
) -> Result<ServerName, Failure> {
    if server.is_empty() {
        return Ok(ServerName::default());
    }
    let limit = app.hub.named_server_limit(visit.handler()).await?;
    Ok(app.hub.check_named_server(user, server, display_name, Some(limit))?)
}

/// Where to go if the server runs, or is on its way up or down, already.
fn already(app: &App, visit: &Visit, user: &UserRecord, server: &ServerName) -> Option<Response> {
    let (client, query) = (visit.caller.client(), visit.query());
    let state = app.hub.server_state(user.row.id, server);
    if state.is_ready() {
        let url = app.hub.settings.server_url(&user.name, server);
        return Some(redirect(&next_url::resolve(&app.hub, client, query, Some(user), Some(&url))));
    }
    state.is_active().then(|| redirect(&pending_url(app, user, server, query)))
}

async fn begin(app: &App, visit: &Visit, user: &Arc<UserRecord>, request: StartRequest) -> Answer {
    let user = &refresh::before_spawn(app, &visit.caller, user.clone()).await?;
    let url = pending_url(app, user, &request.server, visit.query());
    app.hub.start_server_within(user, request, MOMENT).await?;
    Ok(redirect(&url))
}

/// The same for a start with options. What fails at once is told beside the form, but for the text of an exception that
/// was not meant for people, instead of which there are upstream's words.
async fn begin_with_options(
    app: &App,
    visit: &Visit,
    user: &Arc<UserRecord>,
    request: StartRequest,
) -> Answer {
    let server = request.server.clone();
    begin(app, visit, user, request).await.map_err(|failure| {
        if failure.unexpected.is_none() || !failure.message.is_empty() {
            return failure;
        }
        Failure { message: unhandled(user, &server), ..failure }
    })
}

/// What people are told of an exception that was not meant for them.
fn unhandled(user: &UserRecord, server: &ServerName) -> String {
    format!("Unhandled error starting server {}", user.server_log_name(server.as_str()))
}

/// The same for a start without a form to come back to: what fails at once is told with the server's last words and
/// a button to try again, with the status of upstream's error page.
async fn begin_or_explain(app: &App, visit: &Visit, user: &Arc<UserRecord>, request: StartRequest) -> Answer {
    let server = request.server.clone();
    let failure = match begin(app, visit, user, request).await {
        Ok(response) => return Ok(response),
        Err(failure) => failure,
    };
    match app.hub.server_state(user.row.id, &server) {
        ServerState::Failed(told) if told.message == failure.message => {
            let message = Some(told.message).filter(|message| !message.is_empty());
            let told = StartFailure { message: message.unwrap_or_else(|| unhandled(user, &server)), ..told };
            let mut response = spawn_pending::show_failed(app, &visit.caller, user, &server, told).await?;
            failure.add_headers(response.headers_mut());
            Ok(response)
        }
        _ => Err(failure),
    }
}

/// Options in the query: `opt-NAME`, or, where there are none of these, any name.
fn options_of_query(query: &str) -> Result<Map<String, Value>, Failure> {
    let mut new: Map<String, Value> = Map::new();
    let mut old: Map<String, Value> = Map::new();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        if key == "next" || key == "display_name" {
            continue;
        }
        let (map, key) = match key.strip_prefix("opt-") {
            Some("") => {
                return Err(Failure::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    format!("Invalid user-option name {key}"),
                ));
            }
            Some(name) => (&mut new, name.to_owned()),
            None => (&mut old, key.into_owned()),
        };
        if let Value::Array(values) = map.entry(key).or_insert_with(|| Value::Array(Vec::new())) {
            values.push(Value::String(value.into_owned()));
        }
    }
    if new.is_empty() && !old.is_empty() {
        tracing::warn!("options of a start in the query should be prefixed with `opt-`");
        return Ok(old);
    }
    Ok(new)
}

async fn render_form(
    app: &App,
    visit: &Visit,
    user: &UserRecord,
    server: &ServerName,
    form: String,
    failed: Option<Failure>,
) -> Answer {
    let (hub, caller, uri) = (&app.hub, &visit.caller, &visit.uri);
    let xsrf = caller.xsrf_token(&hub.settings, hub.now().timestamp());
    let here = uri.path_and_query().map_or("/", |whole| whole.as_str());
    let failed = failed.unwrap_or_else(|| Failure::new(StatusCode::OK, ""));
    let message = Some(failed.message.clone()).filter(|message| !message.is_empty());
    let context = Spawn {
        for_user: view::user(hub, user),
        spawner: view::spawner_of(hub, user, server),
        spawner_options_form: form,
        url: with_query(here, [("_xsrf", xsrf.as_str())]),
        error_message: message,
        error_html_message: failed.html_message.clone(),
        auth_state: hub.auth_state(&user.row),
    };
    let mut response = view::render(app, caller, failed.status, &context).await?;
    failed.add_headers(response.headers_mut());
    Ok(response)
}
