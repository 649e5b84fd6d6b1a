//! What is known of the connection that a request came on.

use std::net::{IpAddr, SocketAddr};

/// The other end of a client's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remote {
    /// A TCP peer.
    Tcp(SocketAddr),
    /// A process of this machine, over a unix socket.
    Unix,
}

impl Remote {
    /// The peer's IP address; `None` on a unix socket.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            // An IPv4 client of a dual-stack socket is told as what it is.
            Self::Tcp(address) => Some(address.ip().to_canonical()),
            Self::Unix => None,
        }
    }
}

/// Facts of one client connection, given along with each of its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnInfo {
    /// Who is at the other end.
    pub remote: Remote,
    /// The connection is encrypted by our own TLS.
    pub tls: bool,
}
