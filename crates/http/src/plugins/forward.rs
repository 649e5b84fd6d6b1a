//! One request, sent over the socket and its answer sent back, both as they come.

mod answer;
mod upload;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use http_body::Body as _;
use hyper::upgrade::OnUpgrade;
use perijove_proxy::{BoxError, is_hop_by_hop, is_upgrade};
use tokio::net::UnixStream;
use tokio::time::timeout;

use self::answer::{Answer, Talk};
use self::upload::Upload;
use super::{PATIENCE, Plugins};
use crate::app::App;
use crate::caller::Caller;
use crate::client::Client;
use crate::error::Failure;
use crate::guard::{self, Kind};
use crate::request_log::Entry;
use crate::{handler_names, pages};

/// After how many looks at a process that lives its handler is not waited for any more.
const LONGEST_SILENCE: u32 = 10;
/// What the worker's `web_app.py` reads of the client.
const CLIENT_ADDRESS: HeaderName = HeaderName::from_static("x-perijove-client-address");
const CLIENT_SCHEME: HeaderName = HeaderName::from_static("x-perijove-client-scheme");

/// The handler that a request is for.
pub(super) struct Target {
    /// The serving that named it.
    pub(super) served: u64,
    /// Its class.
    pub(super) handler: &'static str,
}

/// Lets a plug-in's handler answer.
pub(super) async fn answer(app: &App, plugins: &Arc<Plugins>, target: Target, request: Request) -> Response {
    let log = Entry::begin(&request);
    let (parts, body) = request.into_parts();
    let caller = recognise(app, &parts).await;
    let response = match exchange(app, plugins, &target, caller.client(), parts, body).await {
        Ok(response) => response,
        Err(failure) => refused(app, &caller, failure).await,
    };
    log.end(response, &caller, &app.hub.metrics.requests.of(target.handler))
}

/// Answers in the place of a handler that is not there.
pub(super) async fn unavailable(app: &App, request: Request) -> Response {
    let log = Entry::begin(&request);
    let caller = recognise(app, &request.into_parts().0).await;
    let response = refused(app, &caller, not_there()).await;
    log.end(response, &caller, &app.hub.metrics.requests.of(handler_names::NO_PAGE))
}

fn not_there() -> Failure {
    Failure::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "This page is not available right now. Try again in a moment.",
    )
}

async fn refused(app: &App, caller: &Caller, failure: Failure) -> Response {
    let mut response = Box::pin(pages::error::render(app, caller, failure)).await;
    app.headers.add_to(Kind::Page, response.headers_mut());
    response
}

/// Who sent the request, for the log and for the activity, which the worker does not write. What may be done the
/// handler decides by itself; cookies are its too.
async fn recognise(app: &App, parts: &Parts) -> Caller {
    let hub = &app.hub;
    let mut identity = None;
    if let Some(token) = guard::bearer(&parts.headers) {
        identity = hub.identities.of_token(&token, hub.now()).await.unwrap_or_else(|error| {
            tracing::error!("a token cannot be looked up: {error}");
            None
        });
        if let Some(identity) = &identity {
            hub.note_token_activity(identity);
        }
    }
    if identity.is_none() {
        identity = guard::by_cookie(app, &parts.headers).await.map_or(None, |(identity, _)| identity);
    }
    let client = guard::client_of(app, parts);
    Caller::new(identity, client, &parts.headers, &hub.settings, hub.now().timestamp())
}

async fn exchange(
    app: &App,
    plugins: &Arc<Plugins>,
    target: &Target,
    client: &Client,
    mut parts: Parts,
    body: Body,
) -> Result<Response, Failure> {
    let upgrade = if is_upgrade(&parts) { parts.extensions.remove::<OnUpgrade>() } else { None };
    let (body, progress) = Upload::new(if upgrade.is_some() { Body::empty() } else { body });
    let request = rebuilt(client, parts, body, upgrade.is_some()).map_err(Failure::internal)?;
    let limit = answer_time(app, plugins);
    let mut sending = Box::pin(async { Talk::begin(connect(plugins, target.served).await?, request).await });
    let mut silences = 0;
    let talk = loop {
        let before = progress.last();
        match timeout(limit, &mut sending).await {
            Ok(talk) => break talk,
            // A large body may take its time, but it has to come.
            Err(_) if progress.last() > before => silences = 0,
            Err(_) if silences == LONGEST_SILENCE => {
                tracing::error!(
                    handler = target.handler,
                    "a handler of a plug-in did not answer in {limit:?} × {silences}"
                );
                return Err(not_there());
            }
            // A process that is stuck is replaced, which ends this too.
            Err(_) => {
                silences += 1;
                plugins.options.worker.check().await;
            }
        }
    };
    let began = match talk {
        Ok(talk) => Answer { talk, handler: target.handler, served: target.served, silence: limit },
        Err(Broken::NotThere(failure)) => return Err(failure),
        Err(Broken::Talk(_)) if progress.has_failed() => {
            return Err(Failure::new(StatusCode::BAD_REQUEST, "The request's body did not arrive."));
        }
        Err(Broken::Talk(error)) => {
            tracing::error!(handler = target.handler, "a handler of a plug-in gave no answer: {error}");
            plugins.broke(target.served);
            return Err(not_there());
        }
    };
    let response = match upgrade {
        Some(upgrade) if began.is_upgrade() => {
            began.relayed(app, upgrade).await.map_err(Failure::internal)?
        }
        None if began.is_upgrade() => {
            return Err(Failure::internal("a handler of a plug-in switched protocols unasked"));
        }
        _ => began.streamed(app, plugins),
    };
    Ok(response)
}

/// After how long without a word the process is looked at.
fn answer_time(app: &App, plugins: &Plugins) -> Duration {
    let servers = &app.hub.settings.servers;
    let waits = servers.slow_spawn_timeout.max(0.0) + servers.slow_stop_timeout.max(0.0);
    plugins.options.answer_time + Duration::try_from_secs_f64(waits).unwrap_or_default()
}

/// Why there is no answer.
enum Broken {
    /// There is nobody to answer.
    NotThere(Failure),
    /// The talk ended early.
    Talk(BoxError),
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self::NotThere(failure)
    }
}

/// Connects to the process; one that has died is replaced first.
async fn connect(plugins: &Plugins, served: u64) -> Result<UnixStream, Failure> {
    let socket = &plugins.options.socket;
    let connected = if plugins.is_broken(served) { None } else { UnixStream::connect(socket).await.ok() };
    if let Some(connected) = connected {
        return Ok(connected);
    }
    tracing::warn!("the process of plug-ins does not take requests and is made to");
    match timeout(PATIENCE, plugins.serve_after(served)).await {
        Ok(Ok(())) => UnixStream::connect(socket).await.map_err(|error| {
            tracing::error!("the process of plug-ins takes no requests: {error}");
            not_there()
        }),
        Ok(Err(error)) => {
            tracing::error!("the handlers of plug-ins cannot be served: {error}");
            Err(not_there())
        }
        Err(_) => {
            tracing::error!("the handlers of plug-ins were not served in {PATIENCE:?}");
            Err(not_there())
        }
    }
}

/// The request as 6.1.1 would get it from its proxy.
fn rebuilt(
    client: &Client,
    parts: Parts,
    body: Upload,
    upgrade: bool,
) -> Result<hyper::Request<Upload>, BoxError> {
    let Parts { method, uri, mut headers, .. } = parts;
    let protocol = headers.get(header::UPGRADE).filter(|_| upgrade).cloned();
    let hop_by_hop: Vec<_> = headers.keys().filter(|name| is_hop_by_hop(name)).cloned().collect();
    for name in hop_by_hop {
        headers.remove(name);
    }
    headers.remove(header::EXPECT);
    if let Some(protocol) = protocol {
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, protocol);
    }
    if body.is_end_stream() && matches!(method, Method::POST | Method::PUT | Method::PATCH) {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    if !headers.contains_key(header::HOST)
        && let Some(authority) = uri.authority()
    {
        headers.insert(header::HOST, HeaderValue::from_str(authority.as_str())?);
    }
    tell_client(&mut headers, client)?;
    let path = uri.path_and_query().map_or("/", |whole| whole.as_str());
    let mut request = hyper::Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = path.parse::<Uri>()?;
    *request.headers_mut() = headers;
    Ok(request)
}

/// Who is at the other end: for the worker, and for code that reads the proxy's headers.
fn tell_client(headers: &mut HeaderMap, client: &Client) -> Result<(), BoxError> {
    let forwarded_for = HeaderName::from_static("x-forwarded-for");
    let before = headers.get(&forwarded_for).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let last = before.rsplit(',').next().unwrap_or_default().trim();
    if last != client.address {
        let separator = if before.is_empty() { "" } else { "," };
        let all = format!("{before}{separator}{}", client.address);
        headers.insert(forwarded_for, HeaderValue::from_str(&all)?);
    }
    let scheme = HeaderValue::from_static(client.browser_scheme);
    headers.insert(HeaderName::from_static("x-forwarded-proto"), scheme.clone());
    if let Ok(host) = HeaderValue::from_str(&client.host) {
        headers.entry(HeaderName::from_static("x-forwarded-host")).or_insert(host);
    }
    headers.insert(CLIENT_ADDRESS, HeaderValue::from_str(&client.address)?);
    headers.insert(CLIENT_SCHEME, scheme);
    Ok(())
}
