//! The head of a forwarded request.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version, header};
use http_body::Body as _;

use crate::RequestBody;
use crate::connection::ConnInfo;
use crate::headers::{has_token, is_hop_by_hop};
use crate::options::ProxyOptions;
use crate::target::TargetUrl;
use crate::upstream::SendFraming;

/// What of a request goes into its head.
#[derive(Clone, Copy)]
pub(crate) struct RequestFacts<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) connection: ConnInfo,
    /// The protocol to switch to.
    pub(crate) upgrade: Option<&'a HeaderValue>,
}

/// The protocol that a request asks to switch to. HTTP/2 is not one: it is spoken from the beginning or not at all.
pub(crate) fn upgrade_of<'a>(
    version: Version,
    method: &Method,
    headers: &'a HeaderMap,
) -> Option<&'a HeaderValue> {
    let upgrade = headers.get(header::UPGRADE)?;
    let wanted = version == Version::HTTP_11 && *method == Method::GET;
    let asked =
        headers.get_all(header::CONNECTION).iter().any(|value| has_token(value.as_bytes(), b"upgrade"));
    (wanted && asked && !has_token(upgrade.as_bytes(), b"h2c")).then_some(upgrade)
}

/// Whether a request asks for another protocol in its place, as for a WebSocket.
pub fn is_upgrade(request: &http::request::Parts) -> bool {
    upgrade_of(request.version, &request.method, &request.headers).is_some()
}

/// Writes the head of the request to `target`, and tells how its body must be sent.
pub(crate) fn write_head(
    out: &mut Vec<u8>,
    path: &str,
    request: RequestFacts<'_>,
    body: Option<&RequestBody>,
    target: &TargetUrl,
    options: &ProxyOptions,
) -> SendFraming {
    out.clear();
    for part in [request.method.as_str(), " ", path, " HTTP/1.1\r\nhost: "] {
        out.extend_from_slice(part.as_bytes());
    }
    out.extend_from_slice(if options.change_origin {
        target.authority().as_bytes()
    } else {
        host(request, target)
    });
    out.extend_from_slice(b"\r\n");
    let forwarded = write_end_to_end(out, request, options);
    if options.x_forward {
        forwarded.write(out, request, options);
    }
    for (name, value) in &options.custom_headers {
        write_header(out, name, value.as_bytes());
    }
    if let Some(protocol) = request.upgrade {
        out.extend_from_slice(b"connection: Upgrade\r\n");
        write_header(out, &header::UPGRADE, protocol.as_bytes());
    }
    let framing = write_framing(out, request, body);
    out.extend_from_slice(b"\r\n");
    framing
}

/// Writes `name: value` and the line end.
pub(crate) fn write_header(out: &mut Vec<u8>, name: &HeaderName, value: &[u8]) {
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// The host that the client asked for.
fn host<'a>(request: RequestFacts<'a>, target: &'a TargetUrl) -> &'a [u8] {
    match (request.headers.get(header::HOST), request.uri.authority()) {
        (Some(host), _) => host.as_bytes(),
        (None, Some(authority)) => authority.as_str().as_bytes(),
        (None, None) => target.authority().as_bytes(),
    }
}

/// Writes the headers that are forwarded as they are, and gives the `X-Forwarded-*` ones it met.
fn write_end_to_end<'a>(
    out: &mut Vec<u8>,
    request: RequestFacts<'a>,
    options: &ProxyOptions,
) -> Forwarded<'a> {
    let mut forwarded = Forwarded::default();
    let mut cookies = None;
    let unusual = request.headers.get_all(header::CONNECTION).iter().any(|value| !is_usual(value));
    for (name, value) in request.headers {
        let own = *name == header::HOST || *name == header::CONTENT_LENGTH || is_hop_by_hop(name);
        if own || (unusual && is_named_by_connection(request.headers, name)) {
            continue;
        }
        if options.x_forward && forwarded.note(name, value) {
            continue;
        }
        if *name == header::COOKIE {
            // HTTP/2 splits cookies, HTTP/1.1 does not.
            let cookies: &mut Vec<&[u8]> = cookies.get_or_insert_with(Vec::new);
            cookies.push(value.as_bytes());
            continue;
        }
        if !options.custom_headers.iter().any(|(custom, _)| custom == name) {
            write_header(out, name, value.as_bytes());
        }
    }
    if let Some(cookies) = cookies {
        write_header(out, &header::COOKIE, &cookies.join(&b"; "[..]));
    }
    forwarded
}

fn is_named_by_connection(headers: &HeaderMap, name: &HeaderName) -> bool {
    let mut lists = headers.get_all(header::CONNECTION).iter();
    lists.any(|list| has_token(list.as_bytes(), name.as_str().as_bytes()))
}

fn is_usual(connection: &HeaderValue) -> bool {
    let value = connection.as_bytes();
    [&b"keep-alive"[..], b"close", b"upgrade"].iter().any(|usual| value.eq_ignore_ascii_case(usual))
}

fn write_framing(out: &mut Vec<u8>, request: RequestFacts<'_>, body: Option<&RequestBody>) -> SendFraming {
    let Some(body) = body else {
        // CHP gives DELETE and OPTIONS a length; methods with a meaning for bodies must have one.
        let wants_length = matches!(
            *request.method,
            Method::DELETE | Method::OPTIONS | Method::POST | Method::PUT | Method::PATCH
        );
        if wants_length || request.headers.contains_key(header::CONTENT_LENGTH) {
            out.extend_from_slice(b"content-length: 0\r\n");
        }
        return SendFraming::Plain;
    };
    if let Some(length) = body.size_hint().exact() {
        write_header(out, &header::CONTENT_LENGTH, itoa::Buffer::new().format(length).as_bytes());
        return SendFraming::Plain;
    }
    out.extend_from_slice(b"transfer-encoding: chunked\r\n");
    SendFraming::Chunked
}

/// `X-Forwarded-*` headers as the client, or a proxy before us, sent them.
#[derive(Default)]
struct Forwarded<'a> {
    address: Vec<&'a [u8]>,
    port: Vec<&'a [u8]>,
    proto: Vec<&'a [u8]>,
    host: Option<&'a [u8]>,
}

impl<'a> Forwarded<'a> {
    fn note(&mut self, name: &HeaderName, value: &'a HeaderValue) -> bool {
        let Some(kind) = name.as_str().strip_prefix("x-forwarded-") else { return false };
        let list = match kind {
            "for" => &mut self.address,
            "port" => &mut self.port,
            "proto" => &mut self.proto,
            "host" => {
                self.host.get_or_insert(value.as_bytes());
                return true;
            }
            _ => return false,
        };
        list.push(value.as_bytes());
        true
    }

    /// Appends this hop, as CHP does. Of a trusted proxy before us the scheme, port and host stay as they are: they tell what
    /// the browser sees.
    fn write(&self, out: &mut Vec<u8>, request: RequestFacts<'_>, options: &ProxyOptions) {
        let ip = request.connection.remote.ip();
        let trusted = ip.is_some_and(|ip| options.trusted_peers.contains(ip));
        let host = request.headers.get(header::HOST).map(HeaderValue::as_bytes);
        let host = host.or(request.uri.authority().map(|authority| authority.as_str().as_bytes()));
        let port = host.and_then(port_of).unwrap_or(if request.connection.tls { b"443" } else { b"80" });
        let proto: &[u8] = match (request.upgrade.is_some(), request.connection.tls) {
            (false, false) => b"http",
            (false, true) => b"https",
            (true, false) => b"ws",
            (true, true) => b"wss",
        };
        let keeps = |list: &[&[u8]]| trusted && !list.is_empty();
        write_list(
            out,
            "x-forwarded-for",
            &self.address,
            ip.map(|ip| ip.to_string()).unwrap_or_default().as_bytes(),
        );
        write_list(out, "x-forwarded-port", &self.port, if keeps(&self.port) { b"" } else { port });
        write_list(out, "x-forwarded-proto", &self.proto, if keeps(&self.proto) { b"" } else { proto });
        // CHP adds no host to upgrades.
        let host = self.host.or(if request.upgrade.is_some() { None } else { host });
        if let Some(host) = host {
            write_list(out, "x-forwarded-host", &[], host);
        }
    }
}

fn write_list(out: &mut Vec<u8>, name: &str, list: &[&[u8]], last: &[u8]) {
    if list.is_empty() && last.is_empty() {
        return;
    }
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    for (place, value) in list.iter().enumerate() {
        if place > 0 {
            out.extend_from_slice(b", ");
        }
        out.extend_from_slice(value);
    }
    if !list.is_empty() && !last.is_empty() {
        out.push(b',');
    }
    out.extend_from_slice(last);
    out.extend_from_slice(b"\r\n");
}

/// The port that a `Host` header names.
fn port_of(host: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memrchr(b':', host)?;
    let port = host.get(colon + 1..)?;
    (!port.is_empty() && port.iter().all(u8::is_ascii_digit)).then_some(port)
}

#[cfg(test)]
mod tests;
