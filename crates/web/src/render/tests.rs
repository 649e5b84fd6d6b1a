//! Search order of templates, their errors, and what pages must contain for scripts that know JupyterHub's.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::contexts::{
    Admin, AuthenticatorView, Home, Login, NotRunning, SpawnPending, SpawnerView, Token, UserView,
};

fn stock() -> Renderer {
    Renderer::new(RenderOptions::default()).unwrap()
}

/// A renderer with custom templates, and their folder.
fn custom(files: &[(&str, &str)]) -> (Result<Renderer, WebError>, TempDir) {
    let folder = TempDir::new().unwrap();
    for (name, source) in files {
        fs::write(folder.path().join(name), source).unwrap();
    }
    let options =
        RenderOptions { template_paths: vec![folder.path().to_owned()], ..RenderOptions::default() };
    (Renderer::new(options), folder)
}

fn user() -> Arc<UserView> {
    Arc::new(UserView {
        spawners: vec![Arc::new(SpawnerView::default())],
        allow_named_servers: true,
        ..UserView::new("ann", "/", "/hub/")
    })
}

fn page() -> Page {
    Page { user: Some(user()), xsrf_token: "x|s'r".to_owned(), ..Page::default() }
}

/// Asserts that a page contains all of these.
fn assert_contains(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(html.contains(part), "{part:?} is missing in\n{html}");
    }
}

#[test]
fn custom_templates_win_and_stock_ones_stay_reachable() {
    let (renderer, _folder) = custom(&[
        ("page.html", "{% extends 'templates/page.html' %}{% block title %}Mine{% endblock %}"),
        ("register.html", "{% extends 'page.html' %}{% block main %}Hello {{ base_url }}{% endblock %}"),
    ]);
    let renderer = renderer.unwrap();
    let html = renderer.page(&page(), &Logout).unwrap();
    assert_contains(&html, &["<title>Mine</title>", "logout-main"]);
    let html = renderer.page_as("register.html", &page(), &Logout).unwrap();
    assert_contains(&html, &["<title>Mine</title>", "Hello /hub/"]);
    let html = renderer.page_as("templates/logout.html", &page(), &Logout).unwrap();
    // The stock page extends "page.html", which is the custom one, as in JupyterHub.
    assert_contains(&html, &["<title>Mine</title>"]);
    assert!(renderer.has_template("register.html") && !renderer.has_template("nothing.html"));
}

/// A page without variables of its own.
struct Logout;

impl PageContext for Logout {
    const TEMPLATE: &'static str = "logout.html";

    fn variables(&self) -> Variables {
        Variables::new()
    }
}

#[test]
fn earlier_folders_win() {
    let (first, second) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::write(first.path().join("a.html"), "first").unwrap();
    fs::write(second.path().join("a.html"), "second").unwrap();
    fs::write(second.path().join("b.html"), "b of second").unwrap();
    let template_paths = vec![first.path().to_owned(), second.path().to_owned()];
    let renderer = Renderer::new(RenderOptions { template_paths, ..RenderOptions::default() }).unwrap();
    assert_eq!(renderer.render("a.html", Value::UNDEFINED).unwrap(), "first");
    assert_eq!(renderer.render("b.html", Value::UNDEFINED).unwrap(), "b of second");
}

#[test]
fn names_do_not_leave_their_folder() {
    let (renderer, folder) = custom(&[("in.html", "in")]);
    fs::write(folder.path().join("../outside.html"), "out").unwrap();
    let renderer = renderer.unwrap();
    for name in ["../outside.html", "/etc/passwd", "templates/../in.html", ""] {
        assert!(matches!(renderer.render(name, Value::UNDEFINED), Err(WebError::NotFound(_))), "{name}");
    }
    fs::remove_file(folder.path().join("../outside.html")).unwrap();
}

#[test]
fn a_broken_template_names_file_and_line() {
    let (renderer, folder) = custom(&[("home.html", "line one\n{% block main %}\n{{ unclosed")]);
    match renderer {
        Err(WebError::Syntax { file, line, .. }) => {
            assert_eq!(file, folder.path().join("home.html"));
            assert!(line >= 2, "{line}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_failing_template_names_file_and_line() {
    let (renderer, folder) = custom(&[("x.html", "a\n{{ nothing.at.all }}")]);
    let error = renderer.unwrap().render("x.html", Value::UNDEFINED).unwrap_err();
    let expected = format!("template {}, line 2", folder.path().join("x.html").display());
    assert!(error.to_string().starts_with(&expected), "{error}");
}

#[test]
fn changed_files_are_read_again() {
    let (renderer, folder) = custom(&[("x.html", "old")]);
    let renderer = renderer.unwrap();
    assert_eq!(renderer.render("x.html", Value::UNDEFINED).unwrap(), "old");
    let file = folder.path().join("x.html");
    fs::write(&file, "new").unwrap();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
    fs::File::options().write(true).open(&file).unwrap().set_modified(later).unwrap();
    assert_eq!(renderer.render("x.html", Value::UNDEFINED).unwrap(), "new");
}

#[test]
fn variables_win_in_the_order_of_upstream() {
    let mut options = RenderOptions::default();
    options.template_vars.insert("login_url".to_owned(), "/from-vars".into());
    options.template_vars.insert("colour".to_owned(), "red".into());
    options.template_vars.insert("username".to_owned(), "from-vars".into());
    options.template_vars.insert("xsrf_token".to_owned(), "from-vars".into());
    let renderer = Renderer::new(options).unwrap();
    let mut page = Page { login_url: "/hub/login".to_owned(), ..page() };
    page.template_vars.insert("colour".to_owned(), "blue".into());
    let login = Login { username: "bob".to_owned(), ..Login::default() };
    let namespace = renderer.namespace(&page, login.variables());
    let read = |name: &str| namespace.get_attr(name).unwrap().to_string();
    assert_eq!(read("login_url"), "/from-vars");
    assert_eq!(read("colour"), "blue");
    assert_eq!(read("username"), "bob");
    assert_eq!(read("xsrf_token"), "x|s'r");
}

#[test]
fn an_error_page_is_always_shown() {
    let error = Error { status_code: 418, status_message: "I'm a <teapot>".to_owned(), ..Error::default() };
    let (renderer, _folder) = custom(&[("error.html", "{{ nothing.at.all }}")]);
    let html = renderer.unwrap().error_page(&page(), &error).unwrap();
    assert_contains(&html, &["418", "I&#39;m a &lt;teapot&gt;"]);
    let (renderer, _folder) = custom(&[(
        "418.html",
        "{% extends 'error.html' %}{% block error_detail %}short and stout{% endblock %}",
    )]);
    assert_contains(&renderer.unwrap().error_page(&page(), &error).unwrap(), &["short and stout"]);
    let html = stock().error_page(&page(), &Error { status_code: 404, ..Error::default() }).unwrap();
    assert_contains(&html, &["empty space"]);
}

#[test]
fn custom_html_of_authenticators_is_not_escaped() {
    let html =
        stock().render_str("<a href='{{ url }}'>", Value::from_pairs([("url", "/a?b=1&c=2")])).unwrap();
    assert_eq!(html, "<a href='/a?b=1&c=2'>");
}

#[test]
fn scripts_find_the_data_of_the_page() {
    let html = stock().page(&page(), &Logout).unwrap();
    assert_contains(
        &html,
        &[
            "window.jhdata = {",
            "base_url: \"/hub/\"",
            "prefix: \"/\"",
            "user: \"ann\"",
            "admin_access: false",
            "options_form: false",
            "xsrf_token: \"x|s\\u0027r\"",
            "id=\"jupyterhub-logo\"",
            "id=\"thenavbar\"",
            "id=\"dark-theme-toggle\"",
            "id=\"login_widget\"",
            "id=\"logout\"",
            "id=\"error-dialog\"",
            "src=\"/hub/logo\"",
        ],
    );
}

#[test]
fn the_login_form_is_what_browsers_and_robots_expect() {
    let login = Login {
        authenticator_login_url: "/hub/login?next=%2Fhub%2F".to_owned(),
        authenticator: Arc::new(AuthenticatorView { request_otp: true, ..AuthenticatorView::default() }),
        ..Login::default()
    };
    let html = stock().page(&Page { user: None, ..page() }, &login).unwrap();
    assert_contains(
        &html,
        &[
            "id=\"login-main\"",
            "<form action=\"/hub/login?next=%2Fhub%2F\" method=\"post\"",
            "name=\"_xsrf\" value=\"x|s&#39;r\"",
            "id=\"username_input\"",
            "id=\"password_input\"",
            "id=\"otp_input\"",
            "id=\"login_submit\"",
            "name=\"username\"",
            "name=\"password\"",
            "<label for=\"username_input\">Username:</label>",
            "<label for=\"password_input\">Password:</label>",
        ],
    );
    assert!(
        !html.contains("id=\"logout\"") && !html.contains("id=\"login\""),
        "no login button on the login page"
    );
}

#[test]
fn the_pages_of_a_server_have_their_buttons() {
    let running = SpawnerView { active: true, ready: true, ..SpawnerView::default() };
    let home = Home {
        user: user(),
        url: "/user/ann/".to_owned(),
        default_server: Arc::new(running),
        allow_named_servers: true,
        ..Home::default()
    };
    let html = stock().page(&page(), &home).unwrap();
    assert_contains(
        &html,
        &["id=\"start\"", "href=\"/user/ann/\">My Server", "id=\"stop\"", "Stop My Server", "new-server-btn"],
    );
    let html = stock().page(&page(), &Home { default_server: Arc::default(), ..home }).unwrap();
    assert_contains(&html, &[">Start My Server</a>"]);
    assert!(!html.contains("id=\"stop\""));
    let html = stock()
        .page(&page(), &NotRunning { implicit_spawn_seconds: Some(3.0), ..NotRunning::default() })
        .unwrap();
    assert_contains(
        &html,
        &["id=\"start\"", "Server not running", "is not running", "data-start-after=\"3.0\""],
    );
}

#[test]
fn the_progress_url_is_the_first_script_of_the_body() {
    let pending = SpawnPending {
        user: user(),
        progress_url: "/hub/api/p?_xsrf=a&b=</script>".to_owned(),
        ..SpawnPending::default()
    };
    let html = stock().page(&page(), &pending).unwrap();
    let body = html.split("<body>").nth(1).unwrap();
    let script = body.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
    assert_contains(script, &[r#"new EventSource("/hub/api/p?_xsrf=a\u0026b=\u003c/script\u003e")"#]);
    assert_contains(
        &html,
        &["class=\"progress\"", "id=\"progress-bar\"", "id=\"progress-message\"", "id=\"progress-log\""],
    );
}

#[test]
fn the_token_and_admin_pages_have_their_parts() {
    let html = stock().page(&page(), &Token::default()).unwrap();
    assert_contains(
        &html,
        &[
            "id=\"request-token-form\"",
            "id=\"token-note\"",
            "id=\"token-expiration-seconds\"",
            "id=\"token-scopes\"",
            "id=\"token-result\"",
            ">Never</option>",
        ],
    );
    assert!(!html.contains("API Tokens") && !html.contains("Authorized Applications"));
    let admin = Admin {
        api_page_limit: 25,
        server_version: "6.1.1".to_owned(),
        perijove_version: "0.1.0".to_owned(),
        ..Admin::default()
    };
    let html = stock().page(&page(), &admin).unwrap();
    assert_contains(
        &html,
        &[
            "data-api-page-limit=\"25\"",
            "name=\"user_search\"",
            "pagination-footer",
            "version_footer\">Perijove 0.1.0, compatible with JupyterHub 6.1.1<",
            "admin_access: true",
        ],
    );
}

#[test]
fn static_urls_change_with_the_content() {
    let renderer = stock();
    let html = renderer
        .render_str("{{ s }}", Value::from_pairs([("s", renderer.static_url("js/page.js"))]))
        .unwrap();
    assert!(html.starts_with("/hub/static/js/page.js?v="), "{html}");
    let namespace = renderer.namespace(&Page::default(), Variables::new());
    let plain = renderer.render_str("{{ static_url('js', include_version=False) }}", namespace).unwrap();
    assert_eq!(plain, "/hub/static/js");
}

#[test]
fn every_file_that_a_page_names_exists() {
    let (html, renderer) = (stock().page(&page(), &Admin::default()).unwrap(), stock());
    assert!(html.contains("css/admin.css?v="));
    for name in stock_names() {
        let source = renderer.env.get_template(&name).unwrap().source().to_owned();
        for piece in source.split("static_url('").skip(1) {
            let path = piece.split('\'').next().unwrap();
            assert!(crate::static_file(path).is_some(), "{name} names {path}");
        }
    }
}
