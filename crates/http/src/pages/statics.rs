//! Static files and the logo.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use perijove_web::{LOGO_PATH, static_file};

use crate::app::App;
use crate::error::{Answer, Failure};
use crate::responses::Bare;

/// A file that pages load. With the hash of its content in the URL it may be kept for ever.
pub async fn file(Path(path): Path<String>, uri: Uri, headers: HeaderMap) -> Answer {
    let versioned = uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("v=")));
    serve(&path, versioned, &headers)
}

/// The icon that browsers ask for at the very root.
pub async fn favicon(headers: HeaderMap) -> Answer {
    serve("favicon.ico", false, &headers)
}

/// The logo: the configured file or ours.
pub async fn logo(State(app): State<App>, headers: HeaderMap) -> Answer {
    let Some(path) = &app.options.logo_file else { return serve(LOGO_PATH, false, &headers) };
    let bytes = tokio::fs::read(path).await.map_err(|error| {
        Failure::internal(format!("c.JupyterHub.logo_file {} cannot be read: {error}", path.display()))
    })?;
    let kind = match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => "image/svg+xml",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("webp") => "image/webp",
        _ => "image/png",
    };
    Ok((Extension(Bare), [(header::CONTENT_TYPE, HeaderValue::from_static(kind))], bytes).into_response())
}

fn serve(path: &str, versioned: bool, headers: &HeaderMap) -> Result<Response, Failure> {
    let file = static_file(path).ok_or_else(|| Failure::not_found(""))?;
    let etag = HeaderValue::from_str(&file.etag).map_err(Failure::internal)?;
    let caching = if versioned { "public, max-age=31536000, immutable" } else { "no-cache" };
    let common = [(header::ETAG, etag.clone()), (header::CACHE_CONTROL, HeaderValue::from_static(caching))];
    if headers.get(header::IF_NONE_MATCH) == Some(&etag) {
        return Ok((StatusCode::NOT_MODIFIED, Extension(Bare), common).into_response());
    }
    let kind = HeaderValue::from_static(file.mime);
    let bytes = Bytes::from(file.bytes.into_owned());
    Ok((Extension(Bare), common, [(header::CONTENT_TYPE, kind)], bytes).into_response())
}
