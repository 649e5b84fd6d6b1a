//! The token page: one's own tokens, and applications that have some.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use perijove_core::scopes::HUB_CLIENT;
use perijove_store::ApiToken;
use perijove_web::contexts::{OAuthClientGroup, OAuthClientView, Token, TokenView};

use super::view;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};

/// Shows the page.
pub async fn show(State(app): State<App>, caller: Caller) -> Answer {
    let hub = &app.hub;
    let user = caller.user()?;
    let mut tokens = hub.user_tokens(user).await?;
    tokens.reverse();
    let mut by_client: BTreeMap<String, Vec<ApiToken>> = BTreeMap::new();
    let mut api_tokens = Vec::new();
    for token in tokens {
        match token.client_id.clone() {
            Some(client) if client == HUB_CLIENT => api_tokens.push(token_view(&token)),
            Some(client) => by_client.entry(client).or_default().push(token),
            None => (),
        }
    }
    let mut oauth_clients = Vec::new();
    for (client, tokens) in by_client {
        oauth_clients.push(group(&app, client, &tokens).await?);
    }
    oauth_clients.sort_by_key(|group| std::cmp::Reverse((group.last_activity, group.created)));
    let max = hub.settings.api.token_expires_in_max_seconds;
    let context = Token {
        api_tokens,
        oauth_clients,
        token_expires_in_max_seconds: (max > 0).then_some(max),
        auth_state: hub.auth_state(&user.row),
    };
    view::show(&app, &caller, &context).await
}

fn token_view(token: &ApiToken) -> Arc<TokenView> {
    Arc::new(TokenView {
        api_id: format!("a{}", token.id),
        note: token.note.clone().unwrap_or_default(),
        scopes: token.scopes.clone(),
        created: token.created,
        last_activity: token.last_activity,
        expires_at: token.expires_at,
        client_id: token.client_id.clone(),
    })
}

async fn group(app: &App, client_id: String, tokens: &[ApiToken]) -> Result<OAuthClientGroup, Failure> {
    let description = app.hub.client_description(&client_id).await?;
    let client = OAuthClientView {
        identifier: client_id,
        description: description.clone(),
        ..OAuthClientView::default()
    };
    Ok(OAuthClientGroup {
        client: Arc::new(client),
        description,
        created: tokens.iter().filter_map(|token| token.created).min(),
        last_activity: tokens.iter().filter_map(|token| token.last_activity).max(),
        token_id: tokens.first().map(|token| format!("a{}", token.id)).unwrap_or_default(),
        tokens: tokens.iter().map(token_view).collect(),
    })
}
