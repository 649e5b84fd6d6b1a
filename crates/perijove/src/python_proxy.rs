//! A proxy class in Python (`c.JupyterHub.proxy_class`): it starts and drives its own program; the hub says which routes.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::anyhow;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use perijove_model::Value;
use perijove_proxy::{RouteEntry, RouteError, Routes, Target, path_from_spec};
use perijove_python::{Argument, Worker};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// How long the program may take to start. Upstream waits for its own fifteen seconds; imports come first here.
const START_DEADLINE: Duration = Duration::from_secs(120);
/// How long a change of routes, or a look at them, may take: as long as one is repeated for an external proxy.
const DEADLINE: Duration = Duration::from_secs(60);
/// How long the program may take to end.
const STOP_DEADLINE: Duration = Duration::from_secs(15);

/// Drives the proxy through its class.
pub struct PythonProxy {
    worker: Worker,
    class: String,
    host_routing: bool,
}

/// A route as `get_all_routes` gives it.
#[derive(Deserialize)]
struct Found {
    target: String,
    data: Map<String, Json>,
}

impl PythonProxy {
    /// The class named `class`, which is made by the first step.
    pub fn new(worker: Worker, class: &str, host_routing: bool) -> Self {
        Self { worker, class: class.to_owned(), host_routing }
    }

    /// Makes the instance and starts its program, unless `should_start` is off.
    ///
    /// # Errors
    /// A class that cannot be made, or whose program does not start, ends the hub.
    pub async fn start(&self) -> anyhow::Result<()> {
        let started = self.worker.proxy_step("start", &[], START_DEADLINE).await;
        started.map_err(|error| anyhow!("c.JupyterHub.proxy_class: {}", error.explained()))?;
        tracing::info!("Using Proxy: {} (Python: it is no native class)", self.class);
        Ok(())
    }

    /// Ends its program.
    pub async fn stop(&self) {
        if let Err(error) = self.worker.proxy_step("stop", &[], STOP_DEADLINE).await {
            tracing::error!("the proxy cannot be stopped: {}", error.explained());
        }
    }

    async fn step(&self, step: &str, args: &[Argument]) -> Result<Value, RouteError> {
        let outcome = self.worker.proxy_step(step, args, DEADLINE).await;
        outcome.map(|outcome| outcome.value).map_err(|error| RouteError::Plugin(error.explained()))
    }
}

#[async_trait]
impl Routes for PythonProxy {
    async fn add(&self, spec: &str, target: &Target, data: Map<String, Json>) -> Result<(), RouteError> {
        path_from_spec(spec, self.host_routing)?;
        let data = Value::from_plain_json(&Json::Object(data));
        let data = data.map_err(|error| RouteError::Plugin(error.to_string()))?;
        let args = [Value::from(spec), Value::from(target.as_str()), data].map(Argument::Value);
        self.step("add_route", &args).await.map(drop)
    }

    async fn delete(&self, spec: &str) -> Result<bool, RouteError> {
        path_from_spec(spec, self.host_routing)?;
        // Classes do not say whether there was one.
        self.step("delete_route", &[Argument::Value(Value::from(spec))]).await.map(|_| true)
    }

    async fn get_all(
        &self,
        inactive_since: Option<DateTime<Utc>>,
    ) -> Result<BTreeMap<String, RouteEntry>, RouteError> {
        let told = self.step("get_all_routes", &[]).await?.to_plain_json();
        let found: BTreeMap<String, Found> =
            told.and_then(|told| serde_json::from_value(told).ok()).ok_or_else(|| {
                RouteError::Plugin(format!("{}.get_all_routes gave no dictionary of routes", self.class))
            })?;
        let entries = found
            .into_iter()
            .map(|(spec, Found { target, data })| (spec.clone(), RouteEntry::told(spec, target, data)));
        let is_wanted = |entry: &RouteEntry| {
            inactive_since.is_none_or(|limit| entry.last_activity.is_none_or(|time| time < limit))
        };
        Ok(entries.filter(|(_, entry)| is_wanted(entry)).collect())
    }
}
