//! Functions of the configuration that the hub calls: the seam to the Python worker.

use async_trait::async_trait;
use perijove_model::ServerName;
use perijove_spawners::Launch;
use perijove_store as store;

use crate::error::Error;
use crate::records::UserRecord;

/// A server that a hook is about.
#[derive(Debug)]
pub struct HookTarget<'a> {
    /// Whose.
    pub user: &'a UserRecord,
    /// Its name; empty for the default server.
    pub server_name: &'a str,
    /// The options that the user chose.
    pub user_options: &'a serde_json::Value,
    /// The user's groups with their properties. Read for [`Hooks::before_spawn`] only; elsewhere there are
    /// the names in the user's record.
    pub groups: &'a [store::Group],
    /// The user's decrypted `auth_state`, if there is one.
    pub auth_state: Option<&'a serde_json::Value>,
}

impl<'a> HookTarget<'a> {
    /// A server, for the hooks that are not told of groups' properties.
    pub fn new(
        user: &'a UserRecord,
        server: &'a ServerName,
        user_options: &'a serde_json::Value,
        auth_state: Option<&'a serde_json::Value>,
    ) -> Self {
        Self { user, server_name: server.as_str(), user_options, groups: &[], auth_state }
    }
}

/// What a hook refused or broke with.
pub type HookResult<T> = Result<T, Error>;

/// The functions of the configuration. Each does nothing where none is configured.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// `Spawner.auth_state_hook`, `apply_user_options`, `group_overrides` and `pre_spawn_hook`, in
    /// upstream's order: may change the launch (environment, arguments, directories, limits) or
    /// refuse it.
    async fn before_spawn(&self, _target: &HookTarget<'_>, _launch: &mut Launch) -> HookResult<()> {
        Ok(())
    }

    /// `Spawner.post_stop_hook`.
    async fn after_stop(&self, _target: &HookTarget<'_>) -> HookResult<()> {
        Ok(())
    }

    /// `Spawner.options_form`: the HTML of the form; empty for none.
    async fn options_form(&self, _target: &HookTarget<'_>) -> HookResult<String> {
        Ok(String::new())
    }

    /// `Spawner.options_from_form`: the options that a submitted form means.
    async fn options_from_form(
        &self,
        _target: &HookTarget<'_>,
        form: serde_json::Map<String, serde_json::Value>,
    ) -> HookResult<serde_json::Value> {
        Ok(serde_json::Value::Object(form))
    }

    /// `Spawner.progress_ready_hook`: may change the last event of the progress stream.
    async fn progress_ready(
        &self,
        _target: &HookTarget<'_>,
        event: serde_json::Value,
    ) -> HookResult<serde_json::Value> {
        Ok(event)
    }
}

/// A configuration without functions.
#[derive(Debug, Clone, Copy)]
pub struct NoHooks;

impl Hooks for NoHooks {}
