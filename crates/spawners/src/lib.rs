//! How servers are started, watched and stopped: the spawner seam and the built-in spawners.
//!
//! [`Spawner`] is the seam. What every spawner hands to a single-user server, its environment and its arguments, is
//! computed in one place; the registry maps configured names to implementations.

pub mod arguments;
pub mod environment;
mod error;
pub mod launch;
mod local_process;
mod options;
mod output;
pub mod overrides;
mod ports;
mod python;
mod python_json;
pub mod registry;
mod simple;
pub mod spawner;
mod template;

pub use environment::Environment;
pub use error::{SetupError, SpawnError};
pub use launch::{
    InternalTls, Launch, Options, ProcessRecord, ServerState, Settings, SpawnFacts, Started, Stopped, Target,
};
pub use python::{PythonSpawner, plugin_error};
pub use registry::Context;
pub use spawner::{ExitReport, Journal, Poll, ProgressEvent, Spawner, Timing};
