//! How servers are started, watched and stopped: the spawner seam and the built-in spawners.
//!
//! [`Spawner`] is the seam. What every spawner hands to a single-user server, its environment and its arguments, is
//! computed in one place; the registry maps configured names to implementations.

mod error;
pub mod launch;
pub mod spawner;

pub use error::{SetupError, SpawnError};
pub use launch::{InternalTls, Launch, ProcessRecord, ServerState, Settings, SpawnFacts, Started, Target};
pub use spawner::{ExitReport, Journal, Poll, ProgressEvent, Spawner};
