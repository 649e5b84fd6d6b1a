//! Contexts of the pages about servers: home, spawn and its companions, and the admin page.

use std::sync::Arc;

use minijinja::Value;
use serde::Serialize;

use super::{PageContext, SpawnerView, UserView, Variables, data, json, text};
use crate::urls::url_path_join;

/// A user as a variable.
fn user(view: &Arc<UserView>) -> Value {
    Value::from_dyn_object(Arc::clone(view))
}

/// A server as a variable.
fn spawner(view: &Arc<SpawnerView>) -> Value {
    Value::from_dyn_object(Arc::clone(view))
}

/// `home.html`: start and stop one's servers.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Home {
    /// Whose page it is.
    pub user: Arc<UserView>,
    /// Where the start button leads: the running server, or `/hub/spawn/NAME`.
    pub url: String,
    /// The default server.
    pub default_server: Arc<SpawnerView>,
    /// Whether servers with names exist on this hub.
    pub allow_named_servers: bool,
    /// How many servers with names a user may have; 0 for no limit.
    pub named_server_limit_per_user: i64,
    /// Names of this user's servers that 6.x would no longer accept.
    pub invalid_server_names: Vec<String>,
    /// Decrypted state of the authenticator, for custom templates.
    pub auth_state: Option<serde_json::Value>,
}

impl PageContext for Home {
    const TEMPLATE: &'static str = "home.html";

    fn variables(&self) -> Variables {
        vec![
            ("user", user(&self.user)),
            ("url", Value::from(self.url.as_str())),
            ("default_server", spawner(&self.default_server)),
            ("allow_named_servers", Value::from(self.allow_named_servers)),
            ("named_server_limit_per_user", Value::from(self.named_server_limit_per_user)),
            ("url_path_join", Value::from_function(join)),
            ("spawners", Value::from(self.user.spawners.iter().map(spawner).collect::<Vec<_>>())),
            ("invalid_server_names", data(&self.invalid_server_names)),
            ("auth_state", json(self.auth_state.as_ref())),
        ]
    }
}

/// `url_path_join` of templates.
fn join(pieces: minijinja::value::Rest<String>) -> String {
    url_path_join(&pieces)
}

/// `spawn.html`: the options form.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Spawn {
    /// Whose server it is.
    pub for_user: Arc<UserView>,
    /// The server.
    pub spawner: Arc<SpawnerView>,
    /// The form's fields: HTML from the configuration.
    pub spawner_options_form: String,
    /// Where the form is sent, with `_xsrf` in its query.
    pub url: String,
    /// What went wrong last time, as text.
    pub error_message: Option<String>,
    /// What went wrong last time, as HTML (`jupyterhub_html_message`); the text wins.
    pub error_html_message: Option<String>,
    /// Decrypted state of the authenticator, for custom templates.
    pub auth_state: Option<serde_json::Value>,
}

impl PageContext for Spawn {
    const TEMPLATE: &'static str = "spawn.html";

    fn variables(&self) -> Variables {
        let error_html = text(self.error_html_message.as_deref());
        vec![
            ("for_user", user(&self.for_user)),
            ("spawner", spawner(&self.spawner)),
            ("spawner_options_form", Value::from(self.spawner_options_form.as_str())),
            ("url", Value::from(self.url.as_str())),
            ("error_message", text(self.error_message.as_deref())),
            // 6.1.1's handler passes one name and its template reads the other; custom templates may use either.
            ("html_error_message", error_html.clone()),
            ("error_html_message", error_html),
            ("auth_state", json(self.auth_state.as_ref())),
        ]
    }
}

/// `spawn_pending.html`: progress of a start.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SpawnPending {
    /// Whose server it is.
    pub user: Arc<UserView>,
    /// The server.
    pub spawner: Arc<SpawnerView>,
    /// The event stream, with `_xsrf` in its query.
    pub progress_url: String,
    /// Decrypted state of the authenticator, for custom templates.
    pub auth_state: Option<serde_json::Value>,
}

impl SpawnPending {
    fn shared_variables(&self) -> Variables {
        vec![
            ("user", user(&self.user)),
            ("spawner", spawner(&self.spawner)),
            ("progress_url", Value::from(self.progress_url.as_str())),
            ("auth_state", json(self.auth_state.as_ref())),
        ]
    }
}

impl PageContext for SpawnPending {
    const TEMPLATE: &'static str = "spawn_pending.html";

    fn variables(&self) -> Variables {
        self.shared_variables()
    }
}

/// `stop_pending.html`: a server is on its way down.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub struct StopPending(
    /// The same variables as of a start.
    pub SpawnPending,
);

impl PageContext for StopPending {
    const TEMPLATE: &'static str = "stop_pending.html";

    fn variables(&self) -> Variables {
        self.0.shared_variables()
    }
}

/// `not_running.html`: a server is down, or its last start failed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NotRunning {
    /// Whose server it is.
    pub user: Arc<UserView>,
    /// Its name; empty for the default server.
    pub server_name: String,
    /// Where the launch button leads.
    pub spawn_url: String,
    /// Whether the last start failed.
    pub failed: bool,
    /// Why it failed, as text.
    pub failed_message: Option<String>,
    /// Why it failed, as HTML; wins over the text.
    pub failed_html_message: Option<String>,
    /// The last lines of the server's output, to be shown with a failure.
    pub failed_output: Option<String>,
    /// Seconds after which the page starts the server by itself, 0 for never; on the user's own page only.
    pub implicit_spawn_seconds: Option<f64>,
    /// Text of the exception that the start ended with.
    pub exception: Option<String>,
    /// Decrypted state of the authenticator, for custom templates.
    pub auth_state: Option<serde_json::Value>,
}

impl PageContext for NotRunning {
    const TEMPLATE: &'static str = "not_running.html";

    fn variables(&self) -> Variables {
        let mut variables = vec![
            ("user", user(&self.user)),
            ("server_name", Value::from(self.server_name.as_str())),
            ("spawn_url", Value::from(self.spawn_url.as_str())),
            ("auth_state", json(self.auth_state.as_ref())),
        ];
        // What does not concern a page is undefined there, as upstream's, where a template may ask for that.
        if self.failed {
            variables.extend([
                ("failed", Value::from(true)),
                ("failed_message", text(self.failed_message.as_deref())),
                ("failed_html_message", text(self.failed_html_message.as_deref())),
                ("failed_output", text(self.failed_output.as_deref())),
                ("exception", text(self.exception.as_deref())),
            ]);
        }
        variables
            .extend(self.implicit_spawn_seconds.map(|count| ("implicit_spawn_seconds", Value::from(count))));
        variables
    }
}

/// `admin.html`: users and their servers; the page reads them from the REST API.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Admin {
    /// Who looks at it.
    pub current_user: Arc<UserView>,
    /// Whether servers with names exist on this hub.
    pub allow_named_servers: bool,
    /// How many servers with names a user may have; 0 for no limit.
    pub named_server_limit_per_user: i64,
    /// The version of JupyterHub that the hub is compatible with, which custom templates show as the hub's.
    pub server_version: String,
    /// Our own version.
    pub perijove_version: String,
    /// Users on one page (`api_page_default_limit`).
    pub api_page_limit: u32,
    /// Decrypted state of the authenticator, for custom templates.
    pub auth_state: Option<serde_json::Value>,
}

impl PageContext for Admin {
    const TEMPLATE: &'static str = "admin.html";

    fn variables(&self) -> Variables {
        vec![
            ("current_user", user(&self.current_user)),
            ("admin_access", Value::from(true)),
            ("allow_named_servers", Value::from(self.allow_named_servers)),
            ("named_server_limit_per_user", Value::from(self.named_server_limit_per_user)),
            ("server_version", Value::from(self.server_version.as_str())),
            ("perijove_version", Value::from(self.perijove_version.as_str())),
            ("api_page_limit", Value::from(self.api_page_limit)),
            ("auth_state", json(self.auth_state.as_ref())),
        ]
    }
}
