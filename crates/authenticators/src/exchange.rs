//! Logins between the hub and Python: requests, authentication models and exceptions.

use perijove_model::Value;
use perijove_python::{RequestFacts, WorkerError};
use secrecy::ExposeSecret;

use crate::error::AuthError;
use crate::model::{AuthModel, LoginRequest, ManagedGroups};

/// A failure that is for the log.
pub(crate) fn failed(what: &str, cause: impl Into<String>) -> AuthError {
    AuthError::Plugin { hook: what.to_owned(), cause: cause.into() }
}

/// An exception with a status is an answer for the user; anything else is for the log.
pub(crate) fn refused(what: &str, error: &WorkerError) -> AuthError {
    match error.as_python().and_then(|exception| Some((exception.status?, exception))) {
        Some((status, exception)) => {
            AuthError::Denied { status, message: exception.user_text().unwrap_or_default().to_owned() }
        }
        None => failed(what, error.explained()),
    }
}

/// The submitted form as the handler of hooks and plug-ins shows it.
pub(crate) fn request_facts(request: &LoginRequest, hub_prefix: &str) -> RequestFacts {
    let header = |name: &str| request.headers.get(name).cloned().unwrap_or_default();
    let mut headers: Vec<_> =
        request.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    if !request.headers.contains_key("content-type") {
        headers.push(("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
    }
    let line = &request.line;
    let or = |text: &str, other: &str| if text.is_empty() { other } else { text }.to_owned();
    let fields = request.fields().map(|(name, value)| (name, value.expose_secret()));
    RequestFacts {
        method: or(&line.method, "POST"),
        uri: or(&line.uri, &format!("{hub_prefix}login")),
        protocol: or(&line.protocol, "http"),
        host: header("host"),
        remote_ip: request.remote_addr.map(|address| address.to_string()).unwrap_or_default(),
        headers,
        body: form_body(fields).into_bytes(),
        user: None,
        service: None,
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

/// The dictionary that upstream gives hooks.
pub(crate) fn to_dict(what: &str, model: &AuthModel) -> Result<Value, AuthError> {
    let json = |json: &Option<serde_json::Value>| match json {
        Some(json) => Value::from_plain_json(json).map_err(|error| failed(what, error.to_string())),
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

/// What a hook or plug-in returned: `None` refuses.
///
/// # Errors
/// [`AuthError::Answer`] if it is no authentication model.
pub fn from_dict(what: &str, value: &Value) -> Result<Option<AuthModel>, AuthError> {
    let answer = |problem: String| AuthError::Answer(format!("{what} returned {problem}"));
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

#[cfg(test)]
mod tests {
    use super::*;
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
        assert_eq!(from_dict("hook", &to_dict("hook", &model).unwrap()).unwrap(), Some(model));
        let bare = AuthModel::named("ada");
        assert_eq!(from_dict("hook", &to_dict("hook", &bare).unwrap()).unwrap(), Some(bare));
    }

    #[test]
    fn none_refuses_and_rubbish_is_an_error() {
        assert_eq!(from_dict("hook", &Value::None).unwrap(), None);
        assert!(from_dict("hook", &Value::from("ada")).is_err());
        let dict = |entries: &[(&str, Value)]| {
            Value::Dict(entries.iter().map(|(name, value)| (Value::from(*name), value.clone())).collect())
        };
        assert!(from_dict("hook", &dict(&[("admin", Value::Bool(true))])).is_err());
        assert!(from_dict("hook", &dict(&[("name", "ada".into()), ("admin", Value::Int(1))])).is_err());
        assert!(from_dict("hook", &dict(&[("name", "ada".into()), ("groups", "staff".into())])).is_err());
    }

    #[test]
    fn forms_are_written_as_browsers_write_them() {
        let fields = [("username", "ada"), ("password", "a b&c=ü")];
        assert_eq!(form_body(fields.into_iter()), "username=ada&password=a%20b%26c%3D%C3%BC");
    }
}
