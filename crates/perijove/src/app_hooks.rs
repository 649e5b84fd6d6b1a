//! Functions as values of `c.JupyterHub`'s options, called in the Python worker.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use perijove_config::{Loaded, OrCallable};
use perijove_core::Error;
use perijove_core::app_hooks::{AppHooks, NoAppHooks};
use perijove_model::Value;
use perijove_model::value::Handle;
use perijove_python::{Argument, RequestFacts, UserFacts, Worker};
use serde_json::Value as Json;

use crate::python_hooks::refused;
use crate::sections::Sections;

/// How long a page waits for one. The first call imports upstream's classes, which takes seconds.
const DEADLINE: Duration = Duration::from_secs(60);

/// The functions of a configuration.
struct Functions {
    worker: Worker,
    named_server_limit: Option<Handle>,
    default_url: Option<Handle>,
    user_redirect: Option<Handle>,
    template_vars: Vec<(String, Handle)>,
    base_url: String,
}

/// Reads which functions there are.
pub fn new(loaded: &Loaded, sections: &Sections) -> Arc<dyn AppHooks> {
    let hub = &sections.hub;
    let Some(worker) = loaded.worker.clone() else { return Arc::new(NoAppHooks) };
    let functions = Functions {
        worker,
        named_server_limit: handle(&hub.named_server_limit_per_user),
        default_url: handle(&hub.default_url),
        user_redirect: hub.user_redirect_hook.as_ref().map(|hook| hook.0.clone()),
        template_vars: hub.template_vars.iter().filter_map(called).collect(),
        base_url: sections.addresses.base_url.clone(),
    };
    let any = functions.want_requests() || functions.has_template_vars();
    if any { Arc::new(functions) } else { Arc::new(NoAppHooks) }
}

/// A function among the values of a dictionary.
fn called((name, value): (&String, &Value)) -> Option<(String, Handle)> {
    match value {
        Value::Handle(handle) => Some((name.clone(), handle.clone())),
        _ => None,
    }
}

fn handle<T>(value: &OrCallable<T>) -> Option<Handle> {
    value.callable().map(|callable| callable.0.clone())
}

impl Functions {
    async fn call(&self, function: &Handle, arguments: &[Argument]) -> Result<Value, Error> {
        let outcome = self.worker.call(function, arguments, DEADLINE).await;
        outcome.map(|outcome| outcome.value).map_err(|error| refused(&error))
    }

    fn wrong(option: &str, wanted: &str, value: &Value) -> Error {
        Error::internal(format!("JupyterHub.{option} returned {}, not {wanted}", value.type_name()))
    }
}

#[async_trait]
impl AppHooks for Functions {
    fn want_requests(&self) -> bool {
        self.named_server_limit.is_some() || self.default_url.is_some() || self.user_redirect.is_some()
    }

    async fn named_server_limit(&self, handler: &RequestFacts) -> Result<Option<i64>, Error> {
        let Some(function) = &self.named_server_limit else { return Ok(None) };
        match self.call(function, &[Argument::Handler(Box::new(handler.clone()))]).await? {
            Value::Int(limit) => Ok(Some(limit)),
            // As upstream's test of truth: no limit.
            Value::None => Ok(Some(0)),
            other => Err(Self::wrong("named_server_limit_per_user", "a number", &other)),
        }
    }

    fn has_template_vars(&self) -> bool {
        !self.template_vars.is_empty()
    }

    async fn template_vars(&self, user: Option<UserFacts>) -> Result<BTreeMap<String, Json>, Error> {
        let mut values = BTreeMap::new();
        for (name, function) in &self.template_vars {
            let user = user.clone().map_or(Argument::Value(Value::None), Argument::User);
            let value = self.call(function, &[user]).await?;
            let wrong = || Self::wrong("template_vars", "something that JSON can hold", &value);
            values.insert(name.clone(), value.to_plain_json().ok_or_else(wrong)?);
        }
        Ok(values)
    }

    async fn default_url(&self, handler: &RequestFacts) -> Result<Option<String>, Error> {
        let Some(function) = &self.default_url else { return Ok(None) };
        match self.call(function, &[Argument::Handler(Box::new(handler.clone()))]).await? {
            Value::Str(url) => Ok(Some(url)),
            Value::None | Value::Bool(false) => Ok(Some(String::new())),
            other => Err(Self::wrong("default_url", "text", &other)),
        }
    }

    async fn user_redirect(&self, path: &str, handler: &RequestFacts) -> Result<Option<String>, Error> {
        let Some(function) = &self.user_redirect else { return Ok(None) };
        let user = handler.user.clone().map_or(Argument::Value(Value::None), Argument::User);
        let request = Argument::Request(Box::new(handler.clone()));
        let arguments =
            [Argument::Value(path.into()), request, user, Argument::Value(self.base_url.as_str().into())];
        match self.call(function, &arguments).await? {
            Value::Str(url) => Ok(Some(url)),
            Value::None => Ok(None),
            other => Err(Self::wrong("user_redirect_hook", "text or None", &other)),
        }
    }
}
