//! Reading and setting of cookies, with Tornado's attributes and order.

use std::time::Duration;

use axum::http::{HeaderMap, header};
use chrono::{DateTime, TimeDelta, Utc};

/// The values of all cookies called `name`, in the order of the header. A browser sends several
/// where paths overlap.
pub fn all<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim().trim_matches('"'))
}

/// The value of a cookie; the last one wins, as in Tornado.
pub fn get<'a>(headers: &'a HeaderMap, name: &'a str) -> Option<&'a str> {
    all(headers, name).last()
}

/// A `Set-Cookie` header being built.
#[derive(Debug, Clone)]
pub struct SetCookie {
    name: String,
    value: String,
    attributes: Vec<(String, Option<String>)>,
}

impl SetCookie {
    /// A session cookie for `path`. Values here are URL-safe or Tornado's signed form; a value with
    /// other characters is quoted, as Python's `SimpleCookie` does.
    pub fn new(name: &str, value: &str, path: &str) -> Self {
        let mut cookie = Self { name: name.to_owned(), value: value.to_owned(), attributes: Vec::new() };
        cookie.set("Path", Some(path));
        cookie
    }

    /// A cookie that makes the browser forget `name`.
    pub fn removal(name: &str, path: &str) -> Self {
        let mut cookie = Self::new(name, "\"\"", path);
        cookie.set("expires", Some("Thu, 01 Jan 1970 00:00:00 GMT"));
        if name.starts_with("__Host-") {
            cookie.set("Path", Some("/"));
            cookie.set("Secure", None);
        }
        cookie
    }

    /// Sets or replaces an attribute; `None` is one without a value, such as `Secure`.
    pub fn set(&mut self, attribute: &str, value: Option<&str>) {
        let value = value.map(str::to_owned);
        match self.attributes.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(attribute)) {
            Some((_, old)) => *old = value,
            None => self.attributes.push((attribute.to_owned(), value)),
        }
    }

    /// The browser forgets the cookie `days` after `now`.
    pub fn expire_after(&mut self, days: f64, now: DateTime<Utc>) {
        // Further ahead than this is for ever.
        let seconds = (days * 86_400.0).clamp(-1e10, 1e10);
        let end =
            Duration::try_from_secs_f64(seconds.abs()).ok().and_then(|age| TimeDelta::from_std(age).ok());
        let end = end.and_then(|age| {
            if seconds < 0.0 { now.checked_sub_signed(age) } else { now.checked_add_signed(age) }
        });
        if let Some(end) = end {
            self.set("expires", Some(&http_date(end)));
        }
    }

    /// Sets an attribute of `cookie_options` by Tornado's name for it: `samesite`, `secure`, `domain`, `max_age`, …
    pub fn set_option(&mut self, name: &str, value: &str, now: DateTime<Utc>) {
        match name.to_ascii_lowercase().as_str() {
            "samesite" => self.set("SameSite", Some(value)),
            "domain" => self.set("Domain", Some(value)),
            "path" => self.set("Path", Some(value)),
            "max_age" | "max-age" => self.set("Max-Age", Some(value)),
            "expires_days" => match value.parse() {
                Ok(days) => self.expire_after(days, now),
                // `None`: as long as the browser runs.
                Err(_) => self.unset("expires"),
            },
            // What Python counts as false.
            flag @ ("secure" | "httponly") if matches!(value, "" | "0" | "0.0" | "None") => self.unset(flag),
            "secure" => self.set("Secure", None),
            "httponly" => self.set("HttpOnly", None),
            other => tracing::warn!("cookie_options: {other} is not an attribute of cookies"),
        }
    }

    fn unset(&mut self, attribute: &str) {
        self.attributes.retain(|(name, _)| !name.eq_ignore_ascii_case(attribute));
    }

    /// The header's value.
    pub fn to_header(&self) -> String {
        let mut text = format!("{}={}", self.name, quoted(&self.value));
        for (name, value) in &self.attributes {
            text.push_str("; ");
            text.push_str(name);
            if let Some(value) = value {
                text.push('=');
                text.push_str(value);
            }
        }
        text
    }

    /// The cookie's name and path: a later cookie with both the same replaces this one.
    pub fn identity(&self) -> (&str, Option<&str>) {
        let path =
            self.attributes.iter().find(|(name, _)| name == "Path").and_then(|(_, value)| value.as_deref());
        (&self.name, path)
    }
}

/// A time as headers have it.
pub fn http_date(time: DateTime<Utc>) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn quoted(value: &str) -> String {
    let legal = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:".contains(c);
    if value.chars().all(legal) || value == "\"\"" { value.to_owned() } else { format!("\"{value}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_by_whole_name() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "a=1; _xsrf=x; b_xsrf=no; _xsrf=\"y\"".parse().unwrap());
        assert_eq!(all(&headers, "_xsrf").collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(get(&headers, "_xsrf"), Some("y"));
        assert_eq!(get(&headers, "c"), None);
    }

    #[test]
    fn signed_values_are_quoted_as_tornado_sends_them() {
        let mut cookie = SetCookie::new("jupyterhub-hub-login", "2|1:0|10:1|x|abc=|00", "/hub/");
        cookie.set("HttpOnly", None);
        assert_eq!(cookie.to_header(), "jupyterhub-hub-login=\"2|1:0|10:1|x|abc=|00\"; Path=/hub/; HttpOnly");
    }

    #[test]
    fn options_are_read_as_tornado_reads_them() {
        let now = DateTime::from_timestamp(1_000_000_000, 0).unwrap();
        let mut cookie = SetCookie::new("a", "b", "/");
        cookie.set("HttpOnly", None);
        cookie.expire_after(30.0, now);
        assert_eq!(cookie.to_header(), "a=b; Path=/; HttpOnly; expires=Tue, 09 Oct 2001 01:46:40 GMT");
        for (name, value) in
            [("secure", "True"), ("httponly", ""), ("SameSite", "None"), ("expires_days", "1")]
        {
            cookie.set_option(name, value, now);
        }
        assert_eq!(
            cookie.to_header(),
            "a=b; Path=/; expires=Mon, 10 Sep 2001 01:46:40 GMT; Secure; SameSite=None"
        );
        cookie.set_option("expires_days", "None", now);
        assert_eq!(cookie.to_header(), "a=b; Path=/; Secure; SameSite=None");
        cookie.expire_after(f64::MAX, now);
        cookie.expire_after(f64::NAN, now);
    }

    #[test]
    fn removal_expires_in_the_past() {
        let header = SetCookie::removal("__Host-x", "/hub/").to_header();
        assert!(header.contains("Path=/;") && header.ends_with("Secure"), "{header}");
    }
}
