//! `POST /services/NAME`.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use perijove_core::services::{KeptFields, Registration};
use perijove_core::startup::{ServiceOAuth, ServiceSeed};
use perijove_model::api::ServiceModel;
use perijove_model::name::ServiceName;
use serde_json::{Map, Value};

use crate::api::body;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::openapi::{Operation, schema};
use crate::responses::json;

/// What a request may say of a service.
const MODEL: [(&str, &str); 14] = [
    ("name", "str"),
    ("admin", "bool"),
    ("url", "str"),
    ("oauth_client_allowed_scopes", "list"),
    ("api_token", "str"),
    ("info", "dict"),
    ("display", "bool"),
    ("oauth_no_confirm", "bool"),
    ("command", "list"),
    ("cwd", "str"),
    ("environment", "dict"),
    ("user", "str"),
    ("oauth_client_id", "str"),
    ("oauth_redirect_uri", "str"),
];
/// What identifiers of services' OAuth clients begin with.
const CLIENT_PREFIX: &str = "service-";

/// Adds a service that somebody else runs.
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Answer {
    let model = body::json(&bytes)?;
    if app.hub.find_service(&name).await?.is_some() {
        return Err(Failure::conflict(format!("Service {name} already exists")));
    }
    let Some(Value::Object(mut model)) =
        model.filter(|model| model.as_object().is_some_and(|map| !map.is_empty()))
    else {
        return Err(Failure::bad_request("Invalid service data"));
    };
    model.insert("name".to_owned(), Value::String(name.clone()));
    let model = Value::Object(model);
    body::check_model(&model, &MODEL, "service")?;
    let wanted = registration(&name, &model)?;
    let made = app.hub.register_service(caller.principal()?, &wanted).await?;
    json(StatusCode::CREATED, &models::service(&app.hub, &caller.authorisation(), &made))
}

/// A model with fields of the right types.
fn registration(name: &str, model: &Value) -> Result<Registration, Failure> {
    let failed = || Failure::bad_request(format!("Failed to create service {name}"));
    if model.get("command").and_then(Value::as_array).is_some_and(|command| !command.is_empty()) {
        return Err(Failure::bad_request(format!("Can not create managed service {name} at runtime")));
    }
    let given = |key: &str| model.get(key).and_then(Value::as_str).map(str::to_owned);
    let text = |key: &str| given(key).filter(|text| !text.is_empty());
    let flag = |key: &str| model.get(key).and_then(Value::as_bool);
    let map = |key: &str| model.get(key).and_then(Value::as_object).cloned();
    let client_id = given("oauth_client_id");
    if client_id.as_ref().is_some_and(|id| !id.starts_with(CLIENT_PREFIX)) {
        return Err(failed());
    }
    let oauth = ServiceOAuth {
        client_id,
        redirect_uri: text("oauth_redirect_uri"),
        no_confirm: flag("oauth_no_confirm").unwrap_or(false),
        allowed_scopes: scopes(model).ok_or_else(failed)?,
        roles: Vec::new(),
    };
    let info: Option<Map<String, Value>> = map("info");
    let seed = ServiceSeed {
        admin: flag("admin").unwrap_or(false),
        url: text("url"),
        api_token: text("api_token").map(Into::into),
        info: info.clone().unwrap_or_default(),
        display: flag("display").unwrap_or(true),
        oauth,
        ..ServiceSeed::named(ServiceName::parse(name).map_err(|_| failed())?)
    };
    let kept = KeptFields {
        cwd: given("cwd"),
        environment: map("environment"),
        user: given("user"),
        info,
        display: flag("display"),
    };
    Ok(Registration { seed, kept })
}

fn scopes(model: &Value) -> Option<Vec<String>> {
    let Some(list) = model.get("oauth_client_allowed_scopes").and_then(Value::as_array) else {
        return Some(Vec::new());
    };
    list.iter().map(|scope| scope.as_str().map(str::to_owned)).collect()
}

/// See [`create`].
pub fn create_docs() -> Operation {
    let scopes = schema::list(schema::text());
    let body = schema::object([
        ("url", schema::text(), "Where it listens; then it has a route, `/services/{name}/`."),
        ("admin", schema::flag(), "Whether it may do everything."),
        ("api_token", schema::text(), "Its token."),
        ("info", schema::any_object(), "Whatever its maker says about it."),
        ("display", schema::flag(), "Whether menus show it."),
        ("oauth_client_id", schema::text(), "Its OAuth client, if that is not `service-{name}`."),
        ("oauth_redirect_uri", schema::text(), "Where logins lead back to."),
        ("oauth_no_confirm", schema::flag(), "Whether users are not asked."),
        ("oauth_client_allowed_scopes", scopes, "What it may do on behalf of users."),
        ("command", schema::list(schema::text()), "Empty: the hub starts no service at run time."),
        ("cwd", schema::text(), "Kept, not used."),
        ("environment", schema::any_object(), "Kept, not used."),
        ("user", schema::text(), "Kept, not used."),
    ]);
    Operation::new("Adds a service that somebody else runs.")
        .needs_body(body)
        .sends::<ServiceModel>(201, "The service, once it answers or could have.")
        .refuses(409, "There is such a service.")
}
