//! Sample contexts for every template, with names and texts that are hard to print.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use perijove_web::contexts::{
    AcceptShare, Admin, AuthenticatorView, Error, Home, Login, Logout, NotRunning, OAuthAuthorize,
    OAuthClientGroup, OAuthClientView, Page, PageContext, ScopeDescription, ServiceView, Spawn, SpawnPending,
    SpawnerView, StopPending, Token, TokenView, UserView, Variables,
};

/// One page to render.
pub struct Sample {
    /// Name of the sample, unique.
    pub name: &'static str,
    /// The template.
    pub template: &'static str,
    /// What every page knows.
    pub page: Page,
    /// What this page is given.
    pub variables: Variables,
}

/// The moment that the samples are about.
fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::microseconds(1_795_000_000_123_456)
}

fn server(user: &str, name: &str, display_name: &str, state: &str) -> Arc<SpawnerView> {
    let ago = now() - if name.is_empty() { Duration::minutes(3) } else { Duration::minutes(200) };
    Arc::new(SpawnerView {
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        ready: state == "ready",
        active: state != "stopped",
        pending: matches!(state, "spawn" | "stop").then(|| state.to_owned()),
        started: (state != "stopped").then_some(ago),
        last_activity: (name != "new").then_some(ago),
        url: format!("/user/{user}/{name}"),
        progress_url: format!("/hub/api/users/{user}/server/progress"),
        user_options: serde_json::json!({"image": "datascience", "cpus": 4}),
        ..SpawnerView::default()
    })
}

/// A user whose default server is in the given state.
pub fn user(name: &str, state: &str) -> Arc<UserView> {
    Arc::new(UserView {
        admin: name == "ann",
        groups: vec!["physics".to_owned()],
        created: Some(now() - Duration::days(300)),
        last_activity: Some(now()),
        spawners: vec![
            server(name, "", "", state),
            server(name, "gpu-box", "GPU box <3", "ready"),
            server(name, "new", "", "stopped"),
            server(name, "old report", "Old report", "stopped"),
        ],
        allow_named_servers: true,
        auth_state: Some(serde_json::json!({"email": "ann@example.org"})),
        ..UserView::new(name, "/", "/hub/")
    })
}

/// Nobody is logged in.
pub fn anonymous() -> Page {
    Page {
        login_url: "/hub/login".to_owned(),
        logout_url: "/hub/logout".to_owned(),
        xsrf_token: "MnwxOjB8MTA6MTc5NTAwMDAwMHw1Ol94c3JmfDg4Og==|4e".to_owned(),
        ..Page::default()
    }
}

/// `ann` is logged in, an admin with a service in the menu.
pub fn logged_in() -> Page {
    let service = ServiceView {
        name: "grader & co".to_owned(),
        href: "/services/grader/".to_owned(),
        prefix: "/services/grader/".to_owned(),
        ..ServiceView::default()
    };
    let mut page =
        Page { user: Some(user("ann", "ready")), services: vec![Arc::new(service)], ..anonymous() };
    page.set_scopes(["admin-ui", "admin:users", "access:services!service=grader", "tokens!user=ann"]);
    page
}

fn scopes() -> Vec<ScopeDescription> {
    let describe = |scope: &str, description: &str, filter: &str| ScopeDescription {
        scope: scope.to_owned(),
        description: description.to_owned(),
        filter: filter.to_owned(),
    };
    vec![
        describe("read:users", "Read users' names, groups and activity.", "only you"),
        describe("access:servers", "Access servers through their pages and APIs.", "users in group physics"),
        describe("list:services", "List services.", ""),
    ]
}

fn client() -> Arc<OAuthClientView> {
    Arc::new(OAuthClientView {
        identifier: "service-grader".to_owned(),
        description: "JupyterHub service grader & co".to_owned(),
        redirect_uri: "/services/grader/oauth_callback".to_owned(),
    })
}

fn token(id: &str, note: &str, days: i64) -> Arc<TokenView> {
    Arc::new(TokenView {
        api_id: id.to_owned(),
        note: note.to_owned(),
        scopes: vec!["read:users!user".to_owned(), "access:servers!server=ann/".to_owned()],
        created: Some(now() - Duration::days(days)),
        last_activity: (days != 40).then(|| now() - Duration::minutes(days)),
        expires_at: (days == 1).then(|| now() + Duration::days(7)),
        client_id: Some("jupyterhub".to_owned()),
    })
}

fn login() -> Login {
    Login {
        authenticator_login_url: "/hub/login?next=%2Fhub%2Fhome&x=1".to_owned(),
        authenticator: Arc::new(AuthenticatorView {
            class_name: "PAMAuthenticator".to_owned(),
            otp_prompt: "OTP:".to_owned(),
            ..AuthenticatorView::default()
        }),
        ..Login::default()
    }
}

/// A sample, named as its template or otherwise.
fn sample<C: PageContext>(name: &'static str, page: Page, context: &C) -> Sample {
    Sample { name, template: C::TEMPLATE, page, variables: context.variables() }
}

/// All samples.
pub fn all() -> Vec<Sample> {
    let mut samples = access();
    samples.extend(servers());
    samples.extend(tokens_and_admin());
    samples.extend(errors());
    samples
}

fn access() -> Vec<Sample> {
    let refused = Login {
        username: "ann\"><b>".to_owned(),
        login_error: Some("Invalid username or password".to_owned()),
        status_code: Some(403),
        ..login()
    };
    let notice =
        "No user is allowed yet.\nhint: set c.Authenticator.allowed_users or c.Authenticator.allow_all";
    let with_otp = AuthenticatorView { request_otp: true, ..(*login().authenticator).clone() };
    let fresh = Login { setup_notice: Some(notice.to_owned()), authenticator: Arc::new(with_otp), ..login() };
    let mut terms = anonymous();
    terms.template_vars.insert("login_term_url".to_owned(), "https://example.org/terms".into());
    terms.template_vars.insert("announcement_login".to_owned(), "Maintenance on <b>Friday</b>".into());
    terms.template_vars.insert("announcement".to_owned(), "not this".into());
    let service = Page { login_service: "Example <Identity>".to_owned(), ..anonymous() };
    let custom = Login { custom_html: "<form id=\"own\"></form>".to_owned(), ..login() };
    let invitation = AcceptShare {
        code: "c0de".to_owned(),
        owner: user("bob", "stopped"),
        spawner: server("bob", "gpu-box", "GPU box", "stopped"),
        spawner_url: "/user/bob/gpu-box/".to_owned(),
        scope_descriptions: scopes(),
        next_url: "/hub/home'><img>?a=5&b=10".to_owned(),
        ..AcceptShare::default()
    };
    let consent = OAuthAuthorize {
        allowed_scopes: vec!["read:users!user".to_owned(), "access:servers!server=ann/".to_owned()],
        scope_descriptions: scopes(),
        oauth_client: client(),
        ..OAuthAuthorize::default()
    };
    let identify = OAuthAuthorize {
        scope_descriptions: vec![ScopeDescription {
            description: "Know your name and groups.".to_owned(),
            ..ScopeDescription::default()
        }],
        ..consent.clone()
    };
    vec![
        sample("login", anonymous(), &login()),
        sample("login_refused", anonymous(), &refused),
        sample("login_nobody_allowed", anonymous(), &fresh),
        sample("login_terms", terms, &login()),
        sample("login_service", service, &login()),
        sample("login_custom", anonymous(), &custom),
        sample("logout", anonymous(), &Logout::default()),
        sample("accept_share", logged_in(), &invitation),
        sample("oauth", logged_in(), &consent),
        sample("oauth_identify", logged_in(), &identify),
    ]
}

fn home(name: &str, state: &str, named: bool) -> Home {
    let user = user(name, state);
    Home {
        url: if state == "stopped" { format!("/hub/spawn/{name}") } else { format!("/user/{name}/") },
        default_server: server(name, "", "", state),
        allow_named_servers: named,
        named_server_limit_per_user: if state == "ready" { 5 } else { 0 },
        invalid_server_names: if state == "ready" { vec!["old report".to_owned()] } else { Vec::new() },
        user,
        ..Home::default()
    }
}

fn servers() -> Vec<Sample> {
    let mut announced = logged_in();
    announced.template_vars.insert("announcement".to_owned(), "<i>Welcome</i> back".into());
    let form = Spawn {
        for_user: user("bob", "stopped"),
        spawner: server("bob", "", "", "stopped"),
        spawner_options_form:
            "<label for=\"image\">Image</label>\n<select id=\"image\" name=\"image\" class=\"form-control\">\
            <option>Data science</option><option>GPU</option></select>"
                .to_owned(),
        url: "/hub/spawn/bob?_xsrf=abc&next=%2F".to_owned(),
        error_message: Some("quota of <b>bob</b> exceeded".to_owned()),
        ..Spawn::default()
    };
    let html_error = Spawn { error_html_message: Some("<em>quota</em>".to_owned()), ..form.clone() };
    let pending = SpawnPending {
        user: user("ann", "spawn"),
        spawner: server("ann", "", "", "spawn"),
        progress_url: "/hub/api/users/ann/server/progress?_xsrf=a%3D&x='\"</script>".to_owned(),
        ..SpawnPending::default()
    };
    let named = SpawnPending { spawner: server("ann", "gpu-box", "GPU box <3", "spawn"), ..pending.clone() };
    let down = NotRunning {
        user: user("ann", "stopped"),
        spawn_url: "/hub/spawn/ann?next=%2Fuser%2Fann%2Flab&x=1".to_owned(),
        ..NotRunning::default()
    };
    let failed = NotRunning {
        failed: true,
        server_name: "gpu-box".to_owned(),
        failed_message: Some("The server ended with exit status 1 before it answered: I'm a <teapot>".to_owned()),
        failed_output: Some("Traceback (most recent call last):\n  File \"<string>\", line 1\nModuleNotFoundError: jupyterhub".to_owned()),
        ..down.clone()
    };
    vec![
        sample("home", logged_in(), &home("ann", "stopped", false)),
        sample("home_running", announced, &home("ann", "ready", true)),
        sample("home_pending", logged_in(), &home("testuser<'&\">", "spawn", true)),
        sample("spawn", logged_in(), &form),
        sample("spawn_html_error", logged_in(), &html_error),
        sample("spawn_pending", logged_in(), &pending),
        sample("spawn_pending_named", logged_in(), &named),
        sample("stop_pending", logged_in(), &StopPending(pending)),
        sample("not_running", logged_in(), &down),
        sample(
            "not_running_implicit",
            logged_in(),
            &NotRunning { implicit_spawn_seconds: Some(2.5), ..down },
        ),
        sample("not_running_failed", logged_in(), &failed),
        sample(
            "not_running_html",
            logged_in(),
            &NotRunning { failed_html_message: Some("<b>out of memory</b>".to_owned()), ..failed },
        ),
    ]
}

fn tokens_and_admin() -> Vec<Sample> {
    let tokens = Token {
        api_tokens: vec![token("a1", "CI of <project>", 1), token("a2", "Server at /user/ann/", 40)],
        oauth_clients: vec![OAuthClientGroup {
            client: client(),
            description: "JupyterHub service grader & co".to_owned(),
            created: Some(now() - Duration::days(90)),
            last_activity: Some(now() - Duration::hours(2)),
            tokens: vec![token("a3", "", 3), token("a4", "", 90)],
            token_id: "a3".to_owned(),
        }],
        token_expires_in_max_seconds: Some(10 * 86400),
        ..Token::default()
    };
    let admin = Admin {
        current_user: user("ann", "ready"),
        allow_named_servers: true,
        server_version: "6.1.1".to_owned(),
        perijove_version: "0.1.0".to_owned(),
        api_page_limit: 50,
        ..Admin::default()
    };
    vec![
        sample("token", logged_in(), &tokens),
        sample("token_none", logged_in(), &Token::default()),
        sample("admin", logged_in(), &admin),
    ]
}

fn errors() -> Vec<Sample> {
    let error = Error {
        status_code: 403,
        status_message: "Forbidden".to_owned(),
        message: "you may not <see> this".to_owned(),
        extra_error_html: "You can start it again on the <a href='/hub/home'>home page</a>.".to_owned(),
        exception: Some("HTTP 403".to_owned()),
        ..Error::default()
    };
    let html = Error {
        message_html: "<b>🕸️🫖</b>".to_owned(),
        logo_url: Some("/hub/home".to_owned()),
        ..error.clone()
    };
    let lost = Error { status_code: 404, status_message: "Not Found".to_owned(), ..Error::default() };
    vec![
        sample("error", logged_in(), &error),
        sample("error_html", anonymous(), &html),
        sample("error_careful", Page { no_spawner_check: true, ..logged_in() }, &error),
        Sample { name: "404", template: "404.html", page: logged_in(), variables: lost.variables() },
    ]
}
