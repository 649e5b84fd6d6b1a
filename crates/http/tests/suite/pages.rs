//! The pages, and what is served where a server should be but is not.

use http::{Method, StatusCode};
use perijove_testkit::TestHub;

use crate::xsrf_of;

#[tokio::test]
async fn paths_outside_the_prefix_lead_into_it() {
    let hub = TestHub::new().await;
    for (path, location) in [
        ("/", "/hub/"),
        ("/user/ada/lab?a=b", "/hub/user/ada/lab?a=b"),
        ("/elsewhere", "/hub/elsewhere"),
        ("/hub/", "/hub/login?next=%2Fhub%2F"),
        ("/hub/home", "/hub/login?next=%2Fhub%2Fhome"),
        ("/hub/user/ada/", "/hub/login?next=%2Fhub%2Fuser%2Fada%2F"),
    ] {
        let answer = hub.get(path).send().await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::FOUND, location), "{path}");
    }
    for path in ["/hub", "/user/ada", "/services/none"] {
        let answer = hub.get(path).send().await;
        let wanted = (StatusCode::MOVED_PERMANENTLY, format!("{path}/"));
        assert_eq!((answer.status, answer.header("location").to_owned()), wanted);
    }
    assert_eq!(hub.get("/hub/no-such-page").send().await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn below_another_path_everything_moves() {
    let hub = TestHub::builder().base_url("/p/").build().await;
    assert_eq!(hub.get("/p/").send().await.header("location"), "/p/hub/");
    assert_eq!(hub.get("/p/hub/home").send().await.header("location"), "/p/hub/login?next=%2Fp%2Fhub%2Fhome");
    let cookies = hub.log_in("ada").await;
    let page = hub.get("/p/hub/home").cookies(&cookies).send().await;
    assert!(page.text().contains("/p/hub/static/"), "{}", page.text());
}

#[tokio::test]
async fn head_is_for_files_and_health() {
    let hub = TestHub::new().await;
    for path in ["/hub/health", "/hub/api/health", "/hub/logo", "/hub/static/css/style.css", "/favicon.ico"] {
        let answer = hub.request(Method::HEAD, path).send().await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0), "{path}");
    }
    for path in ["/", "/hub", "/user/ada/lab", "/hub/login", "/hub/metrics", "/hub/api/", "/hub/api/users"] {
        let answer = hub.request(Method::HEAD, path).send().await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::METHOD_NOT_ALLOWED, 0), "{path}");
        assert_eq!(answer.header("allow"), "", "{path}");
    }
}

#[tokio::test]
async fn wrong_methods_are_refused_before_and_after_the_forgery_check() {
    let hub = TestHub::new().await;
    for path in ["/", "/elsewhere", "/hub/no-such-page", "/hub/health"] {
        assert_eq!(hub.request(Method::POST, path).send().await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let root = hub.request(Method::POST, "/hub/api/").send().await;
    assert_eq!(
        (root.status, root.header("access-control-allow-origin")),
        (StatusCode::METHOD_NOT_ALLOWED, "*")
    );
}

#[tokio::test]
async fn files_have_none_of_the_hubs_headers() {
    let hub = TestHub::new().await;
    for path in ["/favicon.ico", "/hub/static/favicon.ico"] {
        let answer = hub.get(path).send().await;
        assert_eq!(answer.header("content-type"), "image/vnd.microsoft.icon");
        assert_eq!(answer.header("x-jupyterhub-version"), "");
    }
}

#[tokio::test]
async fn metrics_need_their_scope() {
    let hub = TestHub::new().await;
    let refused = hub.get("/hub/metrics").send().await;
    assert_eq!((refused.status, refused.header("content-type")), (StatusCode::FORBIDDEN, "text/html"));
    hub.log_in("ada").await;
    let shown = hub.get("/hub/metrics").token(&TestHub::admin_token()).send().await;
    assert_eq!(shown.header("content-type"), "text/plain; version=1.0.0; charset=utf-8");
    assert!(shown.text().contains("\njupyterhub_running_servers 0.0\n"), "{}", shown.text());
    assert!(shown.text().contains("\njupyterhub_active_users{period=\"24h\"} "), "{}", shown.text());
}

#[tokio::test]
async fn the_pages_of_a_user() {
    let hub = TestHub::new().await;
    let cookies = hub.log_in("ada").await;
    for path in ["/hub/home", "/hub/token"] {
        let page = hub.get(path).cookies(&cookies).send().await;
        assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/html"), "{path}");
        let policy = "frame-ancestors 'none'; report-uri /hub/security/csp-report";
        assert_eq!(page.header("content-security-policy"), policy);
    }
    assert_eq!(hub.get("/hub/admin").cookies(&cookies).send().await.status, StatusCode::FORBIDDEN);
    let admin = hub.log_in("admin").await;
    assert_eq!(hub.get("/hub/admin").cookies(&admin).send().await.status, StatusCode::OK);
    assert_eq!(hub.get("/hub/login").cookies(&cookies).send().await.header("location"), "/hub/spawn");
}

#[tokio::test]
async fn a_stopped_server_is_424_and_starts_nothing() {
    let hub = TestHub::new().await;
    let cookies = hub.log_in("ada").await;
    for path in ["/hub/user/ada/", "/hub/user/ada/lab/tree/x"] {
        let page = hub.get(path).cookies(&cookies).send().await;
        assert_eq!(page.status, StatusCode::FAILED_DEPENDENCY, "{path}");
        assert!(page.text().contains("/hub/spawn/ada?next="), "{}", page.text());
    }
    let program = hub.get("/hub/user/ada/api/status").cookies(&cookies).send().await;
    assert_eq!(program.status, StatusCode::FAILED_DEPENDENCY);
    let message = "JupyterHub server no longer running at /user/ada/api/status. Restart the server at \
                   http://hub.example/hub/spawn/ada";
    assert_eq!(program.json()["message"], message);
    let posted = hub.post("/hub/user/ada/api/kernels").token(&hub.token("ada").await).send().await;
    assert_eq!(posted.status, StatusCode::FAILED_DEPENDENCY);
    // Without a token it may be another site that posts.
    let forged = hub.post("/hub/user/ada/api/kernels").cookies(&cookies).send().await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let other = hub.log_in("eve").await;
    let hidden = hub.get("/hub/user/ada/").cookies(&other).send().await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    assert!(hub.spawner.launch_of("ada", "").is_none());
}

#[tokio::test]
async fn the_spawn_page_starts_a_server_and_leads_on() {
    let hub = TestHub::new().await;
    let cookies = hub.log_in("ada").await;
    let started = hub.get("/hub/spawn/ada?next=%2Fuser%2Fada%2Flab").cookies(&cookies).send().await;
    assert_eq!(started.header("location"), "/hub/spawn-pending/ada?next=%2Fuser%2Fada%2Flab");
    let ready = hub.get("/hub/spawn-pending/ada?next=%2Fuser%2Fada%2Flab").cookies(&cookies).send().await;
    assert_eq!(ready.header("location"), "/user/ada/lab");
    let again = hub.get("/hub/spawn/ada").cookies(&cookies).send().await;
    assert_eq!(again.header("location"), "/user/ada/");
    let back = hub.get("/hub/user/ada/lab?x=1").cookies(&cookies).send().await;
    assert_eq!(back.header("location"), "/user/ada/lab?x=1&redirects=1");
}

#[tokio::test]
async fn options_come_from_the_form() {
    let form = Some("<input name='flavour'>".to_owned());
    let hub = TestHub::builder().settings(|settings| settings.servers.options_form = form).build().await;
    let cookies = hub.log_in("ada").await;
    let page = hub.get("/hub/spawn").cookies(&cookies).send().await;
    assert!(page.text().contains("<input name='flavour'>"), "{}", page.text());
    let body = format!("_xsrf={}&flavour=vanilla&flavour=mint", xsrf_of(&cookies));
    let started = hub.post("/hub/spawn").cookies(&cookies).form(&body).send().await;
    assert_eq!(started.header("location"), "/hub/spawn-pending/ada");
    let options = hub.spawner.launch_of("ada", "").unwrap().user_options;
    assert_eq!(options.get("flavour"), Some(&serde_json::json!(["vanilla", "mint"])));
}

#[tokio::test]
async fn names_are_escaped_in_pages() {
    let hub = TestHub::new().await;
    let cookies = hub.log_in("o%27neil%3Cscript%3E").await;
    let page = hub.get("/hub/home").cookies(&cookies).send().await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text().contains("o'neil<script>"), "{}", page.text());
}

#[tokio::test]
async fn user_redirect_goes_through_the_own_server() {
    let hub = TestHub::new().await;
    let cookies = hub.log_in("ada").await;
    let answer = hub.get("/hub/user-redirect/lab/tree/a?b=c").cookies(&cookies).send().await;
    assert_eq!(answer.header("location"), "/hub/spawn/ada?next=%2Fuser%2Fada%2Flab%2Ftree%2Fa%3Fb%3Dc");
}

#[tokio::test]
async fn static_files_are_cached_by_their_hash() {
    let hub = TestHub::new().await;
    let file = hub.get("/hub/static/css/style.css").send().await;
    assert_eq!(file.header("cache-control"), "no-cache");
    let again =
        hub.get("/hub/static/css/style.css").header("if-none-match", file.header("etag")).send().await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let modified = file.header("last-modified");
    let again = hub.get("/hub/static/css/style.css").header("if-modified-since", modified).send().await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let versioned = hub.get("/hub/static/css/style.css?v=1").send().await;
    assert_eq!(versioned.header("cache-control"), "max-age=315360000");
    let part = hub.get("/hub/static/css/style.css").header("range", "bytes=0-9").send().await;
    assert_eq!((part.status, part.text().len()), (StatusCode::PARTIAL_CONTENT, 10));
    let nothing = hub.get("/hub/static/css/style.css").header("range", "bytes=9999999-").send().await;
    assert_eq!(nothing.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(hub.get("/hub/static/../Cargo.toml").send().await.status, StatusCode::FORBIDDEN);
    assert_eq!(hub.get("/hub/static/%2e%2e/Cargo.toml").send().await.status, StatusCode::FORBIDDEN);
    assert_eq!(hub.get("/hub/static/none.css").send().await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_proxys_error_pages() {
    let hub = TestHub::new().await;
    let page = hub.get("/hub/error/503?url=%2Fuser%2Fx%2F").send().await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("/hub/home"));
    assert_eq!(hub.get("/hub/error/none").send().await.status, StatusCode::NOT_FOUND);
}
