//! Listening sockets: TCP on one or all addresses of a name, or a unix socket; with TLS or without.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UnixListener};
use tokio_rustls::TlsAcceptor;

use crate::tls::{ServerTls, TlsError};

/// Pending connections the kernel keeps.
const BACKLOG: i32 = 1024;

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// A host name or address and a port. An empty host or `*` is all interfaces; a name is all of its addresses; port 0 is any free one.
    Tcp {
        /// Name, address, or empty.
        host: String,
        /// Port number.
        port: u16,
    },
    /// A unix socket.
    Unix {
        /// Its path. A socket there that nobody listens on is replaced.
        path: PathBuf,
        /// Permission bits to give it; `None` leaves what the umask gives.
        mode: Option<u32>,
    },
}

/// Why a listener cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// The TLS options are wrong.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

pub(crate) enum Socketed {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

/// One or more bound sockets that serve the same; dropping it removes its unix socket.
pub struct Listener {
    pub(crate) sockets: Vec<Socketed>,
    pub(crate) tls: Option<TlsAcceptor>,
}

impl Listener {
    /// Binds. Connections are taken by the kernel from now on, and wait until the listener is served.
    ///
    /// # Errors
    /// When a file of `tls` is wrong, and when no socket can be bound.
    pub async fn bind(address: &ListenAddress, tls: Option<&ServerTls>) -> Result<Self, ListenError> {
        let tls = tls.map(ServerTls::acceptor).transpose()?;
        let sockets = match address {
            ListenAddress::Tcp { host, port } => {
                let wrong = |source| ListenError::Bind { address: format!("{host}:{port}"), source };
                bind_all(host, *port).await.map_err(wrong)?
            }
            ListenAddress::Unix { path, mode } => {
                let wrong = |source| ListenError::Bind { address: path.display().to_string(), source };
                vec![bind_unix(path, *mode).map_err(wrong)?]
            }
        };
        Ok(Self { sockets, tls })
    }

    /// The first TCP address; `None` for a unix socket.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.sockets.iter().find_map(|socket| match socket {
            Socketed::Tcp(listener) => listener.local_addr().ok(),
            Socketed::Unix(..) => None,
        })
    }

    /// Whether connections are encrypted.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.tls.is_some()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for socket in &self.sockets {
            if let Socketed::Unix(_, path) = socket {
                // Gone already is as good.
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

async fn bind_all(host: &str, port: u16) -> io::Result<Vec<Socketed>> {
    if host.is_empty() || host == "*" {
        // One dual-stack socket; a machine without IPv6 has only the other family.
        let all = SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port);
        let socket = bind_tcp(all, false)
            .or_else(|_| bind_tcp(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port), false))?;
        return Ok(vec![Socketed::Tcp(socket)]);
    }
    let mut bound: Vec<Socketed> = Vec::new();
    let mut failed = None;
    let mut port = port;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    for address in tokio::net::lookup_host((host, port)).await? {
        // `::` takes IPv4 clients, too, as in CHP.
        let only_v6 = !address.ip().is_unspecified();
        match bind_tcp(SocketAddr::new(address.ip(), port), only_v6) {
            Ok(socket) => {
                port = socket.local_addr()?.port();
                bound.push(Socketed::Tcp(socket));
            }
            // `localhost` often has an IPv6 address that the machine has not.
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => failed = Some(error),
            Err(error) => return Err(error),
        }
    }
    if bound.is_empty() {
        return Err(failed.unwrap_or_else(|| io::Error::other("the name has no address")));
    }
    Ok(bound)
}

fn bind_tcp(address: SocketAddr, only_v6: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(only_v6)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn bind_unix(path: &Path, mode: Option<u32>) -> io::Result<Socketed> {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    if is_socket && std::os::unix::net::UnixStream::connect(path).is_err_and(refused) {
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    if let Some(mode) = mode {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    }
    Ok(Socketed::Unix(listener, path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_unspecified_address_takes_clients_of_both_families() {
        for host in ["", "*", "::", "[::]"] {
            let address = ListenAddress::Tcp { host: host.to_owned(), port: 0 };
            let listener = Listener::bind(&address, None).await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let client = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port));
            assert!(client.is_ok(), "{host:?}: {client:?}");
        }
    }
}
