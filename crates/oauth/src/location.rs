//! Addresses to send a browser back to.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::form_urlencoded;

/// What Python's `quote_plus` leaves alone besides letters and digits.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'~');

/// Adds parameters to the query of an address, or to its fragment. Parameters that are there stay in front.
pub(crate) fn with_parameters(address: &str, parameters: &[(&str, &str)], in_fragment: bool) -> String {
    let (rest, fragment) = address.split_once('#').unwrap_or((address, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (query, fragment) = if in_fragment {
        (query.to_owned(), extended(fragment, parameters))
    } else {
        (extended(query, parameters), fragment.to_owned())
    };
    let mut address = path.to_owned();
    for (separator, part) in [('?', query), ('#', fragment)] {
        if !part.is_empty() {
            address.push(separator);
            address.push_str(&part);
        }
    }
    address
}

fn extended(query: &str, parameters: &[(&str, &str)]) -> String {
    let present: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let present = present.iter().map(|(name, value)| (&**name, &**value));
    let pairs = present
        .chain(parameters.iter().copied())
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn encoded(value: &str) -> String {
    utf8_percent_encode(value, VALUE).to_string().replace("%20", "+")
}

/// Whether an address may be a redirection address: a path on this host, or a URI with a scheme and no fragment.
pub(crate) fn is_absolute(address: &str) -> bool {
    if address.starts_with('/') {
        return true;
    }
    let Some((scheme, rest)) = address.split_once(':') else {
        return false;
    };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme && rest.chars().all(|c| c.is_ascii_alphanumeric() || "-._~%!$&'()*+,;=:@/?[]".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_go_behind_those_that_are_there() {
        assert_eq!(with_parameters("/cb", &[("a", "b c~*")], false), "/cb?a=b+c~%2A");
        assert_eq!(with_parameters("http://x/cb?q=1#f", &[("a", "é")], false), "http://x/cb?q=1&a=%C3%A9#f");
        assert_eq!(with_parameters("/cb?q=1", &[("a", "1")], true), "/cb?q=1#a=1");
    }

    #[test]
    fn redirection_addresses_have_a_scheme_or_are_paths() {
        for (address, absolute) in [
            ("/cb", true),
            ("https://x.org/cb?a=1", true),
            ("com.example.app:/cb", true),
            ("cb", false),
            ("", false),
            ("https://x.org/cb#f", false),
            ("https://x.org/c b", false),
            ("1x://y", false),
        ] {
            assert_eq!(is_absolute(address), absolute, "{address}");
        }
    }
}
