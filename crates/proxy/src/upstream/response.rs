//! The head of a target's response.

use std::mem::MaybeUninit;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::chunks::Chunks;
use super::exchange::ExchangeError;
use crate::headers::{has_token, is_hop_by_hop};

/// Largest head of a response, in bytes.
const MAX_HEAD: usize = 256 * 1024;
const MAX_HEADERS: usize = 256;

const WRONG: ExchangeError = ExchangeError::Protocol("the head of the response cannot be read");

/// How the end of a body is found.
#[derive(Debug)]
pub(crate) enum Framing {
    /// After so many bytes more.
    Length(u64),
    /// By the chunks themselves.
    Chunked(Chunks),
    /// At the end of the connection.
    Close,
}

/// A parsed head, without its hop-by-hop headers.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The phrase, where it is not the status's usual one.
    pub(crate) reason: Option<Bytes>,
    pub(crate) framing: Framing,
    /// The connection can be used again after the body.
    pub(crate) keep_alive: bool,
}

/// Takes a head out of `buffer`; `None` if it is not complete. `to_head` tells that the request's method was `HEAD`.
pub(crate) fn parse(buffer: &mut BytesMut, to_head: bool) -> Result<Option<Head>, ExchangeError> {
    let Some(end) = end_of_head(buffer) else {
        return if buffer.len() > MAX_HEAD { Err(WRONG) } else { Ok(None) };
    };
    let bytes = buffer.split_to(end).freeze();
    let mut lines = [const { MaybeUninit::uninit() }; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut []);
    let config = httparse::ParserConfig::default();
    match config.parse_response_with_uninit_headers(&mut parsed, &bytes, &mut lines) {
        Ok(httparse::Status::Complete(length)) if length == end => {}
        _ => return Err(WRONG),
    }
    let status = parsed.code.and_then(|code| StatusCode::from_u16(code).ok()).ok_or(WRONG)?;
    let usual = status.canonical_reason().unwrap_or("");
    let reason = parsed.reason.filter(|reason| *reason != usual);
    let mut facts = Facts { keep_alive: parsed.version == Some(1), ..Facts::default() };
    let mut headers = HeaderMap::with_capacity(parsed.headers.len());
    for line in parsed.headers.iter() {
        let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| WRONG)?;
        facts.note(&name, line.value)?;
        if !is_hop_by_hop(&name) {
            let value = HeaderValue::from_maybe_shared(bytes.slice_ref(line.value)).map_err(|_| WRONG)?;
            headers.append(name, value);
        }
    }
    facts.drop_named_by_connection(&mut headers);
    if facts.chunked.is_some() {
        headers.remove(header::CONTENT_LENGTH);
    }
    let framing = facts.framing(status, to_head);
    let keep_alive = facts.keep_alive && !matches!(framing, Framing::Close);
    let reason = reason.map(|reason| bytes.slice_ref(reason.as_bytes()));
    Ok(Some(Head { status, headers, reason, framing, keep_alive }))
}

/// What the headers say of body and connection.
#[derive(Default)]
struct Facts<'a> {
    keep_alive: bool,
    length: Option<u64>,
    /// Whether the last transfer coding is `chunked`.
    chunked: Option<bool>,
    connection: Vec<&'a [u8]>,
}

impl<'a> Facts<'a> {
    fn note(&mut self, name: &HeaderName, value: &'a [u8]) -> Result<(), ExchangeError> {
        if *name == header::CONTENT_LENGTH {
            let length = std::str::from_utf8(value).ok().and_then(parse_length).ok_or(WRONG)?;
            if self.length.is_some_and(|other| other != length) {
                return Err(ExchangeError::Protocol("the response has two lengths"));
            }
            self.length = Some(length);
        } else if *name == header::TRANSFER_ENCODING {
            let last = value.rsplit(|byte| *byte == b',').next().unwrap_or_default();
            self.chunked = Some(last.trim_ascii().eq_ignore_ascii_case(b"chunked"));
        } else if *name == header::CONNECTION {
            if has_token(value, b"close") {
                self.keep_alive = false;
            } else if has_token(value, b"keep-alive") {
                self.keep_alive = true;
            }
            self.connection.push(value);
        }
        Ok(())
    }

    fn drop_named_by_connection(&self, headers: &mut HeaderMap) {
        for token in self.connection.iter().flat_map(|value| value.split(|byte| *byte == b',')) {
            if let Ok(name) = HeaderName::from_bytes(token.trim_ascii()) {
                headers.remove(name);
            }
        }
    }

    fn framing(&mut self, status: StatusCode, to_head: bool) -> Framing {
        let bodiless = status.is_informational() || matches!(status.as_u16(), 204 | 304);
        if to_head || bodiless {
            return Framing::Length(0);
        }
        match (self.chunked, self.length) {
            (Some(true), length) => {
                // Both lengths at once is how responses are smuggled: nothing after it is believed.
                self.keep_alive &= length.is_none();
                Framing::Chunked(Chunks::Size)
            }
            (Some(false), _) | (None, None) => Framing::Close,
            (None, Some(length)) => Framing::Length(length),
        }
    }
}

fn parse_length(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// Where the empty line after the headers ends.
fn end_of_head(buffer: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', buffer).find_map(|newline| match buffer.get(newline + 1..) {
        Some([b'\n', ..]) => Some(newline + 2),
        Some([b'\r', b'\n', ..]) => Some(newline + 3),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str, to_head: bool) -> Result<Option<Head>, ExchangeError> {
        parse(&mut BytesMut::from(text), to_head)
    }

    fn head_of(text: &str) -> Head {
        head(text, false).unwrap().unwrap()
    }

    fn framing(text: &str) -> String {
        let head = head_of(text);
        format!("{:?} {}", head.framing, head.keep_alive)
    }

    #[test]
    fn framing_follows_the_headers() {
        assert_eq!(framing("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), "Length(5) true");
        assert_eq!(
            framing("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nconnection: Close\r\n\r\n"),
            "Length(5) false"
        );
        assert_eq!(framing("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n"), "Length(5) false");
        assert_eq!(
            framing("HTTP/1.0 200 OK\nContent-Length: 5\nConnection: keep-alive\n\n"),
            "Length(5) true"
        );
        assert_eq!(framing("HTTP/1.1 200 OK\r\n\r\n"), "Close false");
        assert_eq!(framing("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), "Length(0) true");
        assert_eq!(framing("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), "Chunked(Size) true");
        let both = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(framing(both), "Chunked(Size) false");
        assert!(head(both, false).unwrap().unwrap().headers.is_empty());
        let to_head = head("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true).unwrap().unwrap();
        assert!(matches!(to_head.framing, Framing::Length(0)) && to_head.headers["content-length"] == "5");
    }

    #[test]
    fn hop_by_hop_headers_end_here() {
        let head = head(
            "HTTP/1.1 299 Fine\r\nConnection: x-private\r\nX-Private: 1\r\nKeep-Alive: timeout=5\r\nA: 1\r\na: 2\r\n\r\n",
            false,
        );
        let head = head.unwrap().unwrap();
        assert_eq!(head.headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["a"]);
        assert_eq!(head.headers.get_all("a").iter().count(), 2);
        assert_eq!(head.reason.unwrap(), "Fine");
        for connection in ["close, x-private", "keep-alive, x-private"] {
            let text = format!("HTTP/1.1 200 OK\r\nConnection: {connection}\r\nX-Private: 1\r\n\r\n");
            assert!(head_of(&text).headers.is_empty(), "{connection}");
        }
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for text in [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "SSH-2.0\r\n\r\n",
            "HTTP/1.1 2000 OK\r\n\r\n",
        ] {
            assert!(head(text, false).is_err(), "{text}");
        }
        assert!(head("HTTP/1.1 200 OK\r\n", false).unwrap().is_none());
        assert!(head(&"a".repeat(MAX_HEAD + 1), false).is_err());
    }
}
