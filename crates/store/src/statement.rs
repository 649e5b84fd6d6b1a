//! Statements are written once and adapted to each backend on first use, so that every execution hands the drivers
//! the same text and finds its prepared form.
//!
//! In the text, `?` is a parameter, `"name"` a quoted identifier, and `[users u]` stands for all columns of the table
//! `users` under the alias `u`, in the order of [`crate::schema`].

use std::sync::OnceLock;

use crate::Backend;
use crate::param::Param;
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

/// The lengths that lists in statements have. There are few, so that the statements stay prepared: a shorter list is
/// filled up with its last entry.
const LENGTHS: [usize; 4] = [1, 8, 64, LONGEST_LIST];

/// How many ids go into one statement.
pub(crate) const LONGEST_LIST: usize = 500;

/// A statement about many ids: `$ids` in its text, any number of times, stands for the list of them.
pub(crate) struct ListStatement {
    template: &'static str,
    texts: [[OnceLock<String>; LENGTHS.len()]; 3],
}

impl ListStatement {
    pub(crate) const fn new(template: &'static str) -> Self {
        Self { template, texts: [const { [const { OnceLock::new() }; LENGTHS.len()] }; 3] }
    }

    /// The text for one backend and a list of this length, at most [`LONGEST_LIST`], and its parameters.
    pub(crate) fn with(&self, backend: Backend, ids: &[i64]) -> (&str, Vec<Param<'static>>) {
        let which = LENGTHS.iter().position(|length| *length >= ids.len()).unwrap_or_default();
        let length = LENGTHS.get(which).copied().unwrap_or(LONGEST_LIST);
        let form = self.texts.get(backend as usize).and_then(|forms| forms.get(which));
        let last = ids.last().copied().unwrap_or_default();
        let list: Vec<_> =
            ids.iter().copied().chain(std::iter::repeat(last)).take(length).map(Param::from).collect();
        let times = self.template.matches("$ids").count();
        let make = || adapt(&self.template.replace("$ids", &vec!["?"; length].join(", ")), backend);
        (form.map_or("", |form| form.get_or_init(make)), list.repeat(times))
    }
}

/// A statement about many ids with a place of its own: `sql_of_ids!("SELECT … WHERE id IN ($ids)")`.
macro_rules! sql_of_ids {
    ($template:expr) => {{
        static STATEMENT: $crate::statement::ListStatement = $crate::statement::ListStatement::new($template);
        &STATEMENT
    }};
}
pub(crate) use sql_of_ids;

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
