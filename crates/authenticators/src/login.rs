//! One login, step by step, in JupyterHub's order.

use crate::authenticator::Authenticator;
use crate::error::AuthError;
use crate::model::{AuthModel, LoginRequest};
use crate::policy::{KnownUsers, Policy};

/// Why a login was refused. All but [`LoginRefusal::Failed`] show the same message, so that nobody can probe for
/// accounts; the cause is for the log.
#[derive(Debug, thiserror::Error)]
pub enum LoginRefusal {
    /// Wrong name or password, or an account that must not log in.
    #[error("the credentials were refused")]
    Credentials,
    /// The name breaks a rule.
    #[error("{name:?} is not a valid user name")]
    InvalidName {
        /// The normalised name.
        name: String,
    },
    /// `blocked_users` has the name.
    #[error("user {name:?} is blocked")]
    Blocked {
        /// The normalised name.
        name: String,
    },
    /// The credentials are right, but nothing allows this user.
    #[error("user {name:?} is not allowed")]
    NotAllowed {
        /// The normalised name.
        name: String,
        /// Nothing allows anybody: the log and the page should say what to configure.
        nobody_allowed: bool,
    },
    /// The `post_auth_hook` refused.
    #[error("the post_auth_hook refused user {name:?}")]
    Hook {
        /// The normalised name.
        name: String,
    },
    /// No decision was possible. [`AuthError::Denied`] carries a status and text for the user, anything else is a
    /// 500 whose text stays in the log.
    #[error(transparent)]
    Failed(#[from] AuthError),
}

/// Authenticates and applies the policy: credentials, normal form of the name, its validity, blocked, allowed,
/// admin, `post_auth_hook`. The caller logs the refusal once.
///
/// # Errors
/// [`LoginRefusal`] says which step refused.
pub async fn login(
    authenticator: &dyn Authenticator,
    policy: &Policy,
    request: &LoginRequest,
    known: &dyn KnownUsers,
) -> Result<AuthModel, LoginRefusal> {
    if let Some(outcome) = authenticator.whole_login(request).await {
        return outcome?.ok_or(LoginRefusal::Credentials);
    }
    let Some(mut model) = authenticator.authenticate(request, policy).await? else {
        return Err(LoginRefusal::Credentials);
    };
    model.name = authenticator.normalize_username(&model.name, policy).await?;
    let name = model.name.clone();
    if !policy.validate_username(&name) {
        return Err(LoginRefusal::InvalidName { name });
    }
    if policy.is_blocked(&name) {
        return Err(LoginRefusal::Blocked { name });
    }
    let allowed = policy.allow_all()
        || authenticator.is_allowed(&model, policy).await?
        || policy.is_allowed(&name, known).await?;
    if !allowed {
        return Err(LoginRefusal::NotAllowed { name, nobody_allowed: policy.nobody_allowed() });
    }
    if model.admin.is_none() {
        model.admin = authenticator.is_admin(&model, policy).await?;
    }
    authenticator.post_auth(request, model).await?.ok_or(LoginRefusal::Hook { name })
}

#[cfg(test)]
mod tests;
