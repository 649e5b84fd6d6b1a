//! `ETag` and 304: what the caller has already is not sent again, as Tornado does for whole answers to reads.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use http_body::Body as _;
use sha2::{Digest, Sha256};

use crate::error::Failure;

/// How many bytes of a hash tell answers apart.
const LENGTH: usize = 20;

/// Names the content of an answer, and empties it where the caller names the same content in `known`.
///
/// Streams have no name, files have their own, and refusals are always sent.
///
/// # Errors
/// A body that breaks off.
pub async fn name_content(
    method: &Method,
    known: Option<&HeaderValue>,
    response: Response,
) -> Result<Response, Failure> {
    let reads = matches!(*method, Method::GET | Method::HEAD) && response.status() == StatusCode::OK;
    let Some(size) = response.body().size_hint().exact() else { return Ok(response) };
    if !reads || response.headers().contains_key(header::ETAG) {
        return Ok(response);
    }
    let (mut parts, body) = response.into_parts();
    let limit = usize::try_from(size).map_err(Failure::internal)?;
    let bytes = to_bytes(body, limit).await.map_err(Failure::internal)?;
    let etag = of(&bytes);
    parts.headers.insert(header::ETAG, HeaderValue::from_str(&etag).map_err(Failure::internal)?);
    if !known.and_then(|known| known.to_str().ok()).is_some_and(|known| names(known, &etag)) {
        return Ok(Response::from_parts(parts, Body::from(bytes)));
    }
    parts.status = StatusCode::NOT_MODIFIED;
    forget_content(&mut parts.headers);
    Ok(Response::from_parts(parts, Body::empty()))
}

/// Whether the value of `If-None-Match` names this content. Weak names count as strong ones.
pub fn names(known: &str, etag: &str) -> bool {
    known.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == etag)
}

fn of(content: &Bytes) -> String {
    let hash = Sha256::digest(content);
    let digit = |four: u8| char::from_digit(four.into(), 16).unwrap_or_default();
    let digits = hash.iter().take(LENGTH).flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    std::iter::once('"').chain(digits).chain(['"']).collect()
}

fn forget_content(headers: &mut HeaderMap) {
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_one_by_one() {
        let etag = of(&Bytes::from_static(b"content"));
        assert_eq!(etag.len(), 2 * LENGTH + 2);
        assert!(names(&format!("\"other\", W/{etag}"), &etag));
        assert!(names("*", &etag));
        assert!(!names("\"other\"", &etag));
        assert!(!names("", &etag));
    }

    #[tokio::test]
    async fn only_whole_answers_to_reads_have_names() {
        let any = HeaderValue::from_static("*");
        let ask = async |method: Method, status: StatusCode| {
            let mut response = Response::new(Body::from("x"));
            *response.status_mut() = status;
            name_content(&method, Some(&any), response).await.unwrap_or_default()
        };
        assert_eq!(ask(Method::GET, StatusCode::OK).await.status(), StatusCode::NOT_MODIFIED);
        assert!(!ask(Method::POST, StatusCode::OK).await.headers().contains_key(header::ETAG));
        assert_eq!(ask(Method::GET, StatusCode::NOT_FOUND).await.status(), StatusCode::NOT_FOUND);
    }
}
