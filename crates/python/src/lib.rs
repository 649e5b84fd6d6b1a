//! The Python worker: evaluates `jupyterhub_config.py` and calls what stays Python.
//!
//! A configuration file is a Python program, so an interpreter runs it: [`interpreter::discover`] finds one and
//! [`Worker::start`] executes the files in a child process that talks length-prefixed JSON-RPC over a socket pair.
//! Plain values come back as [`perijove_model::Value`]s; functions, classes and other objects stay in the worker,
//! named by handles. With no handles the process ends and no Python remains.
//!
//! The Python source lives in `python/perijove_worker`, is embedded in the binary and sent over the socket, so
//! nothing needs to be installed in the interpreter.

mod alive;
mod connection;
mod error;
mod evaluation;
mod facts;
mod hub_calls;
pub mod interpreter;
mod output;
mod reconcile;
mod source;
mod worker;

pub use alive::worker_processes;
pub use error::{PythonError, WorkerError};
pub use evaluation::{Evaluation, SectionValues, SourceLocation};
pub use facts::{
    ClassName, GroupFacts, HubCertificate, HubFacts, HubServer, HubSettings, ProxyAppFacts, ProxyFacts,
    RequestFacts, ServerFacts, ServiceFacts, SpawnerFacts, UserFacts,
};
pub use hub_calls::{HubCallError, HubCalls};
pub use interpreter::Interpreter;
pub use output::{OutputSink, OutputStream};
pub use worker::{
    Argument, HandlerPattern, HandlerPatterns, HandlerServer, Outcome, OwnSpawnerStep, Response,
    SpawnerClass, SpawnerStep, SpawnerTiming, StartedServer, Worker, WorkerOptions, Workers,
};
