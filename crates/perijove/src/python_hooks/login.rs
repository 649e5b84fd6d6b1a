//! `Authenticator.post_auth_hook`, run in the Python worker with a handler and the authentication model as upstream's.

use std::time::Duration;

use perijove_authenticators::{AuthModel, LoginRequest, ManagedGroups};
use perijove_core::Error;
use perijove_core::hooks::HookResult;
use perijove_model::Value;
use perijove_python::{Argument, RequestFacts, Worker};
use secrecy::ExposeSecret;
use serde_json::Value as Json;
use url::form_urlencoded;

/// Runs the hook; `None` where it refuses.
pub(super) async fn post_auth(
    worker: &Worker,
    login_path: &str,
    request: &LoginRequest,
    model: AuthModel,
    deadline: Duration,
) -> HookResult<Option<AuthModel>> {
    let arguments =
        [Argument::Handler(Box::new(facts(login_path, request))), Argument::Value(to_python(&model)?)];
    let outcome = worker.authenticator("run_post_auth_hook", &arguments, deadline).await;
    let outcome = outcome.map_err(|error| super::refused(&error))?;
    if !outcome.changes.is_empty() {
        let names: Vec<_> = outcome.changes.iter().map(|(name, _)| name.as_str()).collect();
        return Err(Error::internal(format!(
            "the post_auth_hook changed traits of the authenticator, which has no effect: {}",
            names.join(", ")
        )));
    }
    from_python(&outcome.value, model)
}

fn facts(login_path: &str, request: &LoginRequest) -> RequestFacts {
    let header = |name: &str| request.headers.get(name).cloned();
    let mut body = form_urlencoded::Serializer::new(String::new());
    for (name, value) in request.fields() {
        body.append_pair(name, value.expose_secret());
    }
    RequestFacts {
        method: "POST".to_owned(),
        uri: login_path.to_owned(),
        protocol: header("x-forwarded-proto")
            .filter(|proto| proto == "https")
            .unwrap_or_else(|| "http".to_owned()),
        host: header("host").unwrap_or_default(),
        remote_ip: request.remote_addr.map(|address| address.to_string()).unwrap_or_default(),
        headers: request.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        body: body.finish().into_bytes(),
        user: None,
        scopes: Vec::new(),
    }
}

/// The dictionary that hooks get: `name`, `admin`, `auth_state`, and what else the authenticator said.
fn to_python(model: &AuthModel) -> HookResult<Value> {
    let plain = |json: &Option<Json>| match json {
        Some(json) => Value::from_plain_json(json).map_err(Error::internal),
        None => Ok(Value::None),
    };
    let text = |name: &str| Value::from(name);
    let mut entries = vec![
        (text("name"), Value::from(model.name.as_str())),
        (text("admin"), model.admin.map_or(Value::None, Value::Bool)),
        (text("auth_state"), plain(&model.auth_state)?),
    ];
    match &model.groups {
        ManagedGroups::Unspecified => (),
        ManagedGroups::Unchanged => entries.push((text("groups"), Value::None)),
        ManagedGroups::Exactly(groups) => {
            entries.push((
                text("groups"),
                Value::List(groups.iter().map(|group| Value::from(group.as_str())).collect()),
            ));
        }
    }
    Ok(Value::Dict(entries))
}

/// What the hook returned. Keys that it left out keep what the authenticator said.
fn from_python(returned: &Value, model: AuthModel) -> HookResult<Option<AuthModel>> {
    let entries = match returned {
        Value::None => return Ok(None),
        Value::Dict(_) => returned,
        other => {
            return Err(Error::internal(format!(
                "the post_auth_hook must return the authentication model or None, not {}",
                other.type_name()
            )));
        }
    };
    let wrong =
        |key: &str| Error::internal(format!("the post_auth_hook returned a model with an unusable {key}"));
    let name = entries.get("name").and_then(Value::as_str).ok_or_else(|| wrong("name"))?.to_owned();
    let admin = match entries.get("admin") {
        None | Some(Value::None) => None,
        Some(value) => Some(value.as_bool().ok_or_else(|| wrong("admin"))?),
    };
    let auth_state = match entries.get("auth_state") {
        None | Some(Value::None) => None,
        Some(value) => Some(value.to_plain_json().ok_or_else(|| wrong("auth_state"))?),
    };
    let groups = match entries.get("groups") {
        None => model.groups.clone(),
        Some(Value::None) => ManagedGroups::Unchanged,
        Some(value) => {
            let names = value
                .items()
                .ok_or_else(|| wrong("groups"))?
                .iter()
                .map(|item| item.as_str().map(str::to_owned));
            ManagedGroups::Exactly(names.collect::<Option<_>>().ok_or_else(|| wrong("groups"))?)
        }
    };
    Ok(Some(AuthModel { name, admin, auth_state, groups, ..model }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_survives_the_way_to_python_and_back() {
        let model = AuthModel {
            admin: Some(true),
            auth_state: Some(serde_json::json!({"token": "t"})),
            groups: ManagedGroups::Exactly(vec!["staff".into()]),
            ..AuthModel::named("ada")
        };
        let back = from_python(&to_python(&model).unwrap(), AuthModel::named("ada")).unwrap();
        assert_eq!(back, Some(model));
    }

    #[test]
    fn none_refuses_and_rubbish_is_an_error() {
        assert_eq!(from_python(&Value::None, AuthModel::named("ada")).unwrap(), None);
        assert!(from_python(&Value::Bool(true), AuthModel::named("ada")).is_err());
        let nameless = Value::Dict(vec![(Value::from("admin"), Value::Bool(true))]);
        assert!(from_python(&nameless, AuthModel::named("ada")).is_err());
    }
}
