//! What the proxy process answers itself: error pages and metrics.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};

use super::CommandError;
use super::arguments::Arguments;
use crate::client::Client;
use crate::connection::ConnInfo;
use crate::local::{LocalService, plain_response};
use crate::metrics::ProxyMetrics;
use crate::target::TargetUrl;
use crate::tls::UpstreamTls;
use crate::{Body, BoxError, RequestBody};

/// Longest time for an error page.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest error page, in bytes.
const MAX_PAGE: usize = 8 * 1024 * 1024;

/// Where error pages come from.
#[derive(Clone)]
pub(super) enum ErrorPages {
    Target(Arc<Client>),
    Folder(PathBuf),
    BuiltIn,
}

impl ErrorPages {
    pub(super) fn new(arguments: &Arguments, tls: &UpstreamTls) -> Result<Self, CommandError> {
        Ok(match (&arguments.error_target, &arguments.error_path) {
            (Some(url), _) => {
                Self::Target(Arc::new(Client::new(TargetUrl::parse(url)?, tls, PATIENCE, MAX_PAGE)?))
            }
            (None, Some(folder)) => Self::Folder(folder.clone()),
            (None, None) => Self::BuiltIn,
        })
    }

    async fn page(self, status: StatusCode, url: String) -> Response<Body> {
        match self {
            Self::Target(client) => ask(&client, status, &url).await.unwrap_or_else(|error| {
                tracing::error!(%error, "the error page cannot be fetched");
                plain_response(status)
            }),
            Self::Folder(folder) => read(&folder, status).await.unwrap_or_else(|error| {
                tracing::error!(%error, folder = %folder.display(), "there is no error page");
                plain_response(status)
            }),
            Self::BuiltIn => built_in(status),
        }
    }
}

impl LocalService for ErrorPages {
    fn call(
        &self,
        _request: Request<RequestBody>,
        _connection: ConnInfo,
    ) -> BoxFuture<'static, Response<Body>> {
        Box::pin(std::future::ready(plain_response(StatusCode::NOT_FOUND)))
    }

    fn error_page(&self, status: StatusCode, original_url: &str) -> BoxFuture<'static, Response<Body>> {
        Box::pin(self.clone().page(status, original_url.to_owned()))
    }
}

/// Asks the server of error pages; content type and encoding are what CHP takes over.
async fn ask(client: &Client, status: StatusCode, url: &str) -> Result<Response<Body>, BoxError> {
    let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("url", url).finish();
    let base = client.server().path().trim_end_matches('/');
    let request = Request::get(format!("{base}/{}?{query}", status.as_u16())).body(Full::default())?;
    let (parts, body) = client.send(request).await?.into_parts();
    let mut page = full(body);
    for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING] {
        if let Some(value) = parts.headers.get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    Ok(page)
}

async fn read(folder: &std::path::Path, status: StatusCode) -> std::io::Result<Response<Body>> {
    let own = tokio::fs::read(folder.join(format!("{}.html", status.as_u16()))).await;
    let page = match own {
        Ok(page) => page,
        Err(_) => tokio::fs::read(folder.join("error.html")).await?,
    };
    Ok(html(page.into()))
}

fn built_in(status: StatusCode) -> Response<Body> {
    let code = status.as_u16();
    let phrase = status.canonical_reason().unwrap_or("Error");
    let text = match code {
        404 => "There is no server for this address.",
        503 => "The server for this address does not answer. It may be starting: try again in a moment.",
        _ => "The request cannot be forwarded.",
    };
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{code} {phrase}</title></head>\n\
         <body><h1>{code} {phrase}</h1><p>{text}</p></body></html>\n"
    );
    html(page.into())
}

fn html(page: Bytes) -> Response<Body> {
    let mut response = full(page);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

fn full(bytes: Bytes) -> Response<Body> {
    Response::new(Full::new(bytes).map_err(|never| match never {}).boxed_unsync())
}

/// The counters, for Prometheus.
pub(super) struct Metrics(pub(super) Arc<ProxyMetrics>);

impl LocalService for Metrics {
    fn call(
        &self,
        request: Request<RequestBody>,
        _connection: ConnInfo,
    ) -> BoxFuture<'static, Response<Body>> {
        let response = if request.uri().path() == "/metrics" {
            let mut response = full(self.0.render().into());
            let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            response.headers_mut().insert(HeaderName::from_static("content-type"), kind);
            response
        } else {
            plain_response(StatusCode::NOT_FOUND)
        };
        Box::pin(std::future::ready(response))
    }

    fn error_page(&self, status: StatusCode, _original_url: &str) -> BoxFuture<'static, Response<Body>> {
        Box::pin(std::future::ready(plain_response(status)))
    }
}
