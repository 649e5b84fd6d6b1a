//! What needs the operating system below the standard library: accounts, processes that outlive the hub, PAM.
//!
//! This is the only crate with `unsafe`; each use says why it is sound. Nothing here knows the hub.

pub mod account;
pub mod child;
pub mod pam;
pub mod process;
pub mod reaper;
pub mod watch;
