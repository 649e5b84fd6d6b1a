//! Old names of traits, with the effect they have in JupyterHub 6.1.1.

use perijove_model::value::Value;

use crate::config::Config;
use crate::error::ConfigError;
use crate::origin::Origin;
use crate::section::Section;
use crate::sections::{Authenticator, JupyterHub};
use crate::tree::{Entry, Raw, Tree};
use crate::values::Values;
use crate::warning::Warning;

/// Traits of the hub that became traits of the proxy.
const PROXY_TRAITS: &[(&str, &str)] = &[
    ("proxy_check_interval", "check_running_interval"),
    ("proxy_cmd", "command"),
    ("debug_proxy", "debug"),
    ("proxy_auth_token", "auth_token"),
];

/// Traits with no other effect than a remark.
const REMARKS: &[(&str, &str, &str)] = &[
    (
        "JupyterHub",
        "api_tokens",
        "JupyterHub.api_tokens is deprecated: define services with tokens and roles instead",
    ),
    (
        "JupyterHub",
        "hub_connect_port",
        "JupyterHub.hub_connect_port is deprecated: say the whole address with JupyterHub.hub_connect_url",
    ),
    (
        "JupyterHub",
        "extra_log_file",
        "JupyterHub.extra_log_file is deprecated: it gets the hub's own log only; redirect the output instead",
    ),
    (
        "JupyterHub",
        "extra_handlers",
        "JupyterHub.extra_handlers is deprecated: serve further pages with a service",
    ),
    ("JupyterHub", "confirm_no_ssl", "JupyterHub.confirm_no_ssl has no effect"),
    ("JupyterHub", "admin_access", "JupyterHub.admin_access has no effect: give roles instead"),
    (
        "DummyAuthenticator",
        "password",
        "DummyAuthenticator.password is deprecated: use SharedPasswordAuthenticator.user_password",
    ),
    ("Authenticator", "group_whitelist", "group_whitelist is ignored and lets nobody in: use allowed_groups"),
    ("Spawner", "oauth_roles", "Spawner.oauth_roles is deprecated: use Spawner.oauth_client_allowed_scopes"),
];

/// The value that an old name gives to a new one, if it is set.
pub(crate) fn replacement(values: &Values<'_>, name: &str) -> Result<Option<Value>, ConfigError> {
    if !values.class().is_a("Authenticator") {
        return Ok(None);
    }
    match name {
        // The old name wins, also if it is empty: then nobody is allowed by name.
        "allowed_users" => values.accepted("whitelist"),
        "blocked_users" => blocked_users(values),
        _ => Ok(None),
    }
}

/// JupyterHub 6 does not know `blacklist` and lets the people on it in. Somebody who wrote it wants
/// them kept out, so it adds to `blocked_users` here.
fn blocked_users(values: &Values<'_>) -> Result<Option<Value>, ConfigError> {
    let Some(Entry { raw: Raw::Value(old), .. }) = values.entry("blacklist") else { return Ok(None) };
    let info = Authenticator::class().trait_info("blocked_users");
    let old = match old {
        Value::Lazy(ops) => ops.apply(&Value::Set(Vec::new())),
        old => old.clone(),
    };
    let Some(Value::Set(mut names)) = info.and_then(|info| info.kind.accept(old.clone())) else {
        return Err(ConfigError::WrongType {
            place: Box::new(values.place("blacklist")),
            expected: "a set".to_owned(),
            found: old.repr(),
        });
    };
    if let Some(Value::Set(current)) = values.accepted("blocked_users")? {
        for name in current {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    Ok(Some(Value::Set(names)))
}

/// Moves old traits of the hub to the section of the proxy, unless that has a value of its own.
pub(crate) fn move_to_proxy(config: &mut Config) -> Result<Vec<Warning>, ConfigError> {
    let mut moved = Vec::new();
    let values = config.values(JupyterHub::class());
    for (old, new) in PROXY_TRAITS {
        if let Some((value, origin)) = changed(&values, old)? {
            moved.push((*old, *new, value, origin));
        }
    }
    let ip = changed(&values, "proxy_api_ip")?;
    let port = changed(&values, "proxy_api_port")?;
    let old = if ip.is_some() { "proxy_api_ip" } else { "proxy_api_port" };
    if let Some((_, origin)) = port.as_ref().or(ip.as_ref()) {
        let host = match &ip {
            Some((Value::Str(ip), _)) => ip.clone(),
            _ => "127.0.0.1".to_owned(),
        };
        let port = match &port {
            Some((Value::Int(port), _)) => *port,
            _ => values.get::<i64>("port")?.saturating_add(1),
        };
        moved.push((old, "api_url", Value::Str(format!("http://{host}:{port}")), origin.clone()));
    }
    let mut warnings = Vec::new();
    for (old, new, value, origin) in moved {
        let text = format!("JupyterHub.{old} is deprecated: use ConfigurableHTTPProxy.{new}");
        warnings.push(Warning::new(text, origin.clone()));
        let proxy: &mut Tree = config.tree_mut().section_mut("ConfigurableHTTPProxy");
        proxy.entries.entry(new.to_owned()).or_insert(Entry { raw: Raw::Value(value), origin });
    }
    Ok(warnings)
}

/// Old administrators of the hub become those of the authenticator, unless it has some.
pub(crate) fn move_admin_users(
    config: &mut Config,
    authenticator: &'static crate::class::ClassInfo,
    section: &str,
) -> Result<Vec<Warning>, ConfigError> {
    let Some((names, origin)) = changed(&config.values(JupyterHub::class()), "admin_users")? else {
        return Ok(Vec::new());
    };
    let current = config.values(authenticator).value("admin_users")?;
    if current.items().is_some_and(|items| !items.is_empty()) {
        let text = "JupyterHub.admin_users is ignored, since Authenticator.admin_users is set";
        return Ok(vec![Warning::new(text, origin)]);
    }
    config.tree_mut().set(section, "admin_users", names, origin.clone());
    let text = "JupyterHub.admin_users is deprecated: use Authenticator.admin_users";
    Ok(vec![Warning::new(text, origin)])
}

/// Remarks on old names among the values of a class.
pub(crate) fn warnings(values: &Values<'_>) -> Result<Vec<Warning>, ConfigError> {
    let mut warnings = Vec::new();
    for (class, name, text) in REMARKS {
        let known = values.class().is_a(class) && values.class().trait_info(name).is_some();
        if known && let Some((_, origin)) = changed(values, name)? {
            warnings.push(Warning::new(*text, origin));
        }
    }
    if values.class().is_a("JupyterHub") {
        for name in ["bind_url", "hub_bind_url"] {
            let value = values.accepted(name)?;
            if value.as_ref().and_then(Value::as_str).is_some_and(|url| url.starts_with("unix+http://")) {
                let text = format!("JupyterHub.{name}: unix+http:// is deprecated: write http+unix://");
                warnings.push(Warning::new(text, values.place(name).origin));
            }
        }
    }
    if values.class().is_a("Authenticator") {
        let current = values.accepted("allowed_users")?;
        if let Some(old) = values.accepted("whitelist")?
            && current.as_ref() != Some(&old)
        {
            let origin = values.place("whitelist").origin;
            let also = if current.is_some() { " and wins over allowed_users, which is set too" } else { "" };
            warnings.push(Warning::new(format!("whitelist is deprecated{also}: use allowed_users"), origin));
        }
        if let Some(entry) = values.entry("blacklist") {
            let text = "blacklist is no longer a name of JupyterHub, which ignores it; the people on it are blocked here: use blocked_users";
            warnings.push(Warning::new(text, entry.origin.clone()));
        }
    }
    Ok(warnings)
}

/// A value that was set and is not the constant default, and where it was set.
fn changed(values: &Values<'_>, name: &str) -> Result<Option<(Value, Origin)>, ConfigError> {
    let Some(value) = values.accepted(name)? else { return Ok(None) };
    let default = values.class().trait_info(name).and_then(|info| info.default.constant());
    let origin = values.place(name).origin;
    Ok((Some(&value) != default.as_ref()).then_some((value, origin)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(class: &'static crate::class::ClassInfo, name: &str, value: Value) -> Vec<String> {
        let mut config = Config::default();
        config.tree_mut().set(
            class.name,
            "allowed_users",
            Value::Set(vec!["bob".into()]),
            Origin::CommandLine,
        );
        config.tree_mut().set(class.name, name, value, Origin::CommandLine);
        warnings(&config.values(class)).unwrap().into_iter().map(|warning| warning.text).collect()
    }

    #[test]
    fn an_empty_whitelist_is_no_secret() {
        let said = said(Authenticator::class(), "whitelist", Value::Set(Vec::new()));
        assert_eq!(
            said,
            ["whitelist is deprecated and wins over allowed_users, which is set too: use allowed_users"]
        );
    }

    #[test]
    fn an_empty_whitelist_lets_nobody_in_by_name() {
        let mut config = Config::default();
        config.tree_mut().set(
            "Authenticator",
            "allowed_users",
            Value::Set(vec!["bob".into()]),
            Origin::CommandLine,
        );
        config.tree_mut().set("Authenticator", "whitelist", Value::Set(Vec::new()), Origin::CommandLine);
        let rules: Authenticator = config.section().unwrap();
        assert!(rules.allowed_users.is_empty() && !rules.allow_existing_users && !rules.any_allow_config);
    }

    #[test]
    fn the_old_scheme_of_sockets_is_named() {
        let said = said(JupyterHub::class(), "hub_bind_url", "unix+http://%2Fx.sock".into());
        assert_eq!(said, ["JupyterHub.hub_bind_url: unix+http:// is deprecated: write http+unix://"]);
    }
}
