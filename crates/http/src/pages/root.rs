//! `/hub/`: on to the user's server, the home page, or the login.

use axum::extract::State;
use axum::http::Uri;
use perijove_core::urls::with_query;

use crate::app::App;
use crate::caller::Caller;
use crate::error::Answer;
use crate::guard::redirect;
use crate::next_url;
use crate::request_facts::SeenByPython;

/// Leads on.
pub async fn show(State(app): State<App>, caller: Caller, uri: Uri, seen: SeenByPython) -> Answer {
    let settings = &app.hub.settings;
    let url = if let Some(url) = app.hub.default_url(seen.handler()).await? {
        url
    } else if let Some(user) = caller.session_user() {
        next_url::resolve(&app.hub, caller.client(), uri.query().unwrap_or_default(), Some(&user), None)
    } else {
        let here = uri.path_and_query().map_or("/", |whole| whole.as_str());
        with_query(&settings.login_url(), [("next", here)])
    };
    Ok(redirect(&url))
}
