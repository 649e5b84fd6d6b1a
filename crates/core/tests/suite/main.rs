//! The hub's core against a database in memory.
#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

mod failures;
mod hooks;
mod identities;
mod life;
mod races;
mod restarts;
mod startup;
mod stops;
mod users;
