//! The command line: aliases, flags, `--Class.trait=value`, sub-commands.

pub mod literal;
pub mod words;
