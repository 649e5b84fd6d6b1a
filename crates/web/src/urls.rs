//! URL pieces as templates join them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What JupyterHub leaves unquoted in a user or server name: unreserved characters and `@`.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'~').remove(b'@');

/// Quotes a user or server name for one path segment.
#[must_use]
pub fn escape_path(name: &str) -> String {
    utf8_percent_encode(name, NAME).to_string()
}

/// Joins path pieces with single slashes; a leading slash of the first and a trailing one of the last piece stay.
#[must_use]
pub fn url_path_join<S: AsRef<str>>(pieces: &[S]) -> String {
    let first_slash = pieces.first().is_some_and(|piece| piece.as_ref().starts_with('/'));
    let last_slash = pieces.last().is_some_and(|piece| piece.as_ref().ends_with('/'));
    let inner: Vec<&str> = pieces
        .iter()
        .map(|piece| piece.as_ref().trim_matches('/'))
        .filter(|piece| !piece.is_empty())
        .collect();
    let mut url = inner.join("/");
    if first_slash {
        url.insert(0, '/');
    }
    if last_slash && url != "/" {
        url.push('/');
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_as_in_paths() {
        assert_eq!(escape_path("ann@example.org"), "ann@example.org");
        assert_eq!(escape_path("a b/ü~c"), "a%20b%2F%C3%BC~c");
    }

    #[test]
    fn pieces_are_joined_with_single_slashes() {
        assert_eq!(url_path_join(&["/", "hub/", "/home"]), "/hub/home");
        assert_eq!(url_path_join(&["/hub/", "", "x/"]), "/hub/x/");
        assert_eq!(url_path_join(&["/", "/"]), "/");
        assert_eq!(url_path_join::<&str>(&[]), "");
    }
}
