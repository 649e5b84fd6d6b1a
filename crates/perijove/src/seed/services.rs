//! One entry of `c.JupyterHub.services`.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use perijove_core::startup::{ServiceOAuth, ServiceProcess, ServiceSeed};
use perijove_model::Value;
use perijove_model::name::ServiceName;

/// What an entry may have.
const FIELDS: [&str; 16] = [
    "name",
    "admin",
    "url",
    "oauth_roles",
    "oauth_client_allowed_scopes",
    "api_token",
    "info",
    "display",
    "timeout",
    "oauth_no_confirm",
    "command",
    "cwd",
    "environment",
    "user",
    "oauth_client_id",
    "oauth_redirect_uri",
];

/// Reads an entry.
///
/// # Errors
/// An unknown field, or one of the wrong type; the message names the service.
pub fn read(entry: &Value) -> anyhow::Result<ServiceSeed> {
    let name = entry.get("name").and_then(Value::as_str);
    let name = name.context("c.JupyterHub.services: an entry has no name")?;
    Entry { value: entry, name }.read().with_context(|| format!("c.JupyterHub.services: {name}"))
}

struct Entry<'a> {
    value: &'a Value,
    name: &'a str,
}

impl Entry<'_> {
    fn read(&self) -> anyhow::Result<ServiceSeed> {
        for (key, _) in self.value.entries().context("must be a dictionary")? {
            let key = key.as_str().context("has a key that is no text")?;
            if !FIELDS.contains(&key) {
                bail!("No such service field: {key}");
            }
        }
        let timeout = match self.value.get("timeout") {
            None => 30,
            Some(value) => value
                .as_int()
                .and_then(|number| u32::try_from(number).ok())
                .context("timeout must be seconds")?,
        };
        let client_id = self.text("oauth_client_id")?;
        if client_id.as_deref().is_some_and(|id| !id.starts_with("service-")) {
            bail!("oauth_client_id must start with 'service-'");
        }
        let info = match self.value.get("info").map(|value| value.to_plain_json()) {
            None => serde_json::Map::new(),
            Some(Some(serde_json::Value::Object(info))) => info,
            Some(_) => bail!("info must be a dictionary of plain values"),
        };
        Ok(ServiceSeed {
            name: ServiceName::parse(self.name)?,
            admin: self.flag("admin")?.unwrap_or(false),
            url: self.text("url")?,
            api_token: self.text("api_token")?.map(Into::into),
            info,
            display: self.flag("display")?.unwrap_or(true),
            timeout,
            oauth: ServiceOAuth {
                client_id,
                redirect_uri: self.text("oauth_redirect_uri")?,
                no_confirm: self.flag("oauth_no_confirm")?.unwrap_or(false),
                allowed_scopes: self.texts("oauth_client_allowed_scopes")?,
                roles: self.texts("oauth_roles")?,
            },
            process: self.process()?,
        })
    }

    fn process(&self) -> anyhow::Result<Option<ServiceProcess>> {
        let command = match self.value.get("command") {
            Some(Value::Str(program)) if !program.is_empty() => vec![program.clone()],
            Some(Value::Str(_)) => Vec::new(),
            _ => self.texts("command")?,
        };
        if command.is_empty() {
            return Ok(None);
        }
        let mut environment = BTreeMap::new();
        if let Some(value) = self.value.get("environment") {
            for (key, value) in value.entries().context("environment must be a dictionary")? {
                let pair = (key.as_str(), value.as_str());
                let (Some(key), Some(value)) = pair else { bail!("environment must map text to text") };
                environment.insert(key.to_owned(), value.to_owned());
            }
        }
        Ok(Some(ServiceProcess { command, cwd: self.text("cwd")?, environment, user: self.text("user")? }))
    }

    /// Text that is not empty.
    fn text(&self, key: &str) -> anyhow::Result<Option<String>> {
        match self.value.get(key) {
            None => Ok(None),
            Some(Value::Str(text)) | Some(Value::Path(text)) => {
                Ok(Some(text.clone()).filter(|text| !text.is_empty()))
            }
            Some(other) => bail!("{key} must be text, not {}", other.type_name()),
        }
    }

    fn flag(&self, key: &str) -> anyhow::Result<Option<bool>> {
        let Some(value) = self.value.get(key) else { return Ok(None) };
        value
            .as_bool()
            .map(Some)
            .with_context(|| format!("{key} must be True or False, not {}", value.type_name()))
    }

    fn texts(&self, key: &str) -> anyhow::Result<Vec<String>> {
        let Some(value) = self.value.get(key) else { return Ok(Vec::new()) };
        let items = value
            .items()
            .with_context(|| format!("{key} must be a list of texts, not {}", value.type_name()))?;
        let texts = items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
        texts.with_context(|| format!("{key} must be a list of texts"))
    }
}
