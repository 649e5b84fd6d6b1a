//! The sections of the configuration that the hub itself is put together from.

use anyhow::Context;
use perijove_config::check::Classes;
use perijove_config::sections::{Authenticator, ConfigurableHttpProxy, CryptKeeper, JupyterHub, Spawner};
use perijove_config::{Addresses, Loaded, Section};

use crate::environment::Environment;
use crate::tornado_settings;

/// What the configuration says, typed.
#[derive(Debug)]
pub struct Sections {
    /// `c.JupyterHub`
    pub hub: JupyterHub,
    /// `c.ConfigurableHTTPProxy`
    pub proxy: ConfigurableHttpProxy,
    /// What every spawner has, as the class in use reads it.
    pub spawner: Spawner,
    /// `c.CryptKeeper`
    pub crypt: CryptKeeper,
    /// `Authenticator.enable_auth_state`
    pub enable_auth_state: bool,
    /// `Authenticator.manage_groups`
    pub manage_groups: bool,
    /// `Authenticator.delete_invalid_users`
    pub delete_invalid_users: bool,
    /// The classes in use.
    pub classes: Classes,
    /// Where the hub listens, and what it tells others.
    pub addresses: Addresses,
    /// The hub's environment variables.
    pub environment: Environment,
}

impl Sections {
    /// Reads them.
    ///
    /// # Errors
    /// A value that cannot be used.
    pub fn read(loaded: &Loaded) -> anyhow::Result<Self> {
        let config = &tornado_settings::over_options(&loaded.config);
        let classes = loaded.classes.clone().context("the configuration was not read to its end")?;
        let hub: JupyterHub = config.section()?;
        let host_name = nix::unistd::gethostname().context("the machine's name cannot be read")?;
        let addresses = hub.addresses(&host_name.to_string_lossy())?;
        let authenticator = Authenticator::read(&config.values(classes.authenticator.info))?;
        Ok(Self {
            enable_auth_state: authenticator.enable_auth_state,
            manage_groups: authenticator.manage_groups,
            delete_invalid_users: authenticator.delete_invalid_users,
            addresses,
            hub,
            proxy: config.section()?,
            spawner: Spawner::read(&config.values(classes.spawner.info))?,
            crypt: config.section()?,
            classes,
            environment: Environment::of(loaded),
        })
    }

    /// The URL of the hub for servers without the path: `http://127.0.0.1:8081`.
    pub fn hub_origin(&self) -> &str {
        let url = &self.addresses.hub_url;
        url.strip_suffix(&self.addresses.hub_prefix).unwrap_or(url)
    }

    /// The public URL, as the start's log line shows it.
    pub fn shown_url(&self) -> String {
        if self.hub.public_url.is_empty() { self.hub.bind_url.clone() } else { self.hub.public_url.clone() }
    }
}
