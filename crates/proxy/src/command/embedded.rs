//! What the options of `ConfigurableHTTPProxy.command` mean for a proxy inside the hub.

use std::path::Path;
use std::sync::Arc;

use clap::Parser;
use tokio_util::sync::CancellationToken;

use super::arguments::Arguments;
use super::pages::Metrics;
use super::redirect::ToHttps;
use super::{CommandError, setup};
use crate::listener::{ListenAddress, ListenError, Listener};
use crate::metrics::ProxyMetrics;
use crate::options::ProxyOptions;
use crate::server::serve_local;
use crate::tls::ServerTls;

/// The command that a hub starts unless it is configured otherwise.
const CHP: &str = "configurable-http-proxy";

/// The options of an external proxy's command, for the proxy inside the hub.
#[derive(Debug)]
pub struct EmbeddedCommand {
    arguments: Arguments,
}

/// Listeners besides the public one that the command asks for.
pub struct ExtraListeners {
    redirect: Option<(ToHttps, Listener)>,
    metrics: Option<Listener>,
}

impl EmbeddedCommand {
    /// Parses `ConfigurableHTTPProxy.command`. What the hub sets itself (addresses, error pages, the REST API's token)
    /// is accepted and has no effect, since with 6.1.1 the hub's own options come later and win too.
    ///
    /// # Errors
    /// [`CommandError::Options`] for a command that is not configurable-http-proxy, and for options that the embedded
    /// proxy cannot honour.
    pub fn parse(command: &[String]) -> Result<Self, CommandError> {
        let program = command.first().map(String::as_str).unwrap_or_default();
        let name = Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name != CHP {
            return Err(CommandError::Options(format!(
                "{program:?} is not {CHP}, whose work the hub does itself\n\
                 hint: leave the command out, or start that proxy yourself and set c.ConfigurableHTTPProxy.should_start = False"
            )));
        }
        let arguments = Arguments::try_parse_from(command)
            .map_err(|error| CommandError::Options(error.render().to_string().trim_end().to_owned()))?;
        let command = Self { arguments };
        command.check()?;
        Ok(command)
    }

    fn check(&self) -> Result<(), CommandError> {
        let arguments = &self.arguments;
        setup::check_backend(arguments)?;
        let refused = [
            (arguments.socket.is_some(), "--socket", "set c.JupyterHub.bind_url = 'http+unix://…'"),
            (arguments.api_socket.is_some(), "--api-socket", "set c.ConfigurableHTTPProxy.api_url"),
            (
                arguments.api_ssl_key.is_some(),
                "--api-ssl-key",
                "give c.ConfigurableHTTPProxy.api_url without TLS",
            ),
            (arguments.api_ssl_request_cert, "--api-ssl-request-cert", "the API is guarded by its token"),
            (arguments.host_routing, "--host-routing", "routes follow c.JupyterHub.subdomain_host"),
            (
                arguments.error_path.is_some(),
                "--error-path",
                "change error.html with c.JupyterHub.template_paths",
            ),
            (arguments.pid_file.is_some(), "--pid-file", "set c.JupyterHub.pid_file"),
            (arguments.no_include_prefix, "--no-include-prefix", "single-user servers need the prefix"),
        ];
        for (given, option, hint) in refused {
            if given {
                return Err(CommandError::Options(format!(
                    "{option} is not honoured by the proxy inside the hub\nhint: {hint}"
                )));
            }
        }
        Ok(())
    }

    /// How requests are forwarded.
    #[must_use]
    pub fn options(&self) -> ProxyOptions {
        setup::options(&self.arguments)
    }

    /// TLS of the public address: `key` and `cert` are the hub's (empty for none), which come before the command's.
    ///
    /// # Errors
    /// [`CommandError::Options`] if only one of both is given.
    pub fn tls(&self, key: &str, cert: &str) -> Result<Option<ServerTls>, CommandError> {
        let arguments = &self.arguments;
        let chosen = |own: &str, given: &Option<std::path::PathBuf>| match own {
            "" => given.clone(),
            own => Some(own.into()),
        };
        match (chosen(key, &arguments.ssl_key), chosen(cert, &arguments.ssl_cert)) {
            (None, None) => Ok(None),
            (Some(key), Some(cert)) => Ok(Some(ServerTls {
                key,
                cert,
                passphrase: super::ProxySecrets::from_environment().ssl_key_passphrase,
                ca: arguments.ssl_ca.clone(),
                client_certificates: arguments.ssl_request_cert,
                protocol: arguments.ssl_protocol.clone(),
                ciphers: arguments.ssl_ciphers.clone(),
            })),
            (Some(_), None) => Err(CommandError::Options("ssl_key is set, but ssl_cert is not".to_owned())),
            (None, Some(_)) => Err(CommandError::Options("ssl_cert is set, but ssl_key is not".to_owned())),
        }
    }

    /// Binds what listens besides the public address: the redirection to HTTPS and the metrics.
    ///
    /// # Errors
    /// When an address cannot be listened on.
    pub async fn bind_extras(&self, public_port: u16) -> Result<ExtraListeners, ListenError> {
        let arguments = &self.arguments;
        let redirect = match arguments.redirect_port {
            Some(port) => {
                let address = ListenAddress::Tcp { host: arguments.ip.clone().unwrap_or_default(), port };
                let to = ToHttps { port: arguments.redirect_to.unwrap_or(public_port) };
                Some((to, Listener::bind(&address, None).await?))
            }
            None => None,
        };
        let metrics = match (&arguments.metrics_socket, arguments.metrics_port) {
            (None, None) => None,
            (socket, port) => {
                let address = match socket {
                    Some(path) => ListenAddress::Unix { path: path.clone(), mode: None },
                    None => ListenAddress::Tcp {
                        host: arguments.metrics_ip.clone(),
                        port: port.unwrap_or_default(),
                    },
                };
                Some(Listener::bind(&address, None).await?)
            }
        };
        Ok(ExtraListeners { redirect, metrics })
    }
}

impl ExtraListeners {
    /// Serves them until `shutdown`.
    pub async fn serve(self, metrics: Arc<ProxyMetrics>, options: ProxyOptions, shutdown: CancellationToken) {
        let redirect = async {
            if let Some((to, listener)) = self.redirect {
                serve_local(Arc::new(to), listener, options.clone(), shutdown.clone()).await;
            }
        };
        let counters = async {
            if let Some(listener) = self.metrics {
                serve_local(Arc::new(Metrics(metrics)), listener, options.clone(), shutdown.clone()).await;
            }
        };
        tokio::join!(redirect, counters);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<EmbeddedCommand, CommandError> {
        EmbeddedCommand::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_of_the_command_are_honoured() {
        let command =
            parse("/opt/bin/configurable-http-proxy --timeout 1500 --no-x-forward --port 9").unwrap();
        assert_eq!(command.options().timeout, Some(std::time::Duration::from_millis(1500)));
        assert!(!command.options().x_forward);
        assert!(parse("configurable-http-proxy").unwrap().options().x_forward);
    }

    #[test]
    fn what_cannot_be_honoured_is_refused() {
        for line in [
            "",
            "traefik",
            "configurable-http-proxy --unheard-of",
            "configurable-http-proxy --storage-backend redis",
            "configurable-http-proxy --host-routing",
            "configurable-http-proxy --api-ssl-request-cert",
            "configurable-http-proxy --error-path /srv/pages",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn key_and_certificate_go_together() {
        let command = parse("configurable-http-proxy --ssl-ciphers ECDHE-RSA-AES128-GCM-SHA256").unwrap();
        assert!(command.tls("", "").unwrap().is_none());
        assert!(command.tls("key.pem", "").is_err());
        let tls = command.tls("key.pem", "cert.pem").unwrap().unwrap();
        assert_eq!(tls.ciphers.as_deref(), Some("ECDHE-RSA-AES128-GCM-SHA256"));
    }
}
