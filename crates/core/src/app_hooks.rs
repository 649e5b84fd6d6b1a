//! Options of `c.JupyterHub` that may be functions of a request.

use async_trait::async_trait;
use perijove_python::RequestFacts;

use crate::error::Result;
use crate::hub::Hub;

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

    /// Where a link for everybody leads, if the configuration says so.
    pub async fn user_redirect(&self, path: &str, handler: Option<&RequestFacts>) -> Result<Option<String>> {
        match handler {
            Some(handler) => self.app_hooks.user_redirect(path, handler).await,
            None => Ok(None),
        }
    }
}
