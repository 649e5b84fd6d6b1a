//! `Authenticator.post_auth_hook` around a native authenticator.

use std::time::Duration;

use async_trait::async_trait;
use perijove_model::{ServerName, UserName, Value};
use perijove_python::{Argument, Outcome, RequestFacts, Worker, WorkerError};
use secrecy::ExposeSecret;

use crate::authenticator::{AccountSession, Authenticator, Finding, LoginForm, Refresh};
use crate::error::{AddUserError, AuthError, SetupError};
use crate::model::{AuthModel, LoginRequest, ManagedGroups};
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
    AuthError::Plugin { hook: HOOK.to_owned(), cause: cause.into() }
}

/// An exception with a status is an answer for the user; anything else is for the log.
fn refused(error: &WorkerError) -> AuthError {
    let Some(exception) = error.as_python() else { return failed(error.to_string()) };
    let Some(status) = exception.status else {
        return failed(format!("{exception}\n{}", exception.traceback.trim_end()));
    };
    let texts = [&exception.user_message, &exception.log_message, &exception.reason];
    let message = texts.into_iter().flatten().find(|text| !text.is_empty());
    AuthError::Denied { status, message: message.cloned().unwrap_or_default() }
}

/// The submitted form as the hook's handler shows it.
fn request_facts(request: &LoginRequest, hub_prefix: &str) -> RequestFacts {
    let header = |name: &str| request.headers.get(name).cloned().unwrap_or_default();
    let mut headers: Vec<_> =
        request.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    if !request.headers.contains_key("content-type") {
        headers.push(("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
    }
    let fields = request.fields().map(|(name, value)| (name, value.expose_secret()));
    RequestFacts {
        method: "POST".to_owned(),
        uri: format!("{hub_prefix}login"),
        protocol: "http".to_owned(),
        host: header("host"),
        remote_ip: request.remote_addr.map(|address| address.to_string()).unwrap_or_default(),
        headers,
        body: form_body(fields).into_bytes(),
        user: None,
        scopes: Vec::new(),
    }
}

fn form_body<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let pairs = fields.map(|(name, value)| format!("{}={}", form_text(name), form_text(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn form_text(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// The dictionary that upstream gives the hook.
fn to_dict(model: &AuthModel) -> Result<Value, AuthError> {
    let json = |json: &Option<serde_json::Value>| match json {
        Some(json) => Value::from_plain_json(json).map_err(|error| failed(error.to_string())),
        None => Ok(Value::None),
    };
    let mut entries = vec![
        (Value::from("name"), Value::from(model.name.as_str())),
        (Value::from("admin"), model.admin.map_or(Value::None, Value::Bool)),
        (Value::from("auth_state"), json(&model.auth_state)?),
    ];
    match &model.groups {
        ManagedGroups::Unspecified => {}
        ManagedGroups::Unchanged => entries.push((Value::from("groups"), Value::None)),
        ManagedGroups::Exactly(groups) => {
            let groups = groups.iter().map(|group| Value::from(group.as_str())).collect();
            entries.push((Value::from("groups"), Value::List(groups)));
        }
    }
    if let Some(roles) = &model.roles {
        entries.push((Value::from("roles"), json(&Some(serde_json::Value::Array(roles.clone())))?));
    }
    if model.user_info.is_some() {
        entries.push((Value::from("user_info"), json(&model.user_info)?));
    }
    Ok(Value::Dict(entries))
}

/// What the hook returned: `None` refuses.
fn from_dict(value: &Value) -> Result<Option<AuthModel>, AuthError> {
    let answer = |problem: String| AuthError::Answer(format!("{HOOK} returned {problem}"));
    let entry = |name: &str| value.get(name).filter(|value| **value != Value::None);
    let json = |name: &str| {
        entry(name)
            .map(|value| {
                value.to_plain_json().ok_or_else(|| answer(format!("a {name} that JSON cannot hold")))
            })
            .transpose()
    };
    if *value == Value::None {
        return Ok(None);
    }
    if value.entries().is_none() {
        return Err(answer(format!("{}, not a dictionary or None", value.type_name())));
    }
    let Some(name) = value.get("name").and_then(Value::as_str) else {
        return Err(answer("a dictionary without a name".to_owned()));
    };
    let admin = match entry("admin") {
        None => None,
        Some(Value::Bool(flag)) => Some(*flag),
        Some(other) => {
            return Err(answer(format!("{} as admin, not True, False or None", other.type_name())));
        }
    };
    let roles = match json("roles")? {
        None => None,
        Some(serde_json::Value::Array(roles)) => Some(roles),
        Some(_) => return Err(answer("roles that are no list".to_owned())),
    };
    Ok(Some(AuthModel {
        name: name.to_owned(),
        admin,
        auth_state: json("auth_state")?,
        user_info: json("user_info")?,
        groups: groups(value).ok_or_else(|| answer("groups that are no list of names".to_owned()))?,
        roles,
    }))
}

fn groups(value: &Value) -> Option<ManagedGroups> {
    Some(match value.get("groups") {
        None => ManagedGroups::Unspecified,
        Some(Value::None) => ManagedGroups::Unchanged,
        Some(groups) => {
            let names = groups.items()?.iter().map(|group| group.as_str().map(str::to_owned));
            ManagedGroups::Exactly(names.collect::<Option<_>>()?)
        }
    })
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
        let arguments = [handler, to_dict(&model)?.into()];
        let outcome = self.worker.authenticator("run_post_auth_hook", &arguments, DEADLINE).await;
        let outcome = outcome.map_err(|error| refused(&error))?;
        check_side_effects(&outcome)?;
        from_dict(&outcome.value)
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

    async fn refresh_user(&self, user: &UserName) -> Result<Refresh, AuthError> {
        self.inner.refresh_user(user).await
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
    use super::{check_side_effects, form_body, from_dict, to_dict};
    use crate::model::{AuthModel, ManagedGroups};
    use perijove_model::Value;
    use perijove_python::{Outcome, Response};
    use serde_json::json;

    #[test]
    fn models_survive_the_way_through_python() {
        let model = AuthModel {
            admin: Some(true),
            auth_state: Some(json!({"token": "t"})),
            groups: ManagedGroups::Exactly(vec!["staff".to_owned()]),
            roles: Some(vec![json!({"name": "teacher"})]),
            ..AuthModel::named("ada")
        };
        assert_eq!(from_dict(&to_dict(&model).unwrap()).unwrap(), Some(model));
        let bare = AuthModel::named("ada");
        assert_eq!(from_dict(&to_dict(&bare).unwrap()).unwrap(), Some(bare));
    }

    #[test]
    fn none_refuses_and_rubbish_is_an_error() {
        assert_eq!(from_dict(&Value::None).unwrap(), None);
        assert!(from_dict(&Value::from("ada")).is_err());
        let dict = |entries: &[(&str, Value)]| {
            Value::Dict(entries.iter().map(|(name, value)| (Value::from(*name), value.clone())).collect())
        };
        assert!(from_dict(&dict(&[("admin", Value::Bool(true))])).is_err());
        assert!(from_dict(&dict(&[("name", "ada".into()), ("admin", Value::Int(1))])).is_err());
        assert!(from_dict(&dict(&[("name", "ada".into()), ("groups", "staff".into())])).is_err());
    }

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

    #[test]
    fn forms_are_written_as_browsers_write_them() {
        let fields = [("username", "ada"), ("password", "a b&c=ü")];
        assert_eq!(form_body(fields.into_iter()), "username=ada&password=a%20b%26c%3D%C3%BC");
    }
}
