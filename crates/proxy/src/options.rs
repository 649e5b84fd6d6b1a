//! Options of the proxy and of its listeners' connections.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use http::{HeaderName, HeaderValue};

use crate::tls::UpstreamTls;

/// How requests are forwarded and connections kept. The defaults are CHP's, where it has any.
#[derive(Clone, Debug)]
pub struct ProxyOptions {
    /// Add `X-Forwarded-*` (CHP: absence of `--no-x-forward`).
    pub x_forward: bool,
    /// Put the target's own path before the request's (CHP: absence of `--no-prepend-path`).
    pub prepend_path: bool,
    /// Keep the route's prefix in the forwarded path (CHP: absence of `--no-include-prefix`).
    pub include_prefix: bool,
    /// Send the target's authority as `Host` (CHP: `--change-origin`).
    pub change_origin: bool,
    /// Put the request's host into the `Location` of redirects to the target's (CHP: `--auto-rewrite`).
    pub auto_rewrite: bool,
    /// Put this scheme into the `Location` of redirects to the target's host (CHP: `--protocol-rewrite`).
    pub protocol_rewrite: Option<String>,
    /// Headers set on each forwarded request (CHP: `--custom-header`).
    pub custom_headers: Vec<(HeaderName, HeaderValue)>,
    /// How to speak TLS to `https://` targets.
    pub upstream_tls: UpstreamTls,
    /// Peers whose `X-Forwarded-Proto`, `-Port` and `-Host` are believed, and so passed on as they are.
    pub trusted_peers: TrustedPeers,
    /// Longest silence of a client while its request is being served (CHP: `--timeout`).
    pub timeout: Option<Duration>,
    /// Longest silence of a target before its response begins (CHP: `--proxy-timeout`).
    pub proxy_timeout: Option<Duration>,
    /// Longest time to establish a connection to a target.
    pub connect_timeout: Duration,
    /// How long an idle client connection is kept, and how long a client may take for the head of a request.
    pub header_timeout: Duration,
    /// Largest head of a request, in bytes.
    pub max_head_bytes: usize,
    /// How long an idle connection to a target is kept.
    pub upstream_idle: Duration,
    /// Idle connections kept for each route.
    pub upstream_idle_connections: usize,
    /// How long connections may take to finish after the shutdown began; WebSockets are closed at its end.
    pub drain: Duration,
}

impl Default for ProxyOptions {
    fn default() -> Self {
        Self {
            x_forward: true,
            prepend_path: true,
            include_prefix: true,
            change_origin: false,
            auto_rewrite: false,
            protocol_rewrite: None,
            custom_headers: Vec::new(),
            upstream_tls: UpstreamTls::default(),
            trusted_peers: TrustedPeers::default(),
            timeout: None,
            proxy_timeout: None,
            connect_timeout: Duration::from_secs(20),
            header_timeout: Duration::from_secs(60),
            max_head_bytes: 64 * 1024,
            upstream_idle: Duration::from_secs(60),
            upstream_idle_connections: 64,
            drain: Duration::from_secs(5),
        }
    }
}

/// A network of peers: an address, or an address and a prefix length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerNetwork {
    address: IpAddr,
    bits: u8,
}

/// The text is not an address or network.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not an IP address or network")]
pub struct PeerNetworkError(String);

impl PeerNetwork {
    /// Whether `address` is in the network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let differing = u32::from(ours) ^ u32::from(theirs);
                differing.leading_zeros() >= u32::from(self.bits)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let differing = u128::from(ours) ^ u128::from(theirs);
                differing.leading_zeros() >= u32::from(self.bits)
            }
            _ => false,
        }
    }
}

impl FromStr for PeerNetwork {
    type Err = PeerNetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || PeerNetworkError(text.to_owned());
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address = address.trim().parse::<IpAddr>().map_err(|_| wrong())?.to_canonical();
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.trim().parse().map_err(|_| wrong()))?;
        if bits > most { Err(wrong()) } else { Ok(Self { address, bits }) }
    }
}

/// Peers that are proxies of our own, whose `X-Forwarded-*` headers are believed. None by default.
#[derive(Clone, Debug, Default)]
pub struct TrustedPeers(Vec<PeerNetwork>);

impl TrustedPeers {
    /// Trusts these networks.
    #[must_use]
    pub fn new(networks: Vec<PeerNetwork>) -> Self {
        Self(networks)
    }

    /// Whether `address` is trusted.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_their_addresses() {
        for (network, address, inside) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.4", false),
            ("0.0.0.0/0", "::ffff:1.2.3.4", true),
            ("0.0.0.0/0", "::1", false),
            ("fd00::/8", "fd12::1", true),
        ] {
            let network: PeerNetwork = network.parse().unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), inside, "{network:?} {address}");
        }
        for bad in ["", "10.0.0.0/33", "a.example", "::/129", "10.0.0.0/-1"] {
            assert!(bad.parse::<PeerNetwork>().is_err(), "{bad}");
        }
    }
}
