//! The router, as the proxy calls it.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body as AxumBody;
use axum::http::{Request, Response, StatusCode, header};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body::Body as HttpBody;
use http_body_util::BodyExt;
use perijove_proxy::{Body, BoxError, ConnInfo, LocalService, RequestBody};
use tower::Service;

use crate::app::App;
use crate::pages;
use crate::plugins;
use crate::routes;

/// Answers everything that is the hub's: its pages and REST API, and requests for servers that do
/// not run.
pub struct HubService {
    router: Router,
    app: App,
}

impl HubService {
    /// Builds the router.
    pub fn new(app: App) -> Self {
        Self { router: routes::router(&app), app }
    }

    /// Answers one request, whatever its body comes from.
    pub fn answer<B>(&self, request: Request<B>, connection: ConnInfo) -> BoxFuture<'static, Response<Body>>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let mut router = self.router.clone();
        let plugins = self.app.plugins.as_ref().map(|_| self.app.clone());
        Box::pin(async move {
            let mut request = request.map(AxumBody::new);
            request.extensions_mut().insert(connection);
            if let Some(app) = plugins {
                request = match Box::pin(plugins::before_routes(&app, request)).await {
                    Ok(response) => return response.map(|body| body.map_err(Into::into).boxed_unsync()),
                    Err(request) => request,
                };
            }
            let answered: Result<_, Infallible> = router.call(request).await;
            match answered {
                Ok(mut response) => {
                    // The router lists the right methods in answers to a wrong one; upstream does not.
                    response.headers_mut().remove(header::ALLOW);
                    response.map(|body| body.map_err(Into::into).boxed_unsync())
                }
                Err(never) => match never {},
            }
        })
    }
}

impl LocalService for HubService {
    fn call(
        &self,
        request: Request<RequestBody>,
        connection: ConnInfo,
    ) -> BoxFuture<'static, Response<Body>> {
        self.answer(request, connection)
    }

    fn error_page(&self, status: StatusCode, original_url: &str) -> BoxFuture<'static, Response<Body>> {
        let app = self.app.clone();
        let original_url = original_url.to_owned();
        Box::pin(async move {
            tracing::debug!(status = status.as_u16(), "{original_url} cannot be forwarded");
            let page = pages::error::for_proxy(&app, status).await;
            page.map(|body| body.map_err(Into::into).boxed_unsync())
        })
    }
}
