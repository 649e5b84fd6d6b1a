//! Route specifications of the hub and the paths by which CHP knows the same routes.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::RouteError;

/// What 6.1.1 leaves unquoted when it turns a path of CHP back into a specification.
const SPEC_QUOTED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'~').remove(b'@').remove(b'/');

/// The path by which CHP's API names a route: decoded, with the host as its first part, no slash at the end.
///
/// # Errors
/// When routing is by host and the specification has none, or the reverse. `/` always fits.
pub fn path_from_spec(spec: &str, host_routing: bool) -> Result<String, RouteError> {
    let wrong = |expected| RouteError::Spec { spec: spec.to_owned(), expected };
    if spec == "/" {
        return Ok(spec.to_owned());
    }
    match (spec.starts_with('/'), host_routing) {
        (false, false) => return Err(wrong("it must start with a slash, since routing is not by host")),
        (true, true) => return Err(wrong("it must start with a host name, since routing is by host")),
        _ => {}
    }
    let decoded = percent_decode_str(spec).decode_utf8().map_err(|_| wrong("it must be UTF-8"))?;
    Ok(format!("/{}", decoded.trim_matches('/')))
}

/// The specification of a route that CHP's API names `path`: percent-encoded, with a slash at the end.
#[must_use]
pub fn spec_from_path(path: &str, host_routing: bool) -> String {
    let mut spec = utf8_percent_encode(path, SPEC_QUOTED).to_string();
    if host_routing && spec != "/" {
        spec = spec.trim_start_matches('/').to_owned();
    }
    if !spec.ends_with('/') {
        spec.push('/');
    }
    spec
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_specification_survives_the_way_to_chp_and_back() {
        for (spec, hosts, path) in [
            ("/", false, "/"),
            ("/", true, "/"),
            ("/user/a%20b@c/", false, "/user/a b@c"),
            ("/user/%C3%A9~x/", false, "/user/é~x"),
            ("a.example/hub/", true, "/a.example/hub"),
        ] {
            assert_eq!(path_from_spec(spec, hosts).unwrap(), path);
            assert_eq!(spec_from_path(path, hosts), spec);
        }
    }

    #[test]
    fn a_specification_of_the_other_kind_is_refused() {
        assert!(path_from_spec("/user/a/", true).is_err());
        assert!(path_from_spec("host/user/a/", false).is_err());
    }
}
