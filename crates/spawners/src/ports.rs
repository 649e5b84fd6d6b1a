//! Free ports for servers.

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How often the kernel is asked before giving up; it chooses among thousands of ports at random.
const ATTEMPTS: usize = 64;

/// The ports of our servers. A server binds its port some time after it was chosen, and meanwhile nobody else of ours
/// may get it.
#[derive(Debug, Default)]
pub(crate) struct Ports(Mutex<HashSet<u16>>);

/// A port that no other server gets until this is dropped.
#[derive(Debug)]
pub(crate) struct PortLease {
    ports: Arc<Ports>,
    port: u16,
}

impl PortLease {
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for PortLease {
    fn drop(&mut self) {
        self.ports.taken().remove(&self.port);
    }
}

impl Ports {
    fn taken(&self) -> MutexGuard<'_, HashSet<u16>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A port that is free on this address now; a name or an empty text means all addresses.
    pub(crate) fn lease(self: &Arc<Self>, ip: &str) -> io::Result<PortLease> {
        let address: IpAddr = ip.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        for _ in 0..ATTEMPTS {
            let port = TcpListener::bind((address, 0))?.local_addr()?.port();
            if self.taken().insert(port) {
                return Ok(PortLease { ports: Arc::clone(self), port });
            }
        }
        Err(io::Error::other("every free port is promised to another server"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_twice() {
        let ports = Arc::new(Ports::default());
        let leases: Vec<_> = (0..50).map(|_| ports.lease("127.0.0.1").unwrap()).collect();
        let different: HashSet<_> = leases.iter().map(PortLease::port).collect();
        assert_eq!(different.len(), leases.len());
        drop(leases);
        assert!(ports.taken().is_empty());
        assert!(ports.lease("localhost").unwrap().port() > 0);
    }
}
