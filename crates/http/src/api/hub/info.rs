//! `GET /info`.

use axum::extract::State;
use axum::http::StatusCode;
use perijove_core::UPSTREAM_VERSION;
use perijove_model::api::{ClassInfo, InfoModel};

use crate::app::App;
use crate::error::Answer;
use crate::openapi::Operation;
use crate::responses::json;

/// Tells what the hub is made of, in upstream's terms. There may be no Python at all: then its
/// fields are empty.
pub async fn info(State(app): State<App>) -> Answer {
    let (authenticator, spawner) = app.hub.class_names();
    let class = |class_name: String| ClassInfo { class_name, version: UPSTREAM_VERSION.to_owned() };
    let version = app.hub.authenticator.package_version().unwrap_or_else(|| UPSTREAM_VERSION.to_owned());
    let model = InfoModel {
        version: UPSTREAM_VERSION.to_owned(),
        python: app.options.python_version.clone(),
        sys_executable: app.options.python_executable.clone(),
        spawner: class(spawner),
        authenticator: ClassInfo { class_name: authenticator, version },
    };
    json(StatusCode::OK, &model)
}

/// See [`info`].
pub fn info_docs() -> Operation {
    Operation::new("What the hub is made of.").sends::<InfoModel>(200, "Versions and classes.")
}
