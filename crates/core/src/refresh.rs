//! Looking at a user's authentication again (`Authenticator.auth_refresh_age`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use perijove_authenticators::{LoginRequest, Refresh, RefreshRules};

use crate::error::Result;
use crate::hub::Hub;
use crate::records::UserRecord;

/// When each user's authentication was last known to be good. In memory, as upstream: after a restart all is stale.
#[derive(Debug, Default)]
pub struct Refreshed(Mutex<HashMap<i64, Instant>>);

impl Refreshed {
    /// It is good now.
    pub(crate) fn note(&self, user_id: i64, now: Instant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(user_id, now);
    }

    fn is_fresh(&self, user_id: i64, age: Duration, now: Instant) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&user_id).is_some_and(|time| now.saturating_duration_since(*time) < age)
    }
}

/// Who asks for a refresh, which decides what an expired authentication means.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The user asks for themself, in a browser: a new login helps.
    pub in_person: bool,
    /// Whatever the age.
    pub force: bool,
    /// The request.
    pub request: Option<&'a LoginRequest>,
}

impl Hub {
    /// When authentications are looked at again; `None` is never.
    pub fn refresh_rules(&self) -> Option<&RefreshRules> {
        self.features.refresh.as_ref()
    }

    /// Whether a request of this user has to wait for a refresh.
    pub fn needs_refresh(&self, user: &UserRecord) -> bool {
        self.refresh_rules()
            .is_some_and(|rules| !self.refreshed.is_fresh(user.row.id, rules.age, Instant::now()))
    }

    /// Asks the authenticator whether a user's authentication is still good, and writes what is new. `None`: the
    /// user must log in again.
    ///
    /// # Errors
    /// Those of the authenticator.
    pub async fn refresh_auth(
        &self,
        user: &Arc<UserRecord>,
        asking: Asking<'_>,
    ) -> Result<Option<Arc<UserRecord>>> {
        let Some(rules) = self.refresh_rules() else { return Ok(Some(user.clone())) };
        if !asking.force && !self.needs_refresh(user) {
            return Ok(Some(user.clone()));
        }
        let began = Instant::now();
        match self.authenticator.refresh_user(&user.name, asking.request).await? {
            Refresh::Expired if asking.in_person => {
                tracing::warn!("User {} has stale auth info. Login is required to refresh.", user.name);
                Ok(None)
            }
            Refresh::Expired => {
                tracing::warn!(
                    "User {} has stale auth info, which only a login of their own can refresh.",
                    user.name
                );
                Ok((!rules.strict).then(|| user.clone()))
            }
            Refresh::Valid => {
                self.refreshed.note(user.row.id, began);
                Ok(Some(user.clone()))
            }
            Refresh::Updated(model) => {
                self.refreshed.note(user.row.id, began);
                Ok(Some(self.persist_login(*model).await?))
            }
        }
    }
}
