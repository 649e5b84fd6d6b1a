//! What every page knows, and the error page.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::Value;
use serde::Serialize;

use super::{PageContext, UserView, Variables, data, html, plain_object, text};

/// The variables of every page, as upstream's `template_namespace`. `base_url`, `prefix`, `static_url` and `version_hash` are the
/// renderer's.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Page {
    /// Who is logged in.
    pub user: Option<Arc<UserView>>,
    /// Where the login button leads.
    pub login_url: String,
    /// Where the logout button leads.
    pub logout_url: String,
    /// Name of an external login service (`Authenticator.login_service`); empty for a login form.
    pub login_service: String,
    /// Services with a page that the user may open, for the menu.
    pub services: Vec<Arc<ServiceView>>,
    /// Scope → `true` or its filter (`{"user": ["ann"]}`); see [`Page::set_scopes`].
    pub parsed_scopes: BTreeMap<String, serde_json::Value>,
    /// The expanded scopes of this request.
    pub expanded_scopes: Vec<String>,
    /// The XSRF token: `xsrf` and `xsrf_token` of the templates.
    pub xsrf_token: String,
    /// Values of callables in `template_vars`, called for this user; they win over the renderer's.
    #[serde(skip)]
    pub template_vars: BTreeMap<String, Value>,
    /// Does not look at the user's spawner: for errors that its attributes would cause again.
    pub no_spawner_check: bool,
}

impl Page {
    /// Sets `expanded_scopes` and derives `parsed_scopes`: `true` for a scope without filter, else its filters by kind.
    pub fn set_scopes<S: AsRef<str>>(&mut self, expanded: impl IntoIterator<Item = S>) {
        self.expanded_scopes.clear();
        self.parsed_scopes.clear();
        for scope in expanded {
            let scope = scope.as_ref();
            self.expanded_scopes.push(scope.to_owned());
            let (name, filter) = scope.split_once('!').unwrap_or((scope, ""));
            if filter.is_empty() {
                self.parsed_scopes.insert(name.to_owned(), true.into());
                continue;
            }
            let (kind, value) = filter.split_once('=').unwrap_or((filter, ""));
            let entry = self.parsed_scopes.entry(name.to_owned()).or_insert_with(|| serde_json::json!({}));
            // An unfiltered scope already covers this one: then the entry is `true`, no object.
            if let Some(filters) = entry.as_object_mut() {
                let values = filters.entry(kind.to_owned()).or_insert_with(|| serde_json::json!([]));
                if let Some(values) = values.as_array_mut() {
                    values.push(value.into());
                }
            }
        }
    }

    pub(crate) fn variables(&self) -> Variables {
        let user = self
            .user
            .as_ref()
            .map_or_else(|| Value::from(()), |user| Value::from_dyn_object(Arc::clone(user)));
        let services: Vec<Value> =
            self.services.iter().map(|service| Value::from_dyn_object(Arc::clone(service))).collect();
        vec![
            ("user", user),
            ("login_url", Value::from(self.login_url.as_str())),
            ("login_service", Value::from(self.login_service.as_str())),
            ("logout_url", Value::from(self.logout_url.as_str())),
            ("services", Value::from(services)),
            ("parsed_scopes", data(&self.parsed_scopes)),
            ("expanded_scopes", data(&self.expanded_scopes)),
            ("xsrf", Value::from(self.xsrf_token.as_str())),
        ]
    }
}

/// A service in the menu.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ServiceView {
    /// Its name.
    pub name: String,
    /// Link to it: its path, with host if services have domains.
    pub href: String,
    /// Path below which it is served, `/services/NAME/`.
    pub prefix: String,
    /// Where it listens.
    pub url: String,
    /// Whether it is an admin service.
    pub admin: bool,
    /// `Service.info`.
    pub info: BTreeMap<String, serde_json::Value>,
}

impl ServiceView {
    fn label(&self) -> &str {
        &self.name
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        Some(match name {
            "name" => Value::from(self.name.as_str()),
            "href" => Value::from(self.href.as_str()),
            "prefix" | "base_url" => Value::from(self.prefix.as_str()),
            "url" => Value::from(self.url.as_str()),
            "admin" => Value::from(self.admin),
            "display" => Value::from(true),
            "kind" => Value::from("service"),
            "info" => data(&self.info),
            _ => return None,
        })
    }
}

plain_object!(ServiceView, "Service");

/// An error page. [`Renderer::error_page`](crate::Renderer::error_page) looks for `404.html` etc. first, then `error.html`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Error {
    /// HTTP status.
    pub status_code: u16,
    /// Reason phrase, or the exception's own reason.
    pub status_message: String,
    /// Plain text, escaped.
    pub message: String,
    /// HTML made by the hub or a hook (`jupyterhub_html_message`); wins over `message`.
    pub message_html: String,
    /// HTML added below, such as the link to the home page after a failed spawn.
    pub extra_error_html: String,
    /// Where the logo leads, if not to the hub's root.
    pub logo_url: Option<String>,
    /// Text of the exception, if one caused this; for custom templates.
    pub exception: Option<String>,
}

impl PageContext for Error {
    const TEMPLATE: &'static str = "error.html";

    fn variables(&self) -> Variables {
        let mut variables = vec![
            ("status_code", Value::from(self.status_code)),
            ("status_message", Value::from(self.status_message.as_str())),
            ("message", Value::from(self.message.as_str())),
            ("message_html", html(&self.message_html)),
            ("extra_error_html", html(&self.extra_error_html)),
            ("exception", text(self.exception.as_deref())),
        ];
        if let Some(url) = &self.logo_url {
            variables.push(("logo_url", Value::from(url.as_str())));
        }
        variables
    }
}
