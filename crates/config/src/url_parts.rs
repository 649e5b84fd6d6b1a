//! URLs taken apart as Python's `urllib.parse.urlparse` does, which is more lenient than a URL
//! parser: `http://:8000` has no host, and that is how a hub listens everywhere.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// The parts of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UrlParts<'a> {
    /// Without the colon; empty if there is none.
    pub(crate) scheme: &'a str,
    /// User, host and port.
    pub(crate) netloc: &'a str,
    /// From the first slash.
    pub(crate) path: &'a str,
    /// From the `?` or `#`.
    pub(crate) rest: &'a str,
}

impl<'a> UrlParts<'a> {
    pub(crate) fn split(url: &'a str) -> Self {
        let (scheme, after) = match url.split_once(':') {
            Some((scheme, after)) if is_scheme(scheme) => (scheme, after),
            _ => ("", url),
        };
        let (netloc, after) = match after.strip_prefix("//") {
            Some(after) => after.split_at(after.find(['/', '?', '#']).unwrap_or(after.len())),
            None => ("", after),
        };
        let (path, rest) = after.split_at(after.find(['?', '#']).unwrap_or(after.len()));
        Self { scheme, netloc, path, rest }
    }

    /// The URL with another path.
    pub(crate) fn with_path(&self, path: &str) -> String {
        let scheme = if self.scheme.is_empty() { String::new() } else { format!("{}:", self.scheme) };
        let slashes = if self.netloc.is_empty() && self.scheme.is_empty() { "" } else { "//" };
        let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
        format!("{scheme}{slashes}{}{slash}{path}{}", self.netloc, self.rest)
    }

    /// The URL with another user, host and port.
    pub(crate) fn with_netloc(self, netloc: &'a str) -> Self {
        Self { netloc, ..self }
    }

    /// The host without brackets; empty if there is none.
    pub(crate) fn host(&self) -> &'a str {
        let host = self.netloc.rsplit_once('@').map_or(self.netloc, |(_, host)| host);
        match host.strip_prefix('[') {
            Some(host) => host.split_once(']').map_or(host, |(host, _)| host),
            None => host.split_once(':').map_or(host, |(host, _)| host),
        }
    }

    /// The port, if there is one; the text if that is no port.
    pub(crate) fn port(&self) -> Result<Option<u16>, &'a str> {
        let host = self.netloc.rsplit_once('@').map_or(self.netloc, |(_, host)| host);
        let after_brackets = host.rsplit_once(']').map_or(host, |(_, after)| after);
        match after_brackets.split_once(':') {
            None | Some((_, "")) => Ok(None),
            Some((_, port)) => port.parse().map(Some).map_err(|_| port),
        }
    }

    /// The host part with `%2F` and the like decoded: the path of a socket file.
    pub(crate) fn unquoted_netloc(&self) -> OsString {
        let mut decoded = Vec::with_capacity(self.netloc.len());
        let mut bytes = self.netloc.bytes();
        while let Some(byte) = bytes.next() {
            let mut ahead = bytes.clone();
            let pair = (byte == b'%').then(|| Some((hex(ahead.next()?)?, hex(ahead.next()?)?))).flatten();
            match pair {
                Some((high, low)) => {
                    decoded.push(high * 16 + low);
                    bytes = ahead;
                }
                None => decoded.push(byte),
            }
        }
        OsString::from_vec(decoded)
    }
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::UrlParts;

    #[test]
    fn splits_as_python_does() {
        let url = UrlParts::split("http://:8000/p?q#f");
        assert_eq!((url.scheme, url.netloc, url.path, url.rest), ("http", ":8000", "/p", "?q#f"));
        assert_eq!((url.host(), url.port()), ("", Ok(Some(8000))));
        let url = UrlParts::split("https://u:p@[::1]:443");
        assert_eq!((url.host(), url.port(), url.path), ("::1", Ok(Some(443)), ""));
        assert_eq!(UrlParts::split("http://h:x").port(), Err("x"));
        assert_eq!(UrlParts::split("127.0.0.1:8000").path, "127.0.0.1:8000");
        assert_eq!(UrlParts::split("/a/b").with_path("/c"), "/c");
        assert_eq!(UrlParts::split("http://h/a?q").with_path("/c"), "http://h/c?q");
        assert_eq!(UrlParts::split("http+unix://%2Fa%20b%zz.sock").unquoted_netloc(), "/a b%zz.sock");
    }
}
