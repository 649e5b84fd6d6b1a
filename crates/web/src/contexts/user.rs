//! A user as templates see one: upstream's `User`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use minijinja::value::{Kwargs, Object, ObjectRepr, from_args};
use minijinja::{Error, ErrorKind, State, Value};
use serde::Serialize;

use super::{SpawnerView, json};
use crate::datetime::optional;
use crate::urls::{escape_path, url_path_join};

/// A user, with attributes and methods.
#[derive(Debug, Clone, Default, Serialize)]
pub struct UserView {
    /// Number in the database.
    pub id: i64,
    /// Name.
    pub name: String,
    /// The name, quoted for paths and cookies.
    pub escaped_name: String,
    /// Whether the user is an admin.
    pub admin: bool,
    /// Path of the default server, `/user/NAME/`.
    pub base_url: String,
    /// URL of the default server: `base_url`, with host if users have domains.
    pub url: String,
    /// Scheme and host of the user's servers, if users have domains or `public_url` is set.
    pub host: String,
    /// The route of the default server: `base_url`, after the host if users have domains.
    pub proxy_spec: String,
    /// Path of the hub, `/hub/`.
    pub hub_base_url: String,
    /// Names of the user's groups.
    pub groups: Vec<String>,
    /// Names of the user's roles.
    pub roles: Vec<String>,
    /// When the user was added.
    pub created: Option<DateTime<Utc>>,
    /// Last activity.
    pub last_activity: Option<DateTime<Utc>>,
    /// All servers, the default one (name `""`) too, sorted by name.
    pub spawners: Vec<Arc<SpawnerView>>,
    /// Whether servers with names exist on this hub.
    pub allow_named_servers: bool,
    /// Decrypted state of the authenticator, where the page may have it.
    pub auth_state: Option<serde_json::Value>,
}

impl UserView {
    /// A user without servers, with the paths that follow from the proxy's base URL (`/`) and the hub's (`/hub/`).
    #[must_use]
    pub fn new(name: &str, prefix: &str, hub_base_url: &str) -> Self {
        let escaped_name = escape_path(name);
        let base_url = url_path_join(&[prefix, "user", &escaped_name, "/"]);
        Self {
            name: name.to_owned(),
            escaped_name,
            url: base_url.clone(),
            proxy_spec: base_url.clone(),
            base_url,
            hub_base_url: hub_base_url.to_owned(),
            ..Self::default()
        }
    }

    /// The name for a JavaScript string literal in a page: JSON's escapes, and none that could end a script element.
    #[must_use]
    pub fn json_escaped_name(&self) -> String {
        let quoted = serde_json::Value::from(self.name.as_str()).to_string();
        let inner = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default();
        let mut escaped = String::with_capacity(inner.len());
        for character in inner.chars() {
            let mut units = [0_u16; 2];
            match character {
                '<' | '>' | '&' => escaped.push_str(&format!("\\u{:04x}", u32::from(character))),
                ascii if ascii.is_ascii() => escaped.push(ascii),
                // As `json.dumps` writes it, in UTF-16 units.
                other => {
                    for unit in other.encode_utf16(&mut units) {
                        escaped.push_str(&format!("\\u{unit:04x}"));
                    }
                }
            }
        }
        escaped
    }

    /// URL of a server; the default one for an empty name.
    #[must_use]
    pub fn server_url(&self, server_name: &str) -> String {
        if server_name.is_empty() {
            return self.url.clone();
        }
        format!("{}/{}/", self.url.trim_end_matches('/'), escape_path(server_name))
    }

    /// Path of a server's progress events.
    #[must_use]
    pub fn progress_url(&self, server_name: &str) -> String {
        let base = url_path_join(&[self.hub_base_url.as_str(), "api/users", &self.escaped_name]);
        if server_name.is_empty() {
            format!("{base}/server/progress")
        } else {
            format!("{base}/servers/{}/progress", escape_path(server_name))
        }
    }

    /// URL of a server with scheme and host; empty if the hub does not know its public address.
    fn public_url(&self, server_name: &str) -> String {
        let url = self.server_url(server_name);
        match (url.contains("://"), self.host.is_empty()) {
            (true, _) => url,
            (false, true) => String::new(),
            (false, false) => format!("{}{url}", self.host),
        }
    }

    fn spawner(&self, name: &str) -> Value {
        match self.spawners.iter().find(|spawner| spawner.name == name) {
            Some(spawner) => Value::from_dyn_object(Arc::clone(spawner)),
            // Upstream makes one on demand.
            None => Value::from_object(SpawnerView {
                name: name.to_owned(),
                url: self.server_url(name),
                user_options: serde_json::json!({}),
                ..SpawnerView::default()
            }),
        }
    }

    fn spawners_by_name(&self) -> Value {
        let pairs = self
            .spawners
            .iter()
            .map(|spawner| (Value::from(spawner.name.as_str()), Value::from_dyn_object(Arc::clone(spawner))));
        Value::from(pairs.collect::<BTreeMap<Value, Value>>())
    }

    fn all_spawners(&self, include_default: bool) -> Value {
        let shown = self.spawners.iter().filter(|spawner| match spawner.name.as_str() {
            "" => include_default,
            _ => self.allow_named_servers,
        });
        Value::from(shown.map(|spawner| Value::from_dyn_object(Arc::clone(spawner))).collect::<Vec<_>>())
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        let default = |test: fn(&SpawnerView) -> bool| {
            Value::from(self.spawners.iter().any(|spawner| spawner.name.is_empty() && test(spawner)))
        };
        Some(match name {
            "id" => Value::from(self.id),
            "name" => Value::from(self.name.as_str()),
            "proxy_spec" => Value::from(self.proxy_spec.as_str()),
            "escaped_name" => Value::from(self.escaped_name.as_str()),
            "json_escaped_name" => Value::from(self.json_escaped_name()),
            "admin" => Value::from(self.admin),
            "base_url" | "prefix" => Value::from(self.base_url.as_str()),
            "url" => Value::from(self.url.as_str()),
            "host" => Value::from(self.host.as_str()),
            "groups" => Value::from(self.groups.iter().map(|name| named(name)).collect::<Vec<_>>()),
            "roles" => Value::from(self.roles.iter().map(|name| named(name)).collect::<Vec<_>>()),
            "created" => optional(self.created),
            "last_activity" => optional(self.last_activity),
            "allow_named_servers" => Value::from(self.allow_named_servers),
            "spawner" => self.spawner(""),
            "spawners" => self.spawners_by_name(),
            "running" => default(|spawner| spawner.ready),
            "active" => Value::from(self.spawners.iter().any(|spawner| spawner.active)),
            "spawn_pending" => default(|spawner| spawner.pending.as_deref() == Some("spawn")),
            "stop_pending" => default(|spawner| spawner.pending.as_deref() == Some("stop")),
            _ => return None,
        })
    }
}

impl Object for UserView {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.attribute(key.as_str()?)
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "all_spawners" => {
                let (include_default, kwargs): (Option<bool>, Kwargs) = from_args(args)?;
                let named: Option<bool> = kwargs.get("include_default")?;
                kwargs.assert_all_used()?;
                Ok(self.all_spawners(include_default.or(named).unwrap_or(true)))
            }
            "server_url" => Ok(Value::from(self.server_url(&server_argument(args)?))),
            "public_url" => Ok(Value::from(self.public_url(&server_argument(args)?))),
            "progress_url" => Ok(Value::from(self.progress_url(&server_argument(args)?))),
            "get_auth_state" => Ok(json(self.auth_state.as_ref())),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<User({})>", self.name)
    }
}

/// The server name of a method's arguments, given by position or by name.
fn server_argument(args: &[Value]) -> Result<String, Error> {
    let (position, kwargs): (Option<String>, Kwargs) = from_args(args)?;
    let named: Option<String> = kwargs.get("server_name")?;
    kwargs.assert_all_used()?;
    Ok(position.or(named).unwrap_or_default())
}

/// A group or role: something with a `name`.
fn named(name: &str) -> Value {
    Value::from_pairs([("name", Value::from(name))])
}

#[cfg(test)]
mod tests;
