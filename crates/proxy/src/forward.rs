//! Forwarding a request to the target of its route, and the response back.

mod head;
mod path;
mod redirect;
mod relay;

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method, Request, Response, StatusCode, header, request};
use http_body::Body as _;
use hyper::upgrade::OnUpgrade;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::RequestBody;
use crate::connection::ConnInfo;
use crate::options::ProxyOptions;
use crate::routes::Route;
use crate::target::TargetUrl;
use crate::tls::TlsError;
use crate::upstream::{
    ConnectError, Connection, Connector, Exchange, ExchangeError, Head, Limits, Outgoing, ResponseBody,
    SendFraming,
};

pub use head::is_upgrade;
pub(crate) use head::write_header;
use head::{RequestFacts, upgrade_of};
pub(crate) use path::{lookup, normalised};
pub use relay::relay;

/// A connection that was idle for longer than this is not used for a request that must not be sent twice: many servers close
/// theirs after two to five seconds.
const FRESH: Duration = Duration::from_millis(1500);

/// Why a request was not answered by its target.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ForwardError {
    #[error("{0}")]
    Connect(#[from] ConnectError),
    #[error("{0}")]
    Exchange(#[from] ExchangeError),
}

impl ForwardError {
    /// The client is the one that failed: there is nobody to answer.
    pub(crate) fn is_clients(&self) -> bool {
        matches!(self, Self::Exchange(ExchangeError::ClientSilent(_) | ExchangeError::Request(_)))
    }
}

/// The tasks that outlive their request: relays of upgraded connections.
#[derive(Clone)]
pub(crate) struct Relays {
    pub(crate) tasks: TaskTracker,
    pub(crate) shutdown: CancellationToken,
}

/// Forwards requests.
pub(crate) struct Forwarder {
    options: ProxyOptions,
    connector: Connector,
    limits: Limits,
}

/// What a request becomes on its way.
struct Outbound<'a> {
    parts: &'a request::Parts,
    path: &'a str,
    connection: ConnInfo,
    target: &'a TargetUrl,
    upgrade: bool,
}

impl Forwarder {
    pub(crate) fn new(options: ProxyOptions) -> Result<Self, TlsError> {
        let connector = Connector::new(options.upstream_tls.clone(), options.connect_timeout)?;
        let limits = Limits { client: options.timeout, target: options.proxy_timeout };
        Ok(Self { options, connector, limits })
    }

    /// Sends a request on by `route`, whose target is `target`; `path` is the normalised path and query.
    pub(crate) async fn forward(
        &self,
        route: Arc<Route>,
        target: &TargetUrl,
        request: Request<RequestBody>,
        path: &str,
        connection: ConnInfo,
        relays: &Relays,
    ) -> Result<Response<ResponseBody>, ForwardError> {
        let (mut parts, body) = request.into_parts();
        let upgrade = upgrade_of(parts.version, &parts.method, &parts.headers).is_some();
        let client = if upgrade { parts.extensions.remove::<OnUpgrade>() } else { None };
        let path = path::outgoing(path, route.path(), route.by_host(), target, &self.options);
        let outbound = Outbound { parts: &parts, path: &path, connection, target, upgrade: client.is_some() };
        let body = (!body.is_end_stream() && client.is_none()).then_some(body);
        let (head, exchange) = self.exchange(&route, &outbound, body).await?;
        let Head { status, mut headers, reason, framing, keep_alive } = head;
        redirect::rewrite(&mut headers, status, host_of(&parts), target, &self.options);
        if let Some(client) = client
            && status == StatusCode::SWITCHING_PROTOCOLS
        {
            put_upgrade(&mut headers, &parts.headers);
            relay::spawn(relays, client, exchange.into_connection(), route);
            return Ok(response(status, headers, reason, ResponseBody::empty()));
        }
        let keep = keep_alive.then_some(self.options.upstream_idle_connections);
        // Only what was answered well counts: a flood of errors keeps no server alive.
        let is_activity = status.as_u16() < 300;
        Ok(response(status, headers, reason, ResponseBody::new(exchange, framing, keep, is_activity)))
    }

    /// One exchange over a pooled connection, or a new one; once more over a new one if the pooled one turns out to be closed.
    async fn exchange(
        &self,
        route: &Arc<Route>,
        outbound: &Outbound<'_>,
        mut body: Option<RequestBody>,
    ) -> Result<(Head, Exchange), ForwardError> {
        let parts = outbound.parts;
        let can_repeat = parts.method.is_idempotent();
        let max_idle =
            if can_repeat { self.options.upstream_idle } else { self.options.upstream_idle.min(FRESH) };
        // An upgrade takes its connection away, so it gets one of its own.
        let mut pooled = if outbound.upgrade { None } else { route.pool.take(max_idle) };
        loop {
            let mut connection = match pooled.take() {
                Some(connection) => connection,
                None => Box::pin(self.connector.connect(outbound.target)).await?,
            };
            let outgoing = self.outgoing(&mut connection, outbound, body.take());
            let mut exchange = Exchange::new(connection, outgoing, Arc::clone(route), self.limits);
            let to_head = parts.method == Method::HEAD;
            match poll_fn(|cx| exchange.poll_head(cx, to_head, outbound.upgrade)).await {
                Ok(head) => return Ok((head, exchange)),
                Err(ExchangeError::Io(_) | ExchangeError::Closed)
                    if can_repeat && exchange.is_unanswered() =>
                {
                    route.pool.clear();
                    body = exchange.take_body();
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn outgoing(
        &self,
        connection: &mut Connection,
        outbound: &Outbound<'_>,
        body: Option<RequestBody>,
    ) -> Outgoing {
        let parts = outbound.parts;
        let facts = RequestFacts {
            method: &parts.method,
            uri: &parts.uri,
            headers: &parts.headers,
            connection: outbound.connection,
            upgrade: if outbound.upgrade { parts.headers.get(header::UPGRADE) } else { None },
        };
        let out = &mut connection.out;
        let framing: SendFraming =
            head::write_head(out, outbound.path, facts, body.as_ref(), outbound.target, &self.options);
        let expect = parts.headers.get(header::EXPECT);
        let expects_continue =
            expect.is_some_and(|expect| expect.as_bytes().eq_ignore_ascii_case(b"100-continue"));
        Outgoing { body, framing, expects_continue }
    }
}

fn response(
    status: StatusCode,
    headers: HeaderMap,
    reason: Option<bytes::Bytes>,
    body: ResponseBody,
) -> Response<ResponseBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    if let Some(reason) = reason.and_then(|reason| hyper::ext::ReasonPhrase::try_from(reason).ok()) {
        response.extensions_mut().insert(reason);
    }
    response
}

/// A switch of protocols is between neighbours, so its headers are ours to give.
fn put_upgrade(headers: &mut HeaderMap, asked: &HeaderMap) {
    headers.insert(header::CONNECTION, http::HeaderValue::from_static("Upgrade"));
    if let Some(protocol) = asked.get(header::UPGRADE) {
        headers.insert(header::UPGRADE, protocol.clone());
    }
}

/// The host, with its port, that the client asked for.
fn host_of(parts: &request::Parts) -> Option<&str> {
    let header = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    header.or(parts.uri.authority().map(http::uri::Authority::as_str))
}
