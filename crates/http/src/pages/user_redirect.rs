//! `/user-redirect/…`: links that work for everybody, to a place in one's own server.

use axum::extract::{Path, State};
use axum::http::Uri;
use perijove_core::urls::{join, with_query};
use serde::Deserialize;

use crate::app::App;
use crate::caller::Caller;
use crate::error::Answer;
use crate::guard::redirect;
use crate::next_url::keep_parameters;
use crate::request_facts::SeenByPython;

/// What is below `/user-redirect/`.
#[derive(Debug, Deserialize)]
pub struct Place {
    #[serde(default)]
    path: String,
}

/// To `path` in one's server, which is started if need be.
pub async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(Place { path }): Path<Place>,
    uri: Uri,
    seen: SeenByPython,
) -> Answer {
    if let Some(url) = app.hub.user_redirect(&path, seen.handler()).await? {
        return Ok(redirect(&url));
    }
    let settings = &app.hub.settings;
    let escaped = caller.user()?.name.escaped();
    let server = perijove_model::ServerName::from_stored(settings.pages.default_server_name.clone());
    let base = settings.server_url(&caller.user()?.name, &server);
    let place = match path.as_str() {
        // Upstream joins a name without its slash.
        "" if !server.is_default() => base.trim_end_matches('/').to_owned(),
        "" => base,
        path => join(&[&base, path]),
    };
    let target = keep_parameters(&place, uri.query().unwrap_or_default(), &[]);
    let mut spawn = format!("{}spawn/{escaped}", settings.hub_prefix);
    if !server.is_default() {
        spawn = format!("{spawn}/{}", server.escaped());
    }
    Ok(redirect(&with_query(&spawn, [("next", target.as_str())])))
}
