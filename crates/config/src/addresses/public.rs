//! How `ip`, `port` and `base_url` become part of `bind_url`.
//!
//! Upstream keeps one value and changes it as the others are set: first for the command line, then
//! again for files and command line together. A part that the second pass does not change does not
//! act again, so a `bind_url` in a file beats `--port`, while `port` in the same file beats it.

use perijove_model::value::Value;

use super::host_and_port;
use crate::error::ConfigError;
use crate::origin::Origin;
use crate::url_parts::UrlParts;
use crate::values::Values;

/// The public URL and path as upstream ends up with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    pub(crate) bind_url: String,
    pub(crate) base_url: String,
    /// Both the whole and its parts were set.
    pub(crate) both: bool,
}

/// What was set in one pass.
#[derive(Default)]
struct Set {
    ip: Option<String>,
    port: Option<i64>,
    base_url: Option<String>,
    bind_url: Option<String>,
}

#[derive(Default)]
struct State {
    ip: String,
    port: Option<i64>,
    base_url: Option<String>,
    bind_url: Option<String>,
    tls: bool,
    both: bool,
}

impl PublicUrl {
    /// Works the URL out from the values of the hub's section.
    pub(crate) fn resolve(values: &Values<'_>) -> Result<Self, ConfigError> {
        let tls = match values.accepted("ssl_cert")? {
            Some(Value::Str(cert)) => !cert.is_empty(),
            _ => false,
        };
        let mut state = State { tls, ..State::default() };
        state.pass(Set::read(values, true)?);
        state.pass(Set::read(values, false)?);
        let bind_url = state.bind_url();
        Ok(Self { base_url: state.base_url(), both: state.both, bind_url: with_scheme(&bind_url, tls) })
    }
}

impl Set {
    fn read(values: &Values<'_>, command_line_only: bool) -> Result<Self, ConfigError> {
        let given = |name: &str| {
            let origin = values.entry(name).map(|entry| &entry.origin);
            if command_line_only && origin != Some(&Origin::CommandLine) {
                return Ok(None);
            }
            values.accepted(name)
        };
        let text = |name: &str| -> Result<Option<String>, ConfigError> {
            Ok(given(name)?.and_then(|value| value.as_str().map(str::to_owned)))
        };
        Ok(Self {
            ip: text("ip")?,
            port: given("port")?.and_then(|value| value.as_int()),
            base_url: text("base_url")?,
            bind_url: text("bind_url")?,
        })
    }
}

impl State {
    /// One loading of values, then the reactions to those that changed.
    fn pass(&mut self, set: Set) {
        let mut part_changed = false;
        if let Some(ip) = set.ip {
            part_changed |= ip != self.ip;
            self.ip = ip;
        }
        if let Some(port) = set.port {
            part_changed |= port != self.port();
            self.port = Some(port);
        }
        if let Some(base_url) = set.base_url {
            // What was never read counts as the constant default.
            part_changed |= base_url != self.base_url.as_deref().unwrap_or("/");
            self.base_url = Some(base_url);
        }
        if let Some(bind_url) = set.bind_url {
            self.bind_url = Some(with_scheme(&bind_url, self.tls));
        }
        if part_changed {
            self.take_parts();
        }
    }

    fn take_parts(&mut self) {
        let before = self.bind_url();
        let base_url = self.base_url();
        let netloc = host_and_port(&self.ip, self.port());
        let after = UrlParts::split(&before).with_netloc(&netloc).with_path(&base_url);
        if after != before {
            self.both |= before != default_url(self.tls);
            self.bind_url = Some(with_scheme(&after, self.tls));
        }
    }

    fn port(&self) -> i64 {
        self.port.unwrap_or(8000)
    }

    /// Reading a default fixes it.
    fn bind_url(&mut self) -> String {
        let default = default_url(self.tls);
        self.bind_url.get_or_insert(default).clone()
    }

    fn base_url(&mut self) -> String {
        let url = self.bind_url();
        let path = crate::accept::url_prefix(UrlParts::split(&url).path.to_owned());
        self.base_url.get_or_insert(path).clone()
    }
}

fn default_url(tls: bool) -> String {
    format!("{}://:8000", if tls { "https" } else { "http" })
}

/// The URL with the scheme that its certificate, or the lack of one, asks for.
fn with_scheme(url: &str, tls: bool) -> String {
    let url = current_scheme(url);
    match url.split_once("://") {
        Some(("http+unix", _)) | None => url,
        Some((_, rest)) => format!("{}://{rest}", if tls { "https" } else { "http" }),
    }
}

/// `unix+http` is an old name of `http+unix`.
pub(crate) fn current_scheme(url: &str) -> String {
    match url.strip_prefix("unix+http://") {
        Some(rest) => format!("http+unix://{rest}"),
        None => url.to_owned(),
    }
}
