//! A host name of their own for each user's servers and for each service (`JupyterHub.subdomain_host`), so that the
//! browser keeps what they run apart.

use std::fmt::Debug;
use std::sync::Arc;

use perijove_model::slug::{DomainKind, subdomain_idna, subdomain_legacy};

use crate::error::{Error, Result};

/// The longest name in DNS (RFC 1035, 2.3.4), without the final dot.
const LONGEST_DOMAIN: usize = 253;

/// A function of the configuration that makes host names (`JupyterHub.subdomain_hook`).
pub trait DomainHook: Debug + Send + Sync {
    /// The host name of a user or service, below the hub's. May wait for the Python worker; the same name gets the same
    /// answer without another call.
    ///
    /// # Errors
    /// Whatever the function raises, and an answer that is no text.
    fn domain(&self, name: &str, hub: &str, kind: DomainKind) -> Result<String>;
}

/// How names become host names.
#[derive(Debug, Clone)]
pub enum DomainRule {
    /// `'idna'`: every name gets a valid host name.
    Idna,
    /// `'legacy'`: as JupyterHub did before 5.0. All services share one.
    Legacy,
    /// A function.
    Called(Arc<dyn DomainHook>),
}

/// Host names below that of the hub.
#[derive(Debug, Clone)]
pub struct Subdomains {
    scheme: String,
    /// Host and port of `subdomain_host`.
    authority: String,
    /// The port of `subdomain_host` with its colon, or nothing.
    port: String,
    /// The host of `subdomain_host`, below which services are.
    service_parent: String,
    /// The host of `public_url`, which is `subdomain_host`'s unless configured; users are below it.
    user_parent: String,
    rule: DomainRule,
}

impl Subdomains {
    /// Host names below `subdomain_host` (`https://hub.example.org:8443`). `public_host` is the host name of `public_url`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a value without scheme or host.
    pub fn new(subdomain_host: &str, public_host: &str, rule: DomainRule) -> Result<Self> {
        let wrong = || {
            Error::Invalid(format!("{subdomain_host:?} is no URL of a host, such as https://hub.example.org"))
        };
        let (scheme, rest) = subdomain_host.split_once("://").ok_or_else(wrong)?;
        let authority = rest.trim_end_matches('/');
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, format!(":{}", port.parse::<u16>().map_err(|_| wrong())?)),
            None => (authority, String::new()),
        };
        let host = host.to_ascii_lowercase();
        if !matches!(scheme, "http" | "https") || !is_domain(&host) {
            return Err(wrong());
        }
        Ok(Self {
            scheme: scheme.to_owned(),
            authority: authority.to_owned(),
            port,
            service_parent: host,
            user_parent: public_host.to_ascii_lowercase(),
            rule,
        })
    }

    /// The `Domain` of cookies that servers and services see too.
    pub fn cookie_domain(&self) -> &str {
        &self.user_parent
    }

    /// Whether a URL's host (with port) is the hub's or below it.
    pub fn covers(&self, authority: &str) -> bool {
        let before = authority.strip_suffix(self.authority.as_str());
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    }

    /// The host name of a user.
    ///
    /// # Errors
    /// What the configured function raises, or an answer of it that is no host name.
    pub fn of_user(&self, name: &str) -> Result<String> {
        self.domain(name, &self.user_parent, DomainKind::User)
    }

    /// The host name of a service.
    ///
    /// # Errors
    /// As [`Self::of_user`].
    pub fn of_service(&self, name: &str) -> Result<String> {
        self.domain(name, &self.service_parent, DomainKind::Service)
    }

    /// Scheme, host and port of a host name of ours.
    pub fn origin(&self, domain: &str) -> String {
        format!("{}://{domain}{}", self.scheme, self.port)
    }

    /// Host and port of a host name of ours.
    pub fn authority(&self, domain: &str) -> String {
        format!("{domain}{}", self.port)
    }

    fn domain(&self, name: &str, parent: &str, kind: DomainKind) -> Result<String> {
        match &self.rule {
            DomainRule::Idna => Ok(subdomain_idna(name, parent, kind)),
            DomainRule::Legacy => Ok(subdomain_legacy(name, parent, kind)),
            DomainRule::Called(hook) => {
                let domain = hook.domain(name, parent, kind)?;
                if !is_domain(&domain) {
                    return Err(Error::internal(format!(
                        "JupyterHub.subdomain_hook returned {domain:?} for {name:?}, which is no host name"
                    )));
                }
                Ok(domain)
            }
        }
    }

    /// The same where nothing can fail: a broken function is logged, and the usual rule is used in its place. Its user
    /// cannot start a server, since a start asks [`Self::of_user`].
    pub(crate) fn user_or_usual(&self, name: &str) -> String {
        usual(self.of_user(name), name, &self.user_parent, DomainKind::User)
    }

    /// The same for a service.
    pub(crate) fn service_or_usual(&self, name: &str) -> String {
        usual(self.of_service(name), name, &self.service_parent, DomainKind::Service)
    }
}

fn usual(found: Result<String>, name: &str, parent: &str, kind: DomainKind) -> String {
    found.unwrap_or_else(|error| {
        tracing::error!(%name, "the host name cannot be found: {error}");
        subdomain_idna(name, parent, kind)
    })
}

/// Labels of letters, digits, `-` and `_` (which the legacy rule uses), with dots between them.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    text.len() <= LONGEST_DOMAIN && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Says(&'static str);

    impl DomainHook for Says {
        fn domain(&self, _name: &str, hub: &str, _kind: DomainKind) -> Result<String> {
            match self.0 {
                "raise" => Err(Error::internal("no such thing")),
                label => Ok(format!("{label}.{hub}")),
            }
        }
    }

    fn of(host: &str, rule: DomainRule) -> Subdomains {
        Subdomains::new(host, "hub.example.org", rule).unwrap()
    }

    #[test]
    fn users_and_services_are_below_the_hub() {
        let hosts = of("https://Hub.example.org:8443", DomainRule::Idna);
        assert_eq!(hosts.of_user("ada").unwrap(), "ada.hub.example.org");
        assert_eq!(hosts.of_service("x").unwrap(), "x--service.hub.example.org");
        assert_eq!(hosts.origin("ada.hub.example.org"), "https://ada.hub.example.org:8443");
        let old = of("http://hub.example.org", DomainRule::Legacy);
        assert_eq!(old.of_user("a@b").unwrap(), "a_40b.hub.example.org");
        assert_eq!(old.of_service("x").unwrap(), "services.hub.example.org");
        assert_eq!(old.origin("a"), "http://a");
    }

    #[test]
    fn only_hosts_at_and_below_the_hub_are_covered() {
        let hosts = of("https://hub.example.org:8443", DomainRule::Idna);
        assert!(hosts.covers("hub.example.org:8443") && hosts.covers("a.b.hub.example.org:8443"));
        for foreign in ["evilhub.example.org:8443", "hub.example.org", "hub.example.org:8443.evil", ""] {
            assert!(!hosts.covers(foreign), "{foreign}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for wrong in
            ["hub.example.org", "ftp://hub", "https://", "https://hub:port", "https://a b", "https://h/p"]
        {
            assert!(Subdomains::new(wrong, "", DomainRule::Idna).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_function_is_believed_only_if_it_names_a_host() {
        let hosts = |says| of("http://hub.example.org", DomainRule::Called(Arc::new(Says(says))));
        assert_eq!(hosts("own").of_user("ada").unwrap(), "own.hub.example.org");
        for broken in ["raise", "a b", "", "a/../b", "evil@"] {
            let hosts = hosts(broken);
            assert!(hosts.of_user("ada").is_err(), "{broken}");
            assert_eq!(hosts.user_or_usual("ada"), "ada.hub.example.org");
            assert_eq!(hosts.service_or_usual("x"), "x--service.hub.example.org");
        }
    }
}
