//! Contexts of the pages about access: login, logout, authorising an application, accepting a share.

use std::sync::Arc;

use minijinja::Value;
use serde::Serialize;

use super::{PageContext, SpawnerView, UserView, Variables, data, json, plain_object, text};

/// What login pages ask of the authenticator.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AuthenticatorView {
    /// Upstream's class name.
    pub class_name: String,
    /// Name of an external login service; empty for a form.
    pub login_service: String,
    /// Whether login happens without a click.
    pub auto_login: bool,
    /// Whether a one-time password is asked for.
    pub request_otp: bool,
    /// Label of the one-time password.
    pub otp_prompt: String,
}

impl AuthenticatorView {
    fn label(&self) -> &str {
        &self.class_name
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        Some(match name {
            "login_service" => Value::from(self.login_service.as_str()),
            "auto_login" => Value::from(self.auto_login),
            "request_otp" => Value::from(self.request_otp),
            "otp_prompt" => Value::from(self.otp_prompt.as_str()),
            _ => return None,
        })
    }
}

plain_object!(AuthenticatorView, "Authenticator");

/// `login.html`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Login {
    /// The query's `next`, quoted once more.
    pub next: String,
    /// The name to show in the form.
    pub username: String,
    /// Why the last try failed.
    pub login_error: Option<String>,
    /// Where the form is sent or the button leads, with `next` in its query.
    pub authenticator_login_url: String,
    /// The authenticator.
    pub authenticator: Arc<AuthenticatorView>,
    /// HTML of the authenticator instead of the form (`get_custom_html`), rendered.
    pub custom_html: String,
    /// For whoever set this hub up: what keeps everybody out, and how to mend it.
    pub setup_notice: Option<String>,
    /// Page shown again with an error has its status in templates.
    pub status_code: Option<u16>,
}

impl PageContext for Login {
    const TEMPLATE: &'static str = "login.html";

    fn variables(&self) -> Variables {
        let mut variables = vec![
            ("next", Value::from(self.next.as_str())),
            ("username", Value::from(self.username.as_str())),
            ("login_error", text(self.login_error.as_deref())),
            ("authenticator_login_url", Value::from(self.authenticator_login_url.as_str())),
            ("authenticator", Value::from_dyn_object(Arc::clone(&self.authenticator))),
            ("custom_html", Value::from(self.custom_html.as_str())),
            ("setup_notice", text(self.setup_notice.as_deref())),
        ];
        if let Some(status) = self.status_code {
            variables.push(("status_code", Value::from(status)));
        }
        variables
    }
}

/// `logout.html`, shown where logging in happens by itself.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Logout {}

impl PageContext for Logout {
    const TEMPLATE: &'static str = "logout.html";

    fn variables(&self) -> Variables {
        Variables::new()
    }
}

/// One line of a list of permissions.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ScopeDescription {
    /// The scope without its filter; empty for "identify you".
    pub scope: String,
    /// What it permits.
    pub description: String,
    /// What it is limited to ("only you", "group physics"), or empty.
    pub filter: String,
}

/// The application that asks for access.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OAuthClientView {
    /// `client_id`.
    pub identifier: String,
    /// Its description.
    pub description: String,
    /// Where the browser goes afterwards.
    pub redirect_uri: String,
}

impl OAuthClientView {
    fn label(&self) -> &str {
        &self.identifier
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        Some(match name {
            "identifier" | "client_id" => Value::from(self.identifier.as_str()),
            "description" => Value::from(self.description.as_str()),
            "redirect_uri" => Value::from(self.redirect_uri.as_str()),
            _ => return None,
        })
    }
}

plain_object!(OAuthClientView, "OAuthClient");

/// `oauth.html`: may this application have access?
#[derive(Debug, Clone, Default, Serialize)]
pub struct OAuthAuthorize {
    /// The scopes that the form grants.
    pub allowed_scopes: Vec<String>,
    /// What they permit.
    pub scope_descriptions: Vec<ScopeDescription>,
    /// Who asks.
    pub oauth_client: Arc<OAuthClientView>,
    /// Decrypted state of the authenticator, for custom templates.
    pub auth_state: Option<serde_json::Value>,
}

impl PageContext for OAuthAuthorize {
    const TEMPLATE: &'static str = "oauth.html";

    fn variables(&self) -> Variables {
        vec![
            ("allowed_scopes", data(&self.allowed_scopes)),
            ("scope_descriptions", data(&self.scope_descriptions)),
            ("oauth_client", Value::from_dyn_object(Arc::clone(&self.oauth_client))),
            ("auth_state", json(self.auth_state.as_ref())),
        ]
    }
}

/// `accept-share.html`: an invitation to someone's server.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AcceptShare {
    /// The code of the invitation.
    pub code: String,
    /// Whose server it is.
    pub owner: Arc<UserView>,
    /// The server.
    pub spawner: Arc<SpawnerView>,
    /// Whether it runs.
    pub spawner_ready: bool,
    /// Its URL.
    pub spawner_url: String,
    /// What the invitation permits.
    pub scope_descriptions: Vec<ScopeDescription>,
    /// Where the browser goes afterwards.
    pub next_url: String,
}

impl PageContext for AcceptShare {
    const TEMPLATE: &'static str = "accept-share.html";

    fn variables(&self) -> Variables {
        vec![
            ("code", Value::from(self.code.as_str())),
            ("owner", Value::from_dyn_object(Arc::clone(&self.owner))),
            ("spawner", Value::from_dyn_object(Arc::clone(&self.spawner))),
            ("spawner_ready", Value::from(self.spawner_ready)),
            ("spawner_url", Value::from(self.spawner_url.as_str())),
            ("scope_descriptions", data(&self.scope_descriptions)),
            ("next_url", Value::from(self.next_url.as_str())),
        ]
    }
}
