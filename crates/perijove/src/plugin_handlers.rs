//! Request handlers of plug-ins (`Authenticator.get_handlers`, `JupyterHub.extra_handlers`): the Python worker
//! serves them on a socket, and the router sends it their requests.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use perijove_core::Hub;
use perijove_core::settings::Settings;
use perijove_http::{PluginOptions, PluginPattern, PluginPatterns, PluginWorker, Plugins};
use perijove_python::{HandlerPattern, HandlerServer, Worker};
use secrecy::SecretString;
use tempfile::TempDir;

use crate::plugins::why_python_spawner;
use crate::sections::Sections;

/// How long Python may take to import JupyterHub and to make the application.
const SERVE_DEADLINE: Duration = Duration::from_secs(120);
/// After how long without a word the process is looked at, beyond what a request may wait for a server.
const ANSWER_TIME: Duration = Duration::from_secs(60);
/// How long a process may take to show that it is not stuck.
const CHECK_DEADLINE: Duration = Duration::from_secs(5);
/// The longest path of a socket, which the system limits to 107 bytes.
const LONGEST_PATH: usize = 90;

/// What serves them; the folder of the socket goes with it.
pub struct PluginHandlers {
    worker: Worker,
    _folder: TempDir,
    server: HandlerServer,
}

impl PluginHandlers {
    /// `None` where the configuration names no handlers, and no Python class that may have some.
    ///
    /// # Errors
    /// If there is no place for the socket.
    pub fn new(
        worker: Option<&Worker>,
        sections: &Sections,
        settings: &Settings,
        with_authenticator: bool,
    ) -> anyhow::Result<Option<Self>> {
        let spawner = why_python_spawner(sections).is_some();
        let wanted = with_authenticator || spawner || !sections.hub.extra_handlers.is_empty();
        let Some(worker) = worker.filter(|_| wanted) else { return Ok(None) };
        let folder = private_folder().context("there is no place for the socket of Python's handlers")?;
        let files = perijove_web::static_paths().filter_map(|path| {
            let version = perijove_web::static_file(&path)?.version;
            Some((path.into_owned(), version))
        });
        let server = HandlerServer {
            socket: folder.path().join("handlers"),
            with_authenticator,
            cookie_secret: SecretString::from(hex(settings.cookie_secret.as_bytes())),
            login_cookie: settings.cookies.login_name.clone(),
            templates: perijove_web::stock_templates().collect(),
            template_paths: sections.hub.template_paths.clone(),
            static_files: files.chain(perijove_web::static_aliases()).collect::<BTreeMap<_, _>>(),
            version_hash: env!("CARGO_PKG_VERSION").to_owned(),
            custom_logo: sections.hub.logo_file.as_ref().is_some_and(|file| !file.is_empty()),
        };
        Ok(Some(Self { worker: worker.clone(), _folder: folder, server }))
    }

    /// How the router reaches them.
    pub fn options(&self) -> PluginOptions {
        PluginOptions {
            worker: Arc::new(Serving { worker: self.worker.clone(), server: self.server.clone() }),
            socket: self.server.socket.clone(),
            with_authenticator: self.server.with_authenticator,
            answer_time: ANSWER_TIME,
        }
    }

    /// Makes Python serve them. As upstream, the hub ends if that cannot be.
    pub fn start(&self, hub: &Arc<Hub>, plugins: Arc<Plugins>) {
        let hub = Arc::clone(hub);
        tokio::spawn(async move {
            if let Err(error) = plugins.prepare().await {
                tracing::error!("the handlers of plug-ins cannot be served: {error}");
                hub.give_up();
            }
        });
    }
}

/// A folder that only this user may enter, and that ends with its value.
fn private_folder() -> std::io::Result<TempDir> {
    let usual = std::env::temp_dir();
    let place = if usual.as_os_str().len() > LONGEST_PATH { Path::new("/tmp") } else { usual.as_path() };
    tempfile::Builder::new().prefix("perijove-").permissions(Permissions::from_mode(0o700)).tempdir_in(place)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Serving {
    worker: Worker,
    server: HandlerServer,
}

#[async_trait]
impl PluginWorker for Serving {
    async fn serve(&self) -> Result<PluginPatterns, String> {
        let served = self.worker.serve_handlers(&self.server, SERVE_DEADLINE).await;
        let patterns = served.map_err(|error| error.explained())?;
        let pattern = |HandlerPattern { regex, class }| PluginPattern { regex, class };
        Ok(PluginPatterns {
            authenticator: patterns.authenticator.into_iter().map(pattern).collect(),
            extra: patterns.extra.into_iter().map(pattern).collect(),
        })
    }

    async fn check(&self) {
        if let Err(error) = self.worker.check(CHECK_DEADLINE).await {
            tracing::warn!("the Python worker gives no sign of life: {error}");
        }
    }
}
