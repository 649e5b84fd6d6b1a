//! A server as templates see it: upstream's `Spawner`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use minijinja::Value;
use serde::Serialize;

use super::{data, plain_object, text};
use crate::datetime::optional;

/// One server of a user.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SpawnerView {
    /// Name; empty for the default server.
    pub name: String,
    /// The name as the user typed it; empty for the default server.
    pub display_name: String,
    /// Running and answering.
    pub ready: bool,
    /// Running, or on its way up or down.
    pub active: bool,
    /// `spawn`, `stop`, `rename` or nothing.
    pub pending: Option<String>,
    /// When it was started.
    pub started: Option<DateTime<Utc>>,
    /// Last activity.
    pub last_activity: Option<DateTime<Utc>>,
    /// Path of the server; with host if users have domains.
    pub url: String,
    /// Path of its progress events.
    pub progress_url: String,
    /// Where it listens (`proto`, `ip`, `port`, `base_url`, `url`), or null.
    pub server: serde_json::Value,
    /// Options that the user gave.
    pub user_options: serde_json::Value,
    /// Whether an options form is shown before it starts.
    pub options_form: bool,
    /// Further attributes for custom templates (`spawner.image`, …).
    pub extra: BTreeMap<String, serde_json::Value>,
}

impl SpawnerView {
    fn label(&self) -> &str {
        &self.name
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        Some(match name {
            "name" => Value::from(self.name.as_str()),
            "display_name" => Value::from(self.display_name.as_str()),
            "ready" | "running" => Value::from(self.ready),
            "active" => Value::from(self.active),
            "pending" => text(self.pending.as_deref()),
            "started" => optional(self.started),
            "last_activity" => optional(self.last_activity),
            "url" => Value::from(self.url.as_str()),
            "progress_url" | "_progress_url" => Value::from(self.progress_url.as_str()),
            "server" => data(&self.server),
            "user_options" => data(&self.user_options),
            "options_form" => Value::from(self.options_form),
            _ => return self.extra.get(name).map(data),
        })
    }
}

plain_object!(SpawnerView, "Spawner");
