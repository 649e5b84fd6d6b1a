//! Where to go after a login or a start: only ever to this hub itself.

use perijove_core::Hub;
use perijove_core::records::UserRecord;
use perijove_core::urls::with_query;
use url::form_urlencoded;

use crate::client::Client;

/// A parameter of a query; the last one counts, without blanks around it and control characters in it, as in Tornado.
pub fn parameter(query: &str, name: &str) -> Option<String> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let value = pairs.filter(|(key, _)| key == name).last()?.1;
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
    for origin in [format!("{scheme}://{host}/"), format!("//{host}/")] {
        if !host.is_empty() && format!("{next}/").starts_with(&origin) {
            let rest = next.get(origin.len() - 1..).unwrap_or_default();
            next = format!("/{}", rest.trim_start_matches('/'));
            break;
        }
    }
    if next.is_empty() || (next.starts_with('/') && !next.starts_with("//")) {
        return next;
    }
    tracing::warn!("Disallowing redirect outside JupyterHub: {next:?}");
    String::new()
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
            if active { hub.settings.user_path(&user.name.escaped()) } else { format!("{prefix}spawn") }
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
