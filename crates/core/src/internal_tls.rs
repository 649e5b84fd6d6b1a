//! Certificates of servers and services (`JupyterHub.internal_ssl`): whoever speaks inside must have one.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use perijove_certificates::{AltName, CertificateStore, Pair};
use perijove_model::name::{ServerName, UserName};
use perijove_spawners::InternalTls;

use crate::error::{Error, Result};
use crate::hub::Hub;

/// The authority of servers and of services that the hub runs.
pub const NOTEBOOKS: &str = "notebooks-ca";

/// Signs for what the hub starts.
#[derive(Debug)]
pub struct InternalCertificates {
    /// The folder of the authorities.
    pub store: CertificateStore,
    /// `Spawner.ssl_alt_names`; `None` where it is `JupyterHub.trusted_alt_names` and the user's own host.
    pub ssl_alt_names: Option<Vec<AltName>>,
    /// `JupyterHub.trusted_alt_names`.
    pub trusted_alt_names: Vec<AltName>,
    /// `Spawner.ssl_alt_names_include_local`.
    pub include_local: bool,
}

impl InternalCertificates {
    fn names(&self, domain: Option<String>) -> Vec<AltName> {
        let mut names = if self.include_local { AltName::local().to_vec() } else { Vec::new() };
        match &self.ssl_alt_names {
            Some(chosen) => names.extend(chosen.iter().cloned()),
            None => {
                names.extend(self.trusted_alt_names.iter().cloned());
                names.extend(domain.map(AltName::Dns));
            }
        }
        names
    }

    fn files(&self, pair: &Pair) -> InternalTls {
        let text = |path: &Path| path.display().to_string();
        InternalTls {
            keyfile: text(&pair.key),
            certfile: text(&pair.certificate),
            cafile: text(&self.store.trust_file(NOTEBOOKS)),
        }
    }

    async fn issue(
        self: &Arc<Self>,
        name: String,
        domain: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<InternalTls> {
        let this = Arc::clone(self);
        let issued = tokio::task::spawn_blocking(move || {
            let names = this.names(domain);
            tracing::info!("Creating certs for {name}: {}", AltName::list(&names));
            this.store.issue(&name, NOTEBOOKS, &names, now).map(|pair| this.files(&pair))
        });
        issued.await.map_err(Error::internal)?.map_err(Error::internal)
    }
}

impl Hub {
    /// A new certificate for a server, where these are used. Named servers have their own, which upstream's share.
    pub(crate) async fn certificate_for_server(
        &self,
        user: &UserName,
        server: &ServerName,
    ) -> Result<Option<InternalTls>> {
        let Some(certificates) = &self.certificates else { return Ok(None) };
        let mut name = format!("user-{}", user.escaped());
        if !server.is_default() {
            // A character that quoted names do not have.
            name = format!("{name}+{}", server.escaped());
        }
        let domain = self.settings.subdomains.as_ref().map(|hosts| hosts.user_or_usual(user.as_str()));
        certificates.issue(name, domain, self.now()).await.map(Some)
    }

    /// The same for a service that the hub runs; `uid` is the account that must be able to read it.
    pub(crate) async fn certificate_for_service(
        &self,
        name: &str,
        uid: Option<u32>,
    ) -> Result<Option<InternalTls>> {
        let Some(certificates) = &self.certificates else { return Ok(None) };
        let files = certificates.issue(format!("service-{name}"), None, self.now()).await?;
        if let Some(uid) = uid {
            std::os::unix::fs::chown(&files.keyfile, Some(uid), None).map_err(Error::internal)?;
        }
        Ok(Some(files))
    }
}
