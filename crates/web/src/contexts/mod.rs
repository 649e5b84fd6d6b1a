//! What templates are given: one struct per page, and the objects in them.
//!
//! Names are those of JupyterHub 6.1.1's handlers. Users, spawners, services, tokens and clients are objects with attributes and
//! methods, not maps: `user.all_spawners(include_default=False)`; an attribute that they do not have is undefined.

mod auth;
mod page;
mod server;
mod spawner;
mod token;
mod user;

pub use auth::{
    AcceptShare, AuthenticatorView, Login, Logout, OAuthAuthorize, OAuthClientView, ScopeDescription,
};
pub use page::{Error, Page, ServiceView};
pub use server::{Admin, Home, NotRunning, Spawn, SpawnPending, StopPending};
pub use spawner::SpawnerView;
pub use token::{OAuthClientGroup, Token, TokenView, expiry_options_html};
pub use user::UserView;

use minijinja::Value;

/// Variables by name, in the order in which later ones win.
pub type Variables = Vec<(&'static str, Value)>;

/// The context of one page.
pub trait PageContext {
    /// The template it is made for.
    const TEMPLATE: &'static str;

    /// The variables of this page; they win over those of [`Page`] and over `template_vars`.
    fn variables(&self) -> Variables;
}

/// Python's `None` for an absent text.
pub(crate) fn text(value: Option<&str>) -> Value {
    value.map_or_else(|| Value::from(()), Value::from)
}

/// Plain data (lists, maps, strings) as a template sees it.
pub(crate) fn data<T: serde::Serialize + ?Sized>(value: &T) -> Value {
    Value::from(minijinja::value::Serde(value))
}

/// A JSON value as the template's plain data; an absent one is `None`.
pub fn json(value: Option<&serde_json::Value>) -> Value {
    value.map_or_else(|| Value::from(()), data)
}

/// Marks text as HTML that was made by the hub or its administrator.
pub(crate) fn html(value: &str) -> Value {
    Value::from_safe_string(value.to_owned())
}

/// Implements [`Object`](minijinja::value::Object) for a view whose attributes are given by its method `attribute`.
macro_rules! plain_object {
    ($view:ty, $name:literal) => {
        impl minijinja::value::Object for $view {
            fn repr(self: &std::sync::Arc<Self>) -> minijinja::value::ObjectRepr {
                minijinja::value::ObjectRepr::Plain
            }

            fn get_value(self: &std::sync::Arc<Self>, key: &minijinja::Value) -> Option<minijinja::Value> {
                self.attribute(key.as_str()?)
            }

            fn render(self: &std::sync::Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!("<", $name, "({})>"), self.label())
            }
        }
    };
}
pub(crate) use plain_object;
