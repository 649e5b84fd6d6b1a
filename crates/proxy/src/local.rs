//! The seam to what answers requests in this process.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};

use crate::{Body, ConnInfo, RequestBody};

/// Answers, in this process, requests of [`crate::Target::Local`] routes and gives the pages for failed ones.
pub trait LocalService: Send + Sync + 'static {
    /// Answers a request. The request is as the client sent it: no header is added or removed.
    fn call(&self, request: Request<RequestBody>, connection: ConnInfo)
    -> BoxFuture<'static, Response<Body>>;

    /// The page for a request that cannot be forwarded: `NOT_FOUND` where no route matches, `SERVICE_UNAVAILABLE`
    /// where the target does not answer, `INTERNAL_SERVER_ERROR` for a request that cannot be understood.
    /// `original_url` is path and query as the client sent them. The client gets `status`, whatever the response says.
    fn error_page(&self, status: StatusCode, original_url: &str) -> BoxFuture<'static, Response<Body>>;
}

/// A service for proxies without a hub: nothing is local, error pages are the status's standard phrase.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLocalService;

impl LocalService for NoLocalService {
    fn call(
        &self,
        _request: Request<RequestBody>,
        _connection: ConnInfo,
    ) -> BoxFuture<'static, Response<Body>> {
        Box::pin(std::future::ready(plain_response(StatusCode::NOT_FOUND)))
    }

    fn error_page(&self, status: StatusCode, _original_url: &str) -> BoxFuture<'static, Response<Body>> {
        Box::pin(std::future::ready(plain_response(status)))
    }
}

/// A response whose body is the standard phrase of `status`, as plain text.
#[must_use]
pub fn plain_response(status: StatusCode) -> Response<Body> {
    let text = Bytes::from_static(status.canonical_reason().unwrap_or("").as_bytes());
    let mut response = Response::new(Full::new(text).map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
