//! What all handlers share.

use std::net::IpAddr;
use std::sync::Arc;

use perijove_core::Hub;
use perijove_web::Renderer;

use crate::plugins::{PluginOptions, Plugins};
use crate::responses::DefaultHeaders;

/// Options of the HTTP layer alone.
#[derive(Debug, Clone, Default)]
pub struct AppOptions {
    /// Proxies whose forwarding headers are believed (`JupyterHub.trusted_downstream_ips`).
    pub trusted_downstream: Vec<IpAddr>,
    /// Headers that the configuration sets on all answers (`tornado_settings["headers"]`).
    pub headers: Vec<(String, String)>,
    /// Where browsers report what a page's policy forbade, if not to the hub (`tornado_settings["csp_report_uri"]`).
    pub csp_report_uri: Option<String>,
    /// How many redirects between hub and server are a loop (`tornado_settings["user_redirect_limit"]`).
    pub user_redirect_limit: Option<i64>,
    /// Whether static files are never kept (`tornado_settings["no_cache_static"]`).
    pub no_cache_static: bool,
    /// The file that `/hub/logo` serves; the built-in logo where there is none.
    pub logo_file: Option<std::path::PathBuf>,
    /// `sys.version` and `sys.executable` of the worker; empty without Python.
    pub python_version: String,
    /// See `python_version`.
    pub python_executable: String,
    /// True when the configuration allows nobody to log in: the login page says so.
    pub nobody_allowed: bool,
}

/// What all handlers share. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The hub.
    pub hub: Arc<Hub>,
    /// Templates.
    pub renderer: Arc<Renderer>,
    /// Options.
    pub options: Arc<AppOptions>,
    /// The headers that all answers have.
    pub headers: Arc<DefaultHeaders>,
    /// Request handlers in Python, where there are any.
    pub plugins: Option<Arc<Plugins>>,
}

impl App {
    /// Puts together what all handlers share.
    pub fn new(hub: Arc<Hub>, renderer: Renderer, options: AppOptions) -> Self {
        let headers = Arc::new(DefaultHeaders::new(&options, &hub.settings));
        Self { hub, renderer: Arc::new(renderer), options: Arc::new(options), headers, plugins: None }
    }

    /// The same with request handlers of plug-ins.
    #[must_use]
    pub fn with_plugins(self, plugins: Option<PluginOptions>) -> Self {
        Self { plugins: plugins.map(|options| Arc::new(Plugins::new(options))), ..self }
    }
}
