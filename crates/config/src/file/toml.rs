//! `perijove.toml`: `[JupyterHub]` and `port = 8000` for `c.JupyterHub.port = 8000`.

use std::ops::Range;
use std::path::Path;

use perijove_model::value::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::read;
use crate::command_line::is_section_name;
use crate::error::ConfigError;
use crate::origin::Origin;
use crate::tree::{Entry, Raw, Tree};

/// Reads a TOML file.
///
/// # Errors
/// A file that cannot be read or is no TOML, with the line.
pub(crate) fn load(path: &Path) -> Result<Tree, ConfigError> {
    let text = read(path)?;
    let file = File { path, text: &text };
    let table =
        DeTable::parse(&text).map_err(|error| file.problem(error.span(), error.message().to_owned()))?;
    file.tree(table.into_inner())
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    fn line(&self, at: usize) -> Option<u32> {
        let before = self.text.get(..at)?;
        u32::try_from(before.matches('\n').count() + 1).ok()
    }

    fn problem(&self, span: Option<Range<usize>>, problem: String) -> ConfigError {
        let line = span.and_then(|span| self.line(span.start));
        ConfigError::Syntax { path: self.path.to_owned(), line, problem }
    }

    fn tree(&self, table: DeTable<'_>) -> Result<Tree, ConfigError> {
        let mut found = Tree::default();
        for (key, spanned) in table {
            let name = key.get_ref().to_string();
            let span = key.span();
            match spanned.into_inner() {
                DeValue::Table(section) if is_section_name(&name) => {
                    found.sections.insert(name, self.tree(section)?);
                }
                _ if is_section_name(&name) => {
                    let problem = format!("{name} is the name of a section and must be a table");
                    return Err(self.problem(Some(span), problem));
                }
                value => {
                    let origin = Origin::File { path: self.path.to_owned(), line: self.line(span.start) };
                    let raw = Raw::Value(self.value(value, &span)?);
                    found.entries.insert(name, Entry { raw, origin });
                }
            }
        }
        Ok(found)
    }

    fn value(&self, value: DeValue<'_>, span: &Range<usize>) -> Result<Value, ConfigError> {
        Ok(match value {
            DeValue::String(text) => Value::Str(text.into_owned()),
            DeValue::Boolean(flag) => Value::Bool(flag),
            DeValue::Integer(number) => {
                let parsed = i64::from_str_radix(number.as_str(), number.radix());
                Value::Int(
                    parsed.map_err(|_| {
                        self.problem(Some(span.clone()), "the number is too large".to_owned())
                    })?,
                )
            }
            DeValue::Float(number) => {
                let parsed = number.as_str().parse();
                Value::Float(
                    parsed.map_err(|_| self.problem(Some(span.clone()), "this is no number".to_owned()))?,
                )
            }
            DeValue::Datetime(_) => {
                return Err(self.problem(Some(span.clone()), "no option takes a date".to_owned()));
            }
            DeValue::Array(items) => {
                let items = items.into_iter().map(|item| self.item(item));
                Value::List(items.collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => {
                let entries = table
                    .into_iter()
                    .map(|(key, item)| Ok((Value::Str(key.get_ref().to_string()), self.item(item)?)));
                Value::Dict(entries.collect::<Result<_, ConfigError>>()?)
            }
        })
    }

    fn item(&self, item: Spanned<DeValue<'_>>) -> Result<Value, ConfigError> {
        let span = item.span();
        self.value(item.into_inner(), &span)
    }
}

#[cfg(test)]
mod tests;
