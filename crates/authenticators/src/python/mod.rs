//! Any Python authenticator: an instance of the configured class in the worker, asked for everything.

mod description;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use perijove_model::role::RoleSpec;
use perijove_model::{UserName, Value};
use perijove_python::{Argument, Outcome, RequestFacts, UserFacts, Worker, WorkerError};

pub use self::description::Description;
use crate::authenticator::{Authenticator, Features, LoginForm, Refresh};
use crate::error::{AddUserError, AuthError, SetupError};
use crate::exchange;
use crate::model::{AuthModel, LoginRequest};
use crate::policy::Policy;

/// How long the class may take to be imported and made. Importing upstream's classes takes seconds alone.
const START_DEADLINE: Duration = Duration::from_secs(300);
/// How long a method may take that somebody waits for. One that blocks longer costs the worker its life.
const DEADLINE: Duration = Duration::from_secs(60);

/// What the hub knows of users, for the methods that are told of one.
#[async_trait]
pub trait UserDirectory: Send + Sync {
    /// A user as Python sees them, with the decrypted `auth_state`.
    ///
    /// # Errors
    /// [`AuthError::Lookup`] if the database cannot be asked.
    async fn facts(&self, name: &UserName) -> Result<Option<UserFacts>, AuthError>;
}

/// An authenticator that runs in the worker.
pub struct PythonAuthenticator {
    worker: Worker,
    description: Description,
    users: Arc<dyn UserDirectory>,
    hub_prefix: String,
}

impl PythonAuthenticator {
    /// Makes the instance and asks it what it is like. The worker has been told about the hub before.
    ///
    /// # Errors
    /// [`SetupError::Plugin`] if the class cannot be imported, made or understood: the start must end.
    pub async fn start(
        worker: Worker,
        users: Arc<dyn UserDirectory>,
        hub_prefix: &str,
    ) -> Result<Self, SetupError> {
        let outcome = worker.authenticator_step("describe", &[], START_DEADLINE).await;
        let outcome = outcome.map_err(|error| SetupError::Plugin(error.explained()))?;
        let description = Description::read(&outcome.value).map_err(SetupError::Plugin)?;
        Ok(Self { worker, description, users, hub_prefix: hub_prefix.to_owned() })
    }

    /// What the instance is like.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The rules of the instance, as far as the hub needs them.
    ///
    /// # Errors
    /// [`SetupError`] for a `username_pattern` that cannot be used.
    pub fn policy(&self) -> Result<Policy, SetupError> {
        Policy::of_plugin(self.description.policy.clone(), self.description.names_users_itself())
    }

    async fn step(&self, step: &str, args: &[Argument]) -> Result<Outcome, WorkerError> {
        self.worker.authenticator_step(step, args, DEADLINE).await
    }

    async fn ask(&self, step: &str, args: &[Argument]) -> Result<Value, AuthError> {
        let outcome = self.step(step, args).await;
        let outcome = outcome.map_err(|error| exchange::refused(&method(step), &error))?;
        if let Some(response) = &outcome.response
            && (response.finished || !response.headers.is_empty())
        {
            tracing::warn!("{} wrote to the answer, which is not passed on", method(step));
        }
        Ok(outcome.value)
    }

    async fn user(&self, name: &UserName) -> Result<Argument, AuthError> {
        let gone = || AuthError::Lookup { what: format!("user {name}"), cause: "it is gone".to_owned() };
        Ok(Argument::User(self.users.facts(name).await?.ok_or_else(gone)?))
    }

    fn handler(&self, request: &LoginRequest) -> RequestFacts {
        exchange::request_facts(request, &self.hub_prefix)
    }
}

fn method(step: &str) -> String {
    format!("Authenticator.{step}")
}

/// The submitted form, as upstream's login handler gives it to the authenticator.
fn form(request: &LoginRequest) -> Value {
    use secrecy::ExposeSecret;
    let field = |(name, value): (&str, &secrecy::SecretString)| {
        (Value::from(name), Value::from(value.expose_secret()))
    };
    let fields: Vec<_> = request.fields().map(field).collect();
    if fields.is_empty() { Value::None } else { Value::Dict(fields) }
}

#[async_trait]
impl Authenticator for PythonAuthenticator {
    fn upstream_class(&self) -> String {
        self.description.class_name.clone()
    }

    fn package_version(&self) -> Option<String> {
        Some(self.description.version.clone())
    }

    fn login_form(&self) -> LoginForm {
        self.description.login_form.clone()
    }

    fn features(&self) -> Features {
        self.description.features.clone()
    }

    async fn authenticate(&self, request: &LoginRequest, _: &Policy) -> Result<Option<AuthModel>, AuthError> {
        let handler = Argument::Handler(Box::new(self.handler(request)));
        let value = self.ask("login", &[handler, form(request).into()]).await?;
        exchange::from_dict("Authenticator.get_authenticated_user", &value)
    }

    async fn whole_login(&self, request: &LoginRequest) -> Option<Result<Option<AuthModel>, AuthError>> {
        let rules = Policy::default();
        Some(self.authenticate(request, &rules).await)
    }

    async fn normalize_username(&self, name: &str, policy: &Policy) -> Result<String, AuthError> {
        if !self.description.names_users_itself() {
            return Ok(policy.normalize_username(name));
        }
        match self.ask("normalize_username", &[Value::from(name).into()]).await? {
            Value::Str(name) => Ok(name),
            other => Err(AuthError::Answer(format!("normalize_username returned {}", other.type_name()))),
        }
    }

    async fn validate_username(&self, name: &str, policy: &Policy) -> Result<bool, AuthError> {
        if !self.description.names_users_itself() {
            return Ok(policy.validate_username(name));
        }
        Ok(self.ask("validate_username", &[Value::from(name).into()]).await? == Value::Bool(true))
    }

    async fn refresh_user(
        &self,
        user: &UserName,
        request: Option<&LoginRequest>,
    ) -> Result<Refresh, AuthError> {
        let facts = self.user(user).await?;
        let handler = match (request, &facts) {
            (Some(request), Argument::User(user)) => {
                let facts = RequestFacts { user: Some(user.clone()), ..self.handler(request) };
                Argument::Handler(Box::new(facts))
            }
            _ => Value::None.into(),
        };
        match self.ask("refresh_user", &[facts, handler]).await? {
            Value::Bool(true) => Ok(Refresh::Valid),
            Value::Bool(false) => Ok(Refresh::Expired),
            model => {
                let model = exchange::from_dict("Authenticator.refresh_user", &model)?;
                Ok(model.map_or(Refresh::Expired, |model| Refresh::Updated(Box::new(model))))
            }
        }
    }

    async fn reconcile_auth_state(
        &self,
        model: &AuthModel,
        existing: Option<&serde_json::Value>,
    ) -> Result<Option<serde_json::Value>, AuthError> {
        const HOOK: &str = "Authenticator.reconcile_auth_state_hook";
        let existing = existing.map(Value::from_plain_json).transpose();
        let existing = existing.map_err(|error| exchange::failed(HOOK, error.to_string()))?;
        let args = [exchange::to_dict(HOOK, model)?.into(), existing.unwrap_or(Value::None).into()];
        let kept = self.ask("reconcile_auth_state", &args).await?;
        let kept = kept.to_plain_json().ok_or_else(|| AuthError::Answer(format!("{HOOK}: no JSON")))?;
        Ok(Some(kept).filter(|kept| !kept.is_null()))
    }

    async fn managed_roles(&self) -> Result<Vec<RoleSpec>, AuthError> {
        let value = self.ask("load_managed_roles", &[]).await?;
        let roles = value.items().unwrap_or_default().iter().map(RoleSpec::from_value);
        let roles: Result<Vec<_>, _> = roles.collect();
        let roles = roles.map_err(|error| AuthError::Answer(format!("load_managed_roles: {error}")))?;
        Ok(roles.into_iter().map(|role| RoleSpec { managed: true, ..role }).collect())
    }

    fn adds_accounts(&self) -> bool {
        self.description.adds_users()
    }

    async fn add_user(&self, user: &UserName, policy: &Policy) -> Result<(), AddUserError> {
        if !self.description.adds_users() {
            let valid = self.validate_username(user.as_str(), policy).await?;
            return if valid { Ok(()) } else { Err(AddUserError::InvalidName(user.to_string())) };
        }
        let args = [self.user(user).await?];
        match self.step("add_user", &args).await {
            Ok(_) => Ok(()),
            Err(error @ WorkerError::Python(_)) => Err(AddUserError::Refused(error.explained())),
            Err(error) => Err(exchange::failed(&method("add_user"), error.to_string()).into()),
        }
    }

    async fn delete_user(&self, user: &UserName) {
        let told = async { self.ask("delete_user", &[self.user(user).await?]).await };
        if let Err(error) = told.await {
            tracing::error!(user.name = %user, "the authenticator could not be told that a user is deleted: {error}");
        }
    }
}
