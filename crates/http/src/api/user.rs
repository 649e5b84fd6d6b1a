//! `GET /user`: who am I?

use axum::extract::State;
use axum::http::StatusCode;
use perijove_core::identity::Principal;
use perijove_model::api::{ServiceModel, UserModel};
use serde_json::json as value;

use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::openapi::{Operation, schema};
use crate::responses::json;

/// Shows the caller's own model and scopes. Every token may identify its owner here.
pub async fn show(State(app): State<App>, caller: Caller) -> Answer {
    let identity = caller.identity().ok_or_else(|| Failure::forbidden(""))?;
    let scopes = identity.identifying();
    let token_id = Some(identity.token.as_ref().map(|token| format!("a{}", token.id)));
    let session_id = Some(identity.token.as_ref().and_then(|token| token.session_id.clone()));
    let own_scopes = Some(identity.authorisation.shared_scopes());
    match &identity.principal {
        Principal::User(user) => {
            let model = models::user(&app.hub, scopes, user, false);
            let mut model = model.ok_or_else(|| Failure::forbidden(""))?;
            (model.token_id, model.session_id, model.scopes) = (token_id, session_id, own_scopes);
            json(StatusCode::OK, &model)
        }
        Principal::Service(service) => {
            let mut model = Box::pin(models::own_service(&app.hub, scopes, service)).await?;
            model.insert("token_id".into(), value!(token_id));
            model.insert("session_id".into(), value!(session_id));
            model.insert("scopes".into(), value!(own_scopes));
            json(StatusCode::OK, &model)
        }
    }
}

/// See [`show`].
pub fn show_docs() -> Operation {
    let whoever = schema::any_of([schema::model::<UserModel>(), schema::model::<ServiceModel>()]);
    Operation::new("Who the caller is, and what the caller may do.").sends_json(
        200,
        whoever,
        "The user or service.",
    )
}
