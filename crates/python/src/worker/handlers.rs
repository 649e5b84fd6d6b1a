//! Request handlers of plug-ins, which the worker serves on a socket.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::Worker;
use crate::error::WorkerError;

/// What the worker needs to serve handlers as JupyterHub does.
#[derive(Debug, Clone)]
pub struct HandlerServer {
    /// Where it listens. Only the hub's user may reach it.
    pub socket: PathBuf,
    /// Whether the authenticator is a Python one, whose `get_handlers` count.
    pub with_authenticator: bool,
    /// The key of signed cookies, in hexadecimal digits.
    pub cookie_secret: SecretString,
    /// The name of the login cookie.
    pub login_cookie: String,
    /// The stock templates: name and source.
    pub templates: BTreeMap<String, String>,
    /// `JupyterHub.template_paths`.
    pub template_paths: Vec<String>,
    /// The stock static files: path and version.
    pub static_files: BTreeMap<String, String>,
    /// The hub's version, part of some addresses in templates.
    pub version_hash: String,
    /// Whether `logo_file` is configured.
    pub custom_logo: bool,
}

/// The paths that the worker serves, in the order in which they are tried.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct HandlerPatterns {
    /// Of the authenticator: they come before the hub's own routes.
    pub authenticator: Vec<HandlerPattern>,
    /// `JupyterHub.extra_handlers`: they come after the hub's own routes.
    pub extra: Vec<HandlerPattern>,
}

/// One rule of Tornado's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HandlerPattern {
    /// Python's regular expression over the whole path, the hub's prefix included.
    pub regex: String,
    /// The handler's class.
    pub class: String,
}

impl HandlerServer {
    fn to_json(&self) -> Json {
        json!({
            "socket": self.socket,
            "with_authenticator": self.with_authenticator,
            "cookie_secret": self.cookie_secret.expose_secret(),
            "login_cookie": self.login_cookie,
            "templates": self.templates,
            "template_paths": self.template_paths,
            "static_files": self.static_files,
            "version_hash": self.version_hash,
            "custom_logo": self.custom_logo,
        })
    }
}

impl Worker {
    /// Serves the handlers of the authenticator and of the configuration, anew if the process did so before.
    ///
    /// # Errors
    /// Those of [`Worker::call`].
    pub async fn serve_handlers(
        &self,
        server: &HandlerServer,
        deadline: Duration,
    ) -> Result<HandlerPatterns, WorkerError> {
        match self.try_to_serve(server, deadline).await {
            // The socket may show the end of a process before its own connection does.
            Err(WorkerError::Died { .. }) => self.try_to_serve(server, deadline).await,
            served => served,
        }
    }

    async fn try_to_serve(
        &self,
        server: &HandlerServer,
        deadline: Duration,
    ) -> Result<HandlerPatterns, WorkerError> {
        let (connection, _) = self.live().await?;
        let what = "serving the handlers of plug-ins";
        let answer = connection.request("serve_handlers", &server.to_json(), deadline, what).await?;
        serde_json::from_value(answer).map_err(|error| WorkerError::Protocol(error.to_string()))
    }

    /// Asks for a sign of life; a process that gives none is replaced.
    ///
    /// # Errors
    /// Those of [`Worker::call`].
    pub async fn check(&self, deadline: Duration) -> Result<(), WorkerError> {
        self.warm_up(deadline).await.map(drop)
    }
}
