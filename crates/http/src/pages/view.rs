//! Records as templates see them, and rendering.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use perijove_core::Hub;
use perijove_core::activity::Subject;
use perijove_core::records::{SpawnerRecord, UserRecord, server_url};
use perijove_model::ServerName;
use perijove_model::scope::Resource;
use perijove_store::Server;
use perijove_web::contexts::{self, Page, PageContext, ServiceView, SpawnerView, UserView};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::responses::html;

/// A user for templates.
pub fn user(hub: &Hub, record: &UserRecord) -> Arc<UserView> {
    let settings = &hub.settings;
    let mut view = UserView::new(&record.row.name, &settings.base_url, &settings.hub_prefix);
    view.id = record.row.id;
    view.proxy_spec = settings.server_route(&record.name, &ServerName::default());
    view.admin = record.row.admin;
    view.groups.clone_from(&record.grants.groups);
    view.roles = record.role_names().into_iter().map(str::to_owned).collect();
    view.created = record.row.created;
    view.last_activity = hub.activity.merged(Subject::User(record.row.id), record.row.last_activity);
    view.spawners = record.spawners.iter().map(|one| spawner(hub, record, one)).collect();
    if record.spawner("").is_none() {
        // Upstream's users have their default server from the first look at them.
        view.spawners.insert(0, spawner_of(hub, record, &ServerName::default()));
    }
    view.allow_named_servers = settings.servers.allow_named_servers;
    view.auth_state = hub.auth_state(&record.row);
    view.url = settings.user_url(&record.name);
    view.host = match &settings.subdomains {
        Some(_) => settings.user_host(&record.name),
        None => settings.public_origin().unwrap_or_default(),
    };
    Arc::new(view)
}

/// A server for templates.
pub fn spawner(hub: &Hub, user: &UserRecord, record: &SpawnerRecord) -> Arc<SpawnerView> {
    let never_run = without_row(hub, user, &record.name);
    Arc::new(SpawnerView {
        display_name: record.row.display_name.clone().unwrap_or_default(),
        started: record.row.started,
        last_activity: hub.activity.merged(Subject::Spawner(record.row.id), record.row.last_activity),
        server: record.server.as_ref().map_or(Value::Null, address),
        user_options: record.row.user_options.clone().unwrap_or(never_run.user_options),
        ..never_run
    })
}

/// What there is to say of a server without a row: that it never ran, or is about to.
fn without_row(hub: &Hub, user: &UserRecord, name: &ServerName) -> SpawnerView {
    let state = hub.server_state(user.row.id, name);
    SpawnerView {
        name: name.to_string(),
        ready: state.is_ready(),
        active: state.is_active(),
        pending: state.pending().map(str::to_owned),
        url: hub.settings.server_url(&user.name, name),
        progress_url: hub.settings.progress_path(&user.name.escaped(), &name.escaped()),
        user_options: Value::Object(Map::new()),
        options_form: hub.has_options_form(),
        ..SpawnerView::default()
    }
}

/// Where a server listens, for templates.
fn address(server: &Server) -> Value {
    json!({
        "proto": server.proto,
        "ip": server.ip,
        "port": server.port,
        "base_url": server.base_url,
        "url": format!("{}{}", server_url(server), server.base_url),
    })
}

/// One server of a user; one without a row looks like one that never ran.
pub fn spawner_of(hub: &Hub, user: &UserRecord, name: &ServerName) -> Arc<SpawnerView> {
    match user.spawner(name.as_str()) {
        Some(record) => spawner(hub, user, record),
        None => Arc::new(without_row(hub, user, name)),
    }
}

/// What every page knows of the caller.
fn page(app: &App, caller: &Caller) -> Page {
    let hub = &app.hub;
    let form = hub.authenticator.login_form();
    let mut page = Page {
        user: caller.session_user().map(|record| user(hub, &record)),
        login_url: hub.settings.login_url(),
        logout_url: form.logout_url.unwrap_or_else(|| format!("{}logout", hub.settings.hub_prefix)),
        login_service: form.login_service,
        xsrf_token: caller.xsrf_token(&hub.settings, hub.now().timestamp()),
        ..Page::default()
    };
    let authorisation = caller.authorisation();
    if page.user.is_some() {
        page.services = menu(hub, |name| authorisation.allows("access:services", &Resource::Service(name)));
    }
    page.set_scopes(authorisation.scopes());
    page
}

/// The services that the caller may open.
fn menu(hub: &Hub, may_open: impl Fn(&str) -> bool) -> Vec<Arc<ServiceView>> {
    let services = hub.menu();
    let shown = services.iter().filter(|service| may_open(&service.name)).map(|service| {
        let info = service.info.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
        Arc::new(ServiceView {
            name: service.name.clone(),
            href: hub.settings.service_link(&service.name),
            prefix: hub.settings.service_path(&service.name),
            url: service.url.clone().unwrap_or_default(),
            admin: service.admin,
            info: info.into_iter().collect(),
        })
    });
    shown.collect()
}

/// The same with what functions of the configuration say.
async fn whole_page(app: &App, caller: &Caller) -> Result<Page, Failure> {
    let user = caller.session_user();
    let said = app.hub.template_vars(user.as_deref()).await?;
    let said = said.into_iter().map(|(name, value)| (name, contexts::json(Some(&value))));
    Ok(Page { template_vars: said.collect(), ..page(app, caller) })
}

/// The page of an error, which a function of the configuration may have caused.
pub async fn page_of_error(app: &App, caller: &Caller) -> Page {
    whole_page(app, caller).await.unwrap_or_else(|_| page(app, caller))
}

/// Renders a page.
pub async fn render<C: PageContext>(app: &App, caller: &Caller, status: StatusCode, context: &C) -> Answer {
    let page = whole_page(app, caller).await?;
    Ok(html(status, app.renderer.page(&page, context).map_err(Failure::internal)?))
}

/// Renders a page with status 200.
pub async fn show<C: PageContext>(app: &App, caller: &Caller, context: &C) -> Result<Response, Failure> {
    render(app, caller, StatusCode::OK, context).await
}
