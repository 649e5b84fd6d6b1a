//! Names that a certificate is good for, as OpenSSL writes them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use rcgen::SanType;

/// A subject alternative name: `DNS:localhost`, `IP:127.0.0.1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AltName {
    /// A host name.
    Dns(String),
    /// An address.
    Ip(IpAddr),
}

impl AltName {
    /// The names of this machine for itself.
    pub fn local() -> [Self; 2] {
        [Self::Dns("localhost".to_owned()), Self::Ip(IpAddr::from([127, 0, 0, 1]))]
    }

    /// Several in one text, for the log.
    pub fn list(names: &[Self]) -> String {
        let texts: Vec<String> = names.iter().map(ToString::to_string).collect();
        texts.join(";")
    }

    pub(crate) fn to_rcgen(&self) -> Result<SanType, rcgen::Error> {
        Ok(match self {
            Self::Dns(name) => SanType::DnsName(name.as_str().try_into()?),
            Self::Ip(address) => SanType::IpAddress(*address),
        })
    }
}

impl fmt::Display for AltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "DNS:{name}"),
            Self::Ip(address) => write!(f, "IP:{address}"),
        }
    }
}

impl FromStr for AltName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = match text.split_once(':') {
            Some(("DNS", name)) if !name.is_empty() && name.is_ascii() => Some(Self::Dns(name.to_owned())),
            Some(("IP", address)) => address.parse().ok().map(Self::Ip),
            _ => None,
        };
        known.ok_or_else(|| {
            format!("{text:?} is no name of a certificate, such as DNS:hub.example.org or IP:10.0.0.1")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::AltName;

    #[test]
    fn names_are_read_and_written_as_openssl_has_them() {
        for text in ["DNS:localhost", "IP:127.0.0.1", "IP:::1", "DNS:*.example.org"] {
            assert_eq!(text.parse::<AltName>().unwrap().to_string(), text);
        }
        assert_eq!("IP:0:0:0:0:0:0:0:1".parse(), "IP:::1".parse::<AltName>());
        for wrong in ["", "localhost", "DNS:", "DNS:ä", "IP:localhost", "URI:http://x"] {
            assert!(wrong.parse::<AltName>().is_err(), "{wrong}");
        }
    }
}
