//! Who serves the public address: the proxy inside this process, or one elsewhere that is driven through its REST API.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use perijove_config::{Listen, Loaded};
use perijove_http::HubService;
use perijove_proxy::{
    ChpApi, EmbeddedCommand, ExternalProxy, ExternalProxyOptions, ExtraListeners, ListenAddress, Listener,
    PeerNetwork, ProxyOptions, ProxyServer, RouteTable, Routes, ServerTls, Target, TargetUrl, TrustedPeers,
    UpstreamTls, serve_local,
};
use rand::Rng;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::internal_tls::InternalTls;
use crate::python_proxy::PythonProxy;
use crate::sections::Sections;

/// Where 6.1.1 looks for the REST API of its proxy, after the scheme.
const DEFAULT_API: &str = "127.0.0.1:8001";
/// The variable that holds the token of the REST API.
const TOKEN_VARIABLE: &str = "CONFIGPROXY_AUTH_TOKEN";
/// For how long requests to an external proxy are repeated while it does not answer, as in 6.1.1.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the public address is served.
pub enum Proxying {
    /// By this process.
    Embedded(Box<Embedded>),
    /// By another one.
    External(Arc<ExternalProxy>),
    /// By one that a class in Python drives.
    Python(Arc<PythonProxy>),
}

/// The proxy inside the hub.
pub struct Embedded {
    routes: RouteTable,
    command: EmbeddedCommand,
    tls: Option<ServerTls>,
    api: Option<Api>,
}

/// CHP's REST API over the embedded route table.
struct Api {
    address: ListenAddress,
    token: SecretString,
}

/// What listens.
pub struct Listeners {
    /// The hub's own address, for servers, services and an external proxy.
    pub hub: Listener,
    /// The public address, unless another process serves it.
    pub public: Option<Listener>,
    api: Option<Listener>,
    extras: Option<ExtraListeners>,
}

impl Proxying {
    /// Decides by the configuration.
    ///
    /// # Errors
    /// Options that cannot be honoured.
    pub fn choose(
        loaded: &Loaded,
        sections: &Sections,
        internal: Option<&InternalTls>,
    ) -> anyhow::Result<Self> {
        if sections.classes.proxy.python.is_some() {
            let worker = loaded.worker.clone().context("there is no Python worker to run the proxy class")?;
            let name = sections.classes.proxy.class.name();
            return Ok(Self::Python(Arc::new(PythonProxy::new(worker, name, by_host(sections)))));
        }
        if sections.proxy.base.should_start {
            return Ok(Self::Embedded(Box::new(Embedded::new(sections)?)));
        }
        if !sections.hub.ssl_key.is_empty() || !sections.hub.ssl_cert.is_empty() {
            tracing::warn!(
                "c.JupyterHub.ssl_key and ssl_cert have no effect: with should_start = False the proxy that runs elsewhere \
                 serves the public address. hint: give them to that proxy"
            );
        }
        external(sections, internal).map(|proxy| Self::External(Arc::new(proxy)))
    }

    /// The routes.
    pub fn routes(&self) -> Arc<dyn Routes> {
        match self {
            Self::Embedded(embedded) => Arc::new(embedded.routes.clone()),
            Self::External(proxy) => proxy.clone(),
            Self::Python(proxy) => proxy.clone(),
        }
    }

    /// What the hub's own route leads to. `origin` is the address at which the hub listens for others.
    pub fn hub_target(&self, origin: &str) -> anyhow::Result<Target> {
        match self {
            Self::Embedded(_) => Ok(Target::local(origin)),
            Self::External(_) | Self::Python(_) => Ok(Target::url(origin)?),
        }
    }

    /// The class in Python, if one drives the proxy.
    pub fn python(&self) -> Option<Arc<PythonProxy>> {
        match self {
            Self::Python(proxy) => Some(proxy.clone()),
            Self::Embedded(_) | Self::External(_) => None,
        }
    }

    /// How connections are treated.
    ///
    /// # Errors
    /// An address of `trusted_downstream_ips` that is none.
    pub fn options(
        &self,
        sections: &Sections,
        internal: Option<&InternalTls>,
    ) -> anyhow::Result<ProxyOptions> {
        let networks = sections.hub.trusted_downstream_ips.iter().map(|text| text.parse::<PeerNetwork>());
        let networks = networks.collect::<Result<_, _>>().context("c.JupyterHub.trusted_downstream_ips")?;
        let options = match self {
            Self::Embedded(embedded) => embedded.command.options(),
            Self::External(_) | Self::Python(_) => ProxyOptions::default(),
        };
        let upstream_tls = internal.map_or_else(|| options.upstream_tls.clone(), InternalTls::proxy_client);
        Ok(ProxyOptions { trusted_peers: TrustedPeers::new(networks), upstream_tls, ..options })
    }

    /// Serves everything but the hub's own address.
    ///
    /// # Errors
    /// A TLS file towards servers that cannot be read.
    pub fn serve(
        self,
        service: Arc<HubService>,
        listeners: PublicListeners,
        options: ProxyOptions,
        tasks: &TaskTracker,
        serving: &CancellationToken,
    ) -> anyhow::Result<()> {
        let Self::Embedded(embedded) = self else { return Ok(()) };
        let proxy = ProxyServer::new(service, embedded.routes.clone(), options.clone())?;
        if let (Some(api), Some(listener)) = (embedded.api, listeners.api) {
            let api = Arc::new(ChpApi::new(embedded.routes, Some(api.token), proxy.metrics()));
            tasks.spawn(serve_local(api, listener, options.clone(), serving.clone()));
        }
        if let Some(extras) = listeners.extras {
            tasks.spawn(extras.serve(proxy.metrics(), options, serving.clone()));
        }
        if let Some(listener) = listeners.public {
            let serving = serving.clone();
            tasks.spawn(async move { proxy.serve(listener, serving).await });
        }
        Ok(())
    }
}

/// What [`Proxying::serve`] serves.
pub struct PublicListeners {
    public: Option<Listener>,
    api: Option<Listener>,
    extras: Option<ExtraListeners>,
}

impl Listeners {
    /// Parts the hub's own listener from the rest.
    pub fn split(self) -> (Listener, PublicListeners) {
        (self.hub, PublicListeners { public: self.public, api: self.api, extras: self.extras })
    }
}

impl Embedded {
    fn new(sections: &Sections) -> anyhow::Result<Self> {
        let command =
            EmbeddedCommand::parse(&sections.proxy.command).context("c.ConfigurableHTTPProxy.command")?;
        let tls = command.tls(&sections.hub.ssl_key, &sections.hub.ssl_cert).context("c.JupyterHub")?;
        let token = configured_token(sections);
        // Nobody asks for the API of a proxy that nobody has told where it is or how to be let in.
        let api = if sections.proxy.api_url.is_some() || token.is_some() {
            let address = api_address(&api_url(sections), sections.hub.internal_ssl)
                .context("c.ConfigurableHTTPProxy.api_url")?;
            Some(Api { address, token: token.unwrap_or_else(random_token) })
        } else {
            None
        };
        Ok(Self { routes: RouteTable::new(by_host(sections)), command, tls, api })
    }

    async fn bind(
        &self,
        sections: &Sections,
        internal: Option<&InternalTls>,
    ) -> anyhow::Result<(Listener, Option<Listener>, ExtraListeners)> {
        let address = address(&sections.addresses.public, None);
        let public = bind(&address, self.tls.as_ref(), "c.JupyterHub.bind_url (--ip, --port)").await?;
        let api = match &self.api {
            Some(api) => {
                let tls = internal.map(InternalTls::api_listener);
                Some(bind(&api.address, tls.as_ref(), "c.ConfigurableHTTPProxy.api_url").await?)
            }
            None => None,
        };
        let port = public.local_addr().map(|address| address.port()).unwrap_or_default();
        let extras = self.command.bind_extras(port).await.context("c.ConfigurableHTTPProxy.command")?;
        Ok((public, api, extras))
    }
}

/// Binds every address, before anything is served: a port in use ends the start.
///
/// # Errors
/// What cannot be listened on, with the option that names it.
pub async fn bind_all(
    sections: &Sections,
    proxying: &Proxying,
    internal: Option<&InternalTls>,
) -> anyhow::Result<Listeners> {
    let mode = u32::try_from(sections.hub.hub_socket_mode).context("c.JupyterHub.hub_socket_mode")?;
    let own = address(&sections.addresses.hub, Some(mode));
    let tls = internal.map(InternalTls::hub_listener);
    let hub = bind(&own, tls.as_ref(), "c.JupyterHub.hub_port or hub_bind_url").await?;
    match proxying {
        Proxying::External(_) | Proxying::Python(_) => {
            Ok(Listeners { hub, public: None, api: None, extras: None })
        }
        Proxying::Embedded(embedded) => {
            let (public, api, extras) = embedded.bind(sections, internal).await?;
            Ok(Listeners { hub, public: Some(public), api, extras: Some(extras) })
        }
    }
}

async fn bind(address: &ListenAddress, tls: Option<&ServerTls>, option: &str) -> anyhow::Result<Listener> {
    let bound = Listener::bind(address, tls).await;
    bound.with_context(|| {
        format!("{option} names an address that cannot be served\nhint: is another hub running?")
    })
}

fn address(listen: &Listen, mode: Option<u32>) -> ListenAddress {
    match listen {
        Listen::Tcp { ip, port } => ListenAddress::Tcp { host: ip.clone(), port: *port },
        Listen::Unix(path) => ListenAddress::Unix { path: path.clone(), mode },
    }
}

fn external(sections: &Sections, internal: Option<&InternalTls>) -> anyhow::Result<ExternalProxy> {
    let Some(token) = configured_token(sections) else {
        bail!(
            "c.ConfigurableHTTPProxy.should_start is False, but the token of the proxy's REST API is not known\n\
             hint: set {TOKEN_VARIABLE} in the environment of both, or c.ConfigurableHTTPProxy.auth_token"
        );
    };
    let url = api_url(sections);
    let options = ExternalProxyOptions {
        api_url: TargetUrl::parse(&url).context("c.ConfigurableHTTPProxy.api_url")?,
        token,
        host_routing: by_host(sections),
        concurrency: usize::try_from(sections.proxy.concurrency).unwrap_or(1).max(1),
        patience: PATIENCE,
        tls: internal.map_or_else(UpstreamTls::default, InternalTls::hub_client),
    };
    Ok(ExternalProxy::new(options)?)
}

/// Whether routes begin with a host name.
fn by_host(sections: &Sections) -> bool {
    !sections.hub.subdomain_host.is_empty()
}

fn configured_token(sections: &Sections) -> Option<SecretString> {
    let configured = sections.proxy.auth_token.clone();
    configured.or_else(|| sections.environment.get(TOKEN_VARIABLE).map(SecretString::from))
}

/// A token that nobody knows: the API is there, and closed.
fn random_token() -> SecretString {
    let bytes: [u8; 32] = rand::rng().random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

/// Where the REST API of the proxy is.
fn api_url(sections: &Sections) -> String {
    let scheme = if sections.hub.internal_ssl { "https" } else { "http" };
    sections.proxy.api_url.clone().unwrap_or_else(|| format!("{scheme}://{DEFAULT_API}"))
}

/// What to listen on. With internal TLS it is spoken there too, whatever the URL says.
fn api_address(url: &str, internal_tls: bool) -> anyhow::Result<ListenAddress> {
    let target = TargetUrl::parse(url)?;
    if target.tls() && !internal_tls {
        bail!(
            "{url:?}: the REST API of the proxy inside the hub does not speak TLS\nhint: write it as http://"
        );
    }
    Ok(match target.endpoint() {
        perijove_proxy::Endpoint::Tcp { host, port } => {
            ListenAddress::Tcp { host: host.to_string(), port: *port }
        }
        perijove_proxy::Endpoint::Unix(path) => ListenAddress::Unix { path: path.clone(), mode: Some(0o600) },
    })
}
