//! Scopes in words, for the page on which a user confirms what a client may do.

use serde::Serialize;

use super::parsed::split;
use super::{CustomScopes, definitions};

/// One line of the confirmation page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScopeDescription {
    /// The scope without its filter.
    pub scope: String,
    /// What it allows.
    pub description: String,
    /// To what: empty for everything.
    pub filter: String,
}

/// Describes raw scopes one by one. A scope that is not defined describes itself by its name, so that a page never
/// fails for a custom scope that was taken out of the configuration.
pub fn describe_scopes<'a>(
    raw: impl IntoIterator<Item = &'a str>,
    user: Option<&str>,
    custom: &CustomScopes,
) -> Vec<ScopeDescription> {
    raw.into_iter()
        .map(|scope| {
            let (base, filter) = split(scope);
            let description = definitions::definition(base)
                .map(|definition| definition.description)
                .or_else(|| custom.get(base).map(|scope| scope.description.as_str()))
                .unwrap_or(base);
            ScopeDescription {
                scope: base.to_owned(),
                description: description.to_owned(),
                filter: filter.map_or_else(String::new, |filter| describe_filter(filter, user)),
            }
        })
        .collect()
}

fn describe_filter(filter: &str, user: Option<&str>) -> String {
    match filter.split_once('=') {
        None if filter == "user" => "only you".to_owned(),
        None => format!("only this {filter}"),
        Some(("user", name)) if Some(name) == user => "only you".to_owned(),
        Some(("group", name)) => format!("members of group {name}"),
        Some((kind, name)) => format!("{kind} {name}"),
    }
}
