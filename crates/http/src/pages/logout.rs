//! Logging out.

use std::time::Instant;

use axum::extract::State;
use perijove_web::contexts::Logout;

use super::view;
use crate::app::App;
use crate::caller::Caller;
use crate::error::Answer;
use crate::guard::redirect;

/// Ends the session: its tokens are revoked, its cookies removed, and, where configured, the
/// user's servers stopped.
pub async fn show(State(app): State<App>, caller: Caller) -> Answer {
    let (hub, began) = (&app.hub, Instant::now());
    if let Some(user) = caller.session_user() {
        hub.log_out(&user, caller.session_id().as_deref()).await?;
        tracing::info!("User logged out: {}", user.name);
        caller.log_out(&hub.settings);
    }
    hub.metrics.logouts.observe(began.elapsed());
    if hub.authenticator.login_form().auto_login {
        return view::show(&app, &caller, &Logout::default()).await;
    }
    Ok(redirect(&hub.settings.login_url()))
}
