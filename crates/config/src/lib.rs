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
pub mod kind;
pub mod origin;
pub mod section;
pub mod sections;
pub mod tree;
pub mod values;

mod accept;
mod addresses;
mod hex;

pub use config::Config;
pub use error::ConfigError;
pub use from_value::{Callable, ClassRef, CookieSecret, Hidden, LogLevel, OrCallable};
pub use section::Section;
