//! The certificate authorities of `JupyterHub.internal_ssl`, and what they sign: who of hub, proxy, servers and services
//! may talk to whom inside.
//!
//! The folder is laid out as certipy's, which JupyterHub uses: `NAME/NAME.key`, `NAME/NAME.crt`, `NAME_trust.crt`, and an index in
//! `certipy.json`. So either program goes on with what the other has made, and spawners in Python find the authorities.

mod names;
mod signing;
mod store;

pub use names::AltName;
pub use store::{CertificateError, CertificateStore, ExternalAuthority, Pair};
