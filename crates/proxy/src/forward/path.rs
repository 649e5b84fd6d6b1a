//! Paths: by which a route is looked up, and which a target is asked for.

use std::borrow::Cow;

use http::Uri;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::options::ProxyOptions;
use crate::target::TargetUrl;

/// Path and query as CHP understands them: as a browser would resolve them, so without `.` and `..`.
pub(crate) fn normalised(uri: &Uri) -> Cow<'_, str> {
    let text = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let path = uri.path();
    let is_plain =
        !path.contains("/.") && !path.contains("/%2") && !path.contains('\\') && text.starts_with('/');
    if is_plain {
        return Cow::Borrowed(text);
    }
    match Url::parse(&format!("http://localhost{text}")) {
        Ok(url) => match url.query() {
            Some(query) => Cow::Owned(format!("{}?{query}", url.path())),
            None => Cow::Owned(url.path().to_owned()),
        },
        Err(_) => Cow::Borrowed(text),
    }
}

/// The decoded path that routes are looked up by. Of a path that begins with two slashes CHP takes the first part for a host.
pub(crate) fn lookup(path_and_query: &str) -> Cow<'_, str> {
    let path = path_and_query.split_once('?').map_or(path_and_query, |(path, _)| path);
    let path = match path.strip_prefix("//") {
        Some(rest) => {
            rest.trim_start_matches('/').find('/').and_then(|slash| rest.get(slash..)).unwrap_or("/")
        }
        None => path,
    };
    if path.contains('%') { percent_decode_str(path).decode_utf8_lossy() } else { Cow::Borrowed(path) }
}

/// The path and query to ask the target for.
pub(crate) fn outgoing<'a>(
    asked: &'a str,
    route: &str,
    host_routing: bool,
    target: &TargetUrl,
    options: &ProxyOptions,
) -> Cow<'a, str> {
    let asked = if options.include_prefix { asked } else { without_prefix(asked, route, host_routing) };
    if !options.prepend_path || (target.path() == "/" && target.query().is_none()) {
        return if asked.starts_with('/') { Cow::Borrowed(asked) } else { Cow::Owned(format!("/{asked}")) };
    }
    let (path, query) = asked.split_once('?').map_or((asked, ""), |(path, query)| (path, query));
    let mut joined = target.path().to_owned();
    match (joined.ends_with('/'), path.strip_prefix('/')) {
        (true, Some(rest)) => joined.push_str(rest),
        (false, None) if !path.is_empty() => {
            joined.push('/');
            joined.push_str(path);
        }
        _ => joined.push_str(path),
    }
    let queries = [target.query().unwrap_or_default(), query];
    let mut separator = '?';
    for query in queries.into_iter().filter(|query| !query.is_empty()) {
        joined.push(separator);
        joined.push_str(query);
        separator = '&';
    }
    Cow::Owned(joined)
}

/// What follows the route's own segments.
fn without_prefix<'a>(asked: &'a str, route: &str, host_routing: bool) -> &'a str {
    let segments = route.split('/').filter(|segment| !segment.is_empty()).count();
    let segments = segments.saturating_sub(usize::from(host_routing));
    let path_end = asked.find('?').unwrap_or(asked.len());
    let (path, _) = asked.split_at(path_end);
    let start = path.len() - path.trim_start_matches('/').len();
    let mut ends = path.match_indices('/').map(|(at, _)| at).filter(|at| *at >= start);
    let end = match segments {
        0 => 0,
        count => ends.nth(count - 1).unwrap_or(path_end),
    };
    asked.get(end..).unwrap_or(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(options: &ProxyOptions, target: &str, route: &str, path: &str) -> String {
        let target = TargetUrl::parse(target).unwrap();
        outgoing(path, route, false, &target, options).into_owned()
    }

    #[test]
    fn dots_are_resolved_before_anything_else() {
        for (given, plain) in [
            ("/a/b?c=/../d", "/a/b?c=/../d"),
            ("/a/../b", "/b"),
            ("/a/%2e%2E/b?x", "/b?x"),
            ("/a/./b/..", "/a/"),
            ("/../../etc", "/etc"),
            ("/a\\..\\b", "/b"),
            ("/a/.hidden", "/a/.hidden"),
            ("//a/b", "//a/b"),
        ] {
            assert_eq!(normalised(&given.parse().unwrap()), plain, "{given}");
        }
    }

    #[test]
    fn the_lookup_is_decoded() {
        assert_eq!(lookup("/user/a%20b%2Fc?x=%20"), "/user/a b/c");
        assert_eq!(lookup("//user/a"), "/a");
        assert_eq!(lookup("//user"), "/");
        assert_eq!(lookup("/user/%ff"), "/user/\u{fffd}");
    }

    #[test]
    fn paths_of_target_and_request_are_joined() {
        let chp = ProxyOptions::default();
        assert_eq!(asked(&chp, "http://t", "/a", "/a/b?c=d"), "/a/b?c=d");
        assert_eq!(asked(&chp, "http://t/x", "/a", "/a/b?c=d"), "/x/a/b?c=d");
        assert_eq!(asked(&chp, "http://t/x/?q=1", "/a", "/a//b?c=d"), "/x/a//b?q=1&c=d");
        assert_eq!(asked(&chp, "http://t/x/?q=1", "/a", "/"), "/x/?q=1");
        let bare = ProxyOptions { prepend_path: false, ..ProxyOptions::default() };
        assert_eq!(asked(&bare, "http://t/x", "/a", "/a/b?c=d"), "/a/b?c=d");
    }

    #[test]
    fn the_prefix_can_be_left_out() {
        let options = ProxyOptions { include_prefix: false, ..ProxyOptions::default() };
        for (route, path, target, expected) in [
            ("/", "/a/b", "http://t", "/a/b"),
            ("/a", "/a", "http://t", "/"),
            ("/a", "/a?x", "http://t", "/?x"),
            ("/a b", "/a%20b/c?x", "http://t", "/c?x"),
            ("/a/b", "/a/b/c", "http://t/x", "/x/c"),
            ("/a/b", "/a/b", "http://t/x", "/x"),
        ] {
            assert_eq!(asked(&options, target, route, path), expected, "{route} {path}");
        }
    }
}
