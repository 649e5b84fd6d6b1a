//! `/accept-share`: somebody sent a link with a share code; shows what it gives, and takes it.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::Uri;
use perijove_core::shares::{ShareWith, SharedServer};
use perijove_store::ShareCodeDetails;
use perijove_web::contexts::{AcceptShare, ScopeDescription};
use secrecy::SecretString;

use super::view;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::guard::redirect;
use crate::next_url::{parameter, validate};

/// The invitation.
pub async fn show(State(app): State<App>, caller: Caller, uri: Uri) -> Answer {
    let user = caller.user()?;
    let query = uri.query().unwrap_or_default();
    let code = code_of(parameter(query, "code"))?;
    let missing = || Failure::not_found("Share not found or expired");
    let (found, server) = find(&app, &code).await?.ok_or_else(missing)?;
    if server.owner.row.id == user.row.id {
        return Err(Failure::forbidden("You can't share with yourself!"));
    }
    let descriptions = app.hub.describe_share_scopes(&found.code.scopes, &user.name);
    let spawner = view::spawner_of(&app.hub, &server.owner, &server.name);
    let context = AcceptShare {
        code,
        owner: view::user(&app.hub, &server.owner),
        spawner_ready: spawner.ready,
        spawner_url: url_of(&app, &server),
        spawner,
        scope_descriptions: descriptions
            .into_iter()
            .map(|line| ScopeDescription {
                scope: line.scope,
                description: line.description,
                filter: line.filter,
            })
            .collect(),
        next_url: next_url(&app, &caller, parameter(query, "next"), &server),
    };
    view::show(&app, &caller, &context).await
}

/// The invitation is accepted: a share for this user, and on to the server.
pub async fn accept(State(app): State<App>, caller: Caller, uri: Uri, form: Bytes) -> Answer {
    let user = caller.user()?;
    let (query, form) = (uri.query().unwrap_or_default(), String::from_utf8_lossy(&form));
    // The form counts before the query, which its page was opened with.
    let given = |name| parameter(&form, name).or_else(|| parameter(query, name));
    let code = code_of(given("code"))?;
    let invalid = || Failure::bad_request(format!("Invalid share code: {code}"));
    let (found, server) = find(&app, &code).await?.ok_or_else(invalid)?;
    if server.owner.row.id == user.row.id {
        return Err(Failure::bad_request("You can't share with yourself!"));
    }
    app.hub.exchange_share_code(&found, &server, &ShareWith::User(user.clone())).await?;
    Ok(redirect(&next_url(&app, &caller, given("next"), &server)))
}

fn code_of(given: Option<String>) -> Result<String, Failure> {
    let code = given.ok_or_else(|| Failure::bad_request("Missing argument code"))?;
    Ok(code.trim().to_owned())
}

async fn find(app: &App, code: &str) -> Result<Option<(ShareCodeDetails, SharedServer)>, Failure> {
    let Some(found) = app.hub.find_share_code(&SecretString::from(code)).await? else { return Ok(None) };
    let server = app.hub.server_to_share(&found.owner_name, &found.server_name).await?;
    Ok(server.map(|server| (found, server)))
}

fn url_of(app: &App, server: &SharedServer) -> String {
    app.hub.settings.server_url(&server.owner.name, &server.name)
}

/// Where the browser goes after it has accepted: the server, if nothing else on this hub was asked for. By way
/// of the hub's own host, as upstream has it.
fn next_url(app: &App, caller: &Caller, given: Option<String>, server: &SharedServer) -> String {
    let given = validate(given.unwrap_or_default().trim(), &app.hub, caller.client());
    if given.is_empty() { validate(&url_of(app, server), &app.hub, caller.client()) } else { given }
}
