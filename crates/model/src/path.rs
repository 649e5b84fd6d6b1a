//! Quoting and joining of URL paths, as JupyterHub does it.
//!
//! These two rules decide cookie names, routes in the proxy and the environment of servers, so they are kept in
//! one place and compared with upstream's answers in the tests.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What `urllib.parse.quote(value, safe="@~")` leaves alone besides letters and digits.
const PATH_SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'~').remove(b'@');

/// Quotes one path segment (a user, server, group or service name) as JupyterHub does: UTF-8 bytes outside
/// letters, digits and `_.-~@` become `%XX` in capitals. A `/` is quoted too.
pub fn escape_segment(value: &str) -> String {
    utf8_percent_encode(value, PATH_SEGMENT).to_string()
}

/// Joins pieces with exactly one `/` between them, keeps a leading `/` of the first and a trailing `/` of the
/// last piece, and ignores empty pieces (JupyterHub's `url_path_join`).
pub fn join<S: AsRef<str>>(pieces: &[S]) -> String {
    let used = pieces.iter().rposition(|piece| !piece.as_ref().is_empty()).map_or(0, |last| last + 1);
    let pieces = pieces.get(..used).unwrap_or_default();
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else {
        return String::new();
    };
    let mut joined = String::new();
    if first.as_ref().starts_with('/') {
        joined.push('/');
    }
    let middle =
        pieces.iter().map(|piece| piece.as_ref().trim_matches('/')).filter(|piece| !piece.is_empty());
    for (index, piece) in middle.enumerate() {
        if index > 0 {
            joined.push('/');
        }
        joined.push_str(piece);
    }
    if last.as_ref().ends_with('/') {
        joined.push('/');
    }
    if joined == "//" {
        joined.truncate(1);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_with_single_slashes() {
        assert_eq!(join(&["/hub/", "/api", "users"]), "/hub/api/users");
        assert_eq!(join(&["/", "user", "a", "/"]), "/user/a/");
        assert_eq!(join(&["/", "/"]), "/");
        assert_eq!(join(&["a", ""]), "a");
        assert_eq!(join::<&str>(&[]), "");
        assert_eq!(join(&["/p/", "", "hub"]), "/p/hub");
    }

    #[test]
    fn quotes_everything_but_the_unreserved() {
        assert_eq!(escape_segment("a b@c~d/é"), "a%20b@c~d%2F%C3%A9");
    }
}
