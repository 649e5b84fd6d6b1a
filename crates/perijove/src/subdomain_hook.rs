//! `c.JupyterHub.subdomain_hook`: by name, or as a function in the Python worker.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use perijove_config::Loaded;
use perijove_core::Error;
use perijove_core::subdomains::{DomainHook, DomainRule, Subdomains};
use perijove_model::Value;
use perijove_model::slug::DomainKind;
use perijove_model::value::Handle;
use perijove_python::{Argument, Worker};
use tokio::runtime;
use url::Url;

use crate::python_hooks::refused;
use crate::sections::Sections;

/// How long a request waits for the function, which upstream calls wherever it needs a host name.
const DEADLINE: Duration = Duration::from_secs(10);
/// Answers that are remembered; more than a hub has users.
const REMEMBERED: usize = 200_000;

/// The host names that the configuration wants, if any.
///
/// # Errors
/// A host that is none.
pub fn read(loaded: &Loaded, sections: &Sections) -> anyhow::Result<Option<Subdomains>> {
    let hub = &sections.hub;
    if hub.subdomain_host.is_empty() {
        return Ok(None);
    }
    let rule = match (hub.subdomain_hook.callable(), &loaded.worker) {
        (Some(function), Some(worker)) => DomainRule::Called(Arc::new(Function {
            worker: worker.clone(),
            function: function.0.clone(),
            known: RwLock::default(),
        })),
        _ if hub.subdomain_hook.plain().is_some_and(|name| name == "legacy") => DomainRule::Legacy,
        _ => DomainRule::Idna,
    };
    let public_url = Url::parse(&hub.public_url).ok();
    let public_host = public_url.as_ref().and_then(Url::host_str).unwrap_or_default();
    let hosts = Subdomains::new(&hub.subdomain_host, public_host, rule);
    Ok(Some(hosts.map_err(|error| anyhow::anyhow!("c.JupyterHub.subdomain_host: {error}"))?))
}

/// A function of the configuration, asked once for each name.
#[derive(Debug)]
struct Function {
    worker: Worker,
    function: Handle,
    known: RwLock<HashMap<(DomainKind, String), String>>,
}

impl Function {
    fn call(&self, name: &str, hub: &str, kind: DomainKind) -> Result<String, Error> {
        let kind = match kind {
            DomainKind::User => "user",
            DomainKind::Service => "service",
        };
        let arguments = [name, hub, kind].map(|text| Argument::Value(Value::from(text)));
        let called = self.worker.call(&self.function, &arguments, DEADLINE);
        // Host names are part of what pages and models show, far from anything that could wait; this happens once a name.
        let outcome = tokio::task::block_in_place(|| runtime::Handle::current().block_on(called));
        match outcome.map_err(|error| refused(&error))?.value {
            Value::Str(domain) => Ok(domain),
            other => Err(Error::internal(format!(
                "JupyterHub.subdomain_hook returned {}, not text",
                other.type_name()
            ))),
        }
    }
}

impl DomainHook for Function {
    fn domain(&self, name: &str, hub: &str, kind: DomainKind) -> Result<String, Error> {
        let key = (kind, name.to_owned());
        if let Some(domain) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(domain.clone());
        }
        let domain = self.call(name, hub, kind)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(key, domain.clone());
        Ok(domain)
    }
}
