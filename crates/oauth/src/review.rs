//! Whether a user must be asked, and what the confirmation page says.

use perijove_model::scope::{Resource, ScopeDescription, ScopeSet, definition, describe_scopes};

use crate::authorize::{AuthorizeRequest, Checked};
use crate::error::AuthorizeError;
use crate::provider::{Provider, Subject};
use crate::scopes::{self, required_scopes};
use crate::store::{Client, ClientOf, OAuthStore};

/// A request that a user may agree to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Who asks.
    pub client: Client,
    /// What the user can give of what was asked for: raw scopes. Without a consent to be asked for, pass them to
    /// [`Provider::grant`] at once.
    pub scopes: ScopeSet,
    /// What to ask the user; `None` if there is no need to.
    pub consent: Option<Consent>,
}

/// The contents of the confirmation page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The values of the form's `scopes`.
    pub scopes: Vec<String>,
    /// What they permit. Where the client learns nothing but who the user is, one line with an empty scope.
    pub descriptions: Vec<ScopeDescription>,
}

impl Provider {
    /// Checks an authorization request of a user, and says what the user has to confirm.
    ///
    /// # Errors
    /// [`AuthorizeError`] says for each case what the browser gets.
    pub async fn review<S: OAuthStore + ?Sized>(
        &self,
        store: &mut S,
        request: &AuthorizeRequest,
        subject: &Subject<'_>,
    ) -> Result<Review, AuthorizeError<S::Error>> {
        let Checked { client, scopes, .. } = self.check(store, request, None, subject).await?;
        check_access(&client, subject)?;
        let custom = &self.settings.custom_scopes;
        let scopes = scopes::of_user(store, &scopes, &client, subject, custom).await;
        let scopes = scopes.map_err(AuthorizeError::Store)?;
        let asks =
            self.needs_consent(store, &client, &scopes, subject).await.map_err(AuthorizeError::Store)?;
        let consent = asks.then(|| self.consent(&client, &scopes, subject));
        Ok(Review { client, scopes, consent })
    }

    /// Nobody is asked about their own servers, about clients that the administrator trusts, or about what they
    /// granted before.
    async fn needs_consent<S: OAuthStore + ?Sized>(
        &self,
        store: &mut S,
        client: &Client,
        scopes: &ScopeSet,
        subject: &Subject<'_>,
    ) -> Result<bool, S::Error> {
        let own = matches!(&client.of, Some(ClientOf::Server { user, .. }) if user == subject.name);
        if own || self.settings.no_confirm.contains(&client.identifier) {
            return Ok(false);
        }
        let before = store.granted_before(subject.id, &client.identifier).await?;
        Ok(before.is_empty() || !scopes.is_subset(&before))
    }

    fn consent(&self, client: &Client, scopes: &ScopeSet, subject: &Subject<'_>) -> Consent {
        let required = required_scopes(client);
        let extra: Vec<&str> = scopes.difference(&required).map(String::as_str).collect();
        let only = |scope: &str, name: &str| ScopeDescription {
            scope: scope.to_owned(),
            description: definition(name).map(|scope| scope.description.to_owned()).unwrap_or_default(),
            filter: String::new(),
        };
        if extra.is_empty() {
            return Consent {
                scopes: scopes.iter().cloned().collect(),
                descriptions: vec![only("", "(no_scope)")],
            };
        }
        if extra.contains(&"inherit") {
            return Consent {
                scopes: vec!["inherit".to_owned()],
                descriptions: vec![only("inherit", "inherit")],
            };
        }
        let descriptions = describe_scopes(extra, Some(subject.name), &self.settings.custom_scopes);
        Consent { scopes: scopes.iter().cloned().collect(), descriptions }
    }
}

/// The user must be allowed to use what the client stands for. Upstream asks this before the confirmation page only;
/// we also ask it of the form, so that no code is made that would be good for nothing.
pub(crate) fn check_access<E>(client: &Client, subject: &Subject<'_>) -> Result<(), AuthorizeError<E>> {
    let allowed = match &client.of {
        None => return Err(AuthorizeError::Orphaned { client_id: client.identifier.clone() }),
        Some(ClientOf::Service(name)) => {
            subject.authorisation.allows("access:services", &Resource::Service(name))
        }
        Some(ClientOf::Server { user, server, owner_groups }) => {
            let server = Resource::Server { user, groups: owner_groups, server };
            subject.authorisation.allows("access:servers", &server)
        }
    };
    if allowed { Ok(()) } else { Err(AuthorizeError::NoAccess { client: client.description.clone() }) }
}
