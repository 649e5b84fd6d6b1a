//! Who may log in: the authenticator seam, the rules that apply to all of them, and the built-in ones.
//!
//! [`Authenticator`] is the seam: it checks credentials. [`Policy`] holds the rules of the configuration that apply
//! whatever the authenticator (allowed, blocked and admin users, user name rules). [`login`] runs one login through
//! both, in JupyterHub's order. The registry maps configured names to implementations.

pub mod authenticator;
mod error;
pub mod login;
pub mod model;
pub mod policy;

pub use authenticator::{AccountSession, Authenticator, Finding, LoginForm, Refresh, Severity};
pub use error::{AddUserError, AuthError, SetupError};
pub use login::{LoginRefusal, login};
pub use model::{AuthModel, LoginRequest, ManagedGroups};
pub use policy::{KnownUsers, Policy, PolicySettings};
