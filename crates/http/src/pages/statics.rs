//! Static files and the logo.

use std::time::{Duration, SystemTime};

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use perijove_web::{LOGO_PATH, is_static_folder, static_file};

use super::byte_range::{Wanted, wanted};
use crate::app::App;
use crate::cookies::http_date;
use crate::error::{Answer, Failure};
use crate::etag;
use crate::responses::Bare;

/// How long a file may be kept whose URL changes with its content.
const FOR_EVER: TimeDelta = TimeDelta::days(3650);

/// A file about to be sent.
struct File {
    bytes: Bytes,
    kind: &'static str,
    etag: Option<String>,
    modified: Option<DateTime<Utc>>,
    /// What to answer a request that does not say which version it wants.
    unversioned: Option<&'static str>,
}

/// A file that pages load. With the hash of its content in the URL it may be kept for ever.
pub async fn file(State(app): State<App>, Path(path): Path<String>, uri: Uri, headers: HeaderMap) -> Answer {
    embedded(&app, &path, &uri, &headers)
}

/// The icon that browsers ask for at the very root.
pub async fn favicon(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Answer {
    embedded(&app, "favicon.ico", &uri, &headers)
}

/// What crawlers ask for at the very root.
pub async fn robots(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Answer {
    embedded(&app, "robots.txt", &uri, &headers)
}

/// The logo: the configured file or ours.
pub async fn logo(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Answer {
    let Some(path) = &app.options.logo_file else {
        let file = stock(LOGO_PATH).ok_or_else(|| Failure::not_found(""))?;
        return answer(&app, File { unversioned: None, ..file }, &uri, &headers);
    };
    let unreadable = |error| {
        Failure::internal(format!("c.JupyterHub.logo_file {} cannot be read: {error}", path.display()))
    };
    let bytes = Bytes::from(tokio::fs::read(path).await.map_err(unreadable)?);
    let modified = tokio::fs::metadata(path).await.and_then(|data| data.modified()).map_err(unreadable)?;
    let kind = match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => "image/svg+xml",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("webp") => "image/webp",
        _ => "image/png",
    };
    let file = File { bytes, kind, etag: None, modified: Some(modified.into()), unversioned: None };
    answer(&app, file, &uri, &headers)
}

fn stock(path: &str) -> Option<File> {
    let file = static_file(path)?;
    let modified = file.modified.map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    Some(File {
        bytes: Bytes::from(file.bytes.into_owned()),
        kind: file.mime,
        etag: Some(file.etag),
        modified: modified.map(DateTime::from),
        unversioned: Some("no-cache"),
    })
}

fn embedded(app: &App, path: &str, uri: &Uri, headers: &HeaderMap) -> Answer {
    match stock(path) {
        Some(file) => answer(app, file, uri, headers),
        None if path.split('/').any(|part| part == "..") || is_static_folder(path) => {
            Ok(plain(StatusCode::FORBIDDEN))
        }
        None => Ok(plain(StatusCode::NOT_FOUND)),
    }
}

/// Files have no place for a page; browsers ask for them behind one's back.
fn plain(status: StatusCode) -> Response {
    let said = format!("{}: {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
    let body = format!("<html><title>{said}</title><body>{said}</body></html>");
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=UTF-8"))];
    (status, Extension(Bare), kind, body).into_response()
}

fn answer(app: &App, file: File, uri: &Uri, headers: &HeaderMap) -> Answer {
    let versioned = uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("v=")));
    let mut common = HeaderMap::new();
    let mut add = |name: HeaderName, value: &str| -> Result<(), Failure> {
        common.insert(name, HeaderValue::from_str(value).map_err(Failure::internal)?);
        Ok(())
    };
    add(header::ACCEPT_RANGES, "bytes")?;
    if let Some(etag) = &file.etag {
        add(header::ETAG, etag)?;
    }
    if let Some(modified) = file.modified {
        add(header::LAST_MODIFIED, &http_date(modified))?;
    }
    if versioned {
        add(header::EXPIRES, &http_date(app.hub.now() + FOR_EVER))?;
        add(header::CACHE_CONTROL, &format!("max-age={}", FOR_EVER.num_seconds()))?;
    } else if let Some(caching) = file.unversioned {
        add(header::CACHE_CONTROL, caching)?;
    }
    if versioned && app.options.no_cache_static && file.unversioned.is_some() {
        common.append(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    if is_known(&file, headers) {
        return Ok((StatusCode::NOT_MODIFIED, Extension(Bare), common).into_response());
    }
    let size = file.bytes.len();
    let kind = [(header::CONTENT_TYPE, file.kind)];
    Ok(match wanted(headers, size) {
        Wanted::Whole => (Extension(Bare), common, kind, file.bytes).into_response(),
        Wanted::Part(first, end) => {
            let range = [(header::CONTENT_RANGE, format!("bytes {first}-{}/{size}", end - 1))];
            let part = file.bytes.slice(first..end);
            (StatusCode::PARTIAL_CONTENT, Extension(Bare), common, kind, range, part).into_response()
        }
        Wanted::Nothing => {
            let kind = [(header::CONTENT_TYPE, "text/plain")];
            let range = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            (StatusCode::RANGE_NOT_SATISFIABLE, Extension(Bare), common, kind, range).into_response()
        }
    })
}

/// Whether the browser has the file as it is.
fn is_known(file: &File, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(known) = text(header::IF_NONE_MATCH) {
        return file.etag.as_deref().is_some_and(|etag| etag::names(known, etag));
    }
    let since = text(header::IF_MODIFIED_SINCE).and_then(|since| DateTime::parse_from_rfc2822(since).ok());
    let seconds = file.modified.map(|modified| modified.timestamp());
    since.zip(seconds).is_some_and(|(since, modified)| since.timestamp() >= modified)
}
