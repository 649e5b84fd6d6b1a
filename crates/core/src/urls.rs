//! Joining of URL paths as JupyterHub's `url_path_join` does it.

/// Joins URL pieces with exactly one `/` between them; a leading or trailing `/` of the whole is
/// kept. `join(&["/", "hub", "api/"])` is `/hub/api/`.
pub fn join(pieces: &[&str]) -> String {
    let leading = pieces.first().is_some_and(|piece| piece.starts_with('/'));
    let trailing = pieces.last().is_some_and(|piece| piece.ends_with('/'));
    let middle: Vec<&str> =
        pieces.iter().map(|piece| piece.trim_matches('/')).filter(|piece| !piece.is_empty()).collect();
    let mut joined = String::new();
    if leading {
        joined.push('/');
    }
    joined.push_str(&middle.join("/"));
    if trailing && joined != "/" {
        joined.push('/');
    }
    joined
}

/// Appends query parameters to `url`, which may have a query already. Values are encoded as
/// `application/x-www-form-urlencoded`.
pub fn with_query<'a>(url: &str, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let mut any = false;
    for (name, value) in parameters {
        query.append_pair(name, value);
        any = true;
    }
    if !any {
        return url.to_owned();
    }
    let (before_fragment, fragment) = match url.split_once('#') {
        Some((before, fragment)) => (before, format!("#{fragment}")),
        None => (url, String::new()),
    };
    let separator = match before_fragment.find('?') {
        None => "?",
        Some(_) if before_fragment.ends_with(['?', '&']) => "",
        Some(_) => "&",
    };
    format!("{before_fragment}{separator}{}{fragment}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn join_keeps_outer_slashes_and_drops_inner_ones() {
        assert_eq!(join(&["/", "hub", "api/"]), "/hub/api/");
        assert_eq!(join(&["/p/", "/hub/"]), "/p/hub/");
        assert_eq!(join(&["/hub/", "spawn", ""]), "/hub/spawn");
        assert_eq!(join(&["/", "/"]), "/");
    }

    #[test]
    fn query_is_appended_before_the_fragment() {
        assert_eq!(with_query("/a?x=1#f", [("next", "/b c")]), "/a?x=1&next=%2Fb+c#f");
        assert_eq!(with_query("/a", []), "/a");
    }
}
