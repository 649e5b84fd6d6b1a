//! Where the hub listens and what it tells others: upstream's rules for `bind_url`, `ip`, `port`,
//! `base_url`, `hub_bind_url`, `hub_connect_url` and their kin.

use std::path::PathBuf;

use crate::error::{ConfigError, Place};
use crate::origin::Origin;
use crate::sections::JupyterHub;
use crate::url_parts::UrlParts;

pub(crate) mod public;

/// Something to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// An address (empty: every one, of both families) and a port.
    Tcp {
        /// The address, without brackets.
        ip: String,
        /// The port.
        port: u16,
    },
    /// A socket file.
    Unix(PathBuf),
}

/// Every address of a hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// What people reach: the proxy.
    pub public: Listen,
    /// Whether the public address speaks TLS.
    pub public_tls: bool,
    /// The path of everything, with slashes at both ends.
    pub base_url: String,
    /// The path of the hub: `base_url` and `hub/`.
    pub hub_prefix: String,
    /// Where the hub itself listens, for servers and services.
    pub hub: Listen,
    /// The URL that servers, services and the proxy are told, ending in the hub's path.
    pub hub_url: String,
    /// The public scheme and host without a path, if the configuration says them.
    pub public_host: String,
}

impl JupyterHub {
    /// Works out every address. `host_name` is the machine's, told to others if the hub listens on
    /// every address.
    ///
    /// # Errors
    /// [`ConfigError::BadValue`] for a URL without a usable port.
    pub fn addresses(&self, host_name: &str) -> Result<Addresses, ConfigError> {
        let public_url = UrlParts::split(&self.bind_url);
        let hub_prefix = format!("{}hub/", self.base_url);
        let (hub, hub_url) = self.hub_address(&hub_prefix, host_name)?;
        let public_host = if self.public_url.is_empty() {
            self.subdomain_host.clone()
        } else {
            UrlParts::split(&self.public_url).with_path("")
        };
        Ok(Addresses {
            public: listen("bind_url", &public_url)?,
            public_tls: !self.ssl_cert.is_empty() || !self.ssl_key.is_empty(),
            base_url: self.base_url.clone(),
            hub_prefix,
            hub,
            hub_url,
            public_host,
        })
    }

    fn hub_address(&self, hub_prefix: &str, host_name: &str) -> Result<(Listen, String), ConfigError> {
        let bind_url = public::current_scheme(&self.hub_bind_url);
        let parts = UrlParts::split(&bind_url);
        let (listener, scheme) = if bind_url.is_empty() {
            let port = port_number("hub_port", self.hub_port)?;
            (Listen::Tcp { ip: self.hub_ip.clone(), port }, "http")
        } else {
            (listen("hub_bind_url", &parts)?, if parts.scheme.is_empty() { "http" } else { parts.scheme })
        };
        let scheme = if self.internal_ssl { "https" } else { scheme };
        if !self.hub_connect_url.is_empty() {
            return Ok((listener, UrlParts::split(&self.hub_connect_url).with_path(hub_prefix)));
        }
        let url = match &listener {
            Listen::Unix(_) => format!("{scheme}://{}{hub_prefix}", parts.netloc),
            Listen::Tcp { ip, port } => {
                let host = match (self.hub_connect_ip.as_str(), ip.as_str()) {
                    ("", "" | "0.0.0.0" | "::") => host_name,
                    ("", ip) => ip,
                    (connect_ip, _) => connect_ip,
                };
                let port = match self.hub_connect_port {
                    0 => *port,
                    connect_port => port_number("hub_connect_port", connect_port)?,
                };
                format!("{scheme}://{}{hub_prefix}", host_and_port(host, i64::from(port)))
            }
        };
        Ok((listener, url))
    }
}

/// A host and port as a URL has them: brackets around an IPv6 address.
pub(crate) fn host_and_port(host: &str, port: i64) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn listen(name: &str, url: &UrlParts<'_>) -> Result<Listen, ConfigError> {
    if url.scheme == "http+unix" {
        return Ok(Listen::Unix(PathBuf::from(url.unquoted_netloc())));
    }
    let port = match url.port() {
        Ok(Some(port)) => port,
        Ok(None) if url.scheme == "https" => 443,
        Ok(None) => 80,
        Err(text) => return Err(bad_value(name, format!("{text:?} is no port"))),
    };
    Ok(Listen::Tcp { ip: url.host().to_lowercase(), port })
}

fn port_number(name: &str, port: i64) -> Result<u16, ConfigError> {
    u16::try_from(port).map_err(|_| bad_value(name, format!("{port} is no port (0 to 65535)")))
}

fn bad_value(name: &str, problem: String) -> ConfigError {
    let place = Place { class: "JupyterHub".to_owned(), name: name.to_owned(), origin: Origin::Default };
    ConfigError::BadValue { place: Box::new(place), problem }
}

#[cfg(test)]
mod tests;
