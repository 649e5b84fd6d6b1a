//! TLS of listeners and towards targets: key, certificate and authority files to rustls configurations.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

/// Why a TLS configuration cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or is not what it should be.
    #[error("{what} {path}: {message}")]
    File {
        /// What the file holds.
        what: &'static str,
        /// The file.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// Key, certificate and options do not go together.
    #[error("TLS: {0}")]
    Config(String),
}

/// Server side: what `ssl_key`, `ssl_cert` and their kin of CHP's command line say.
#[derive(Clone, Debug, Default)]
pub struct ServerTls {
    /// PEM file of the private key.
    pub key: PathBuf,
    /// PEM file of the certificate and the chain behind it.
    pub cert: PathBuf,
    /// PEM file of authorities: of clients where certificates are asked of them, else the rest of a chain that `cert` lacks.
    pub ca: Option<PathBuf>,
    /// Ask clients for a certificate of one of `ca`'s authorities and refuse those without.
    pub client_certificates: bool,
}

impl ServerTls {
    /// Reads the files.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let mut chain = certificates("certificate", &self.cert)?;
        let key = private_key(&self.key)?;
        let authorities = self.ca.as_deref().map(|ca| certificates("authorities", ca)).transpose()?;
        let builder = ServerConfig::builder();
        let builder = if self.client_certificates {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(authorities.unwrap_or_default());
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| TlsError::Config(error.to_string()))?)
        } else {
            if chain.len() == 1 {
                chain.extend(authorities.unwrap_or_default());
            }
            builder.with_no_client_auth()
        };
        let config = builder.with_single_cert(chain, key);
        let mut config = config.map_err(|error| TlsError::Config(error.to_string()))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// Client side: what CHP's `--client-ssl-…` and `--insecure` say.
#[derive(Clone, Debug, Default)]
pub struct UpstreamTls {
    /// PEM file of the private key to show to targets.
    pub key: Option<PathBuf>,
    /// PEM file of the certificate to show to targets.
    pub cert: Option<PathBuf>,
    /// PEM file of the authorities of targets; the system's where there is none.
    pub ca: Option<PathBuf>,
    /// Accept any certificate of a target.
    pub insecure: bool,
}

impl UpstreamTls {
    /// Reads the files.
    pub(crate) fn client_config(&self) -> Result<ClientConfig, TlsError> {
        let mut roots = RootCertStore::empty();
        match &self.ca {
            Some(ca) => roots.add_parsable_certificates(certificates("authorities", ca)?),
            None => roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
        };
        let builder = ClientConfig::builder().with_root_certificates(roots);
        match (&self.key, &self.cert) {
            (Some(key), Some(cert)) => builder
                .with_client_auth_cert(certificates("certificate", cert)?, private_key(key)?)
                .map_err(|error| TlsError::Config(error.to_string())),
            _ => Ok(builder.with_no_client_auth()),
        }
    }
}

fn certificates(what: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |message: String| TlsError::File { what, path: path.display().to_string(), message };
    let found = CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?;
    let found = found.collect::<Result<Vec<_>, _>>().map_err(|error| wrong(error.to_string()))?;
    if found.is_empty() { Err(wrong("it holds no certificate in PEM form".to_owned())) } else { Ok(found) }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let wrong = |message| TlsError::File { what: "private key", path: path.display().to_string(), message };
    PrivateKeyDer::from_pem_file(path).map_err(|error| wrong(error.to_string()))
}
