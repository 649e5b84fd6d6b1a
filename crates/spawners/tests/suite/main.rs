//! What every native spawner must do, with real processes; and, as root, with real accounts.

#![expect(clippy::unwrap_used, reason = "tests")]

mod accounts;
mod bench;
mod conformance;
mod output;
mod strangers;
