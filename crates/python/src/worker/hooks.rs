//! Calls into the configuration: plain functions, and hooks with upstream's objects around them.

use std::time::Duration;

use perijove_model::value::{Handle, LazyOps, Value};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{Numbers, Worker};
use crate::error::WorkerError;
use crate::facts::{RequestFacts, SpawnerFacts, UserFacts};

/// One argument of a call.
#[derive(Debug, Clone)]
pub enum Argument {
    /// A plain value, or an object that the worker holds.
    Value(Value),
    /// An upstream `User`.
    User(UserFacts),
    /// An upstream request handler.
    Handler(Box<RequestFacts>),
    /// Tornado's request of a handler.
    Request(Box<RequestFacts>),
    /// The instance of the configured authenticator class.
    Authenticator,
}

impl From<Value> for Argument {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

/// What a call returned and did.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The returned value.
    pub value: Value,
    /// The traits of the spawner or authenticator that differ from what its configuration gave it.
    pub changes: Vec<(String, Value)>,
    /// What the call did to the answer of the request it was given.
    pub response: Option<Response>,
    /// The authentication state that the call saved on the user (`Value::None` clears it).
    pub auth_state: Option<Value>,
}

/// What a hook did to a request's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Headers that the hook added or changed, cookies included.
    pub headers: Vec<(String, String)>,
    /// Whether the hook has answered the request, by a redirect for example.
    pub finished: bool,
    /// The body, if it has.
    pub body: Vec<u8>,
}

/// What to run on a spawner. Instances live from the first step for a server to its [`SpawnerStep::PostStop`].
#[derive(Debug, Clone, PartialEq)]
pub enum SpawnerStep {
    /// `server_token_scopes`, called if it is a function. Returns a list of scopes.
    ServerTokenScopes,
    /// `oauth_client_allowed_scopes`, called if it is a function. Returns a list of scopes.
    OauthClientAllowedScopes,
    /// `auth_state_hook` and then the options form. Returns text.
    OptionsForm,
    /// `options_from_form` on a form: a dictionary of lists. Returns the user's options.
    OptionsFromForm(Value),
    /// `auth_state_hook` and then `options_from_query` on a dictionary of lists. Returns the user's options.
    OptionsFromQuery(Value),
    /// Everything between the request for a server and its start, in upstream's order: the authenticator's
    /// `pre_spawn_start` if wanted, `auth_state_hook`, `group_overrides`, `apply_user_options`, `pre_spawn_hook`
    /// and functions in `environment`. The outcome's changes are what the native spawner must apply.
    Prepare {
        /// Whether the authenticator is a Python one, whose `pre_spawn_start` belongs here.
        with_authenticator: bool,
    },
    /// `progress_ready_hook` on the last progress event, a dictionary. Returns the event.
    ProgressReady(Value),
    /// `ssl_alt_names`, called if it is a function. Returns a list of names.
    SslAltNames,
    /// `post_stop_hook`; the instance is dropped afterwards, also if the hook fails.
    PostStop {
        /// Whether the authenticator is a Python one, whose `post_spawn_stop` belongs here.
        with_authenticator: bool,
    },
}

impl SpawnerStep {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::ServerTokenScopes => "server_token_scopes",
            Self::OauthClientAllowedScopes => "oauth_client_allowed_scopes",
            Self::OptionsForm => "options_form",
            Self::OptionsFromForm(_) => "options_from_form",
            Self::OptionsFromQuery(_) => "options_from_query",
            Self::Prepare { .. } => "prepare",
            Self::ProgressReady(_) => "progress_ready",
            Self::SslAltNames => "ssl_alt_names",
            Self::PostStop { .. } => "post_stop",
        }
    }

    pub(super) fn args(&self) -> Vec<Value> {
        match self {
            Self::OptionsFromForm(value) | Self::OptionsFromQuery(value) | Self::ProgressReady(value) => {
                vec![value.clone()]
            }
            Self::Prepare { with_authenticator } | Self::PostStop { with_authenticator } => {
                vec![Value::Bool(*with_authenticator)]
            }
            _ => Vec::new(),
        }
    }
}

impl Worker {
    /// Calls a function of the configuration; an awaitable result is awaited.
    ///
    /// # Errors
    /// [`WorkerError::Python`] if it raises, [`WorkerError::Deadline`] if it does not return in time (the worker is
    /// replaced if it hangs), [`WorkerError::HandleGone`] if a replaced worker no longer has it.
    pub async fn call(
        &self,
        function: &Handle,
        args: &[Argument],
        deadline: Duration,
    ) -> Result<Outcome, WorkerError> {
        let (connection, numbers) = self.live().await?;
        let params = json!({ "handle": numbers.current(function)?, "args": encode_all(args, &numbers)? });
        outcome(connection.request("call", &params, deadline, &function.description).await?)
    }

    /// Calls a method of the authenticator's instance, such as `run_post_auth_hook` with a handler and the
    /// authentication model, or a hook trait such as `reconcile_auth_state_hook` with [`Argument::Authenticator`] first.
    ///
    /// # Errors
    /// Those of [`Worker::call`].
    pub async fn authenticator(
        &self,
        method: &str,
        args: &[Argument],
        deadline: Duration,
    ) -> Result<Outcome, WorkerError> {
        let (connection, numbers) = self.live().await?;
        let params = json!({ "method": method, "args": encode_all(args, &numbers)? });
        outcome(
            connection
                .request("authenticator", &params, deadline, &format!("Authenticator.{method}"))
                .await?,
        )
    }

    /// Asks the instance of a Python authenticator for a step of the hub's work, such as `login`.
    ///
    /// # Errors
    /// Those of [`Worker::call`].
    pub async fn authenticator_step(
        &self,
        step: &str,
        args: &[Argument],
        deadline: Duration,
    ) -> Result<Outcome, WorkerError> {
        self.step_of_instance("authenticator_step", &format!("Authenticator {step}"), step, args, deadline)
            .await
    }

    /// Asks the instance of a Python proxy class for a step of the hub's work, such as `add_route`.
    ///
    /// # Errors
    /// Those of [`Worker::call`].
    pub async fn proxy_step(
        &self,
        step: &str,
        args: &[Argument],
        deadline: Duration,
    ) -> Result<Outcome, WorkerError> {
        self.step_of_instance("proxy_step", &format!("Proxy {step}"), step, args, deadline).await
    }

    async fn step_of_instance(
        &self,
        method: &str,
        what: &str,
        step: &str,
        args: &[Argument],
        deadline: Duration,
    ) -> Result<Outcome, WorkerError> {
        let (connection, numbers) = self.live().await?;
        let params = json!({ "step": step, "args": encode_all(args, &numbers)? });
        outcome(connection.request(method, &params, deadline, what).await?)
    }

    /// Runs a step on the spawner instance of a server.
    ///
    /// # Errors
    /// Those of [`Worker::call`]; a trait that was set to something only Python can use is a
    /// [`WorkerError::Python`] of type `perijove_worker.changes.TraitNotSendable` that names it.
    pub async fn spawner(
        &self,
        spawner: &SpawnerFacts,
        step: &SpawnerStep,
        deadline: Duration,
    ) -> Result<Outcome, WorkerError> {
        let (connection, _) = self.live().await?;
        let params = json!({ "spawner": spawner, "step": step.name(), "args": step.args() });
        outcome(connection.request("spawner", &params, deadline, &format!("Spawner {}", step.name())).await?)
    }

    /// Drops what the worker keeps for a server that is gone, or, without a server, for a user that is.
    ///
    /// # Errors
    /// Those of [`Worker::call`].
    pub async fn forget(
        &self,
        user: &str,
        server: Option<&str>,
        deadline: Duration,
    ) -> Result<(), WorkerError> {
        let (connection, _) = self.live().await?;
        let params = json!({ "user": user, "server": server });
        connection.request("forget", &params, deadline, "forgetting a server").await?;
        Ok(())
    }
}

fn encode_all(args: &[Argument], numbers: &Numbers) -> Result<Vec<Json>, WorkerError> {
    args.iter().map(|argument| encode(argument, numbers)).collect()
}

fn encode(argument: &Argument, numbers: &Numbers) -> Result<Json, WorkerError> {
    Ok(match argument {
        Argument::Value(value) => renumber(value, numbers)?.to_json(),
        Argument::User(user) => json!({ "$user": user }),
        Argument::Handler(request) => json!({ "$handler": request }),
        Argument::Request(request) => json!({ "$request": request }),
        Argument::Authenticator => json!({ "$authenticator": null }),
    })
}

/// The value with the present process's numbers for its handles.
pub(super) fn renumber(value: &Value, numbers: &Numbers) -> Result<Value, WorkerError> {
    let all =
        |items: &[Value]| items.iter().map(|item| renumber(item, numbers)).collect::<Result<Vec<_>, _>>();
    let pair = |(key, value): &(Value, Value)| Ok((renumber(key, numbers)?, renumber(value, numbers)?));
    Ok(match value {
        Value::Handle(handle) => Value::Handle(Handle { id: numbers.current(handle)?, ..handle.clone() }),
        Value::List(items) => Value::List(all(items)?),
        Value::Tuple(items) => Value::Tuple(all(items)?),
        Value::Set(items) => Value::Set(all(items)?),
        Value::Dict(entries) => Value::Dict(entries.iter().map(pair).collect::<Result<_, WorkerError>>()?),
        Value::Lazy(ops) => {
            let insert = |(index, item): &(i64, Value)| Ok((*index, renumber(item, numbers)?));
            Value::Lazy(LazyOps {
                prepend: all(&ops.prepend)?,
                extend: all(&ops.extend)?,
                inserts: ops.inserts.iter().map(insert).collect::<Result<_, WorkerError>>()?,
                update: ops
                    .update
                    .as_deref()
                    .map(|value| renumber(value, numbers))
                    .transpose()?
                    .map(Box::new),
            })
        }
        plain => plain.clone(),
    })
}

/// The wire form of [`Outcome`].
#[derive(Deserialize)]
struct WireOutcome {
    value: Value,
    #[serde(default)]
    changes: Vec<(String, Value)>,
    response: Option<WireResponse>,
    auth_state: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct WireResponse {
    status: u16,
    headers: Vec<(String, String)>,
    finished: bool,
    body: Value,
}

/// The returned value alone.
pub(super) fn value(answer: Json) -> Result<Value, WorkerError> {
    outcome(answer).map(|outcome| outcome.value)
}

fn outcome(answer: Json) -> Result<Outcome, WorkerError> {
    let wire: WireOutcome =
        serde_json::from_value(answer).map_err(|error| WorkerError::Protocol(error.to_string()))?;
    let response = wire.response.map(|response| Response {
        status: response.status,
        headers: response.headers,
        finished: response.finished,
        body: if let Value::Bytes(body) = response.body { body } else { Vec::new() },
    });
    let auth_state = wire.auth_state.and_then(|saved| saved.into_iter().next());
    Ok(Outcome { value: wire.value, changes: wire.changes, response, auth_state })
}
