//! The `_xsrf` value of JupyterHub 6: a signed id of the login session, in URL-safe base64.
//!
//! Forms and scripts repeat the cookie's value in the request. It is the present session's only if the id inside is
//! the session's: `<session id>:<user's cookie id>` after login, `<session id or None>:<anonymous id>` before.

use std::net::{IpAddr, Ipv4Addr};

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::cookie;

/// Days for which a value is kept.
pub const MAX_AGE_DAYS: f64 = 31.0;

const COOKIE_NAME: &str = "_xsrf";

/// Makes the value for a session's id at `now` (Unix seconds).
pub fn make(secret: &[u8], id: &str, now: i64) -> String {
    URL_SAFE_NO_PAD.encode(cookie::sign(secret, COOKIE_NAME, id.as_bytes(), now))
}

/// The id inside a value; `None` if we did not sign it, or more than 31 days before `now` (Unix seconds).
pub fn decode(secret: &[u8], value: &str, now: i64) -> Option<String> {
    let signed = URL_SAFE_NO_PAD.decode(value.trim_end_matches('=')).ok()?;
    let signed = String::from_utf8(signed).ok()?;
    let id = cookie::verify(secret, COOKIE_NAME, &signed, MAX_AGE_DAYS, now)?;
    String::from_utf8(id).ok()
}

/// The value for this session and whether it is new: the first of the browser's `_xsrf` cookies that we signed is
/// kept if its id is `id`; otherwise a new value is made. A new value is set as a cookie on navigations only; on
/// other requests it is compared all the same, and matches nothing that the browser could send.
pub fn keep_or_make<'a>(
    secret: &[u8],
    cookies: impl IntoIterator<Item = &'a str>,
    id: &str,
    now: i64,
) -> (String, bool) {
    let valid = cookies.into_iter().find_map(|value| decode(secret, value, now).map(|found| (value, found)));
    match valid {
        Some((value, found)) if found == id => (value.to_owned(), false),
        _ => (make(secret, id, now), true),
    }
}

/// What tells browsers apart that are not logged in: a hash of the address and the `User-Agent` header.
pub fn anonymous_id(address: &str, user_agent: &str) -> String {
    AnonymousId::default().of(address, |_| Some(user_agent.to_owned()))
}

/// Why the settings for anonymous ids are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("JUPYTERHUB_XSRF_ANONYMOUS_IP_CIDRS: {0:?} is not an address range such as 10.0.0.0/8")]
pub struct AnonymousIdError(pub String);

/// How anonymous ids are made; the default is what JupyterHub does without its two environment variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnonymousId {
    ranges: Vec<Range>,
    headers: Vec<String>,
}

impl Default for AnonymousId {
    fn default() -> Self {
        Self { ranges: Vec::new(), headers: vec!["User-Agent".to_owned()] }
    }
}

impl AnonymousId {
    /// Reads `JUPYTERHUB_XSRF_ANONYMOUS_IP_CIDRS` (ranges of addresses, parted by `;`, that count as one address
    /// each) and `JUPYTERHUB_XSRF_ANONYMOUS_ID_HEADERS` (names of headers, parted by `;`).
    ///
    /// # Errors
    /// [`AnonymousIdError`] for something that is no range, or an address with bits beyond its mask.
    pub fn from_environment(ranges: Option<&str>, headers: Option<&str>) -> Result<Self, AnonymousIdError> {
        let parse = |text: &str| Range::parse(text).ok_or_else(|| AnonymousIdError(text.to_owned()));
        let ranges = match ranges {
            None | Some("") => Vec::new(),
            Some(list) => list.split(';').map(parse).collect::<Result<_, _>>()?,
        };
        let headers = headers.unwrap_or("User-Agent").split(';').map(str::to_owned).collect();
        Ok(Self { ranges, headers })
    }

    /// The id of a browser at `address`; `header` looks up a request header by name.
    pub fn of(&self, address: &str, header: impl Fn(&str) -> Option<String>) -> String {
        let range = address.parse().ok().and_then(|ip| self.ranges.iter().find(|range| range.contains(ip)));
        let mut hasher = Sha256::new();
        hasher.update(range.map_or(address, |range| &range.text));
        for name in &self.headers {
            hasher.update(header(name).unwrap_or_default());
            // No UTF-8 contains this byte, so that two headers cannot run into each other.
            hasher.update([0xff]);
        }
        URL_SAFE.encode(hasher.finalize())
    }
}

/// A range of addresses with the text by which Python prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Range {
    network: IpAddr,
    prefix: u32,
    text: String,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let network: IpAddr = address.parse().ok()?;
        let width = Self::width(network);
        let prefix = prefix.map_or(Some(width), |text| text.parse().ok().or_else(|| prefix_of_mask(text)));
        let prefix = prefix.filter(|prefix| *prefix <= width)?;
        let range = Self { network, prefix, text: format!("{network}/{prefix}") };
        (range.host_bits(network) == 0).then_some(range)
    }

    fn width(address: IpAddr) -> u32 {
        if address.is_ipv4() { 32 } else { 128 }
    }

    fn bits(address: IpAddr) -> u128 {
        match address {
            IpAddr::V4(v4) => u128::from(v4.to_bits()),
            IpAddr::V6(v6) => v6.to_bits(),
        }
    }

    fn host_bits(&self, address: IpAddr) -> u128 {
        let host_width = Self::width(self.network) - self.prefix;
        let mask = 1u128.checked_shl(host_width).map_or(u128::MAX, |bit| bit - 1);
        Self::bits(address) & mask
    }

    fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.network.is_ipv4()
            && Self::bits(address) - self.host_bits(address) == Self::bits(self.network)
    }
}

/// The prefix length that a mask such as 255.0.0.0 stands for.
fn prefix_of_mask(mask: &str) -> Option<u32> {
    let bits = mask.parse::<Ipv4Addr>().ok()?.to_bits();
    (bits.leading_ones() == bits.count_ones()).then(|| bits.count_ones())
}

#[cfg(test)]
mod tests;
