//! What Python code asks of the hub: see `HubCalls` in the worker's `hub_calls.py`.

use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use perijove_authenticators::{AuthModel, ManagedGroups};
use perijove_core::records::UserRecord;
use perijove_core::servers::StartRequest;
use perijove_core::{Error, Hub};
use perijove_model::ServerName;
use perijove_python::{HubCallError, HubCalls};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

/// Answers for a hub, as long as there is one.
pub struct CallsOf(Weak<Hub>);

/// A user by name.
#[derive(Deserialize)]
struct OfUser {
    user: String,
}

#[derive(Deserialize)]
struct Login {
    model: Model,
}

/// An authentication model as upstream's code has it. What is absent differs from what is `null`.
#[derive(Deserialize)]
struct Model {
    name: String,
    admin: Option<bool>,
    auth_state: Option<Json>,
    user_info: Option<Json>,
    #[serde(default, deserialize_with = "present")]
    groups: Option<Option<Vec<String>>>,
    roles: Option<Vec<Json>>,
}

#[derive(Deserialize)]
struct CountLogin {
    succeeded: bool,
    seconds: f64,
}

#[derive(Deserialize)]
struct SaveAuthState {
    auth_state: Option<Json>,
}

/// How long `User.spawn` and `User.stop` may take. Upstream sets them no limit but the spawner's own.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

#[derive(Deserialize)]
struct OfServer {
    server: String,
    /// Whether to wait for the end, and not as long as a request may wait.
    #[serde(default)]
    to_the_end: bool,
    display_name: Option<String>,
    options: Option<Json>,
}

/// A field that is there, whatever it holds.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

impl CallsOf {
    /// Answers for `hub`, without keeping it.
    pub fn new(hub: &Arc<Hub>) -> Arc<Self> {
        Arc::new(Self(Arc::downgrade(hub)))
    }
}

#[async_trait]
impl HubCalls for CallsOf {
    async fn call(&self, method: &str, params: Json) -> Result<Json, HubCallError> {
        let hub = self.0.upgrade().ok_or_else(|| HubCallError::internal("the hub ends"))?;
        match method {
            "login" => {
                let Login { model } = read(&params)?;
                let user = hub.keep_login(model.into()).await.map_err(refused)?;
                Ok(json!({ "name": user.row.name }))
            }
            "count_login" => {
                let CountLogin { succeeded, seconds } = read(&params)?;
                hub.count_login(succeeded, Duration::try_from_secs_f64(seconds).unwrap_or_default());
                Ok(Json::Null)
            }
            "auth_state" => {
                let user = user_of(&hub, &params).await?;
                Ok(hub.auth_state(&user.row).unwrap_or(Json::Null))
            }
            "save_auth_state" => {
                let user = user_of(&hub, &params).await?;
                let SaveAuthState { auth_state } = read(&params)?;
                hub.save_auth_state(&user, auth_state.as_ref()).await.map_err(refused)?;
                Ok(Json::Null)
            }
            "check_routes" => {
                hub.check_routes().await.map_err(refused)?;
                Ok(Json::Null)
            }
            "start_server" => start_server(&hub, &params).await,
            "stop_server" => stop_server(&hub, &params).await,
            "pending_servers" => {
                let pending = hub.pending_servers().into_iter();
                Ok(pending.map(|((user, server), what)| json!([user, server.as_str(), what])).collect())
            }
            other => Err(HubCallError::internal(format!("the hub has no method {other}"))),
        }
    }
}

async fn start_server(hub: &Arc<Hub>, params: &Json) -> Result<Json, HubCallError> {
    let user = user_of(hub, params).await?;
    let OfServer { server, display_name, options, to_the_end } = read(params)?;
    let display_name = display_name.filter(|shown| !shown.is_empty()).unwrap_or_else(|| server.clone());
    let name = if server.is_empty() {
        ServerName::default()
    } else {
        let limit = hub.named_server_limit(None).await.map_err(refused)?;
        hub.check_named_server(&user, &server, &display_name, Some(limit)).map_err(refused)?
    };
    let request = StartRequest { server: name, display_name, options, handler: None };
    let started = if to_the_end {
        hub.start_server_within(&user, request, LONGEST_WAIT).await
    } else {
        hub.start_server(&user, request).await
    };
    started.map_err(refused)?;
    Ok(Json::Null)
}

async fn stop_server(hub: &Arc<Hub>, params: &Json) -> Result<Json, HubCallError> {
    let user = user_of(hub, params).await?;
    let OfServer { server, to_the_end, .. } = read(params)?;
    let known = user.spawner(&server).map(|record| record.name.clone());
    let name = known.ok_or_else(|| no_server(&user, &server))?;
    let stopped = if to_the_end {
        hub.stop_server_within(&user, &name, LONGEST_WAIT).await
    } else {
        hub.stop_server(&user, &name).await
    };
    stopped.map_err(refused)?;
    Ok(Json::Null)
}

fn read<T: DeserializeOwned>(params: &Json) -> Result<T, HubCallError> {
    T::deserialize(params)
        .map_err(|error| HubCallError::internal(format!("the hub was asked wrongly: {error}")))
}

async fn user_of(hub: &Hub, params: &Json) -> Result<Arc<UserRecord>, HubCallError> {
    let OfUser { user } = read(params)?;
    let found = hub.find_user(&user).await.map_err(refused)?;
    found.ok_or_else(|| HubCallError {
        status: Some(404),
        message: format!("No such user: {user}"),
        retry_after: None,
    })
}

fn no_server(user: &UserRecord, server: &str) -> HubCallError {
    HubCallError {
        status: Some(404),
        message: format!("{} has no server {server:?}", user.name),
        retry_after: None,
    }
}

/// The hub's error as the exception that upstream's code would have raised.
fn refused(error: Error) -> HubCallError {
    let (status, retry_after) = match &error {
        Error::Invalid(_) => (Some(400), None),
        Error::Forbidden(_) => (Some(403), None),
        Error::NotFound(_) => (Some(404), None),
        Error::Conflict(_) => (Some(409), None),
        Error::Busy { retry_after, .. } => (Some(429), *retry_after),
        Error::Status(told) => (Some(told.status), None),
        Error::Internal(_) | Error::Store(_) => (None, None),
    };
    HubCallError { status, message: error.to_string(), retry_after }
}

impl From<Model> for AuthModel {
    fn from(model: Model) -> Self {
        let Model { name, admin, auth_state, user_info, groups, roles } = model;
        let groups = match groups {
            None => ManagedGroups::Unspecified,
            Some(None) => ManagedGroups::Unchanged,
            Some(Some(names)) => ManagedGroups::Exactly(names),
        };
        Self { name, admin, auth_state, user_info, groups, roles }
    }
}

#[cfg(test)]
mod tests;
