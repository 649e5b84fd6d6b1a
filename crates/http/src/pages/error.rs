//! Errors as pages: of the hub's own routes, and for requests that the proxy cannot forward.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use perijove_web::contexts::{Error as ErrorContext, Page};

use super::view;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::guard::Kind;
use crate::responses::html;

/// Renders a failure for a person.
pub async fn render(app: &App, caller: &Caller, failure: Failure) -> Response {
    let context = ErrorContext {
        status_code: failure.status.as_u16(),
        status_message: failure.phrase().to_owned(),
        message: failure.message.clone(),
        message_html: failure.html_message.clone().unwrap_or_default(),
        exception: Some(exception(&failure)),
        ..ErrorContext::default()
    };
    let mut response = rendered(app, &view::page_of_error(app, caller).await, failure.status, &context);
    failure.add_headers(response.headers_mut());
    response
}

/// The exception that upstream's page would have been about, as text. Only templates of a site's own show it.
fn exception(failure: &Failure) -> String {
    let (status, phrase) = (failure.status.as_u16(), failure.phrase());
    match &failure.unexpected {
        Some(text) => text.clone(),
        None if failure.message.is_empty() => format!("HTTP {status}: {phrase}"),
        None => format!("HTTP {status}: {phrase} ({})", failure.message),
    }
}

fn rendered(app: &App, page: &Page, status: StatusCode, context: &ErrorContext) -> Response {
    match app.renderer.error_page(page, context) {
        Ok(body) => html(status, body),
        Err(error) => {
            tracing::error!("the error page cannot be rendered: {error}");
            html(status, format!("{} {}", context.status_code, context.status_message))
        }
    }
}

fn of_proxy(app: &App, code: u16) -> ErrorContext {
    let home = format!("{}home", app.hub.settings.hub_prefix);
    let message_html = if code == StatusCode::SERVICE_UNAVAILABLE.as_u16() {
        format!(
            "Your server does not answer. You can restart it <a href='{home}'>from the hub's home page</a>."
        )
    } else {
        String::new()
    };
    ErrorContext {
        status_code: code,
        status_message: StatusCode::from_u16(code)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("Unknown HTTP Error")
            .to_owned(),
        message_html,
        logo_url: Some(home),
        ..ErrorContext::default()
    }
}

/// `GET /error/STATUS`: the page that an external proxy asks for.
pub async fn show(State(app): State<App>, caller: Caller, Path(status): Path<String>) -> Answer {
    let digits = status.bytes().all(|byte| byte.is_ascii_digit());
    let code: u16 = status.parse().ok().filter(|_| digits).ok_or_else(|| Failure::not_found(""))?;
    Ok(rendered(&app, &view::page_of_error(&app, &caller).await, StatusCode::OK, &of_proxy(&app, code)))
}

/// The page that the embedded proxy answers with where a target does not.
pub async fn for_proxy(app: &App, status: StatusCode) -> Response {
    let page = Page { login_url: app.hub.settings.login_url(), ..Page::default() };
    let mut response = rendered(app, &page, status, &of_proxy(app, status.as_u16()));
    app.headers.add_to(Kind::Page, response.headers_mut());
    response
}
