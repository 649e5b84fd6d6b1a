//! The caller of one request: identity, session and the cookies to set.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use chrono::{DateTime, Utc};
use perijove_core::identity::{Identity, Principal};
use perijove_core::records::UserRecord;
use perijove_core::settings::Settings;
use perijove_crypto::{cookie, token, xsrf};
use perijove_model::scope::Authorisation;
use secrecy::ExposeSecret;

use crate::client::Client;
use crate::cookies::{self, SetCookie};
use crate::error::Failure;
use crate::xsrf::{is_navigation, valid_cookie};

/// The cookie that names a login session to single-user servers and services too.
const SESSION_COOKIE: &str = "jupyterhub-session-id";
/// How long browsers keep the login cookie, as Tornado's signed cookies; `cookie_max_age_days` says how long it counts.
const LOGIN_COOKIE_DAYS: f64 = 30.0;
/// The life of the `_xsrf` cookie of somebody who is not logged in, in seconds.
const ANONYMOUS_XSRF_AGE: &str = "3600";

/// The caller of one request. Cheap to clone; handlers take it as an argument.
#[derive(Clone)]
pub struct Caller(Arc<Inner>);

struct Inner {
    identity: Option<Identity>,
    client: Client,
    user_agent: String,
    navigation: bool,
    now: DateTime<Utc>,
    session: Mutex<Session>,
}

/// The mutable part: what a login or logout changes.
struct Session {
    /// The user whose session it is after this request; changes with login and logout.
    user: Option<Arc<UserRecord>>,
    id: Option<String>,
    xsrf_cookie: Option<(String, String)>,
    xsrf_token: Option<String>,
    set: Vec<SetCookie>,
}

impl Caller {
    /// Reads the session of a request.
    pub fn new(
        identity: Option<Identity>,
        client: Client,
        headers: &HeaderMap,
        settings: &Settings,
        now: i64,
    ) -> Self {
        let user_agent =
            headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let session = Session {
            user: identity.as_ref().and_then(|identity| identity.principal.user().cloned()),
            id: cookies::get(headers, SESSION_COOKIE).filter(|id| !id.is_empty()).map(str::to_owned),
            xsrf_cookie: valid_cookie(settings.cookie_secret.as_bytes(), headers, now),
            xsrf_token: None,
            set: Vec::new(),
        };
        Self(Arc::new(Inner {
            identity,
            client,
            user_agent: user_agent.to_owned(),
            navigation: is_navigation(headers),
            now: DateTime::from_timestamp(now, 0).unwrap_or_default(),
            session: Mutex::new(session),
        }))
    }

    /// Who it is, if anybody.
    pub fn identity(&self) -> Option<&Identity> {
        self.0.identity.as_ref()
    }

    /// Who it is, in a handler whose route lets nobody else in.
    ///
    /// # Errors
    /// 403, which the guard of such a route has given already.
    pub fn principal(&self) -> Result<&Principal, Failure> {
        let identity =
            self.identity().ok_or_else(|| Failure::forbidden("Missing or invalid credentials."))?;
        Ok(&identity.principal)
    }

    /// The user, for pages.
    ///
    /// # Errors
    /// 403 where a service asks for a page.
    pub fn user(&self) -> Result<&Arc<UserRecord>, Failure> {
        self.principal()?.user().ok_or_else(|| Failure::forbidden("Only users have pages."))
    }

    /// What it may do; nothing for a stranger.
    pub fn authorisation(&self) -> Authorisation {
        self.identity().map_or_else(Authorisation::none, |identity| identity.authorisation.clone())
    }

    /// True where a token was used, so that no browser can have been tricked.
    pub fn used_token(&self) -> bool {
        self.identity().is_some_and(|identity| identity.token.is_some())
    }

    /// The browser or client.
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// The login session's id.
    pub fn session_id(&self) -> Option<String> {
        self.session().id.clone()
    }

    /// The user of the session as this request leaves it.
    pub fn session_user(&self) -> Option<Arc<UserRecord>> {
        self.session().user.clone()
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.0.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The `_xsrf` value that pages carry. A valid cookie of the present session is kept; otherwise
    /// a new value is made, and set as a cookie if this is a page that a person opens.
    pub fn xsrf_token(&self, settings: &Settings, now: i64) -> String {
        if self.session_user().is_some() {
            self.ensure_session(settings);
        }
        let mut session = self.session();
        if let Some(token) = &session.xsrf_token {
            return token.clone();
        }
        let id = self.xsrf_id(&session);
        let token = match &session.xsrf_cookie {
            Some((value, found)) if *found == id => value.clone(),
            _ => {
                let value = xsrf::make(settings.cookie_secret.as_bytes(), &id, now);
                if self.0.navigation {
                    let cookie = self.xsrf_cookie(&session, settings, &value);
                    push(&mut session.set, cookie);
                }
                value
            }
        };
        session.xsrf_token = Some(token.clone());
        token
    }

    /// Sets the `_xsrf` cookie even if the present one is valid: its hour starts anew on the login page.
    pub fn renew_xsrf(&self, settings: &Settings, now: i64) {
        let value = self.xsrf_token(settings, now);
        if self.0.navigation {
            let mut session = self.session();
            let cookie = self.xsrf_cookie(&session, settings, &value);
            push(&mut session.set, cookie);
        }
    }

    /// Session and user, or session and what a stranger is known by.
    fn xsrf_id(&self, session: &Session) -> String {
        let session_id = session.id.as_deref().unwrap_or_default();
        match &session.user {
            Some(user) => format!("{session_id}:{}", user.row.cookie_id),
            None => {
                let anonymous = xsrf::anonymous_id(&self.0.client.address, &self.0.user_agent);
                format!("{}:{anonymous}", session.id.as_deref().unwrap_or("None"))
            }
        }
    }

    fn xsrf_cookie(&self, session: &Session, settings: &Settings, value: &str) -> SetCookie {
        let mut cookie = SetCookie::new("_xsrf", value, &settings.hub_prefix);
        let anonymous = session.user.is_none() && !self.used_token();
        for (name, option) in &settings.cookies.xsrf_options {
            let lasts = name.starts_with("expires") || name.starts_with("max");
            if !(name.eq_ignore_ascii_case("path") || anonymous && lasts) {
                cookie.set_option(name, option, self.0.now);
            }
        }
        if anonymous {
            cookie.set("Max-Age", Some(ANONYMOUS_XSRF_AGE));
        }
        cookie
    }

    /// Logs `user` in: login, session and `_xsrf` cookies.
    pub fn log_in(&self, user: Arc<UserRecord>, settings: &Settings, now: i64) {
        let signed = cookie::sign(
            settings.cookie_secret.as_bytes(),
            &settings.cookies.login_name,
            user.row.cookie_id.as_bytes(),
            now,
        );
        let days = Some(LOGIN_COOKIE_DAYS);
        let login = self.cookie(&settings.cookies.login_name, &signed, &settings.hub_prefix, days, settings);
        self.ensure_session(settings);
        let mut session = self.session();
        // A browser that has this user's cookie already keeps it, and with it its age.
        if session.user.as_ref().is_none_or(|known| known.row.id != user.row.id) {
            push(&mut session.set, login);
        }
        session.user = Some(user);
        session.xsrf_token = None;
        let id = self.xsrf_id(&session);
        let value = xsrf::make(settings.cookie_secret.as_bytes(), &id, now);
        let cookie = self.xsrf_cookie(&session, settings, &value);
        push(&mut session.set, cookie);
        session.xsrf_token = Some(value);
    }

    /// Gives a browser without a session id one.
    pub fn ensure_session(&self, settings: &Settings) -> String {
        if let Some(id) = self.session_id() {
            return id;
        }
        let id = token::generate().expose_secret().to_owned();
        let mut cookie = self.cookie(SESSION_COOKIE, &id, &settings.base_url, None, settings);
        if let Some(hosts) = &settings.subdomains {
            // Servers and services share it.
            cookie.set("Domain", Some(hosts.cookie_domain()));
        }
        let mut session = self.session();
        push(&mut session.set, cookie);
        session.id = Some(id.clone());
        id
    }

    /// Makes the browser forget the login.
    pub fn log_out(&self, settings: &Settings) {
        let mut session = self.session();
        if session.id.take().is_some() {
            let mut removal = SetCookie::removal(SESSION_COOKIE, &settings.base_url);
            if let Some(hosts) = &settings.subdomains {
                removal.set("Domain", Some(hosts.cookie_domain()));
            }
            push(&mut session.set, removal);
        }
        push(&mut session.set, SetCookie::removal(&settings.cookies.login_name, &settings.hub_prefix));
        // Set by JupyterHub up to version 3.1.
        let services = format!("{}services", settings.base_url);
        push(&mut session.set, SetCookie::removal("jupyterhub-services", &services));
        let mut xsrf = SetCookie::removal("_xsrf", &settings.hub_prefix);
        for (name, option) in &settings.cookies.xsrf_options {
            if name.eq_ignore_ascii_case("domain") {
                xsrf.set_option(name, option, self.0.now);
            }
        }
        push(&mut session.set, xsrf);
        session.user = None;
        session.xsrf_token = None;
        session.xsrf_cookie = None;
    }

    /// Makes the browser forget a login cookie that means nothing.
    pub fn forget_login_cookie(&self, settings: &Settings) {
        let removal = SetCookie::removal(&settings.cookies.login_name, &settings.hub_prefix);
        push(&mut self.session().set, removal);
    }

    fn cookie(
        &self,
        name: &str,
        value: &str,
        path: &str,
        days: Option<f64>,
        settings: &Settings,
    ) -> SetCookie {
        let mut cookie = SetCookie::new(name, value, path);
        if let Some(days) = days {
            cookie.expire_after(days, self.0.now);
        }
        cookie.set("HttpOnly", None);
        let secure = match &settings.public_url {
            Some(url) => url.scheme() == "https",
            None => self.0.client.browser_scheme == "https",
        };
        if secure {
            cookie.set("Secure", None);
        }
        for (option, value) in &settings.cookies.options {
            if !option.eq_ignore_ascii_case("path") {
                cookie.set_option(option, value, self.0.now);
            }
        }
        if name.starts_with("__Host-") {
            cookie.set("Path", Some("/"));
            cookie.set("Secure", None);
        }
        cookie
    }

    /// Adds the cookies to an answer.
    pub fn write_cookies(&self, headers: &mut HeaderMap) {
        for cookie in self.session().set.drain(..) {
            match HeaderValue::from_str(&cookie.to_header()) {
                Ok(value) => {
                    headers.append(header::SET_COOKIE, value);
                }
                Err(error) => tracing::error!("a cookie cannot be set: {error}"),
            }
        }
    }
}

/// Adds a cookie, in the place of an earlier one of the same name and path.
fn push(set: &mut Vec<SetCookie>, cookie: SetCookie) {
    set.retain(|earlier| earlier.identity() != cookie.identity());
    set.push(cookie);
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = axum::http::StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // The guard of every route puts it there; a route without a guard answers 500, not more.
        parts.extensions.get::<Self>().cloned().ok_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR)
    }
}
