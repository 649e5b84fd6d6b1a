//! The hooks of a spawner that is Python's own: each is asked, since only Python knows what the class has.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use perijove_core::hooks::{HookResult, HookTarget, Hooks};
use perijove_model::Value;
use perijove_python::{OwnSpawnerStep, SpawnerStep, WorkerError, Workers};
use serde_json::Value as Json;

use crate::python_hooks::{event_of, form_of, options_of, ready_step, refused, scopes_of};

/// How long a page or a start waits for a hook. The first call imports upstream's classes, which takes seconds.
const DEADLINE: Duration = Duration::from_secs(60);

/// Asks the instance of the server in its user's worker. What runs around starts and stops is in the spawner's own
/// steps.
struct PluginHooks {
    workers: Workers,
}

/// The hooks of a Python spawner.
pub fn new(workers: Workers) -> Arc<dyn Hooks> {
    Arc::new(PluginHooks { workers })
}

impl PluginHooks {
    async fn ask(&self, target: &HookTarget<'_>, step: &SpawnerStep) -> HookResult<Value> {
        let (user, shown) = (target.user.name.as_str(), target.shown());
        let ask = async || {
            let worker = self.workers.of(user).await?;
            worker.own_spawner(&shown, OwnSpawnerStep::Hook(step), Some(DEADLINE), &|_| ()).await
        };
        let answer = match ask().await {
            // Nothing was changed by it: the next worker can answer as well.
            Err(WorkerError::Died { .. }) => ask().await,
            answer => answer,
        };
        answer.map_err(|error| refused(&error))
    }
}

#[async_trait]
impl Hooks for PluginHooks {
    fn want_requests(&self) -> bool {
        true
    }

    async fn server_token_scopes(&self, target: &HookTarget<'_>) -> HookResult<Option<Vec<String>>> {
        scopes_of(self.ask(target, &SpawnerStep::ServerTokenScopes).await?).map(Some)
    }

    async fn oauth_client_allowed_scopes(&self, target: &HookTarget<'_>) -> HookResult<Option<Vec<String>>> {
        scopes_of(self.ask(target, &SpawnerStep::OauthClientAllowedScopes).await?).map(Some)
    }

    async fn options_form(&self, target: &HookTarget<'_>) -> HookResult<String> {
        form_of(self.ask(target, &SpawnerStep::OptionsForm).await?)
    }

    async fn options_from_form(&self, target: &HookTarget<'_>, form: Value) -> HookResult<Json> {
        options_of(&self.ask(target, &SpawnerStep::OptionsFromForm(form)).await?)
    }

    async fn options_from_query(&self, target: &HookTarget<'_>, query: Value) -> HookResult<Json> {
        options_of(&self.ask(target, &SpawnerStep::OptionsFromQuery(query)).await?)
    }

    async fn progress_ready(&self, target: &HookTarget<'_>, event: Json) -> HookResult<Json> {
        event_of(&self.ask(target, &ready_step(&event)?).await?)
    }
}
