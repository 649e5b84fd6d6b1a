//! Where a route leads.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use url::Url;

/// Why a text is no target.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It is not a URL.
    #[error("the target {target:?} is not a URL: {source}")]
    NotAUrl {
        /// The text as given.
        target: String,
        /// What the parser says.
        source: url::ParseError,
    },
    /// Its scheme is not one that can be forwarded to.
    #[error("the target {target:?} must start with http://, https://, http+unix:// or unix+http://")]
    Scheme {
        /// The text as given.
        target: String,
    },
    /// It names no host or socket.
    #[error("the target {target:?} names no host")]
    Host {
        /// The text as given.
        target: String,
    },
}

/// Where requests of a route go.
#[derive(Clone, Debug)]
pub enum Target {
    /// To the [`crate::LocalService`] of this process. `url` is what the route table shows, the address at which the same
    /// service listens for others.
    Local {
        /// The address to show.
        url: Arc<str>,
    },
    /// To another process.
    Url(TargetUrl),
}

impl Target {
    /// A local target that is shown as `url`.
    #[must_use]
    pub fn local(url: &str) -> Self {
        Self::Local { url: url.into() }
    }

    /// A target elsewhere.
    ///
    /// # Errors
    /// When `url` is not a URL that can be forwarded to.
    pub fn url(url: &str) -> Result<Self, TargetError> {
        TargetUrl::parse(url).map(Self::Url)
    }

    /// The address as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Local { url } => url,
            Self::Url(url) => url.as_str(),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What to connect to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// A host name or address (without brackets) and a port.
    Tcp {
        /// Name or address.
        host: Box<str>,
        /// Port number.
        port: u16,
    },
    /// A unix socket.
    Unix(PathBuf),
}

/// A parsed target URL; clones share the parts.
#[derive(Clone)]
pub struct TargetUrl(Arc<Parts>);

struct Parts {
    text: Box<str>,
    endpoint: Endpoint,
    tls: bool,
    authority: Box<str>,
    path: Box<str>,
    query: Option<Box<str>>,
}

impl TargetUrl {
    /// Parses `http://`, `https://`, `http+unix://%2Fpath%2Fof%2Fsocket` and `unix+http://…`, with an optional path.
    ///
    /// # Errors
    /// When it is not a URL, has another scheme or no host.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let url =
            Url::parse(text).map_err(|source| TargetError::NotAUrl { target: text.to_owned(), source })?;
        let no_host = || TargetError::Host { target: text.to_owned() };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(no_host)?;
        let (endpoint, tls) = match url.scheme() {
            scheme @ ("http" | "https") => {
                let port = url.port_or_known_default().ok_or_else(no_host)?;
                let host = host.trim_start_matches('[').trim_end_matches(']').into();
                (Endpoint::Tcp { host, port }, scheme == "https")
            }
            "http+unix" | "unix+http" => {
                let path = percent_decode_str(host).decode_utf8().map_err(|_| no_host())?;
                (Endpoint::Unix(PathBuf::from(path.as_ref())), false)
            }
            _ => return Err(TargetError::Scheme { target: text.to_owned() }),
        };
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let path = if url.path().is_empty() { "/" } else { url.path() };
        Ok(Self(Arc::new(Parts {
            text: text.into(),
            endpoint,
            tls,
            authority: authority.into(),
            path: path.into(),
            query: url.query().filter(|query| !query.is_empty()).map(Into::into),
        })))
    }

    /// The URL as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// What to connect to.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    /// Whether to speak TLS.
    #[must_use]
    pub fn tls(&self) -> bool {
        self.0.tls
    }

    /// Host and, unless it is the scheme's own, port: what `Host` says when the origin is changed.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.0.authority
    }

    /// The path, at least `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The query, without its question mark, unless empty.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.0.query.as_deref()
    }
}

impl fmt::Debug for TargetUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TargetUrl").field(&self.0.text).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_and_sockets_are_told_apart() {
        let plain = TargetUrl::parse("http://127.0.0.1:8888").unwrap();
        assert_eq!(plain.endpoint(), &Endpoint::Tcp { host: "127.0.0.1".into(), port: 8888 });
        assert_eq!((plain.tls(), plain.path(), plain.authority()), (false, "/", "127.0.0.1:8888"));

        let tls = TargetUrl::parse("https://[::1]/a/b?x=1").unwrap();
        assert_eq!(tls.endpoint(), &Endpoint::Tcp { host: "::1".into(), port: 443 });
        assert_eq!((tls.tls(), tls.path(), tls.query()), (true, "/a/b", Some("x=1")));

        for scheme in ["http+unix", "unix+http"] {
            let unix = TargetUrl::parse(&format!("{scheme}://%2Ftmp%2Fa%20b.sock/p")).unwrap();
            assert_eq!(unix.endpoint(), &Endpoint::Unix("/tmp/a b.sock".into()));
            assert_eq!(unix.path(), "/p");
        }
    }

    #[test]
    fn what_cannot_be_forwarded_to_is_refused() {
        for bad in ["", "127.0.0.1:80", "localhost:80", "ws://a/", "/path", "http://"] {
            assert!(TargetUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
