//! `/hub/`: on to the user's server, the home page, or the login.

use axum::extract::State;
use axum::http::Uri;
use perijove_core::urls::with_query;

use crate::app::App;
use crate::caller::Caller;
use crate::error::Answer;
use crate::guard::redirect;
use crate::next_url;

/// Leads on.
pub async fn show(State(app): State<App>, caller: Caller, uri: Uri) -> Answer {
    let settings = &app.hub.settings;
    let url = if !settings.pages.default_url.is_empty() {
        settings.pages.default_url.clone()
    } else if let Some(user) = caller.session_user() {
        next_url::resolve(&app.hub, caller.client(), uri.query().unwrap_or_default(), Some(&user), None)
    } else {
        let here = uri.path_and_query().map_or("/", |whole| whole.as_str());
        with_query(&settings.login_url(), [("next", here)])
    };
    Ok(redirect(&url))
}
