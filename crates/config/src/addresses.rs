//! Addresses in the configuration.

/// The path of a URL, as Python's `urlparse(url).path`.
pub(crate) fn url_path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    if url.contains("://") {
        rest.find('/').map_or("", |start| rest.get(start..).unwrap_or(""))
    } else {
        rest
    }
}
