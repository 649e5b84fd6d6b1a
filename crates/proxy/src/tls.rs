//! TLS of listeners and towards targets: key, certificate and authority files to rustls configurations.

mod insecure;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pkcs8::{EncryptedPrivateKeyInfo, SecretDocument};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use secrecy::{ExposeSecret, SecretString};
use tokio_rustls::TlsAcceptor;

static ONLY_12: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12];
static ONLY_13: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

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
    /// What an encrypted key opens with.
    pub passphrase: Option<SecretString>,
    /// PEM file of authorities: of clients where certificates are asked of them, else the rest of a chain that `cert` lacks.
    pub ca: Option<PathBuf>,
    /// Ask clients for a certificate of one of `ca`'s authorities and refuse those without.
    pub client_certificates: bool,
    /// Only this version, as OpenSSL's methods are named: `TLSv1_2`; `TLS` and `SSLv23` are all.
    pub protocol: Option<String>,
    /// Only these cipher suites, by OpenSSL's names, separated by colons.
    pub ciphers: Option<String>,
}

impl ServerTls {
    /// Reads the files.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let mut chain = certificates("certificate", &self.cert)?;
        let key = private_key(&self.key, self.passphrase.as_ref())?;
        let authorities = self.ca.as_deref().map(|ca| certificates("authorities", ca)).transpose()?;
        let provider = Arc::new(self.provider()?);
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(self.versions()?)
            .map_err(|error| TlsError::Config(error.to_string()))?;
        let builder = if self.client_certificates {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(authorities.unwrap_or_default());
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
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

    fn versions(&self) -> Result<&'static [&'static SupportedProtocolVersion], TlsError> {
        let name = self.protocol.as_deref().map(|name| name.trim_end_matches("_method"));
        match name {
            None | Some("TLS" | "SSLv23") => Ok(rustls::ALL_VERSIONS),
            Some("TLSv1_2") => Ok(ONLY_12),
            Some("TLSv1_3") => Ok(ONLY_13),
            Some(other) => Err(TlsError::Config(format!(
                "the protocol {other} is not spoken. hint: only TLSv1_2 and TLSv1_3 are; leave the option out for both"
            ))),
        }
    }

    /// The provider, with the chosen cipher suites. TLS 1.3's are not part of OpenSSL's list and always stay.
    fn provider(&self) -> Result<CryptoProvider, TlsError> {
        let mut provider = rustls::crypto::aws_lc_rs::default_provider();
        if let Some(ciphers) = &self.ciphers {
            let asked: Vec<String> = ciphers.split(':').filter_map(suite_of).collect();
            provider.cipher_suites.retain(|suite| {
                let name = format!("{:?}", suite.suite());
                name.starts_with("TLS13_") || asked.contains(&name)
            });
            let tls12 = provider.cipher_suites.iter().any(|suite| suite.tls13().is_none());
            if !tls12 && self.versions()?.len() == 1 && self.protocol.as_deref() != Some("TLSv1_3") {
                return Err(TlsError::Config(format!("none of the ciphers {ciphers} is spoken")));
            }
        }
        Ok(provider)
    }
}

/// Our name of a suite that OpenSSL calls `ECDHE-RSA-AES128-GCM-SHA256`; broad classes are all suites of theirs, and none is here.
fn suite_of(openssl: &str) -> Option<String> {
    let (exchange, cipher) = [("ECDHE-RSA-", "ECDHE_RSA"), ("ECDHE-ECDSA-", "ECDHE_ECDSA")]
        .into_iter()
        .find_map(|(prefix, name)| openssl.strip_prefix(prefix).map(|cipher| (name, cipher)))?;
    let cipher = match cipher {
        "AES128-GCM-SHA256" => "AES_128_GCM_SHA256",
        "AES256-GCM-SHA384" => "AES_256_GCM_SHA384",
        "CHACHA20-POLY1305" => "CHACHA20_POLY1305_SHA256",
        _ => return None,
    };
    Some(format!("TLS_{exchange}_WITH_{cipher}"))
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
    ///
    /// # Errors
    /// [`TlsError`] where one is not what it should be.
    pub fn client_config(&self) -> Result<ClientConfig, TlsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Config(error.to_string()))?;
        let builder = if self.insecure {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(insecure::AnyCertificate(provider)))
        } else {
            builder.with_root_certificates(self.roots()?)
        };
        let mut config = match (&self.key, &self.cert) {
            (Some(key), Some(cert)) => builder
                .with_client_auth_cert(certificates("certificate", cert)?, private_key(key, None)?)
                .map_err(|error| TlsError::Config(error.to_string()))?,
            (None, None) => builder.with_no_client_auth(),
            _ => return Err(TlsError::Config("a client key and its certificate go together".to_owned())),
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn roots(&self) -> Result<RootCertStore, TlsError> {
        let mut roots = RootCertStore::empty();
        match &self.ca {
            Some(ca) => roots.add_parsable_certificates(certificates("authorities", ca)?),
            None => roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
        };
        Ok(roots)
    }
}

fn certificates(what: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |message: String| TlsError::File { what, path: path.display().to_string(), message };
    let found = CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?;
    let found = found.collect::<Result<Vec<_>, _>>().map_err(|error| wrong(error.to_string()))?;
    if found.is_empty() { Err(wrong("it holds no certificate in PEM form".to_owned())) } else { Ok(found) }
}

fn private_key(path: &Path, passphrase: Option<&SecretString>) -> Result<PrivateKeyDer<'static>, TlsError> {
    let wrong = |message| TlsError::File { what: "private key", path: path.display().to_string(), message };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        let hint =
            "its old form of encryption is not read. hint: `openssl pkcs8 -topk8` writes the present one";
        return Err(wrong(hint.to_owned()));
    }
    if !text.contains("ENCRYPTED PRIVATE KEY") {
        return PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| wrong(error.to_string()));
    }
    let passphrase =
        passphrase.ok_or_else(|| wrong("it is encrypted and there is no passphrase".to_owned()))?;
    decrypt(&text, passphrase).map_err(wrong)
}

fn decrypt(text: &str, passphrase: &SecretString) -> Result<PrivateKeyDer<'static>, String> {
    let (_, document) = SecretDocument::from_pem(text).map_err(|error| error.to_string())?;
    let encrypted =
        EncryptedPrivateKeyInfo::try_from(document.as_bytes()).map_err(|error| error.to_string())?;
    let opened = encrypted.decrypt(passphrase.expose_secret());
    let opened = opened.map_err(|_| "the passphrase does not open it".to_owned())?;
    Ok(PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(opened.as_bytes().to_vec())))
}

#[cfg(test)]
mod tests;
