//! Statements are written once and adapted to each backend on first use, so that every execution hands the drivers
//! the same text and finds its prepared form.
//!
//! In the text, `?` is a parameter, `"name"` a quoted identifier, and `[users u]` stands for all columns of the table
//! `users` under the alias `u`, in the order of [`crate::schema`].

use std::sync::OnceLock;

use crate::Backend;
use crate::schema;

/// A statement for any backend.
pub(crate) struct Statement {
    template: &'static str,
    sqlite: OnceLock<String>,
    postgres: OnceLock<String>,
    mysql: OnceLock<String>,
}

impl Statement {
    pub(crate) const fn new(template: &'static str) -> Self {
        Self { template, sqlite: OnceLock::new(), postgres: OnceLock::new(), mysql: OnceLock::new() }
    }

    /// The text for one backend.
    pub(crate) fn text(&self, backend: Backend) -> &str {
        let form = match backend {
            Backend::Sqlite => &self.sqlite,
            Backend::Postgres => &self.postgres,
            Backend::MySql => &self.mysql,
        };
        form.get_or_init(|| adapt(self.template, backend))
    }
}

/// A statement with a place of its own: `sql!("SELECT …")`.
macro_rules! sql {
    ($template:expr) => {{
        static STATEMENT: $crate::statement::Statement = $crate::statement::Statement::new($template);
        &STATEMENT
    }};
}
pub(crate) use sql;

/// Writes a template in the dialect of a backend.
pub(crate) fn adapt(template: &str, backend: Backend) -> String {
    let mut text = String::with_capacity(template.len() * 2);
    let mut parameters = 0;
    let mut rest = template;
    while let Some(position) = rest.find(['?', '[']) {
        let (before, found) = rest.split_at(position);
        text.push_str(before);
        if let Some(after) = found.strip_prefix('?') {
            parameters += 1;
            match backend {
                Backend::Postgres => text.push_str(&format!("${parameters}")),
                Backend::Sqlite | Backend::MySql => text.push('?'),
            }
            rest = after;
        } else {
            let (inside, after) = found.split_once(']').unwrap_or((found, ""));
            let mut words = inside.trim_start_matches('[').split_whitespace();
            let (table, alias) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            text.push_str(&schema::column_list(table, alias));
            rest = after;
        }
    }
    text.push_str(rest);
    quote(text, backend)
}

/// Replaces double quotes around identifiers by MySQL's.
fn quote(text: String, backend: Backend) -> String {
    if backend == Backend::MySql { text.replace('"', "`") } else { text }
}
