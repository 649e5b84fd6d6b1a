//! Functions of the configuration around the start and stop of servers, run in the Python worker; and the plain
//! forms of the same options, which need no Python.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use perijove_config::class::ClassInfo;
use perijove_config::{ClassRef, Config, Section, sections};
use perijove_core::Error;
use perijove_core::hooks::{HookResult, HookTarget, Hooks, options_as_submitted};
use perijove_model::Value;
use perijove_python::{Outcome, ServerFacts, SpawnerFacts, SpawnerStep, Worker, WorkerError};
use perijove_spawners::overrides;
use perijove_spawners::{Launch, SpawnError, plugin_error, registry};
use serde_json::{Map, Value as Json};

/// How long hooks around a start or stop may take. Upstream sets them no limit; some make volumes or copy homes.
const SLOW_HOOKS: Duration = Duration::from_secs(600);
/// How long hooks may take that a page waits for. The first call imports upstream's classes, which takes seconds.
const PAGE_HOOKS: Duration = Duration::from_secs(60);

/// Options that [`SpawnerStep::Prepare`] runs if one of them is, or holds, a function.
const PREPARE: [&str; 5] =
    ["auth_state_hook", "group_overrides", "apply_user_options", "pre_spawn_hook", "environment"];

/// The hooks of a configuration.
struct ConfiguredHooks {
    /// Absent where no function is configured.
    worker: Option<Worker>,
    calls: Calls,
    group_overrides: BTreeMap<String, Value>,
    apply_user_options: Option<BTreeMap<String, Value>>,
    simple_form: bool,
}

/// What a Python authenticator does around servers.
#[derive(Debug, Clone, Copy, Default)]
pub struct AroundServers {
    /// The class has a `pre_spawn_start` of its own.
    pub before: bool,
    /// The class has a `post_spawn_stop` of its own.
    pub after: bool,
}

/// Which functions there are.
#[derive(Debug, Default)]
struct Calls {
    authenticator: AroundServers,
    prepare: bool,
    options_form: bool,
    options_from_form: bool,
    progress_ready: bool,
    post_stop: bool,
    server_token_scopes: bool,
    oauth_client_allowed_scopes: bool,
}

/// Reads which hooks are configured for the spawner in use.
pub fn new(
    worker: impl Into<Option<Worker>>,
    config: &Config,
    authenticator: AroundServers,
) -> Arc<dyn Hooks> {
    let values = config.values(spawner_class(config));
    let value = |name: &str| values.value(name).unwrap_or(Value::None);
    let worker = worker.into();
    let called = |name: &str| worker.is_some() && value(name).has_handle();
    let plain = |name: &str| match value(name) {
        Value::Dict(_) => values.get::<BTreeMap<String, Value>>(name).ok(),
        _ => None,
    };
    let calls = Calls {
        authenticator,
        prepare: authenticator.before || PREPARE.into_iter().any(called),
        options_form: called("options_form"),
        options_from_form: called("options_from_form"),
        progress_ready: called("progress_ready_hook"),
        post_stop: authenticator.after || called("post_stop_hook"),
        server_token_scopes: called("server_token_scopes"),
        oauth_client_allowed_scopes: called("oauth_client_allowed_scopes"),
    };
    Arc::new(ConfiguredHooks {
        calls,
        group_overrides: plain("group_overrides").unwrap_or_default(),
        apply_user_options: plain("apply_user_options"),
        simple_form: value("options_from_form").as_str() == Some("simple"),
        worker,
    })
}

/// The table of the configured spawner's options.
fn spawner_class(config: &Config) -> &'static ClassInfo {
    let chosen = config.values(sections::JupyterHub::class()).get::<ClassRef>("spawner_class");
    let entry = chosen.ok().and_then(|class| registry::find(class.name()));
    entry.map_or_else(sections::Spawner::class, |entry| (entry.class)())
}

impl ConfiguredHooks {
    async fn run(
        &self,
        target: &HookTarget<'_>,
        facts: SpawnerFacts,
        step: SpawnerStep,
        deadline: Duration,
    ) -> HookResult<Outcome> {
        let Some(worker) = &self.worker else { return Err(Error::internal("there is no Python worker")) };
        let outcome = worker.spawner(&facts, &step, deadline).await.map_err(|error| refused(&error))?;
        if outcome.auth_state.is_some() {
            tracing::warn!(
                user.name = %target.user.name,
                "a function in the configuration saved an auth_state while a server starts or stops; it is not kept"
            );
        }
        Ok(outcome)
    }

    /// What a form or query means without a function that says so.
    fn plain_options(&self, form: &Value) -> HookResult<Json> {
        match options_as_submitted(form)? {
            Json::Object(form) if self.simple_form => {
                Ok(Json::Object(overrides::simple_options_from_form(form)))
            }
            form => Ok(form),
        }
    }

    /// What needs no Python, in upstream's order.
    fn plain_changes(&self, target: &HookTarget<'_>, launch: &mut Launch) -> Result<(), SpawnError> {
        overrides::group_overrides(launch, &target.user.grants.groups, &self.group_overrides)?;
        let chosen = launch.user_options.clone();
        match &self.apply_user_options {
            Some(traits) => overrides::apply_user_options(launch, &chosen, traits),
            None => {
                if !chosen.is_empty() {
                    let names: Vec<_> = chosen.keys().map(String::as_str).collect();
                    tracing::warn!(user.name = %launch.facts.user, "Received unhandled user_options: {}", names.join(", "));
                }
                Ok(())
            }
        }
    }
}

#[async_trait]
impl Hooks for ConfiguredHooks {
    fn want_requests(&self) -> bool {
        self.calls.prepare || self.calls.options_form || self.calls.options_from_form
    }

    fn has_options_form(&self) -> bool {
        self.calls.options_form
    }

    async fn before_spawn(&self, target: &HookTarget<'_>, launch: &mut Launch) -> HookResult<()> {
        if !self.calls.prepare {
            return self.plain_changes(target, launch).map_err(of_spawner);
        }
        let facts = SpawnerFacts {
            api_token: Some(launch.facts.api_token.clone()),
            server: Some(ServerFacts {
                proto: "http".to_owned(),
                base_url: launch.facts.server_base_url.clone(),
                ..ServerFacts::default()
            }),
            state: Value::None,
            ..target.shown()
        };
        let step = SpawnerStep::Prepare { with_authenticator: self.calls.authenticator.before };
        let outcome = self.run(target, facts, step, SLOW_HOOKS).await?;
        launch.apply(&outcome.changes).map_err(of_spawner)
    }

    async fn server_token_scopes(&self, target: &HookTarget<'_>) -> HookResult<Option<Vec<String>>> {
        if !self.calls.server_token_scopes {
            return Ok(None);
        }
        let outcome = self.run(target, target.shown(), SpawnerStep::ServerTokenScopes, PAGE_HOOKS).await?;
        scopes_of(outcome.value).map(Some)
    }

    async fn oauth_client_allowed_scopes(&self, target: &HookTarget<'_>) -> HookResult<Option<Vec<String>>> {
        if !self.calls.oauth_client_allowed_scopes {
            return Ok(None);
        }
        let step = SpawnerStep::OauthClientAllowedScopes;
        let outcome = self.run(target, target.shown(), step, PAGE_HOOKS).await?;
        scopes_of(outcome.value).map(Some)
    }

    async fn after_stop(&self, target: &HookTarget<'_>) -> HookResult<()> {
        if self.calls.post_stop {
            let facts = SpawnerFacts { server: None, ..target.shown() };
            let step = SpawnerStep::PostStop { with_authenticator: self.calls.authenticator.after };
            return self.run(target, facts, step, SLOW_HOOKS).await.map(drop);
        }
        if let Some(worker) = &self.worker
            && (self.calls.prepare || self.calls.options_form || self.calls.options_from_form)
        {
            let name = target.user.name.as_str();
            let forgotten = worker.forget(name, Some(target.server_name), PAGE_HOOKS).await;
            forgotten.map_err(Error::internal)?;
        }
        Ok(())
    }

    async fn options_form(&self, target: &HookTarget<'_>) -> HookResult<String> {
        if !self.calls.options_form {
            return Ok(String::new());
        }
        let outcome = self.run(target, target.shown(), SpawnerStep::OptionsForm, PAGE_HOOKS).await?;
        form_of(outcome.value)
    }

    async fn options_from_form(&self, target: &HookTarget<'_>, form: Value) -> HookResult<Json> {
        if !self.calls.options_from_form {
            return self.plain_options(&form);
        }
        let step = SpawnerStep::OptionsFromForm(form);
        let outcome = self.run(target, target.shown(), step, PAGE_HOOKS).await?;
        options_of(&outcome.value)
    }

    async fn options_from_query(&self, target: &HookTarget<'_>, query: Value) -> HookResult<Json> {
        // Upstream's spawners read a query as they read a form.
        if !self.calls.options_from_form {
            return self.plain_options(&query);
        }
        let step = SpawnerStep::OptionsFromQuery(query);
        let outcome = self.run(target, target.shown(), step, PAGE_HOOKS).await?;
        options_of(&outcome.value)
    }

    async fn progress_ready(&self, target: &HookTarget<'_>, event: Json) -> HookResult<Json> {
        if !self.calls.progress_ready {
            return Ok(event);
        }
        let step = ready_step(&event)?;
        let outcome = self.run(target, target.shown(), step, PAGE_HOOKS).await?;
        event_of(&outcome.value)
    }
}

/// What `options_form` returned.
pub(crate) fn form_of(value: Value) -> HookResult<String> {
    match value {
        Value::Str(form) => Ok(form),
        // No form for this user.
        Value::None | Value::Bool(false) => Ok(String::new()),
        other => {
            Err(Error::internal(format!("Spawner.options_form returned {}, not text", other.type_name())))
        }
    }
}

/// What `options_from_form` returned.
pub(crate) fn options_of(value: &Value) -> HookResult<Json> {
    match value.to_plain_json() {
        Some(Json::Object(options)) => Ok(Json::Object(options)),
        Some(Json::Null) => Ok(Json::Object(Map::new())),
        _ => Err(Error::internal(
            "Spawner.options_from_form must return a dictionary of values that JSON can hold",
        )),
    }
}

/// The question to `progress_ready_hook` about this event.
pub(crate) fn ready_step(event: &Json) -> HookResult<SpawnerStep> {
    Value::from_plain_json(event).map(SpawnerStep::ProgressReady).map_err(Error::internal)
}

/// The event that `progress_ready_hook` returned.
pub(crate) fn event_of(value: &Value) -> HookResult<Json> {
    let event = value.to_plain_json();
    event.ok_or_else(|| Error::internal("Spawner.progress_ready_hook returned something that is no JSON"))
}

/// A list of scopes that a function returned; nothing is an empty one.
pub(crate) fn scopes_of(value: Value) -> HookResult<Vec<String>> {
    let items = match value {
        Value::None => Vec::new(),
        Value::List(items) | Value::Tuple(items) | Value::Set(items) => items,
        other => vec![other],
    };
    let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
    texts.ok_or_else(|| Error::internal("the scopes of a server must be a list of texts"))
}

/// What whoever waits for a hook is told: what the exception says to people. A worker that gave no answer is the hub's own
/// failure.
pub(crate) fn refused(error: &WorkerError) -> Error {
    match plugin_error(error) {
        told @ SpawnError::Plugin { .. } => told.into(),
        other => Error::internal(other),
    }
}

fn of_spawner(error: SpawnError) -> Error {
    match error {
        SpawnError::Refused { status, message, .. } => Error::status(status, message),
        other => Error::internal(other),
    }
}

#[cfg(test)]
mod tests;
