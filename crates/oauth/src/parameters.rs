//! Parameters of a request, from its query and its form.

use std::collections::HashMap;

use url::form_urlencoded;

/// Decoded parameters. Where a name is given twice the last value counts, and the form's over the query's.
#[derive(Clone, Default)]
pub(crate) struct Parameters {
    values: HashMap<String, String>,
    counts: HashMap<String, usize>,
    malformed_query: bool,
}

impl Parameters {
    pub(crate) fn parse(query: &str, form: &[u8]) -> Self {
        let mut parameters = Self {
            malformed_query: !query.is_empty() && query.split('&').any(|pair| !pair.contains('=')),
            ..Self::default()
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(form)) {
            *parameters.counts.entry(name.clone().into_owned()).or_default() += 1;
            parameters.values.insert(name.into_owned(), value.into_owned());
        }
        parameters
    }

    /// The value, empty if it was given without one.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The value unless it is empty.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// The first of these names that was given more than once.
    pub(crate) fn repeated<'a>(&self, names: &[&'a str]) -> Option<&'a str> {
        names.iter().copied().find(|name| self.counts.get(*name).is_some_and(|count| *count > 1))
    }

    /// Whether a part of the query is no pair of name and value.
    pub(crate) fn has_malformed_query(&self) -> bool {
        self.malformed_query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_counts_and_the_form_is_last() {
        let parameters = Parameters::parse("a=1&b=x+y%26&a=2", b"a=3&c=");
        assert_eq!(parameters.get("a"), Some("3"));
        assert_eq!(parameters.get("b"), Some("x y&"));
        assert_eq!(parameters.get("c"), Some(""));
        assert_eq!(parameters.filled("c"), None);
        assert_eq!(parameters.repeated(&["c", "b", "a"]), Some("a"));
    }

    #[test]
    fn a_query_of_other_than_pairs_is_malformed() {
        for (query, malformed) in
            [("", false), ("a=1", false), ("a=", false), ("a", true), ("a=1&&b=2", true)]
        {
            assert_eq!(Parameters::parse(query, b"").has_malformed_query(), malformed, "{query}");
        }
    }
}
