//! Who may log in: the authenticator seam, the rules that apply to all of them, and the built-in ones.
//!
//! [`Authenticator`] is the seam: it checks credentials. [`Policy`] holds the rules of the configuration that apply
//! whatever the authenticator (allowed, blocked and admin users, user name rules). [`login`] runs one login through
//! both, in JupyterHub's order. [`registry`] maps
//! configured names to implementations.

pub mod authenticator;
pub mod dummy;
mod error;
pub mod exchange;
mod hooks;
pub mod local;
pub mod login;
pub mod model;
pub mod null;
pub mod pam;
pub mod policy;
pub mod python;
pub mod registry;
pub mod shared_password;

pub use authenticator::{
    AccountSession, Authenticator, Features, Finding, LoginForm, Refresh, RefreshRules, Severity,
};
pub use error::{AddUserError, AuthError, SetupError};
pub use login::{LoginRefusal, login};
pub use model::{AuthModel, LoginRequest, ManagedGroups, RequestLine};
pub use policy::{KnownUsers, NOBODY_ALLOWED, Policy, PolicySettings};
pub use python::{Description, PythonAuthenticator, UserDirectory};
