//! The query of a request, read as upstream reads it.

use std::collections::BTreeMap;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::error::Failure;

/// The arguments of a query. Of several with the same name the last one counts; blanks around a value do not, and
/// control characters are blanks.
#[derive(Debug, Default)]
pub struct Arguments(BTreeMap<String, String>);

impl Arguments {
    /// Reads what follows the question mark.
    ///
    /// # Errors
    /// 400 for a value that is no UTF-8.
    pub fn parse(query: &str) -> Result<Self, Failure> {
        let mut arguments = BTreeMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some(name) = decode(name) else { continue };
            let value =
                decode(value).ok_or_else(|| Failure::bad_request(format!("Invalid unicode in {name}")))?;
            arguments.insert(name, clean(&value));
        }
        Ok(Self(arguments))
    }

    /// An argument; `None` if it is not there.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

fn clean(value: &str) -> String {
    let plain = value.replace(|c| matches!(c, '\0'..='\u{8}' | '\u{e}'..='\u{1f}'), " ");
    plain.trim().to_owned()
}

impl<S: Sync> FromRequestParts<S> for Arguments {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_counts() {
        let arguments = Arguments::parse("limit=1&limit=%202%00&&state&a+b=c+d").unwrap();
        assert_eq!(arguments.get("limit"), Some("2"));
        assert_eq!(arguments.get("state"), Some(""));
        assert_eq!(arguments.get("a b"), Some("c d"));
        assert_eq!(arguments.get("offset"), None);
    }

    #[test]
    fn values_are_text() {
        assert_eq!(
            Arguments::parse("name_filter=%FF").unwrap_err().message,
            "Invalid unicode in name_filter"
        );
        assert!(Arguments::parse("%FF=%FF").is_ok());
    }
}
