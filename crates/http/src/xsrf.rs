//! When the `_xsrf` value is asked for, and what it must be: 6.1.1's rules.

use std::borrow::Cow;

use axum::http::{HeaderMap, Method};
use perijove_crypto::xsrf;

use crate::cookies;
use crate::error::Failure;
use crate::form::last_encoded;

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// True where a page may set the cookie: a navigation, or a client that does not tell.
pub fn is_navigation(headers: &HeaderMap) -> bool {
    header(headers, "sec-fetch-mode").is_none_or(|mode| mode == "navigate")
}

/// Whether a cookie-authenticated request must show the `_xsrf` value.
pub fn is_needed(method: &Method, headers: &HeaderMap) -> bool {
    let mode = header(headers, "sec-fetch-mode").unwrap_or("unspecified");
    let site = header(headers, "sec-fetch-site").unwrap_or("unspecified");
    let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let harmless = mode == "websocket"
        || (matches!(mode, "navigate" | "unspecified") && reads)
        || (mode == "no-cors" && site == "same-origin" && reads);
    !harmless
}

/// The first valid `_xsrf` cookie: its value and the id inside.
pub fn valid_cookie(secret: &[u8], headers: &HeaderMap, now: i64) -> Option<(String, String)> {
    cookies::all(headers, "_xsrf")
        .find_map(|value| xsrf::decode(secret, value, now).map(|id| (value.to_owned(), id)))
}

/// The value that the request shows: `_xsrf` in the form or else the query, or a header where that is missing or
/// empty, as Tornado has it.
pub fn shown(query: &str, in_form: Option<&str>, headers: &HeaderMap) -> Option<String> {
    let in_query = || last_encoded(query.as_bytes(), "_xsrf");
    let argument = in_form.map(Cow::Borrowed).or_else(in_query).map(|value| value.trim().to_owned());
    let filled = |value: &String| !value.is_empty();
    argument
        .filter(filled)
        .or_else(|| header(headers, "x-xsrftoken").map(str::to_owned).filter(filled))
        .or_else(|| header(headers, "x-csrftoken").map(str::to_owned).filter(filled))
}

/// Compares what the request shows with what it should be, in constant time. That is made only if something is shown: it
/// may be new, and would then be set as a cookie.
///
/// # Errors
/// 403 with upstream's words, which scripts look for.
pub fn check(shown: Option<&str>, expected: impl FnOnce() -> String, method: &Method) -> Result<(), Failure> {
    let Some(shown) = shown else {
        return Err(Failure::forbidden(format!("'_xsrf' argument missing from {method}")));
    };
    if perijove_crypto::constant_time_eq(shown.as_bytes(), expected().as_bytes()) {
        return Ok(());
    }
    Err(Failure::forbidden(format!("XSRF cookie does not match {method} argument")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(mode: &'static str, site: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if !mode.is_empty() {
            headers.insert("sec-fetch-mode", mode.parse().unwrap());
        }
        if !site.is_empty() {
            headers.insert("sec-fetch-site", site.parse().unwrap());
        }
        headers
    }

    #[test]
    fn reads_of_pages_need_no_check_and_scripts_do() {
        for (method, mode, site, needed) in [
            (Method::GET, "navigate", "cross-site", false),
            (Method::GET, "", "", false),
            (Method::GET, "cors", "same-origin", true),
            (Method::GET, "no-cors", "same-origin", false),
            (Method::GET, "no-cors", "cross-site", true),
            (Method::GET, "websocket", "", false),
            (Method::POST, "navigate", "same-origin", true),
            (Method::POST, "", "", true),
        ] {
            assert_eq!(is_needed(&method, &headers(mode, site)), needed, "{method} {mode} {site}");
        }
    }

    #[test]
    fn the_form_wins_over_query_and_header() {
        let mut headers = HeaderMap::new();
        headers.insert("x-xsrftoken", "h".parse().unwrap());
        assert_eq!(shown("_xsrf=q", Some("f"), &headers).as_deref(), Some("f"));
        assert_eq!(shown("_xsrf=q", None, &headers).as_deref(), Some("q"));
        assert_eq!(shown("", Some(""), &headers).as_deref(), Some("h"));
        assert_eq!(shown("", None, &headers).as_deref(), Some("h"));
    }
}
