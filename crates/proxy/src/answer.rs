//! What happens to one request: found a route, answered here or forwarded, and the page when that fails.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use chrono::Utc;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt, Full};

use crate::connection::ConnInfo;
use crate::forward::{ForwardError, Forwarder, Relays, lookup, normalised};
use crate::local::LocalService;
use crate::metrics::ProxyMetrics;
use crate::routes::{Route, RouteTable};
use crate::target::{Target, TargetUrl};
use crate::upstream::ResponseBody;
use crate::{Body, BoxError, RequestBody};

/// CHP's own address for health checks.
const HEALTH: &str = "/_chp_healthz";

/// The client's connection is of no more use, and is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Abort(ForwardError);

/// A response's body, from either side.
#[expect(clippy::large_enum_variant, reason = "moving it costs less than an allocation for each request")]
pub(crate) enum AnswerBody {
    Local(Body),
    Forwarded(ResponseBody),
}

impl http_body::Body for AnswerBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match self.get_mut() {
            Self::Local(body) => Pin::new(body).poll_frame(cx),
            Self::Forwarded(body) => {
                Pin::new(body).poll_frame(cx).map(|frame| frame.map(|frame| frame.map_err(Into::into)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Local(body) => body.is_end_stream(),
            Self::Forwarded(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Local(body) => body.size_hint(),
            Self::Forwarded(body) => body.size_hint(),
        }
    }
}

/// The routed part of a proxy; a listener of the hub alone has none.
pub(crate) struct Routed {
    pub(crate) routes: RouteTable,
    pub(crate) forwarder: Forwarder,
    pub(crate) metrics: Arc<ProxyMetrics>,
}

/// Answers requests.
pub(crate) struct Answerer {
    pub(crate) local: Arc<dyn LocalService>,
    pub(crate) routed: Option<Routed>,
}

impl Answerer {
    pub(crate) async fn answer(
        &self,
        request: Request<RequestBody>,
        connection: ConnInfo,
        relays: &Relays,
    ) -> Result<Response<AnswerBody>, Abort> {
        match &self.routed {
            Some(routed) => self.route(routed, request, connection, relays).await,
            None => Ok(self.local.call(request, connection).await.map(AnswerBody::Local)),
        }
    }

    async fn route(
        &self,
        routed: &Routed,
        request: Request<RequestBody>,
        connection: ConnInfo,
        relays: &Relays,
    ) -> Result<Response<AnswerBody>, Abort> {
        // Cloning shares the text.
        let uri = request.uri().clone();
        if uri.path() == HEALTH {
            return Ok(health());
        }
        routed.metrics.count_request(request.headers().contains_key(header::UPGRADE));
        let path = normalised(&uri);
        let host = if routed.routes.host_routing() { host_name(&request) } else { None };
        let Some(route) = routed.routes.find(host.as_deref(), &lookup(&path)) else {
            return Ok(self.page(routed, StatusCode::NOT_FOUND, &uri).await);
        };
        let target = match route.target() {
            Target::Local { .. } => {
                let response = self.local.call(request, connection).await;
                if response.status().as_u16() < 300 {
                    route.touch(Utc::now());
                }
                return Ok(response.map(AnswerBody::Local));
            }
            Target::Url(target) => target.clone(),
        };
        let forwarded =
            routed.forwarder.forward(Arc::clone(&route), &target, request, &path, connection, relays).await;
        match forwarded {
            Ok(response) => {
                routed.metrics.count_response(response.status());
                Ok(response.map(AnswerBody::Forwarded))
            }
            Err(error) if error.is_clients() => Err(Abort(error)),
            Err(error) => {
                log_failure(&route, &target, &error);
                Ok(self.page(routed, StatusCode::SERVICE_UNAVAILABLE, &uri).await)
            }
        }
    }

    async fn page(&self, routed: &Routed, status: StatusCode, uri: &http::Uri) -> Response<AnswerBody> {
        routed.metrics.count_response(status);
        let url = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let mut page = self.local.error_page(status, url).await;
        *page.status_mut() = status;
        page.map(AnswerBody::Local)
    }
}

fn log_failure(route: &Route, target: &TargetUrl, error: &ForwardError) {
    tracing::warn!(route.path = route.path(), route.target = target.as_str(), %error, "cannot forward a request");
}

/// The name by which hosts are routed: without port.
fn host_name(request: &Request<RequestBody>) -> Option<String> {
    let header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = header.or(request.uri().authority().map(http::uri::Authority::as_str))?;
    let name = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or(host) };
    Some(name.to_owned())
}

fn health() -> Response<AnswerBody> {
    let body =
        Full::new(Bytes::from_static(br#"{"status":"OK"}"#)).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(AnswerBody::Local(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
