//! Options of `c.JupyterHub` that may be functions of a request.

use std::collections::BTreeMap;

use async_trait::async_trait;
use perijove_python::{RequestFacts, UserFacts};
use serde_json::Value;

use crate::error::Result;
use crate::hooks::user_facts;
use crate::hub::Hub;
use crate::records::UserRecord;

/// The functions. Each says `None` where none is configured.
#[async_trait]
pub trait AppHooks: Send + Sync {
    /// Whether there is one.
    fn want_requests(&self) -> bool {
        false
    }

    /// `JupyterHub.named_server_limit_per_user` for the user of this request.
    async fn named_server_limit(&self, _handler: &RequestFacts) -> Result<Option<i64>> {
        Ok(None)
    }

    /// Values of `JupyterHub.template_vars` that are functions, called for whoever is logged in.
    async fn template_vars(&self, _user: Option<UserFacts>) -> Result<BTreeMap<String, Value>> {
        Ok(BTreeMap::new())
    }

    /// Whether there are such functions.
    fn has_template_vars(&self) -> bool {
        false
    }

    /// `JupyterHub.default_url`; empty for the usual place.
    async fn default_url(&self, _handler: &RequestFacts) -> Result<Option<String>> {
        Ok(None)
    }

    /// `JupyterHub.user_redirect_hook`: where `/user-redirect/PATH` leads; `None` also for the usual place.
    async fn user_redirect(&self, _path: &str, _handler: &RequestFacts) -> Result<Option<String>> {
        Ok(None)
    }
}

/// A configuration without such functions.
#[derive(Debug, Clone, Copy)]
pub struct NoAppHooks;

impl AppHooks for NoAppHooks {}

impl Hub {
    /// How many named servers the user of a request may have; 0 or less for any number.
    pub async fn named_server_limit(&self, handler: Option<&RequestFacts>) -> Result<i64> {
        let called = match handler {
            Some(handler) => self.app_hooks.named_server_limit(handler).await?,
            None => None,
        };
        Ok(called.unwrap_or(self.settings.servers.named_server_limit_per_user))
    }

    /// Where the configuration leads whoever has logged in, if it says so.
    pub async fn default_url(&self, handler: Option<&RequestFacts>) -> Result<Option<String>> {
        let called = match handler {
            Some(handler) => self.app_hooks.default_url(handler).await?,
            None => None,
        };
        let url = called.unwrap_or_else(|| self.settings.pages.default_url.clone());
        Ok(Some(url).filter(|url| !url.is_empty()))
    }

    /// What the functions of the configuration say on a page for this user.
    ///
    /// # Errors
    /// Those of the functions.
    pub async fn template_vars(&self, user: Option<&UserRecord>) -> Result<BTreeMap<String, Value>> {
        if !self.app_hooks.has_template_vars() {
            return Ok(BTreeMap::new());
        }
        let shown = |user: &UserRecord| user_facts(user, &[], self.auth_state(&user.row).as_ref());
        self.app_hooks.template_vars(user.map(shown)).await
    }

    /// Where a link for everybody leads, if the configuration says so.
    pub async fn user_redirect(&self, path: &str, handler: Option<&RequestFacts>) -> Result<Option<String>> {
        match handler {
            Some(handler) => self.app_hooks.user_redirect(path, handler).await,
            None => Ok(None),
        }
    }
}
