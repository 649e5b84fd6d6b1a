//! Rewriting of redirects that name the target itself.

use http::{HeaderMap, HeaderValue, StatusCode, header};
use url::Url;

use crate::options::ProxyOptions;
use crate::target::TargetUrl;

/// Rewrites `Location` where the options say so and it leads to the target's own host.
pub(crate) fn rewrite(
    headers: &mut HeaderMap,
    status: StatusCode,
    host: Option<&str>,
    target: &TargetUrl,
    options: &ProxyOptions,
) {
    let wanted = options.auto_rewrite || options.protocol_rewrite.is_some();
    if !wanted || !matches!(status.as_u16(), 201 | 301 | 302 | 307 | 308) {
        return;
    }
    let location = headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
    let Some(mut url) = location.and_then(|location| Url::parse(location).ok()) else { return };
    let Ok(own) = Url::parse(target.as_str()) else { return };
    if (url.host(), url.port()) != (own.host(), own.port()) {
        return;
    }
    if let Some(host) = host.filter(|_| options.auto_rewrite) {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
            _ => (host, None),
        };
        // Neither can fail: the scheme is HTTP's, and a host that cannot be one leaves the location as it is.
        let _ = url.set_host(Some(name));
        let _ = url.set_port(port);
    }
    if let Some(scheme) = &options.protocol_rewrite {
        let _ = url.set_scheme(scheme.trim_end_matches(':'));
    }
    if let Ok(value) = HeaderValue::from_str(url.as_str()) {
        headers.insert(header::LOCATION, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(location: &str, options: &ProxyOptions, status: u16) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(header::LOCATION, location.parse().unwrap());
        let target = TargetUrl::parse("http://10.0.0.1:8888/x").unwrap();
        rewrite(
            &mut headers,
            StatusCode::from_u16(status).unwrap(),
            Some("hub.example:8000"),
            &target,
            options,
        );
        headers["location"].to_str().unwrap().to_owned()
    }

    #[test]
    fn only_redirects_to_the_target_are_rewritten() {
        let none = ProxyOptions::default();
        let host = ProxyOptions { auto_rewrite: true, ..ProxyOptions::default() };
        let scheme = ProxyOptions { protocol_rewrite: Some("https".into()), ..ProxyOptions::default() };
        let own = "http://10.0.0.1:8888/login?next=/";
        assert_eq!(rewritten(own, &none, 302), own);
        assert_eq!(rewritten(own, &host, 302), "http://hub.example:8000/login?next=/");
        assert_eq!(rewritten(own, &scheme, 302), "https://10.0.0.1:8888/login?next=/");
        assert_eq!(rewritten(own, &host, 200), own);
        assert_eq!(rewritten("http://other/", &host, 302), "http://other/");
        assert_eq!(rewritten("/relative", &host, 302), "/relative");
    }
}
