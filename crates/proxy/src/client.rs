//! A small HTTP/1.1 client for what the proxy itself asks of others: an external proxy's API, a server of error pages.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;

use crate::BoxError;
use crate::target::TargetUrl;
use crate::tls::{TlsError, UpstreamTls};
use crate::upstream::Connector;

/// Idle connections that are kept.
const IDLE: usize = 16;

/// A client of one server.
pub(crate) struct Client {
    connector: Connector,
    server: TargetUrl,
    idle: Mutex<Vec<SendRequest<Full<Bytes>>>>,
    timeout: Duration,
    max_body: usize,
}

impl Client {
    /// A client of `server`, whose answers may take `timeout` and have `max_body` bytes.
    pub(crate) fn new(
        server: TargetUrl,
        tls: &UpstreamTls,
        timeout: Duration,
        max_body: usize,
    ) -> Result<Self, TlsError> {
        let connector = Connector::new(tls.clone(), timeout)?;
        Ok(Self { connector, server, idle: Mutex::default(), timeout, max_body })
    }

    /// The server's address.
    pub(crate) fn server(&self) -> &TargetUrl {
        &self.server
    }

    /// Sends a request, whose URI is path and query, and gives the whole answer.
    pub(crate) async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Response<Bytes>, BoxError> {
        let host = self.server.authority();
        let host = if self.is_unix() { "localhost" } else { host };
        request.headers_mut().insert(header::HOST, host.parse()?);
        tokio::time::timeout(self.timeout, self.exchange(request)).await?
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, BoxError> {
        let mut sender = self.sender().await?;
        let (parts, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, self.max_body).collect().await?.to_bytes();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE {
            idle.push(sender);
        }
        Ok(Response::from_parts(parts, body))
    }

    async fn sender(&self) -> Result<SendRequest<Full<Bytes>>, BoxError> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(mut sender) = idle else { break };
            if sender.ready().await.is_ok() {
                return Ok(sender);
            }
        }
        let connection = self.connector.connect(&self.server).await?;
        let (sender, connection) = handshake(TokioIo::new(connection.stream)).await?;
        // It ends with its sender.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection of the proxy's own client broke");
            }
        });
        Ok(sender)
    }

    fn is_unix(&self) -> bool {
        matches!(self.server.endpoint(), crate::target::Endpoint::Unix(_))
    }
}
