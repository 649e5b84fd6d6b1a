//! The worker through real interpreters.

mod calls;
mod common;
mod evaluate;
mod hooks;
