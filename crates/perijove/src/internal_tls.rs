//! `c.JupyterHub.internal_ssl`: who inside must show which certificate, and whose are taken.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use chrono::Utc;
use perijove_certificates::{AltName, CertificateStore, ExternalAuthority, Pair};
use perijove_config::{Listen, OrCallable};
use perijove_core::internal_tls::{InternalCertificates, NOTEBOOKS};
use perijove_model::Value;
use perijove_proxy::{ServerTls, UpstreamTls};
use perijove_python::HubCertificate;
use url::Url;

use crate::sections::Sections;

/// Each authority, and those whom its people trust: upstream's graph.
const TRUST: [(&str, &[&str]); 5] = [
    ("hub-ca", &["hub-ca", NOTEBOOKS, "proxy-api-ca", "proxy-client-ca", "services-ca"]),
    ("proxy-api-ca", &["hub-ca", "services-ca", NOTEBOOKS]),
    ("proxy-client-ca", &["hub-ca", NOTEBOOKS]),
    (NOTEBOOKS, &["hub-ca", "proxy-client-ca"]),
    ("services-ca", &["hub-ca", "proxy-api-ca"]),
];

/// The hub's own certificates, and the folder of all.
#[derive(Debug)]
pub struct InternalTls {
    certificates: Arc<InternalCertificates>,
    hub: Pair,
    proxy_api: Pair,
    proxy_client: Pair,
}

impl InternalTls {
    /// Makes what is missing; `None` where it is not configured.
    ///
    /// # Errors
    /// A folder that cannot be written, an authority that cannot sign, a name that is none.
    pub fn prepare(sections: &Sections) -> anyhow::Result<Option<Self>> {
        if !sections.hub.internal_ssl {
            return Ok(None);
        }
        if matches!(sections.addresses.hub, Listen::Unix(_)) {
            bail!(
                "c.JupyterHub.internal_ssl needs a hub_bind_url of https, which names a host and a port, not a socket file"
            );
        }
        Self::make(sections).map(Some)
    }

    /// The same, whether it is configured or not: for `--generate-certs`.
    ///
    /// # Errors
    /// As [`Self::prepare`].
    pub fn make(sections: &Sections) -> anyhow::Result<Self> {
        let (hub, now) = (&sections.hub, Utc::now());
        let folder = Path::new(&hub.internal_certs_location);
        let store = CertificateStore::open(folder, hub.recreate_internal_certs);
        let mut store = store.context("c.JupyterHub.internal_certs_location")?;
        for (name, value) in &hub.external_ssl_authorities {
            let authority = external(name, value).context("c.JupyterHub.external_ssl_authorities")?;
            if let Some(authority) = authority {
                tracing::info!("Adding CA for {name}");
                store.add_external(name, &authority)?;
            }
        }
        for (name, _) in TRUST {
            store.ensure_authority(name, now)?;
        }
        // Those that the configuration adds are trusted by the hub.
        let mut of_hub: Vec<&str> = TRUST.iter().map(|(name, _)| *name).collect();
        let added = hub.external_ssl_authorities.keys().map(String::as_str);
        of_hub.extend(added.filter(|name| TRUST.iter().all(|(known, _)| known != name)));
        for (name, trusted) in TRUST {
            store.trust(name, if name == "hub-ca" { &of_hub } else { trusted })?;
        }
        let trusted = names(&hub.trusted_alt_names).context("c.JupyterHub.trusted_alt_names")?;
        let mut own = AltName::local().to_vec();
        own.push(AltName::Ip(std::net::Ipv6Addr::LOCALHOST.into()));
        own.extend(
            Url::parse(&hub.subdomain_host).ok().and_then(|url| Some(AltName::Dns(url.host_str()?.into()))),
        );
        let mut of_hub = own.clone();
        of_hub.push(AltName::Dns(nix::unistd::gethostname()?.to_string_lossy().into_owned()));
        for names in [&mut own, &mut of_hub] {
            names.extend(trusted.iter().cloned());
        }
        let ssl_alt_names = match sections.spawner.ssl_alt_names.as_ref().and_then(OrCallable::plain) {
            Some(chosen) => Some(names(chosen).context("c.Spawner.ssl_alt_names")?),
            None => None,
        };
        Ok(Self {
            hub: store.kept("hub-internal", "hub-ca", &of_hub, now)?,
            proxy_api: store.kept("proxy-api", "proxy-api-ca", &own, now)?,
            proxy_client: store.kept("proxy-client", "proxy-client-ca", &own, now)?,
            certificates: Arc::new(InternalCertificates {
                store,
                ssl_alt_names,
                trusted_alt_names: trusted,
                include_local: sections.spawner.ssl_alt_names_include_local,
            }),
        })
    }

    /// What signs for servers and services.
    pub fn certificates(&self) -> Arc<InternalCertificates> {
        Arc::clone(&self.certificates)
    }

    /// How the hub's own address is served.
    pub fn hub_listener(&self) -> ServerTls {
        self.listener(&self.hub, "hub-ca")
    }

    /// How the REST API of the embedded proxy is served.
    pub fn api_listener(&self) -> ServerTls {
        self.listener(&self.proxy_api, "proxy-api-ca")
    }

    /// As whom the hub asks servers, services and an external proxy.
    pub fn hub_client(&self) -> UpstreamTls {
        self.client(&self.hub, "hub-ca")
    }

    /// As whom the embedded proxy forwards.
    pub fn proxy_client(&self) -> UpstreamTls {
        self.client(&self.proxy_client, "proxy-client-ca")
    }

    /// The hub's own files, for upstream's objects in Python.
    pub fn hub_files(&self) -> HubCertificate {
        HubCertificate {
            keyfile: self.hub.key.clone(),
            certfile: self.hub.certificate.clone(),
            cafile: self.certificates.store.trust_file("hub-ca"),
        }
    }

    /// The proxy's own files by side, for a proxy class in Python; as upstream, whose authority is the certificate itself.
    pub fn proxy_files(&self) -> BTreeMap<String, HubCertificate> {
        let files = |pair: &Pair| HubCertificate {
            keyfile: pair.key.clone(),
            certfile: pair.certificate.clone(),
            cafile: pair.certificate.clone(),
        };
        [("proxy-api", &self.proxy_api), ("proxy-client", &self.proxy_client)]
            .map(|(side, pair)| (side.to_owned(), files(pair)))
            .into()
    }

    /// The folder of all certificates.
    pub fn folder(&self) -> &Path {
        self.certificates.store.folder()
    }

    /// The file of those whom each authority's people trust.
    pub fn trust_bundles(&self) -> BTreeMap<String, PathBuf> {
        TRUST.map(|(name, _)| (name.to_owned(), self.certificates.store.trust_file(name))).into()
    }

    fn listener(&self, pair: &Pair, authority: &str) -> ServerTls {
        ServerTls {
            key: pair.key.clone(),
            cert: pair.certificate.clone(),
            ca: Some(self.certificates.store.trust_file(authority)),
            client_certificates: true,
            ..ServerTls::default()
        }
    }

    fn client(&self, pair: &Pair, authority: &str) -> UpstreamTls {
        UpstreamTls {
            key: Some(pair.key.clone()),
            cert: Some(pair.certificate.clone()),
            ca: Some(self.certificates.store.trust_file(authority)),
            insecure: false,
        }
    }
}

fn names(texts: &[String]) -> anyhow::Result<Vec<AltName>> {
    texts.iter().map(|text| text.parse().map_err(anyhow::Error::msg)).collect()
}

/// The files of an authority; `None` where it is to be made, as an empty entry says.
fn external(name: &str, value: &Value) -> anyhow::Result<Option<ExternalAuthority>> {
    let entries = match value {
        Value::None => return Ok(None),
        Value::Dict(entries) if entries.is_empty() => return Ok(None),
        Value::Dict(entries) => entries,
        _ => bail!("{name:?} must be a dictionary with the files cert, key and ca"),
    };
    let file = |wanted: &str| {
        let entry = entries.iter().find(|(key, _)| key.as_str() == Some(wanted));
        entry.and_then(|(_, value)| value.as_str()).filter(|path| !path.is_empty()).map(PathBuf::from)
    };
    let certificate = file("cert").with_context(|| format!("{name:?} must name the file cert"))?;
    Ok(Some(ExternalAuthority { key: file("key"), certificate, authority: file("ca") }))
}
