//! Establishing connections to targets.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;

use super::Connection;
use crate::stream::Stream;
use crate::target::{Endpoint, TargetUrl};
use crate::tls::{TlsError, UpstreamTls};

/// Why a target cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Refused, unreachable, no such name, TLS failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It took too long.
    #[error("connecting took longer than {0:?}")]
    Timeout(Duration),
}

/// Connects to targets.
pub(crate) struct Connector {
    tls: UpstreamTls,
    /// Made for the first encrypted target, unless there are files to check at once.
    config: OnceLock<Arc<ClientConfig>>,
    timeout: Duration,
}

impl Connector {
    pub(crate) fn new(tls: UpstreamTls, timeout: Duration) -> Result<Self, TlsError> {
        let connector = Self { tls, config: OnceLock::new(), timeout };
        let has_files =
            connector.tls.ca.is_some() || connector.tls.key.is_some() || connector.tls.cert.is_some();
        if has_files {
            connector.config()?;
        }
        Ok(connector)
    }

    fn config(&self) -> Result<Arc<ClientConfig>, TlsError> {
        if let Some(config) = self.config.get() {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(self.tls.client_config()?);
        Ok(Arc::clone(self.config.get_or_init(|| config)))
    }

    pub(crate) async fn connect(&self, target: &TargetUrl) -> Result<Connection, ConnectError> {
        let stream = tokio::time::timeout(self.timeout, self.stream(target)).await;
        Ok(Connection::new(stream.map_err(|_| ConnectError::Timeout(self.timeout))??))
    }

    async fn stream(&self, target: &TargetUrl) -> io::Result<Stream> {
        let (host, port) = match target.endpoint() {
            Endpoint::Unix(path) => return Ok(Stream::Unix(UnixStream::connect(path).await?)),
            Endpoint::Tcp { host, port } => (host.as_ref(), *port),
        };
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        if !target.tls() {
            return Ok(Stream::Tcp(stream));
        }
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let tls = TlsConnector::from(self.config().map_err(io::Error::other)?).connect(name, stream).await?;
        Ok(Stream::Tls(Box::new(tls.into())))
    }
}
