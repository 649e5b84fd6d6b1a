//! Spawners that are Python's own: each step of a server's life is a call.

use std::time::Duration;

use perijove_model::value::Value;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::Worker;
use crate::error::WorkerError;
use crate::facts::SpawnerFacts;

/// One step in the life of a server whose spawner runs in Python.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OwnSpawnerStep<'a> {
    /// The hooks and `Spawner.start`. The value is read by [`StartedServer`].
    Start {
        /// Whether the authenticator is a Python one, whose `pre_spawn_start` belongs here.
        with_authenticator: bool,
    },
    /// `Spawner.progress`, whose events come one by one. It waits for the start, and goes on until it is dropped.
    Progress,
    /// The start has ended, well or not.
    Ready,
    /// `Spawner.poll`: `status` is `None` or a number.
    Poll,
    /// `Spawner.get_url` of a server that runs.
    GetUrl,
    /// `Spawner.stop` of a server that runs: `will_resume` says whether its token stays valid.
    Stop,
    /// The hooks after a stop; the value is the state that stays.
    PostStop {
        /// Whether the authenticator is a Python one, whose `post_spawn_stop` belongs here.
        with_authenticator: bool,
    },
    /// `Spawner.rename`.
    Rename {
        /// The new name.
        new_name: &'a str,
    },
    /// `Spawner.delete_forever`.
    DeleteForever,
    /// One of the steps that native spawners have too.
    Hook(&'a super::SpawnerStep),
}

impl OwnSpawnerStep<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start",
            Self::Progress => "progress",
            Self::Ready => "ready",
            Self::Poll => "poll",
            Self::GetUrl => "get_url",
            Self::Stop => "stop",
            Self::PostStop { .. } => "post_stop",
            Self::Rename { .. } => "rename",
            Self::DeleteForever => "delete_forever",
            Self::Hook(step) => step.name(),
        }
    }

    fn args(&self) -> Vec<Value> {
        match self {
            Self::Start { with_authenticator } | Self::PostStop { with_authenticator } => {
                vec![Value::Bool(*with_authenticator)]
            }
            Self::Rename { new_name } => vec![Value::from(*new_name)],
            Self::Hook(step) => step.args(),
            _ => Vec::new(),
        }
    }
}

/// How long the hub has patience with a server, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct SpawnerTiming {
    /// `start_timeout`
    pub start: f64,
    /// `http_timeout`
    pub answer: f64,
    /// `poll_interval`; 0 for never.
    pub poll_interval: f64,
    /// `poll_jitter`
    pub poll_jitter: f64,
}

/// What a Python spawner said of a server that it has started.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct StartedServer {
    /// Scheme, host and port.
    pub url: String,
    /// `Spawner.get_state()`.
    pub state: Json,
    /// The token that the server uses: the hub's new one, or one from before that a resumed server has kept.
    pub api_token: String,
    /// The patience that this server wants.
    pub timing: SpawnerTiming,
}

/// What is known of a Python spawner class.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SpawnerClass {
    /// The import string.
    pub class: String,
    /// The patience of its servers, where the class tells without a user.
    pub timing: Option<SpawnerTiming>,
    /// Whether importing it has added request handlers to JupyterHub's own.
    pub handlers: bool,
    /// Whether it has a form for options, or a function that may make one, as far as the class tells without a user.
    pub options_form: bool,
}

impl Worker {
    /// Imports the spawner class, which takes seconds, and looks at it.
    ///
    /// # Errors
    /// Those of [`Worker::call`]: a class that cannot be used is a [`WorkerError::Python`].
    pub async fn describe_spawner(&self, deadline: Duration) -> Result<SpawnerClass, WorkerError> {
        let (connection, _) = self.live().await?;
        let what = "importing the spawner class";
        let answer = connection.request("describe_spawner", &json!({}), deadline, what).await?;
        serde_json::from_value(answer).map_err(|error| WorkerError::Protocol(error.to_string()))
    }

    /// Runs a step of a server's life and returns its value. `told` takes what it says before it has ended.
    ///
    /// # Errors
    /// Those of [`Worker::call`].
    pub async fn own_spawner(
        &self,
        spawner: &SpawnerFacts,
        step: OwnSpawnerStep<'_>,
        deadline: Option<Duration>,
        told: &(dyn Fn(Value) + Send + Sync),
    ) -> Result<Value, WorkerError> {
        self.step(&json!(spawner), &spawner.user.name, step, deadline, told).await
    }

    /// Runs a step that needs the server's instance only: [`OwnSpawnerStep::Progress`], [`OwnSpawnerStep::Ready`].
    ///
    /// # Errors
    /// Those of [`Worker::call`].
    pub async fn own_spawner_by_name(
        &self,
        (user, server): (&str, &str),
        step: OwnSpawnerStep<'_>,
        deadline: Option<Duration>,
        told: &(dyn Fn(Value) + Send + Sync),
    ) -> Result<Value, WorkerError> {
        let named = json!({ "user": { "name": user }, "name": server, "handler": null });
        self.step(&named, user, step, deadline, told).await
    }

    async fn step(
        &self,
        spawner: &Json,
        user: &str,
        step: OwnSpawnerStep<'_>,
        deadline: Option<Duration>,
        told: &(dyn Fn(Value) + Send + Sync),
    ) -> Result<Value, WorkerError> {
        let (connection, _) = self.live().await?;
        let params = json!({ "spawner": spawner, "step": step.name(), "args": step.args() });
        let what = format!("Spawner {} of {user}", step.name());
        let answer = connection.request_telling("own_spawner", &params, deadline, &what, told).await?;
        super::hooks::value(answer)
    }
}
