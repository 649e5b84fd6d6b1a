//! A request as Python's functions and plug-ins see it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use perijove_core::hooks;
use perijove_core::identity::{Identity, Principal};
use perijove_core::records::UserRecord;
use perijove_python::{RequestFacts, ServiceFacts, UserFacts};

use crate::app::App;
use crate::caller::Caller;

/// The request, if somebody in Python may look at it: `spawner.handler` of a start.
pub struct SeenByPython(pub Option<Arc<RequestFacts>>);

impl SeenByPython {
    /// The request.
    pub fn handler(&self) -> Option<&RequestFacts> {
        self.0.as_deref()
    }

    /// The same as a request of this user, who has just logged in.
    pub fn of_user(self, app: &App, user: &UserRecord) -> Self {
        let now = |facts| RequestFacts {
            user: Some(user_facts(app, user)),
            service: None,
            ..Arc::unwrap_or_clone(facts)
        };
        Self(self.0.map(|facts| Arc::new(now(facts))))
    }

    /// The same with its body.
    pub fn with_body(self, body: &[u8]) -> Option<Arc<RequestFacts>> {
        self.0.map(|facts| Arc::new(RequestFacts { body: body.to_vec(), ..Arc::unwrap_or_clone(facts) }))
    }
}

impl FromRequestParts<App> for SeenByPython {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        if !app.hub.wants_requests() {
            return Ok(Self(None));
        }
        let caller = parts.extensions.get::<Caller>();
        Ok(Self(caller.map(|caller| Arc::new(facts(app, parts, caller)))))
    }
}

fn facts(app: &App, parts: &Parts, caller: &Caller) -> RequestFacts {
    let client = caller.client();
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let identity = caller.identity();
    RequestFacts {
        method: parts.method.to_string(),
        uri: parts.uri.path_and_query().map_or("/", |whole| whole.as_str()).to_owned(),
        protocol: client.browser_scheme.to_owned(),
        host: client.host.clone(),
        remote_ip: client.address.clone(),
        headers: parts.headers.iter().map(header).collect(),
        body: Vec::new(),
        user: identity.and_then(|identity| identity.principal.user()).map(|user| user_facts(app, user)),
        service: identity.and_then(|identity| service_facts(&identity.principal)),
        scopes: identity.map(scopes).unwrap_or_default(),
    }
}

fn service_facts(principal: &Principal) -> Option<ServiceFacts> {
    match principal {
        Principal::Service(service) => {
            Some(ServiceFacts { name: service.name.clone(), admin: service.admin })
        }
        Principal::User(_) => None,
    }
}

fn scopes(identity: &Identity) -> Vec<String> {
    identity.authorisation.scopes().iter().cloned().collect()
}

fn user_facts(app: &App, user: &UserRecord) -> UserFacts {
    let auth_state = app.hub.auth_state(&user.row);
    hooks::user_facts(user, &[], auth_state.as_ref())
}
