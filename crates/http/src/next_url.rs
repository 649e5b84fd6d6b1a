//! Where to go after a login or a start: only ever to this hub itself.

use perijove_core::Hub;
use perijove_core::records::UserRecord;
use perijove_core::subdomains::Subdomains;
use perijove_core::urls::with_query;
use url::form_urlencoded;

use crate::client::Client;
use crate::form::last_encoded;

/// A parameter of a query; the last one counts, without blanks around it and control characters in it, as in Tornado.
pub fn parameter(query: &str, name: &str) -> Option<String> {
    let value = last_encoded(query.as_bytes(), name)?;
    let value = value.replace(|c: char| matches!(c, '\0'..='\x08' | '\x0e'..='\x1f'), " ");
    Some(value.trim().to_owned())
}

/// Makes a `next` URL safe: a path of this hub, or empty for anything that leads elsewhere.
///
/// Browsers treat backslashes as slashes and more than two leading slashes as two; both are made
/// harmless first. A URL of our own host becomes its path.
pub fn validate(next: &str, hub: &Hub, client: &Client) -> String {
    let mut next = next.replace('\\', "%5C");
    if next.chars().any(|c| c.is_control()) {
        return String::new();
    }
    if next.starts_with("///") {
        next = format!("//{}", next.trim_start_matches('/'));
    }
    let (scheme, host) = match &hub.settings.public_url {
        Some(url) => (url.scheme().to_owned(), authority(url)),
        None => (client.browser_scheme.to_owned(), client.host.clone()),
    };
    let ours = |origin: &String| !host.is_empty() && format!("{next}/").starts_with(origin);
    let origins = [format!("{scheme}://{host}/"), format!("//{host}/")];
    if let Some(origin) = origins.iter().find(|origin| ours(origin)) {
        next = as_path(next.get(origin.len() - 1..).unwrap_or_default());
    } else if let Some(path) = hub.settings.subdomains.as_ref().and_then(|hosts| path_below(&next, hosts)) {
        next = path;
    }
    if next.is_empty() || (next.starts_with('/') && !next.starts_with("//")) {
        return next;
    }
    tracing::warn!("Disallowing redirect outside JupyterHub: {next:?}");
    String::new()
}

/// The path of a URL at a host of users or services, whatever its scheme.
fn path_below(next: &str, hosts: &Subdomains) -> Option<String> {
    let after_scheme = match next.split_once(':') {
        Some((scheme, rest)) if scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) => {
            rest
        }
        _ => next,
    };
    let rest = after_scheme.strip_prefix("//")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    hosts.covers(authority).then(|| as_path(path))
}

/// What follows a host, as a path that cannot be taken for another host.
fn as_path(rest: &str) -> String {
    format!("/{}", rest.trim_start_matches('/'))
}

fn authority(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Where to go now: `next` of the query, else `default`, else the usual place. The
/// other parameters of the query are kept unless `next` was given.
pub fn resolve(
    hub: &Hub,
    client: &Client,
    query: &str,
    user: Option<&UserRecord>,
    default: Option<&str>,
) -> String {
    let given = validate(&parameter(query, "next").unwrap_or_default(), hub, client);
    if !given.is_empty() {
        return given;
    }
    let target = match default {
        Some(default) => default.to_owned(),
        None => usual(hub, user),
    };
    keep_parameters(&target, query, &["next", "_xsrf"])
}

/// The user's server if it is active, else its spawn page; or the home page.
fn usual(hub: &Hub, user: Option<&UserRecord>) -> String {
    let prefix = &hub.settings.hub_prefix;
    match user {
        Some(user) if hub.settings.pages.redirect_to_server => {
            let active = hub.server_state(user.row.id, &perijove_model::ServerName::default()).is_active();
            if active { hub.settings.user_url(&user.name) } else { format!("{prefix}spawn") }
        }
        _ => format!("{prefix}home"),
    }
}

/// Adds the parameters of `query` to `url`, except those named.
pub fn keep_parameters(url: &str, query: &str, except: &[&str]) -> String {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .filter(|(key, value)| !except.contains(&key.as_ref()) && !value.is_empty())
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    with_query(url, pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}

#[cfg(test)]
mod tests {
    use perijove_core::subdomains::{DomainRule, Subdomains};

    use super::path_below;

    #[test]
    fn urls_of_our_hosts_become_paths_and_others_do_not() {
        let hosts =
            Subdomains::new("https://hub.example.org:8443", "hub.example.org", DomainRule::Idna).unwrap();
        let path = |next: &str| path_below(next, &hosts);
        assert_eq!(path("https://ada.hub.example.org:8443/user/ada/?a#b").as_deref(), Some("/user/ada/?a#b"));
        assert_eq!(path("//hub.example.org:8443").as_deref(), Some("/"));
        assert_eq!(path("http://a.hub.example.org:8443?x").as_deref(), Some("/?x"));
        assert_eq!(path("https://a.hub.example.org:8443//evil.org/").as_deref(), Some("/evil.org/"));
        for foreign in [
            "https://hub.example.org/",
            "https://hub.example.org:8443.evil.org/",
            "https://evilhub.example.org:8443/",
            "/user/ada/",
            "relative",
            "javascript:alert(1)",
            "",
        ] {
            assert_eq!(path(foreign), None, "{foreign}");
        }
    }
}
