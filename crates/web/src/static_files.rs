//! The files below `/hub/static/`, embedded, with their content types and hashes.

use std::borrow::Cow;
use std::fmt::Write as _;

use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

/// The static path of the logo that `/hub/logo` serves unless `logo_file` is configured.
pub const LOGO_PATH: &str = "images/perijove.png";

/// Names under which JupyterHub 6.1.1 ships the same kind of file; custom templates link to them.
const ALIASES: &[(&str, &str)] = &[
    ("css/style.min.css", "css/style.css"),
    ("images/jupyterhub-80.png", LOGO_PATH),
    ("images/jupyter.png", LOGO_PATH),
    ("components/requirejs/require.js", "js/require.js"),
    ("js/darkmode.js", "js/theme.js"),
];

/// One embedded file.
#[derive(Debug, Clone)]
pub struct StaticFile {
    /// The content.
    pub bytes: Cow<'static, [u8]>,
    /// `Content-Type`, with the character set for text.
    pub mime: &'static str,
    /// Hash of the content, as in `?v=…`.
    pub version: String,
    /// Strong `ETag`, quotes included.
    pub etag: String,
    /// When the source was changed last, in seconds since 1970.
    pub modified: Option<u64>,
}

/// The file at a path below `static/`, or `None`. The path is a key, never a path of the file system: nothing outside the
/// embedded files can be reached.
#[must_use]
pub fn static_file(path: &str) -> Option<StaticFile> {
    let path = resolve(path);
    let file = Files::get(path)?;
    let version = version(&file);
    let etag = format!("\"{version}\"");
    let modified = file.metadata.last_modified();
    Some(StaticFile { bytes: file.data, mime: mime(path), version, etag, modified })
}

/// `prefix + path`, with `?v=<hash>` if there is such a file: the URL changes when the content does, so an answer to a request
/// with `v` may be cached for ever.
#[must_use]
pub fn static_url(prefix: &str, path: &str) -> String {
    match Files::get(resolve(path)) {
        Some(file) => format!("{prefix}{path}?v={}", version(&file)),
        None => format!("{prefix}{path}"),
    }
}

/// Whether files are below this path.
#[must_use]
pub fn is_static_folder(path: &str) -> bool {
    let folder = path.trim_end_matches('/');
    folder.is_empty()
        || Files::iter().any(|file| file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
}

/// Every embedded path.
pub fn static_paths() -> impl Iterator<Item = Cow<'static, str>> {
    Files::iter()
}

/// Upstream's names of files that have other names here, with their versions.
pub fn static_aliases() -> impl Iterator<Item = (String, String)> {
    ALIASES.iter().filter_map(|(alias, path)| Some(((*alias).to_owned(), static_file(path)?.version)))
}

fn resolve(path: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == path).map_or(path, |(_, file)| file)
}

fn version(file: &EmbeddedFile) -> String {
    file.metadata.sha256_hash().iter().take(16).fold(String::with_capacity(32), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn mime(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/vnd.microsoft.icon",
        "txt" => "text/plain; charset=utf-8",
        "json" | "map" => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_a_content_type_and_a_hash() {
        for path in static_paths() {
            let file = static_file(&path).unwrap();
            assert_ne!(file.mime, "application/octet-stream", "{path}");
            assert_eq!(file.version.len(), 32);
            assert_eq!(file.etag, format!("\"{}\"", file.version));
        }
    }

    #[test]
    fn every_alias_leads_to_a_file() {
        for (alias, path) in ALIASES {
            let (a, b) = (static_file(alias).unwrap(), static_file(path).unwrap());
            assert_eq!(a.etag, b.etag);
        }
        assert_eq!(static_file("css/style.min.css").unwrap().mime, "text/css");
        assert_eq!(static_file(LOGO_PATH).unwrap().mime, "image/png");
    }

    #[test]
    fn nothing_else_is_served() {
        for path in ["", "../Cargo.toml", "css/../../Cargo.toml", "/etc/passwd", "css", "css/none.css"] {
            assert!(static_file(path).is_none(), "{path}");
        }
    }

    #[test]
    fn urls_carry_the_hash_of_known_files() {
        let url = static_url("/hub/static/", "css/style.min.css");
        let version = static_file("css/style.css").unwrap().version;
        assert_eq!(url, format!("/hub/static/css/style.min.css?v={version}"));
        assert_eq!(static_url("/hub/static/", "js"), "/hub/static/js");
    }
}
