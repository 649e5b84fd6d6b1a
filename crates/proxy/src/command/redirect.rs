//! Plain HTTP, redirected to HTTPS.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};

use crate::connection::ConnInfo;
use crate::local::{LocalService, plain_response};
use crate::{Body, RequestBody};

/// Sends every request to the same host's HTTPS port.
#[derive(Clone, Copy, Debug)]
pub(super) struct ToHttps {
    pub(super) port: u16,
}

impl ToHttps {
    fn answer(self, request: &Request<RequestBody>) -> Response<Body> {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let path = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let location =
            host.map(|host| self.location(host, path)).and_then(|url| HeaderValue::try_from(url).ok());
        let Some(location) = location else {
            let text =
                format!("This port leads to HTTPS on port {}, but the request names no host.", self.port);
            let body = Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync();
            let mut response = Response::new(body);
            *response.status_mut() = StatusCode::BAD_REQUEST;
            return response;
        };
        let mut response = plain_response(StatusCode::MOVED_PERMANENTLY);
        response.headers_mut().insert(header::LOCATION, location);
        response
    }

    fn location(self, host: &str, path: &str) -> String {
        let name = match host.rfind(':') {
            Some(colon) if !host.ends_with(']') => host.get(..colon).unwrap_or(host),
            _ => host,
        };
        match self.port {
            443 => format!("https://{name}{path}"),
            port => format!("https://{name}:{port}{path}"),
        }
    }
}

impl LocalService for ToHttps {
    fn call(
        &self,
        request: Request<RequestBody>,
        _connection: ConnInfo,
    ) -> BoxFuture<'static, Response<Body>> {
        Box::pin(std::future::ready(self.answer(&request)))
    }

    fn error_page(&self, status: StatusCode, _original_url: &str) -> BoxFuture<'static, Response<Body>> {
        Box::pin(std::future::ready(plain_response(status)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_told_unless_it_is_the_usual_one() {
        assert_eq!(ToHttps { port: 443 }.location("h:80", "/a?b"), "https://h/a?b");
        assert_eq!(ToHttps { port: 8443 }.location("h", "/"), "https://h:8443/");
        assert_eq!(ToHttps { port: 8443 }.location("[::1]", "/"), "https://[::1]:8443/");
        assert_eq!(ToHttps { port: 8443 }.location("[::1]:80", "/"), "https://[::1]:8443/");
    }
}
