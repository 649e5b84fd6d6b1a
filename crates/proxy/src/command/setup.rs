//! From the command line to listeners and services.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::Utc;
use secrecy::SecretString;
use serde_json::Map;
use tokio_util::sync::CancellationToken;

use super::arguments::Arguments;
use super::pages::{ErrorPages, Metrics};
use super::redirect::ToHttps;
use super::{CommandError, ProxySecrets};
use crate::api::ChpApi;
use crate::listener::{ListenAddress, Listener};
use crate::options::ProxyOptions;
use crate::routes::RouteTable;
use crate::server::{ProxyServer, serve_local};
use crate::target::Target;
use crate::tls::{ServerTls, TlsError, UpstreamTls};

const DEFAULT_PORT: u16 = 8000;

/// What answers.
pub(super) struct Setup {
    proxy: ProxyServer,
    api: ChpApi,
    options: ProxyOptions,
    redirect: Option<ToHttps>,
}

impl Setup {
    pub(super) fn new(arguments: &Arguments, secrets: &ProxySecrets) -> Result<Self, CommandError> {
        check(arguments)?;
        let options = options(arguments);
        let routes = RouteTable::new(arguments.host_routing);
        if let Some(url) = &arguments.default_target {
            routes.insert("/", Target::url(url)?, Map::new(), Utc::now());
        }
        let pages = ErrorPages::new(arguments, &options.upstream_tls)?;
        let proxy = ProxyServer::new(Arc::new(pages), routes.clone(), options.clone())?;
        if secrets.auth_token.is_none() {
            tracing::warn!("the REST API asks for no token. hint: set CONFIGPROXY_AUTH_TOKEN");
        }
        let api = ChpApi::new(routes, secrets.auth_token.clone(), proxy.metrics());
        let redirect = redirect(arguments);
        Ok(Self { proxy, api, options, redirect })
    }

    pub(super) async fn serve(self, listeners: Listeners, shutdown: CancellationToken) {
        let plain =
            |service, listener| serve_local(service, listener, self.options.clone(), shutdown.clone());
        let metrics = async {
            if let Some(listener) = listeners.metrics {
                plain(Arc::new(Metrics(self.proxy.metrics())), listener).await;
            }
        };
        let redirect = async {
            if let (Some(service), Some(listener)) = (self.redirect, listeners.redirect) {
                plain(Arc::new(service), listener).await;
            }
        };
        let api = plain(Arc::new(self.api), listeners.api);
        tokio::join!(self.proxy.serve(listeners.public, shutdown.clone()), api, metrics, redirect);
    }
}

/// What listens.
pub(super) struct Listeners {
    public: Listener,
    api: Listener,
    metrics: Option<Listener>,
    redirect: Option<Listener>,
}

impl Listeners {
    pub(super) async fn bind(arguments: &Arguments, secrets: &ProxySecrets) -> Result<Self, CommandError> {
        let port = public_port(arguments);
        let address = address(arguments.socket.clone(), arguments.ip.clone().unwrap_or_default(), port);
        let tls = public_tls(arguments, secrets)?;
        let public = Listener::bind(&address, tls.as_ref()).await?;
        tell("the proxy", &address, public.local_addr());
        let api_port = arguments.api_port.unwrap_or(port.wrapping_add(1));
        let address = self::address(arguments.api_socket.clone(), arguments.api_ip.clone(), api_port);
        let tls = api_tls(arguments, secrets)?;
        let api = Listener::bind(&address, tls.as_ref()).await?;
        tell("the proxy's API", &address, api.local_addr());
        let metrics = match (&arguments.metrics_socket, arguments.metrics_port) {
            (None, None) => None,
            (socket, port) => {
                let address =
                    self::address(socket.clone(), arguments.metrics_ip.clone(), port.unwrap_or_default());
                Some(Listener::bind(&address, None).await?)
            }
        };
        let redirect = match (redirect(arguments), arguments.redirect_port) {
            (Some(_), Some(port)) => {
                Some(Listener::bind(&self::address(None, String::new(), port), None).await?)
            }
            _ => None,
        };
        Ok(Self { public, api, metrics, redirect })
    }
}

fn tell(what: &str, address: &ListenAddress, bound: Option<SocketAddr>) {
    match (address, bound) {
        (ListenAddress::Unix { path, .. }, _) => tracing::info!(socket = %path.display(), "{what} listens"),
        (ListenAddress::Tcp { .. }, Some(bound)) => tracing::info!(address = %bound, "{what} listens"),
        (ListenAddress::Tcp { .. }, None) => {}
    }
}

fn address(socket: Option<PathBuf>, host: String, port: u16) -> ListenAddress {
    match socket {
        Some(path) => ListenAddress::Unix { path, mode: None },
        None => ListenAddress::Tcp { host, port },
    }
}

/// CHP takes 0 for its default.
fn public_port(arguments: &Arguments) -> u16 {
    arguments.port.filter(|port| *port != 0).unwrap_or(DEFAULT_PORT)
}

/// Routes are kept in memory, wherever the proxy runs.
pub(super) fn check_backend(arguments: &Arguments) -> Result<(), CommandError> {
    if arguments.storage_backend.is_some() {
        return Err(CommandError::Options(
            "--storage-backend is not supported: routes are kept in memory. hint: leave it out; the hub adds its routes again"
                .to_owned(),
        ));
    }
    Ok(())
}

fn check(arguments: &Arguments) -> Result<(), CommandError> {
    check_backend(arguments)?;
    let is_tls = arguments.ssl_key.is_some() || arguments.ssl_cert.is_some();
    if arguments.redirect_port.is_some() && !is_tls {
        return Err(CommandError::Options("--redirect-port needs --ssl-key and --ssl-cert".to_owned()));
    }
    for (given, option) in
        [(arguments.ssl_allow_rc4, "--ssl-allow-rc4"), (arguments.ssl_dhparam.is_some(), "--ssl-dhparam")]
    {
        if given {
            tracing::warn!("{option} has no effect");
        }
    }
    Ok(())
}

fn redirect(arguments: &Arguments) -> Option<ToHttps> {
    let port = public_port(arguments);
    arguments.redirect_port?;
    (port != 80 && arguments.socket.is_none())
        .then(|| ToHttps { port: arguments.redirect_to.unwrap_or(port) })
}

pub(super) fn options(arguments: &Arguments) -> ProxyOptions {
    let defaults = ProxyOptions::default();
    ProxyOptions {
        x_forward: !arguments.no_x_forward,
        prepend_path: !arguments.no_prepend_path,
        include_prefix: !arguments.no_include_prefix,
        change_origin: arguments.change_origin,
        auto_rewrite: arguments.auto_rewrite,
        protocol_rewrite: arguments.protocol_rewrite.clone(),
        custom_headers: arguments.custom_header.clone(),
        upstream_tls: UpstreamTls {
            key: arguments.client_ssl_key.clone(),
            cert: arguments.client_ssl_cert.clone(),
            ca: arguments.client_ssl_ca.clone(),
            insecure: arguments.insecure,
        },
        timeout: arguments.timeout.filter(|timeout| !timeout.is_zero()),
        proxy_timeout: arguments.proxy_timeout.filter(|timeout| !timeout.is_zero()),
        header_timeout: arguments
            .keep_alive_timeout
            .filter(|t| !t.is_zero())
            .unwrap_or(defaults.header_timeout),
        ..defaults
    }
}

fn public_tls(arguments: &Arguments, secrets: &ProxySecrets) -> Result<Option<ServerTls>, TlsError> {
    let files = Files {
        names: ("--ssl-key", "--ssl-cert"),
        key: arguments.ssl_key.as_ref(),
        cert: arguments.ssl_cert.as_ref(),
        ca: arguments.ssl_ca.as_ref(),
        passphrase: secrets.ssl_key_passphrase.as_ref(),
        client_certificates: arguments.ssl_request_cert,
    };
    files.tls(arguments)
}

fn api_tls(arguments: &Arguments, secrets: &ProxySecrets) -> Result<Option<ServerTls>, TlsError> {
    let files = Files {
        names: ("--api-ssl-key", "--api-ssl-cert"),
        key: arguments.api_ssl_key.as_ref(),
        cert: arguments.api_ssl_cert.as_ref(),
        ca: arguments.api_ssl_ca.as_ref(),
        passphrase: secrets.api_ssl_key_passphrase.as_ref(),
        client_certificates: arguments.api_ssl_request_cert,
    };
    files.tls(arguments)
}

/// The TLS options of one listener.
struct Files<'a> {
    names: (&'static str, &'static str),
    key: Option<&'a PathBuf>,
    cert: Option<&'a PathBuf>,
    ca: Option<&'a PathBuf>,
    passphrase: Option<&'a SecretString>,
    client_certificates: bool,
}

impl Files<'_> {
    fn tls(&self, arguments: &Arguments) -> Result<Option<ServerTls>, TlsError> {
        match (self.key, self.cert) {
            (None, None) => Ok(None),
            (Some(key), Some(cert)) => Ok(Some(ServerTls {
                key: key.clone(),
                cert: cert.clone(),
                passphrase: self.passphrase.cloned(),
                ca: self.ca.cloned(),
                client_certificates: self.client_certificates,
                protocol: arguments.ssl_protocol.clone(),
                ciphers: arguments.ssl_ciphers.clone(),
            })),
            _ => Err(TlsError::Config(format!("{} and {} go together", self.names.0, self.names.1))),
        }
    }
}
