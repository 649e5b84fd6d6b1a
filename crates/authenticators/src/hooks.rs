//! `Authenticator.post_auth_hook` around a native authenticator.

use std::time::Duration;

use async_trait::async_trait;
use perijove_model::{ServerName, UserName};
use perijove_python::{Argument, Outcome, Worker};

use crate::authenticator::{AccountSession, Authenticator, Finding, LoginForm, Refresh};
use crate::error::{AddUserError, AuthError, SetupError};
use crate::exchange::{self, from_dict, request_facts, to_dict};
use crate::model::{AuthModel, LoginRequest};
use crate::policy::Policy;
use crate::registry::Context;

/// The name of the option, for messages.
const HOOK: &str = "Authenticator.post_auth_hook";

/// How long the hook may take. The first call imports upstream's classes, which takes seconds; some hooks ask a
/// directory service.
const DEADLINE: Duration = Duration::from_secs(60);

/// An authenticator whose logins end with a function of the configuration.
struct PostAuthHook {
    inner: Box<dyn Authenticator>,
    worker: Worker,
    hub_prefix: String,
}

/// Wraps an authenticator.
///
/// # Errors
/// [`SetupError::Invalid`] if there is no process that could run the function: without it more people might get in.
pub(crate) fn with_post_auth_hook(
    inner: Box<dyn Authenticator>,
    context: &Context,
) -> Result<Box<dyn Authenticator>, SetupError> {
    let worker = context.worker.clone().ok_or_else(|| SetupError::Invalid {
        option: HOOK.to_owned(),
        problem: "it is set, but is no function of a Python configuration file, so that it cannot be called"
            .to_owned(),
    })?;
    Ok(Box::new(PostAuthHook { inner, worker, hub_prefix: context.hub_prefix.clone() }))
}

fn failed(cause: impl Into<String>) -> AuthError {
    exchange::failed(HOOK, cause)
}

/// What the hook did besides returning a value, where that cannot be honoured.
fn check_side_effects(outcome: &Outcome) -> Result<(), AuthError> {
    if !outcome.changes.is_empty() {
        let names: Vec<_> = outcome.changes.iter().map(|(name, _)| name.as_str()).collect();
        return Err(failed(format!(
            "it changes {} of the authenticator while the hub runs, which Perijove does not take over",
            names.join(", ")
        )));
    }
    match &outcome.response {
        Some(response) if response.finished => {
            Err(failed("it answers the request itself, which Perijove does not pass on"))
        }
        Some(response) if !response.headers.is_empty() => {
            tracing::warn!("{HOOK} set headers or cookies on the answer, which Perijove does not pass on");
            Ok(())
        }
        _ => Ok(()),
    }
}

#[async_trait]
impl Authenticator for PostAuthHook {
    async fn post_auth(
        &self,
        request: &LoginRequest,
        model: AuthModel,
    ) -> Result<Option<AuthModel>, AuthError> {
        let Some(model) = self.inner.post_auth(request, model).await? else { return Ok(None) };
        let handler = Argument::Handler(Box::new(request_facts(request, &self.hub_prefix)));
        let arguments = [handler, to_dict(HOOK, &model)?.into()];
        let outcome = self.worker.authenticator("run_post_auth_hook", &arguments, DEADLINE).await;
        let outcome = outcome.map_err(|error| exchange::refused(HOOK, &error))?;
        check_side_effects(&outcome)?;
        from_dict(HOOK, &outcome.value)
    }

    fn upstream_class(&self) -> String {
        self.inner.upstream_class()
    }

    fn login_form(&self) -> LoginForm {
        self.inner.login_form()
    }

    async fn authenticate(
        &self,
        request: &LoginRequest,
        policy: &Policy,
    ) -> Result<Option<AuthModel>, AuthError> {
        self.inner.authenticate(request, policy).await
    }

    async fn normalize_username(&self, name: &str, policy: &Policy) -> Result<String, AuthError> {
        self.inner.normalize_username(name, policy).await
    }

    async fn is_allowed(&self, model: &AuthModel, policy: &Policy) -> Result<bool, AuthError> {
        self.inner.is_allowed(model, policy).await
    }

    async fn is_admin(&self, model: &AuthModel, policy: &Policy) -> Result<Option<bool>, AuthError> {
        self.inner.is_admin(model, policy).await
    }

    async fn refresh_user(
        &self,
        user: &UserName,
        request: Option<&LoginRequest>,
    ) -> Result<Refresh, AuthError> {
        self.inner.refresh_user(user, request).await
    }

    fn adds_accounts(&self) -> bool {
        self.inner.adds_accounts()
    }

    async fn add_user(&self, user: &UserName, policy: &Policy) -> Result<(), AddUserError> {
        self.inner.add_user(user, policy).await
    }

    async fn delete_user(&self, user: &UserName) {
        self.inner.delete_user(user).await;
    }

    async fn pre_spawn_start(
        &self,
        user: &UserName,
        server: &ServerName,
    ) -> Result<Option<AccountSession>, AuthError> {
        self.inner.pre_spawn_start(user, server).await
    }

    async fn post_spawn_stop(&self, user: &UserName, server: &ServerName, session: Option<&AccountSession>) {
        self.inner.post_spawn_stop(user, server, session).await;
    }

    fn findings(&self, policy: &Policy) -> Vec<Finding> {
        self.inner.findings(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::check_side_effects;
    use perijove_model::Value;
    use perijove_python::{Outcome, Response};

    #[test]
    fn what_a_hook_does_on_the_side_is_no_secret_failure() {
        let outcome =
            || Outcome { value: Value::None, changes: Vec::new(), response: None, auth_state: None };
        assert!(check_side_effects(&outcome()).is_ok());
        let changes = vec![("blocked_users".to_owned(), Value::Set(Vec::new()))];
        let error = check_side_effects(&Outcome { changes, ..outcome() }).unwrap_err();
        assert!(error.to_string().contains("blocked_users"), "{error}");
        let response = Some(Response { status: 302, headers: Vec::new(), finished: true, body: Vec::new() });
        assert!(check_side_effects(&Outcome { response, ..outcome() }).is_err());
    }
}
