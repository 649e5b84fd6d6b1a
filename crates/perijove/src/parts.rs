//! Builds the parts of a hub from the configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use chrono::Utc;
use perijove_authenticators::Policy;
use perijove_config::{Config, Loaded, sections};
use perijove_core::metrics::Metrics;
use perijove_core::scopes::Scopes;
use perijove_core::startup::Seed;
use perijove_core::{Hub, Parts as HubParts};
use perijove_http::AppOptions;
use perijove_model::Value;
use perijove_model::scope::CustomScopes;
use perijove_python::HubFacts;
use perijove_store::{Store, StoreOptions};
use perijove_web::{RenderOptions, Renderer};
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;

use crate::app_hooks;
use crate::internal_tls::InternalTls;
use crate::plugin_handlers::PluginHandlers;
use crate::proxying::Proxying;
use crate::sections::Sections;
use crate::tornado_settings::TornadoSettings;
use crate::{
    authenticator, cookie_secret, event_log, hub_facts, hub_settings, logging, metrics_options, plugins, seed,
};

/// Everything that a hub is started with.
pub struct Parts {
    /// The hub's own parts.
    pub hub: HubParts,
    /// What the start writes to the database.
    pub seed: Seed,
    /// Templates.
    pub renderer: Renderer,
    /// Options of the HTTP layer.
    pub app: AppOptions,
    /// Request handlers in Python, if there are any.
    pub handlers: Option<PluginHandlers>,
}

/// Installs the log as the configuration says.
pub fn install_log(loaded: &Loaded) -> anyhow::Result<()> {
    let hub: sections::JupyterHub = loaded.config.section()?;
    logging::install(logging::level(hub.base.log_level.0), loaded.log_format)
}

/// Logs what the configuration has that is odd.
pub fn log_warnings(loaded: &Loaded) {
    for file in &loaded.files {
        tracing::info!("configuration read from {}", file.display());
    }
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
}

/// Working directory and umask as the configuration file left them.
pub fn apply_process_settings(loaded: &Loaded) -> anyhow::Result<()> {
    let Some(evaluation) = &loaded.evaluation else { return Ok(()) };
    std::env::set_current_dir(&evaluation.cwd).with_context(|| {
        format!("the configuration changes to {}, which is not possible", evaluation.cwd.display())
    })?;
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(evaluation.umask));
    Ok(())
}

/// Opens the database.
pub async fn open_store(config: &Config, options: StoreOptions) -> anyhow::Result<Store> {
    let hub: sections::JupyterHub = config.section()?;
    Ok(Store::connect(hub.db_url.expose_secret(), options).await?)
}

/// Builds everything. Opens the database and writes the cookie secret, if there is none.
///
/// # Errors
/// Whatever makes a start impossible.
pub async fn build(
    loaded: &Loaded,
    sections: &Sections,
    proxying: &Proxying,
    internal: Option<&InternalTls>,
) -> anyhow::Result<Parts> {
    let tornado = TornadoSettings::read(sections.hub.tornado_settings.expose())?;
    let secret = cookie_secret::load(&sections.hub, &sections.environment)?;
    let mut settings = hub_settings::read(loaded, sections, &tornado, proxying, secret)?;
    let options = StoreOptions { upgrade: sections.hub.upgrade_db, ..StoreOptions::default() };
    let store = open_store(&loaded.config, options).await?;
    let facts = hub_facts::collect(&loaded.config, sections, &settings, internal);
    tell_worker(loaded, facts.clone()).await?;
    let chosen = authenticator::choose(loaded, sections, &store).await?;
    settings.manage_groups = chosen.manage_groups;
    let custom = Value::Dict(
        sections
            .hub
            .custom_scopes
            .iter()
            .map(|(name, value)| (Value::from(name.as_str()), value.clone()))
            .collect(),
    );
    let custom = CustomScopes::from_value(&custom).context("c.JupyterHub.custom_scopes")?;
    let app = app_options(loaded, sections, &tornado, &chosen.policy)?;
    let renderer = renderer(sections)?;
    let seed = Seed {
        delete_invalid_users: chosen.delete_invalid_users,
        managed_roles: chosen.managed_roles,
        resets_managed_roles: chosen.authenticator.features().resets_managed_roles,
        ..seed::read(&sections.hub, &chosen.policy)?
    };
    let (spawner, hooks) = plugins::spawner(loaded, sections, facts, chosen.around_servers).await?;
    let is_python = chosen.around_servers.is_some();
    let handlers = PluginHandlers::new(loaded.worker.as_ref(), sections, &settings, is_python)?;
    let hub = HubParts {
        settings,
        store,
        authenticator: chosen.authenticator,
        policy: Arc::new(chosen.policy),
        spawner,
        routes: proxying.routes(),
        hooks,
        app_hooks: app_hooks::new(loaded, sections),
        events: event_log::start(&loaded.config, loaded.worker.as_ref()).await?,
        metrics: Arc::new(Metrics::new(metrics_options::read(&loaded.config, &process_environment())?)),
        scopes: Arc::new(Scopes { custom }),
        crypt: chosen.crypt,
        certificates: internal.map(InternalTls::certificates),
        http: http_client(internal)?,
        clock: Utc::now,
    };
    Ok(Parts { hub, seed, renderer, app, handlers })
}

/// The environment that this process was started with, where it is text.
fn process_environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// A hub that is only there to change the database: for `perijove token`.
///
/// # Errors
/// As [`build`].
pub async fn offline_hub(loaded: &Loaded) -> anyhow::Result<Arc<Hub>> {
    install_log(loaded)?;
    apply_process_settings(loaded)?;
    let sections = Sections::read(loaded)?;
    let proxying = Proxying::choose(loaded, &sections, None)?;
    let parts = build(loaded, &sections, &proxying, None).await?;
    let hub = Hub::new(parts.hub, CancellationToken::new());
    hub.seed(&parts.seed).await?;
    Ok(hub)
}

/// Tells the Python worker about the hub, before anything of it is called.
async fn tell_worker(loaded: &Loaded, facts: HubFacts) -> anyhow::Result<()> {
    let Some(worker) = &loaded.worker else { return Ok(()) };
    worker.configure(facts).await?;
    let names: Vec<String> = loaded.handles.iter().map(ToString::to_string).collect();
    if !names.is_empty() {
        tracing::info!("Python is called for {}", names.join(", "));
    }
    Ok(())
}

/// The client that asks servers whether they are up: no proxy of the environment, no redirects, no cookies.
fn http_client(internal: Option<&InternalTls>) -> anyhow::Result<reqwest::Client> {
    let mut client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    if let Some(internal) = internal {
        client = client.tls_backend_preconfigured(internal.hub_client().client_config()?);
    }
    client.build().context("the HTTP client cannot be made")
}

fn app_options(
    loaded: &Loaded,
    sections: &Sections,
    tornado: &TornadoSettings,
    policy: &Policy,
) -> anyhow::Result<AppOptions> {
    let trusted = sections.hub.trusted_downstream_ips.iter().map(|text| text.parse());
    let interpreter = loaded.interpreter.as_ref().map(|interpreter| interpreter.path.display().to_string());
    Ok(AppOptions {
        trusted_downstream: trusted
            .collect::<Result<_, _>>()
            .context("c.JupyterHub.trusted_downstream_ips")?,
        headers: tornado.headers.clone(),
        csp_report_uri: tornado.csp_report_uri.clone(),
        user_redirect_limit: tornado.user_redirect_limit,
        no_cache_static: tornado.no_cache_static,
        logo_file: sections.hub.logo_file.as_ref().filter(|file| !file.is_empty()).map(PathBuf::from),
        python_version: loaded
            .evaluation
            .as_ref()
            .map(|evaluation| evaluation.python_version.clone())
            .unwrap_or_default(),
        python_executable: interpreter.unwrap_or_default(),
        nobody_allowed: policy.nobody_allowed(),
    })
}

fn renderer(sections: &Sections) -> anyhow::Result<Renderer> {
    let hub = &sections.hub;
    // Functions are called for each page.
    let is_plain = |(_, value): &(&String, &Value)| !matches!(value, Value::Handle(_));
    let plain = |(name, value): (&String, &Value)| {
        let shown = template_value(value).with_context(|| {
            format!("c.JupyterHub.template_vars[{name:?}] holds a function or object, which cannot be shown")
        })?;
        Ok((name.clone(), shown))
    };
    let options = RenderOptions {
        template_paths: hub.template_paths.iter().map(PathBuf::from).collect(),
        template_vars: hub
            .template_vars
            .iter()
            .filter(is_plain)
            .map(plain)
            .collect::<anyhow::Result<BTreeMap<_, _>>>()?,
        base_url: sections.addresses.hub_prefix.clone(),
        prefix: sections.addresses.base_url.clone(),
        version_hash: env!("CARGO_PKG_VERSION").to_owned(),
        custom_logo: hub.logo_file.as_ref().is_some_and(|file| !file.is_empty()),
        ..RenderOptions::default()
    };
    Ok(Renderer::new(options)?)
}

/// A plain value as templates take it; `None` for functions and objects.
fn template_value(value: &Value) -> Option<minijinja::Value> {
    Some(match value {
        Value::None => minijinja::Value::from(()),
        Value::Bool(flag) => minijinja::Value::from(*flag),
        Value::Int(number) => minijinja::Value::from(*number),
        Value::Float(number) | Value::Timedelta(number) => minijinja::Value::from(*number),
        Value::Str(text) | Value::Path(text) => minijinja::Value::from(text.as_str()),
        Value::Bytes(bytes) => minijinja::Value::from_bytes(bytes.clone()),
        Value::List(items) | Value::Tuple(items) | Value::Set(items) => {
            items.iter().map(template_value).collect::<Option<Vec<_>>>()?.into()
        }
        Value::Dict(entries) => {
            let pair = |(key, value): &(Value, Value)| Some((template_value(key)?, template_value(value)?));
            minijinja::Value::from_pairs(entries.iter().map(pair).collect::<Option<Vec<_>>>()?)
        }
        Value::Handle(_) | Value::Lazy(_) => return None,
    })
}
