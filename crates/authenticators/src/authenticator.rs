//! The seam: what the hub asks of an authenticator.

use std::time::Duration;

use async_trait::async_trait;
use perijove_model::role::RoleSpec;
use perijove_model::{ServerName, UserName};
use serde_json::{Map, Value};

use crate::error::{AddUserError, AuthError};
use crate::model::{AuthModel, LoginRequest};
use crate::policy::Policy;

/// What the login page shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoginForm {
    /// Name of an external login service; not empty means a button "Sign in with …" instead of a form.
    pub login_service: String,
    /// Whether the login starts without a click.
    pub auto_login: bool,
    /// A template (Jinja2) of HTML instead of the form; empty for the normal form.
    pub custom_html: String,
    /// The label of a field for a one-time password, if there is to be one.
    pub otp_prompt: Option<String>,
    /// Where the login starts; `None` is the hub's own login page.
    pub login_url: Option<String>,
    /// Where the logout link leads; `None` is the hub's own page.
    pub logout_url: Option<String>,
    /// Whether programs that use the hub as OAuth provider send people to `login_url` at once.
    pub auto_login_oauth2_authorize: bool,
}

/// What an authenticator does besides logins, so that the hub asks only those that do it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features {
    /// Roles come from the authenticator (`manage_roles`).
    pub manages_roles: bool,
    /// A start takes away what it does not say (`reset_managed_roles_on_startup`).
    pub resets_managed_roles: bool,
    /// [`Authenticator::reconcile_auth_state`] has the last word about `auth_state`.
    pub reconciles_auth_state: bool,
    /// When [`Authenticator::refresh_user`] is asked; `None` is never.
    pub refresh: Option<RefreshRules>,
}

/// When a user's authentication is looked at again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshRules {
    /// How long an answer counts (`auth_refresh_age`).
    pub age: Duration,
    /// Whether tokens of users whose authentication has expired are refused (`auth_refresh_strict`).
    pub strict: bool,
    /// Before every start (`refresh_pre_spawn`).
    pub before_spawn: bool,
    /// Before every stop (`refresh_pre_stop`).
    pub before_stop: bool,
}

/// What became of a user's authentication when it was looked at again.
#[derive(Debug, Clone, PartialEq)]
pub enum Refresh {
    /// Up to date, nothing to change.
    Valid,
    /// Expired: the user must log in again.
    Expired,
    /// Up to date, with new values to store.
    Updated(Box<AuthModel>),
}

/// How bad a [`Finding`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Worth knowing.
    Warning,
    /// Something that is configured cannot work.
    Error,
}

/// A doubtful configuration, to be logged at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong and what to do.
    pub message: String,
}

impl Finding {
    /// A warning.
    pub fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, message: message.into() }
    }

    /// An error that does not end the start.
    pub fn error(message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, message: message.into() }
    }
}

/// An open account session (PAM) of a server. Kept with the server, so that it can be closed after the hub was
/// restarted.
pub type AccountSession = Map<String, Value>;

/// Checks credentials. One instance per hub; methods may run at the same time.
///
/// Only [`authenticate`](Self::authenticate), [`upstream_class`](Self::upstream_class) and
/// [`login_form`](Self::login_form) have no default; the defaults are those of JupyterHub's base class.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Import string of the class that this stands for, as `/hub/api/info` shows it.
    fn upstream_class(&self) -> String;

    /// What the login page shows.
    fn login_form(&self) -> LoginForm;

    /// Checks the credentials. `Ok(None)` means wrong credentials; the implementation logs the cause if it knows
    /// one. The name in the answer is not normalised yet. Call [`login`](crate::login()) instead, which applies
    /// the policy.
    ///
    /// # Errors
    /// [`AuthError`] if no decision is possible.
    async fn authenticate(
        &self,
        request: &LoginRequest,
        policy: &Policy,
    ) -> Result<Option<AuthModel>, AuthError>;

    /// The whole login, for authenticators that apply every rule themselves: Python ones, whose methods may be
    /// overridden. `None`: the steps are [`login`](crate::login())'s.
    async fn whole_login(&self, request: &LoginRequest) -> Option<Result<Option<AuthModel>, AuthError>> {
        let _ = request;
        None
    }

    /// What else it does.
    fn features(&self) -> Features {
        Features::default()
    }

    /// The version of the package that [`upstream_class`](Self::upstream_class) is in, if it is not JupyterHub's own.
    fn package_version(&self) -> Option<String> {
        None
    }

    /// The name under which the hub knows a user who typed `name`: lower case, then `username_map`.
    ///
    /// # Errors
    /// [`AuthError`] if the name cannot be looked up.
    async fn normalize_username(&self, name: &str, policy: &Policy) -> Result<String, AuthError> {
        Ok(policy.normalize_username(name))
    }

    /// Whether a normalised name may be a user's.
    ///
    /// # Errors
    /// [`AuthError`] if that cannot be found out.
    async fn validate_username(&self, name: &str, policy: &Policy) -> Result<bool, AuthError> {
        Ok(policy.validate_username(name))
    }

    /// Rules of this authenticator that let a user in whom [`Policy`] alone does not (groups, for example).
    ///
    /// # Errors
    /// [`AuthError`] if that cannot be found out.
    async fn is_allowed(&self, model: &AuthModel, policy: &Policy) -> Result<bool, AuthError> {
        let _ = (model, policy);
        Ok(false)
    }

    /// Whether the user is an admin, for models that leave it open. `None` changes nothing.
    ///
    /// # Errors
    /// [`AuthError`] if that cannot be found out.
    async fn is_admin(&self, model: &AuthModel, policy: &Policy) -> Result<Option<bool>, AuthError> {
        Ok(policy.is_admin(&model.name))
    }

    /// The last step of a login (`post_auth_hook`). `Ok(None)` refuses.
    ///
    /// # Errors
    /// [`AuthError`] if the hook fails.
    async fn post_auth(
        &self,
        request: &LoginRequest,
        model: AuthModel,
    ) -> Result<Option<AuthModel>, AuthError> {
        let _ = request;
        Ok(Some(model))
    }

    /// Looks at a user's authentication again (`auth_refresh_age`, `refresh_pre_spawn`, `refresh_pre_stop`).
    ///
    /// # Errors
    /// [`AuthError`] if that is not possible now.
    async fn refresh_user(
        &self,
        user: &UserName,
        request: Option<&LoginRequest>,
    ) -> Result<Refresh, AuthError> {
        let _ = (user, request);
        Ok(Refresh::Valid)
    }

    /// The `auth_state` to keep, made of what a login brought and what there was (`reconcile_auth_state_hook`).
    ///
    /// # Errors
    /// [`AuthError`] if the hook fails.
    async fn reconcile_auth_state(
        &self,
        model: &AuthModel,
        existing: Option<&Value>,
    ) -> Result<Option<Value>, AuthError> {
        let _ = existing;
        Ok(model.auth_state.clone())
    }

    /// Roles and who has them, as of the start (`load_managed_roles`).
    ///
    /// # Errors
    /// [`AuthError`] ends the start.
    async fn managed_roles(&self) -> Result<Vec<RoleSpec>, AuthError> {
        Ok(Vec::new())
    }

    /// Whether [`add_user`](Self::add_user) does anything, so that it must be called for every user at start.
    fn adds_accounts(&self) -> bool {
        false
    }

    /// A user is about to be added, or exists at start. Must be idempotent.
    ///
    /// # Errors
    /// [`AddUserError`]: the user cannot be added.
    async fn add_user(&self, user: &UserName, policy: &Policy) -> Result<(), AddUserError> {
        if policy.validate_username(user.as_str()) {
            Ok(())
        } else {
            Err(AddUserError::InvalidName(user.to_string()))
        }
    }

    /// A user was deleted.
    async fn delete_user(&self, user: &UserName) {
        let _ = user;
    }

    /// A server is about to start. A session in the answer must be stored before the server starts and passed to
    /// [`post_spawn_stop`](Self::post_spawn_stop).
    ///
    /// # Errors
    /// [`AuthError`] fails the start of the server.
    async fn pre_spawn_start(
        &self,
        user: &UserName,
        server: &ServerName,
    ) -> Result<Option<AccountSession>, AuthError> {
        let _ = (user, server);
        Ok(None)
    }

    /// A server has stopped, or did not start.
    async fn post_spawn_stop(&self, user: &UserName, server: &ServerName, session: Option<&AccountSession>) {
        let _ = (user, server, session);
    }

    /// Doubts about the configuration, to be logged at start. [`Policy::findings`] has the general ones.
    fn findings(&self, policy: &Policy) -> Vec<Finding> {
        let _ = policy;
        Vec::new()
    }
}
