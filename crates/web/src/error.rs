//! What can go wrong between a template and its page.

use std::path::PathBuf;

/// A page could not be rendered, or a custom template could not be used.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// No template of this name, neither in `template_paths` nor among the stock ones.
    #[error("no template named {0:?}")]
    NotFound(String),
    /// A template does not parse.
    #[error("template {}, line {line}: {message}", .file.display())]
    Syntax {
        /// The file, or the name of a stock template.
        file: PathBuf,
        /// One-based line; 0 if unknown.
        line: usize,
        /// What the parser found.
        message: String,
    },
    /// A template failed while it was rendered.
    #[error("template {name}, line {line}: {message}")]
    Render {
        /// Name of the template in which it failed.
        name: String,
        /// One-based line; 0 if unknown.
        line: usize,
        /// What failed, with the causes.
        message: String,
    },
    /// A file of `template_paths` could not be read.
    #[error("cannot read template {}: {source}", .file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Delimiters of `jinja_environment_options` that contradict each other.
    #[error("jinja_environment_options: {0}")]
    Options(String),
}

impl WebError {
    /// From an engine's error while `name` was compiled or rendered.
    pub(crate) fn from_engine(name: &str, error: &minijinja::Error) -> Self {
        if error.kind() == minijinja::ErrorKind::TemplateNotFound && error.name().is_none() {
            return Self::NotFound(name.to_owned());
        }
        let at = error.name().unwrap_or(name).to_owned();
        let line = error.line().unwrap_or(0);
        let message = causes(error);
        if error.kind() == minijinja::ErrorKind::SyntaxError {
            Self::Syntax { file: PathBuf::from(at), line, message }
        } else {
            Self::Render { name: at, line, message }
        }
    }
}

/// The message of an error and of everything beneath it, on one line.
fn causes(error: &minijinja::Error) -> String {
    let mut message = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        message.push_str(": ");
        message.push_str(&cause.to_string());
        source = cause.source();
    }
    message
}
