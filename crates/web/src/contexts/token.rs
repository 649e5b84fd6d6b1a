//! Context of the token page.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use minijinja::Value;
use serde::Serialize;

use super::{OAuthClientView, PageContext, Variables, data, json, plain_object, text};
use crate::datetime::optional;

/// One API token, without its secret.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TokenView {
    /// Its id in the REST API, `a12`.
    pub api_id: String,
    /// What the user noted about it.
    pub note: String,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// When it was last used.
    pub last_activity: Option<DateTime<Utc>>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// The application it was issued to; `jupyterhub` for API tokens.
    pub client_id: Option<String>,
}

impl TokenView {
    fn label(&self) -> &str {
        &self.api_id
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        Some(match name {
            "api_id" => Value::from(self.api_id.as_str()),
            "note" => Value::from(self.note.as_str()),
            "scopes" => data(&self.scopes),
            "created" => optional(self.created),
            "last_activity" => optional(self.last_activity),
            "expires_at" => optional(self.expires_at),
            "client_id" => text(self.client_id.as_deref()),
            _ => return None,
        })
    }
}

plain_object!(TokenView, "APIToken");

/// An application that the user authorised, with all tokens issued to it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OAuthClientGroup {
    /// The application.
    pub client: Arc<OAuthClientView>,
    /// Its description, else its id.
    pub description: String,
    /// When it was first authorised.
    pub created: Option<DateTime<Utc>>,
    /// When any of its tokens was last used.
    pub last_activity: Option<DateTime<Utc>>,
    /// Its tokens. Revoking one revokes all.
    pub tokens: Vec<Arc<TokenView>>,
    /// Id of the token to revoke.
    pub token_id: String,
}

impl OAuthClientGroup {
    /// Upstream passes a dictionary here, so that `client['token_id']` and `client.token_id` both work.
    fn to_value(&self) -> Value {
        let tokens: Vec<Value> =
            self.tokens.iter().map(|token| Value::from_dyn_object(Arc::clone(token))).collect();
        Value::from_pairs([
            ("client", Value::from_dyn_object(Arc::clone(&self.client))),
            ("description", Value::from(self.description.as_str())),
            ("created", optional(self.created)),
            ("last_activity", optional(self.last_activity)),
            ("token_count", Value::from(tokens.len())),
            ("tokens", Value::from(tokens)),
            ("token_id", Value::from(self.token_id.as_str())),
        ])
    }
}

/// `token.html`: request, list and revoke tokens.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Token {
    /// API tokens, latest activity first.
    pub api_tokens: Vec<Arc<TokenView>>,
    /// Authorised applications, latest activity first.
    pub oauth_clients: Vec<OAuthClientGroup>,
    /// Longest life of a token in seconds (`token_expires_in_max_seconds`); `None` or 0 for no limit.
    pub token_expires_in_max_seconds: Option<u64>,
    /// Decrypted state of the authenticator, for custom templates.
    pub auth_state: Option<serde_json::Value>,
}

impl PageContext for Token {
    const TEMPLATE: &'static str = "token.html";

    fn variables(&self) -> Variables {
        let tokens: Vec<Value> =
            self.api_tokens.iter().map(|token| Value::from_dyn_object(Arc::clone(token))).collect();
        let clients: Vec<Value> = self.oauth_clients.iter().map(OAuthClientGroup::to_value).collect();
        let options = expiry_options_html(self.token_expires_in_max_seconds);
        let max = self.token_expires_in_max_seconds;
        vec![
            ("api_tokens", Value::from(tokens)),
            ("oauth_clients", Value::from(clients)),
            ("token_expires_in_options_html", Value::from(options)),
            ("token_expires_in_max_seconds", Value::from(max.unwrap_or(0))),
            ("auth_state", json(self.auth_state.as_ref())),
        ]
    }
}

/// Lifetimes offered: those of 6.1.1 that the limit permits, and the limit itself. The last one is chosen.
#[must_use]
pub fn expiry_options_html(max_seconds: Option<u64>) -> String {
    const HOUR: u64 = 3600;
    const DAY: u64 = 24 * HOUR;
    let offered =
        [(HOUR, "1 Hour"), (DAY, "1 Day"), (7 * DAY, "1 Week"), (30 * DAY, "1 Month"), (365 * DAY, "1 Year")];
    let max = max_seconds.filter(|seconds| *seconds > 0);
    let mut options: Vec<(String, String)> = offered
        .iter()
        .filter(|(seconds, _)| max.is_none_or(|max| *seconds <= max))
        .map(|(seconds, label)| (seconds.to_string(), (*label).to_owned()))
        .collect();
    match max {
        None => options.push((String::new(), "Never".to_owned())),
        Some(max) if offered.iter().all(|(seconds, _)| *seconds != max) => {
            let hours = max as f64 / HOUR as f64;
            let length =
                if hours < 72.0 { format!("{hours:.0} hours") } else { format!("{:.0} days", hours / 24.0) };
            options.push((String::new(), format!("Max ({length})")));
        }
        Some(_) => {}
    }
    let last = options.len().saturating_sub(1);
    let mut html = String::new();
    for (index, (value, label)) in options.iter().enumerate() {
        let selected = if index == last { r#" selected="selected""# } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(html, r#"<option{selected} value="{value}">{label}</option>"#);
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (label, value) of each option, and the label of the chosen one.
    fn offered(max: Option<u64>) -> (Vec<(String, String)>, String) {
        let html = expiry_options_html(max);
        let mut chosen = String::new();
        let options = html.lines().map(|line| {
            let value = line.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            let label = line.split('>').nth(1).unwrap().split('<').next().unwrap().to_owned();
            if line.contains("selected") {
                chosen.clone_from(&label);
            }
            (label, value)
        });
        let options = options.collect();
        (options, chosen)
    }

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn without_a_limit_a_token_may_live_for_ever() {
        let (options, chosen) = offered(None);
        assert_eq!(options.len(), 6);
        assert_eq!(options[5], ("Never".to_owned(), String::new()));
        assert_eq!(chosen, "Never");
        assert_eq!(offered(Some(0)).0, options);
    }

    #[test]
    fn a_limit_cuts_the_list_and_is_offered_itself() {
        assert_eq!(offered(Some(86400)).0, pairs(&[("1 Hour", "3600"), ("1 Day", "86400")]));
        assert_eq!(
            offered(Some(36 * 3600)),
            (
                pairs(&[("1 Hour", "3600"), ("1 Day", "86400"), ("Max (36 hours)", "")]),
                "Max (36 hours)".to_owned()
            )
        );
        assert_eq!(offered(Some(10 * 86400)).1, "Max (10 days)");
        assert_eq!(offered(Some(60)).0, pairs(&[("Max (0 hours)", "")]));
    }
}
