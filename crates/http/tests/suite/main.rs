//! The hub over HTTP, without a socket.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod authorisation;
mod metrics;
mod oauth;
mod pages;
mod plugins;
mod scope_matrix;
mod servers;
mod services;
mod sessions;
mod shares;
mod users;

/// The `_xsrf` value among cookies.
fn xsrf_of(cookies: &str) -> String {
    let pairs = cookies.split("; ").filter_map(|pair| pair.split_once('='));
    pairs
        .into_iter()
        .find(|(name, _)| *name == "_xsrf")
        .map(|(_, value)| value.to_owned())
        .unwrap_or_default()
}
