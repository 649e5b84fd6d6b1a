//! Who is at the other end: address, scheme and host, through proxies that may be in between.

use std::net::IpAddr;

use axum::http::{HeaderMap, header};

/// What is known of the browser or client that sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its address; for a Unix socket without forwarding headers, `127.0.0.1`, as upstream has it.
    pub address: String,
    /// The scheme that the browser sees: the outermost proxy's.
    pub browser_scheme: &'static str,
    /// The `Host` header.
    pub host: String,
}

impl Client {
    /// Reads the headers of one request.
    ///
    /// The address is the rightmost of `X-Forwarded-For` that is not a trusted proxy (Tornado's
    /// `xheaders` rule), where the peer itself is trusted; otherwise the peer's. The scheme is the
    /// first of `Forwarded`, `X-Scheme`, `X-Forwarded-Proto` (upstream's `get_browser_protocol`).
    pub fn of(peer: Option<IpAddr>, tls: bool, headers: &HeaderMap, trusted: &[IpAddr]) -> Self {
        // A dual-stack socket gives IPv4 addresses as `::ffff:a.b.c.d`, which neither is loopback nor equals an entry.
        let peer = peer.map(|peer| peer.to_canonical());
        let peer_is_proxy = peer.is_none_or(|peer| peer.is_loopback() || is_listed(trusted, peer));
        let forwarded = if peer_is_proxy { forwarded_address(headers, trusted) } else { None };
        let address =
            forwarded.or(peer).map_or_else(|| "127.0.0.1".to_owned(), |address| address.to_string());
        let own_scheme = if tls { "https" } else { "http" };
        let browser_scheme =
            if peer_is_proxy { forwarded_scheme(headers).unwrap_or(own_scheme) } else { own_scheme };
        let host = text(headers, header::HOST.as_str()).unwrap_or_default().to_owned();
        Self { address, browser_scheme, host }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn is_listed(trusted: &[IpAddr], address: IpAddr) -> bool {
    trusted.iter().any(|one| one.to_canonical() == address)
}

fn forwarded_address(headers: &HeaderMap, trusted: &[IpAddr]) -> Option<IpAddr> {
    let list = text(headers, "x-forwarded-for")?;
    let addresses = list.split(',').rev().filter_map(|part| part.trim().parse::<IpAddr>().ok());
    let mut last = None;
    for address in addresses.map(|address| address.to_canonical()) {
        last = Some(address);
        if !is_listed(trusted, address) {
            break;
        }
    }
    last
}

fn forwarded_scheme(headers: &HeaderMap) -> Option<&'static str> {
    let scheme = |name: &str| match name.trim().to_ascii_lowercase().as_str() {
        "http" => Some("http"),
        "https" => Some("https"),
        _ => None,
    };
    if let Some(forwarded) = text(headers, "forwarded") {
        let first = forwarded.split(',').next().unwrap_or_default();
        let proto = first.split(';').filter_map(|field| field.split_once('='));
        for (key, value) in proto {
            if key.trim().eq_ignore_ascii_case("proto") {
                return scheme(value);
            }
        }
    }
    let value = text(headers, "x-scheme").or_else(|| text(headers, "x-forwarded-proto"))?;
    scheme(value.split(',').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn ip(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }

    #[test]
    fn forwarded_headers_of_strangers_do_not_count() {
        let headers = headers(&[("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https")]);
        let client = Client::of(ip("203.0.113.9"), false, &headers, &[]);
        assert_eq!((client.address.as_str(), client.browser_scheme), ("203.0.113.9", "http"));
    }

    #[test]
    fn the_rightmost_untrusted_address_counts() {
        let headers = headers(&[("x-forwarded-for", "6.6.6.6, 1.2.3.4, 10.0.0.1")]);
        let client = Client::of(ip("127.0.0.1"), false, &headers, &["10.0.0.1".parse().unwrap()]);
        assert_eq!(client.address, "1.2.3.4");
    }

    #[test]
    fn a_proxy_that_reaches_a_dual_stack_socket_over_ipv4_is_believed() {
        let headers = headers(&[("x-forwarded-for", "::ffff:1.2.3.4"), ("x-forwarded-proto", "https")]);
        let local = Client::of(ip("::ffff:127.0.0.1"), false, &headers, &[]);
        assert_eq!((local.address.as_str(), local.browser_scheme), ("1.2.3.4", "https"));
        for (peer, listed) in [("::ffff:10.0.0.1", "10.0.0.1"), ("10.0.0.1", "::ffff:10.0.0.1")] {
            let trusted = [listed.parse().unwrap()];
            assert_eq!(Client::of(ip(peer), false, &headers, &trusted).address, "1.2.3.4", "{peer} {listed}");
            let chain = self::headers(&[("x-forwarded-for", "1.2.3.4, ::ffff:10.0.0.1")]);
            assert_eq!(Client::of(ip("::1"), false, &chain, &trusted).address, "1.2.3.4");
        }
        let stranger = Client::of(ip("::ffff:203.0.113.9"), false, &headers, &[]);
        assert_eq!((stranger.address.as_str(), stranger.browser_scheme), ("203.0.113.9", "http"));
    }

    #[test]
    fn the_outermost_scheme_counts() {
        let headers = headers(&[("x-forwarded-proto", "https,http")]);
        assert_eq!(Client::of(ip("127.0.0.1"), false, &headers, &[]).browser_scheme, "https");
    }
}
