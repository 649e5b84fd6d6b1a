//! The configuration: Traitlets' names, types, defaults and inheritance as typed, documented sections.
//!
//! A [`Config`] is the merged tree of `jupyterhub_config.py`, `perijove.toml`, JSON and command line.
//! [`Config::section`] reads one class of it as a struct of [`sections`].

pub mod class;
pub mod class_names;
pub mod command_line;
pub mod config;
pub mod error;
pub mod from_value;
pub mod generate;
pub mod help;
pub mod kind;
pub mod origin;
pub mod popen;
pub mod reference;
pub mod section;
pub mod sections;
pub mod show;
pub mod tree;
pub mod values;
pub mod warning;

mod accept;
mod addresses;
pub mod check;
mod corrections;
mod deprecated;
mod file;
mod hex;
mod load;
mod suggest;
mod url_parts;
mod wrap;

pub use addresses::{Addresses, Listen};
pub use command_line::{Command, CommandLine, LogFormat};
pub use config::Config;
pub use error::ConfigError;
pub use from_value::{Callable, ClassRef, CookieSecret, Hidden, LogLevel, OrCallable};
pub use load::{Action, LoadOptions, Loaded};
pub use section::Section;
pub use warning::Warning;
