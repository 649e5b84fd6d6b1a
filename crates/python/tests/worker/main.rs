//! The worker through real interpreters.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod calls;
mod common;
mod evaluate;
mod handlers;
mod hooks;
mod workers;
