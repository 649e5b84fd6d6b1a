//! One request, sent over the socket and its answer sent back.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use perijove_proxy::{BoxError, is_hop_by_hop};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::{PATIENCE, Plugins};
use crate::app::App;
use crate::caller::Caller;
use crate::client::Client;
use crate::error::Failure;
use crate::guard::{self, BODY_AT_MOST, Kind};
use crate::request_log::Entry;
use crate::{handler_names, pages};

/// The largest answer; upstream sets none, but nothing here streams.
const ANSWER_AT_MOST: usize = 100 * 1024 * 1024;
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
pub(super) async fn answer(app: &App, plugins: &Plugins, target: Target, request: Request) -> Response {
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
    plugins: &Plugins,
    target: &Target,
    client: &Client,
    parts: Parts,
    body: Body,
) -> Result<Response, Failure> {
    let too_large = |_| Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "");
    let body = Box::pin(to_bytes(body, BODY_AT_MOST)).await.map_err(too_large)?;
    let request = rebuilt(client, parts, body).map_err(Failure::internal)?;
    let socket = connect(plugins, target.served).await?;
    let servers = &app.hub.settings.servers;
    let waits = servers.slow_spawn_timeout.max(0.0) + servers.slow_stop_timeout.max(0.0);
    let limit = plugins.options.answer_time + Duration::try_from_secs_f64(waits).unwrap_or_default();
    match timeout(limit, Box::pin(send(socket, request))).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => {
            tracing::error!(handler = target.handler, "a handler of a plug-in gave no answer: {error}");
            plugins.broke(target.served);
            Err(not_there())
        }
        Err(_) => {
            tracing::error!(handler = target.handler, "a handler of a plug-in did not answer in {limit:?}");
            plugins.options.worker.check().await;
            Err(not_there())
        }
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
fn rebuilt(client: &Client, parts: Parts, body: Bytes) -> Result<hyper::Request<Full<Bytes>>, BoxError> {
    let Parts { method, uri, mut headers, .. } = parts;
    let hop_by_hop: Vec<_> = headers.keys().filter(|name| is_hop_by_hop(name)).cloned().collect();
    for name in hop_by_hop {
        headers.remove(name);
    }
    headers.remove(header::EXPECT);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    if body.is_empty() && matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS" | "DELETE") {
        headers.remove(header::CONTENT_LENGTH);
    }
    if !headers.contains_key(header::HOST)
        && let Some(authority) = uri.authority()
    {
        headers.insert(header::HOST, HeaderValue::from_str(authority.as_str())?);
    }
    tell_client(&mut headers, client)?;
    let path = uri.path_and_query().map_or("/", |whole| whole.as_str());
    let mut request = hyper::Request::new(Full::new(body));
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

async fn send(socket: UnixStream, request: hyper::Request<Full<Bytes>>) -> Result<Response, BoxError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    let talk = async {
        let (parts, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, ANSWER_AT_MOST).collect().await?.to_bytes();
        Ok::<_, BoxError>((parts, body))
    };
    let driven = async {
        // How the connection ended the talk learns by itself.
        let _ = connection.await;
        std::future::pending().await
    };
    let (parts, body) = tokio::select! {
        said = talk => said?,
        () = driven => return Err("the connection ended".into()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = parts.status;
    for (name, value) in &parts.headers {
        if !is_hop_by_hop(name) && name != header::SERVER {
            response.headers_mut().append(name, value.clone());
        }
    }
    Ok(response)
}
