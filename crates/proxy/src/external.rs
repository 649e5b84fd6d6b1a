//! An external proxy that speaks CHP's REST API.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::Full;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::client::Client;
use crate::routes::{
    HUB_MARK, MoveError, RouteEntry, RouteError, Routes, iso_millis, path_from_spec, spec_from_path,
};
use crate::target::{Target, TargetUrl};
use crate::tls::{TlsError, UpstreamTls};

/// Longest time for one answer.
const ANSWER: Duration = Duration::from_secs(20);
/// Largest answer: some 200,000 routes.
const MAX_ANSWER: usize = 64 * 1024 * 1024;
/// First and longest wait between attempts.
const WAIT: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// How to reach an external proxy.
#[derive(Debug)]
pub struct ExternalProxyOptions {
    /// The API's address: `http://`, `https://` or `http+unix://`, with a path before `/api/routes` if need be.
    pub api_url: TargetUrl,
    /// The token that the API wants.
    pub token: SecretString,
    /// Routes are by host.
    pub host_routing: bool,
    /// Requests at the same time; 10 in 6.1.1.
    pub concurrency: usize,
    /// For how long a request is repeated while the API cannot be reached or fails; 30 seconds in 6.1.1.
    pub patience: Duration,
    /// TLS of an `https://` address.
    pub tls: UpstreamTls,
}

/// Drives an external proxy through CHP's REST API.
pub struct ExternalProxy {
    remote: RwLock<Arc<Remote>>,
    tls: UpstreamTls,
    host_routing: bool,
    permits: Semaphore,
    patience: Duration,
}

/// Where the API is, and the token for it.
struct Remote {
    client: Client,
    token: SecretString,
    authorization: HeaderValue,
}

impl Remote {
    fn new(
        api_url: TargetUrl,
        token: SecretString,
        tls: &UpstreamTls,
    ) -> Result<Arc<Self>, ExternalProxyError> {
        let client = Client::new(api_url, tls, ANSWER, MAX_ANSWER)?;
        let header = format!("token {}", token.expose_secret());
        let mut authorization = HeaderValue::try_from(header).map_err(|_| ExternalProxyError::Token)?;
        authorization.set_sensitive(true);
        Ok(Arc::new(Self { client, token, authorization }))
    }

    fn url(&self) -> String {
        self.client.server().as_str().to_owned()
    }

    fn refused(&self, response: &Response<Bytes>, method: &'static Method, path: &str) -> RouteError {
        let status = response.status().as_u16();
        RouteError::Status { url: self.url(), status, method: method.as_str(), path: path.to_owned() }
    }

    async fn once(&self, method: &Method, path: &str, body: Bytes) -> Result<Response<Bytes>, String> {
        let request =
            Request::builder().method(method).uri(path).header(header::AUTHORIZATION, &self.authorization);
        let request = request.body(Full::new(body)).map_err(|error| error.to_string())?;
        self.client.send(request).await.map_err(|error| error.to_string())
    }
}

/// Why an external proxy cannot be driven.
#[derive(Debug, thiserror::Error)]
pub enum ExternalProxyError {
    /// A TLS file is wrong.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The token has characters that no header can carry.
    #[error("the proxy's token has characters that cannot be sent")]
    Token,
}

impl ExternalProxy {
    /// Makes the client. Nothing is sent yet.
    ///
    /// # Errors
    /// When a TLS file is wrong, or the token cannot be sent.
    pub fn new(options: ExternalProxyOptions) -> Result<Self, ExternalProxyError> {
        Ok(Self {
            remote: RwLock::new(Remote::new(options.api_url, options.token, &options.tls)?),
            tls: options.tls,
            host_routing: options.host_routing,
            permits: Semaphore::new(options.concurrency.max(1)),
            patience: options.patience,
        })
    }

    fn remote(&self) -> Arc<Remote> {
        self.remote.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The API's path of a route. The specification stays percent-encoded; CHP decodes it.
    fn path(&self, spec: &str) -> Result<String, RouteError> {
        path_from_spec(spec, self.host_routing)?;
        Ok(match spec.trim_matches('/') {
            "" => "/".to_owned(),
            inner => format!("/{inner}"),
        })
    }

    /// Asks, again and again while the API is unreachable or broken, and gives any other answer.
    async fn ask(
        &self,
        method: &'static Method,
        path: &str,
        body: Bytes,
    ) -> Result<Response<Bytes>, RouteError> {
        let remote = self.remote();
        let base = remote.client.server().path().trim_end_matches('/');
        let path = format!("{base}/api/routes{path}");
        let _permit = self.permits.acquire().await;
        let deadline = Instant::now() + self.patience;
        let mut wait = WAIT.0;
        loop {
            let failure = match remote.once(method, &path, body.clone()).await {
                Ok(response) if !response.status().is_server_error() => return Ok(response),
                Ok(response) => remote.refused(&response, method, &path),
                Err(message) => RouteError::Unreachable { url: remote.url(), message },
            };
            if Instant::now() + wait > deadline {
                return Err(failure);
            }
            tracing::warn!(error = %failure, "asking the proxy again");
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(WAIT.1);
        }
    }

    fn entry(&self, path: &str, mut data: Map<String, Value>) -> Option<RouteEntry> {
        data.shift_remove(HUB_MARK)?;
        let target = match data.shift_remove("target") {
            Some(Value::String(target)) => target,
            _ => String::new(),
        };
        Some(RouteEntry::told(spec_from_path(path, self.host_routing), target, data))
    }
}

#[async_trait]
impl Routes for ExternalProxy {
    async fn add(&self, spec: &str, target: &Target, mut data: Map<String, Value>) -> Result<(), RouteError> {
        let path = self.path(spec)?;
        data.insert("target".to_owned(), Value::String(target.as_str().to_owned()));
        data.insert(HUB_MARK.to_owned(), Value::Bool(true));
        let response = self.ask(&Method::POST, &path, Value::Object(data).to_string().into()).await?;
        if response.status().is_success() {
            Ok(())
        } else {
            Err(self.remote().refused(&response, &Method::POST, &path))
        }
    }

    async fn delete(&self, spec: &str) -> Result<bool, RouteError> {
        let path = self.path(spec)?;
        let response = self.ask(&Method::DELETE, &path, Bytes::new()).await?;
        match response.status() {
            status if status.is_success() => Ok(true),
            http::StatusCode::NOT_FOUND => Ok(false),
            _ => Err(self.remote().refused(&response, &Method::DELETE, &path)),
        }
    }

    async fn get_all(
        &self,
        inactive_since: Option<DateTime<Utc>>,
    ) -> Result<BTreeMap<String, RouteEntry>, RouteError> {
        let path = match inactive_since {
            Some(limit) => format!("?inactive_since={}", iso_millis(limit)),
            None => String::new(),
        };
        let response = self.ask(&Method::GET, &path, Bytes::new()).await?;
        if !response.status().is_success() {
            return Err(self.remote().refused(&response, &Method::GET, "/api/routes"));
        }
        let routes: BTreeMap<String, Map<String, Value>> = serde_json::from_slice(response.body())
            .map_err(|error| RouteError::Answer { url: self.remote().url(), message: error.to_string() })?;
        let entries = routes.into_iter().filter_map(|(path, data)| self.entry(&path, data));
        Ok(entries.map(|entry| (entry.spec.clone(), entry)).collect())
    }

    fn move_to(&self, api_url: Option<&str>, token: Option<SecretString>) -> Result<(), MoveError> {
        let wrong = |error: &dyn std::fmt::Display| MoveError::Wrong(error.to_string());
        let mut remote = self.remote.write().unwrap_or_else(PoisonError::into_inner);
        let url = match api_url {
            Some(text) => TargetUrl::parse(text).map_err(|error| wrong(&error))?,
            None => remote.client.server().clone(),
        };
        let token = token.unwrap_or_else(|| remote.token.clone());
        *remote = Remote::new(url, token, &self.tls).map_err(|error| wrong(&error))?;
        Ok(())
    }
}
