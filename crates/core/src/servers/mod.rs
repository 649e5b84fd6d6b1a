//! Single-user servers: started, watched, stopped, found again after a restart.
//!
//! A server's life is the state machine of [`state`]. What this process knows is in [`registry`];
//! each start, watch and stop is a task of its own, so that a request can leave before it ends.

pub mod progress;
pub mod registry;
pub mod state;

mod launch;
mod named;
mod reconcile;
mod record;
mod start;
mod stop;
mod wait_up;
mod watch;

pub use named::ServerChanges;
pub use start::StartRequest;

/// Whether something was done within the time that a request waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It goes on in the background.
    Pending,
}
