//! The command line, option by option as configurable-http-proxy 5 has it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use http::{HeaderName, HeaderValue};

/// How much to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// What happens.
    Info,
    /// What may be wrong.
    Warn,
    /// What is wrong.
    Error,
}

/// Forwards requests by path or host to servers that a REST API names.
#[derive(Debug, Parser)]
#[command(name = "perijove proxy", version, about)]
pub(crate) struct Arguments {
    /// Public address to listen on; all by default.
    #[arg(long)]
    pub(crate) ip: Option<String>,
    /// Public port to listen on (8000 by default).
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    /// Public unix socket to listen on, instead of address and port.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["ip", "port"])]
    pub(crate) socket: Option<PathBuf>,
    /// Private key of the public side.
    #[arg(long, value_name = "FILE")]
    pub(crate) ssl_key: Option<PathBuf>,
    /// Certificate of the public side, and the chain behind it.
    #[arg(long, value_name = "FILE")]
    pub(crate) ssl_cert: Option<PathBuf>,
    /// Authorities of the public side.
    #[arg(long, value_name = "FILE")]
    pub(crate) ssl_ca: Option<PathBuf>,
    /// Ask clients for certificates, and refuse those without.
    #[arg(long)]
    pub(crate) ssl_request_cert: bool,
    /// Accepted: asking for certificates refuses those without anyway.
    #[arg(long)]
    pub(crate) ssl_reject_unauthorized: bool,
    /// Only this TLS version, for example `TLSv1_2`.
    #[arg(long, value_name = "VERSION")]
    pub(crate) ssl_protocol: Option<String>,
    /// TLS cipher suites by OpenSSL's names, separated by colons; unknown ones are left out.
    #[arg(long, value_name = "CIPHERS")]
    pub(crate) ssl_ciphers: Option<String>,
    /// Accepted without effect: RC4 is never spoken.
    #[arg(long)]
    pub(crate) ssl_allow_rc4: bool,
    /// Accepted without effect: there are no cipher suites that need the file.
    #[arg(long, value_name = "FILE")]
    pub(crate) ssl_dhparam: Option<PathBuf>,
    /// Address of the REST API.
    #[arg(long, value_name = "IP", default_value = "localhost")]
    pub(crate) api_ip: String,
    /// Port of the REST API (the public one plus one by default).
    #[arg(long, value_name = "N")]
    pub(crate) api_port: Option<u16>,
    /// Unix socket of the REST API, instead of address and port.
    #[arg(long, value_name = "PATH", conflicts_with = "api_port")]
    pub(crate) api_socket: Option<PathBuf>,
    /// Private key of the REST API.
    #[arg(long, value_name = "FILE")]
    pub(crate) api_ssl_key: Option<PathBuf>,
    /// Certificate of the REST API.
    #[arg(long, value_name = "FILE")]
    pub(crate) api_ssl_cert: Option<PathBuf>,
    /// Authorities of the REST API's clients.
    #[arg(long, value_name = "FILE")]
    pub(crate) api_ssl_ca: Option<PathBuf>,
    /// Ask the REST API's clients for certificates, and refuse those without.
    #[arg(long)]
    pub(crate) api_ssl_request_cert: bool,
    /// Accepted: asking for certificates refuses those without anyway.
    #[arg(long)]
    pub(crate) api_ssl_reject_unauthorized: bool,
    /// Private key to show to targets.
    #[arg(long, value_name = "FILE")]
    pub(crate) client_ssl_key: Option<PathBuf>,
    /// Certificate to show to targets.
    #[arg(long, value_name = "FILE")]
    pub(crate) client_ssl_cert: Option<PathBuf>,
    /// Authorities of targets; the system's by default.
    #[arg(long, value_name = "FILE")]
    pub(crate) client_ssl_ca: Option<PathBuf>,
    /// Accepted without effect: targets always show a certificate.
    #[arg(long)]
    pub(crate) client_ssl_request_cert: bool,
    /// Accepted: targets' certificates are checked unless `--insecure` is given.
    #[arg(long)]
    pub(crate) client_ssl_reject_unauthorized: bool,
    /// Where requests go that no route matches.
    #[arg(long, value_name = "URL")]
    pub(crate) default_target: Option<String>,
    /// Server of error pages, asked for `URL/404?url=…`.
    #[arg(long, value_name = "URL")]
    pub(crate) error_target: Option<String>,
    /// Folder of error pages: `404.html`, `503.html`, `error.html` for the rest.
    #[arg(long, value_name = "PATH", conflicts_with = "error_target")]
    pub(crate) error_path: Option<PathBuf>,
    /// Port on which plain HTTP is redirected to HTTPS.
    #[arg(long, value_name = "PORT")]
    pub(crate) redirect_port: Option<u16>,
    /// Port to redirect to; the public one by default.
    #[arg(long, value_name = "PORT")]
    pub(crate) redirect_to: Option<u16>,
    /// File for our process id.
    #[arg(long, value_name = "FILE")]
    pub(crate) pid_file: Option<PathBuf>,
    /// Send no `X-Forwarded-…` headers to targets.
    #[arg(long)]
    pub(crate) no_x_forward: bool,
    /// Leave out the path of the target's URL.
    #[arg(long)]
    pub(crate) no_prepend_path: bool,
    /// Leave out the route's prefix.
    #[arg(long)]
    pub(crate) no_include_prefix: bool,
    /// Put the public host into redirects that name the target's.
    #[arg(long)]
    pub(crate) auto_rewrite: bool,
    /// Send the target's host as `Host`.
    #[arg(long)]
    pub(crate) change_origin: bool,
    /// Put this scheme into redirects that name the target's host.
    #[arg(long, value_name = "SCHEME")]
    pub(crate) protocol_rewrite: Option<String>,
    /// A header to set on forwarded requests, `name: value`; may be repeated.
    #[arg(long, value_name = "HEADER", value_parser = parse_header)]
    pub(crate) custom_header: Vec<(HeaderName, HeaderValue)>,
    /// Accept any certificate of a target.
    #[arg(long)]
    pub(crate) insecure: bool,
    /// Routes begin with a host name.
    #[arg(long)]
    pub(crate) host_routing: bool,
    /// Address of the metrics; all by default.
    #[arg(long, value_name = "IP", default_value = "")]
    pub(crate) metrics_ip: String,
    /// Port of the metrics; none by default.
    #[arg(long, value_name = "N")]
    pub(crate) metrics_port: Option<u16>,
    /// Unix socket of the metrics, instead of address and port.
    #[arg(long, value_name = "PATH", conflicts_with = "metrics_port")]
    pub(crate) metrics_socket: Option<PathBuf>,
    /// How much to log.
    #[arg(long, value_name = "LEVEL", value_enum, ignore_case = true, default_value = "info")]
    pub(crate) log_level: LogLevel,
    /// Milliseconds of silence after which a client's request is dropped.
    #[arg(long, value_name = "MS", value_parser = parse_millis)]
    pub(crate) timeout: Option<Duration>,
    /// Milliseconds of silence after which a target has failed.
    #[arg(long, value_name = "MS", value_parser = parse_millis)]
    pub(crate) proxy_timeout: Option<Duration>,
    /// Not supported: routes are kept in memory, and a hub adds them again.
    #[arg(long, value_name = "CLASS")]
    pub(crate) storage_backend: Option<String>,
    /// Milliseconds that an idle client connection is kept.
    #[arg(long, value_name = "MS", value_parser = parse_millis)]
    pub(crate) keep_alive_timeout: Option<Duration>,
}

fn parse_header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("a colon is missing between name and value")?;
    let name = name.trim().parse::<HeaderName>().map_err(|error| error.to_string())?;
    let value = value.trim().parse::<HeaderValue>().map_err(|error| error.to_string())?;
    Ok((name, value))
}

fn parse_millis(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.trim().parse().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hubs_own_command_line_is_understood() {
        let line = "proxy --ip 127.0.0.1 --port 8000 --api-ip=127.0.0.1 --api-port 8001 --error-target \
                    http://127.0.0.1:8081/hub/error --log-level info --host-routing --ssl-key k --ssl-cert c \
                    --api-ssl-key k --api-ssl-cert c --api-ssl-ca a --api-ssl-request-cert --api-ssl-reject-unauthorized \
                    --client-ssl-key k --client-ssl-cert c --client-ssl-ca a --client-ssl-request-cert \
                    --client-ssl-reject-unauthorized";
        let arguments = Arguments::try_parse_from(line.split_whitespace()).unwrap();
        assert_eq!((arguments.port, arguments.api_port), (Some(8000), Some(8001)));
        assert!(arguments.host_routing && arguments.api_ssl_request_cert);
    }

    #[test]
    fn values_are_parsed() {
        let line = ["proxy", "--custom-header", " X-A : b:c ", "--timeout", "1500", "--log-level", "WARN"];
        let arguments = Arguments::try_parse_from(line).unwrap();
        assert_eq!(arguments.custom_header[0].0, "x-a");
        assert_eq!(arguments.custom_header[0].1, "b:c");
        assert_eq!(arguments.timeout, Some(Duration::from_millis(1500)));
        assert_eq!(arguments.log_level, LogLevel::Warn);
    }

    #[test]
    fn contradictions_are_refused() {
        for line in [
            &["proxy", "--socket", "s", "--port", "1"][..],
            &["proxy", "--error-target", "http://a", "--error-path", "b"],
            &["proxy", "--custom-header", "none"],
            &["proxy", "--unheard-of"],
        ] {
            assert!(Arguments::try_parse_from(line).is_err(), "{line:?}");
        }
    }
}
