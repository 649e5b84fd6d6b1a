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
    /// The other end of an accepted connection. An IPv4 client of a dual-stack socket is told as what it is, so that
    /// `127.0.0.1` and lists of trusted addresses match it however the socket was bound.
    #[must_use]
    pub fn of_peer(mut peer: SocketAddr) -> Self {
        peer.set_ip(peer.ip().to_canonical());
        Self::Tcp(peer)
    }

    /// The peer's IP address; `None` on a unix socket.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            // Whoever made this by hand may have left an IPv4 address in IPv6's clothes.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv4_peers_of_a_dual_stack_socket_have_ipv4_addresses() {
        let remote = Remote::of_peer("[::ffff:192.0.2.7]:1234".parse().unwrap());
        assert_eq!(remote, Remote::Tcp("192.0.2.7:1234".parse().unwrap()));
        let ip: IpAddr = "192.0.2.7".parse().unwrap();
        assert_eq!(remote.ip(), Some(ip));
        assert_eq!(Remote::Tcp("[::ffff:192.0.2.7]:1".parse().unwrap()).ip(), Some(ip));
        let six: SocketAddr = "[2001:db8::1]:1".parse().unwrap();
        assert_eq!(Remote::of_peer(six), Remote::Tcp(six));
    }
}
