//! Logging in and out, cookies, XSRF and where `next` leads.

use http::StatusCode;
use perijove_testkit::{Answer, TestHub};

use crate::xsrf_of;

async fn log_in_with(hub: &TestHub, query: &str, password: &str) -> Answer {
    let page = hub.get("/hub/login").send().await;
    let xsrf = page.cookie_value("_xsrf");
    let form = format!("username=%20ada%20&password={password}&_xsrf={xsrf}");
    hub.post(&format!("/hub/login{query}")).cookies(&format!("_xsrf={xsrf}")).form(&form).send().await
}

#[tokio::test]
async fn a_login_sets_upstreams_cookies() {
    let hub = TestHub::new().await;
    let page = hub.get("/hub/login").send().await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.set_cookie("_xsrf").to_ascii_lowercase().contains("max-age=3600"),
        "{}",
        page.set_cookie("_xsrf")
    );
    let answer = log_in_with(&hub, "", "right").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::FOUND, "/hub/spawn"));
    let login = answer.set_cookie("jupyterhub-hub-login").to_ascii_lowercase();
    assert!(
        login.contains("httponly") && login.contains("path=/hub/") && !login.contains("secure"),
        "{login}"
    );
    let session = answer.set_cookie("jupyterhub-session-id").to_ascii_lowercase();
    assert!(
        session.contains("path=/;") || session.ends_with("path=/") || session.contains("path=/ "),
        "{session}"
    );
    assert!(!answer.set_cookie("_xsrf").to_ascii_lowercase().contains("max-age"));
}

#[tokio::test]
async fn behind_tls_the_cookies_are_secure() {
    let hub = TestHub::new().await;
    let page = hub.get("/hub/login").send().await;
    let xsrf = page.cookie_value("_xsrf");
    let answer = hub
        .post("/hub/login")
        .cookies(&format!("_xsrf={xsrf}"))
        .header("x-forwarded-proto", "https,http")
        .form(&format!("username=ada&password=right&_xsrf={xsrf}"))
        .send()
        .await;
    assert!(answer.set_cookie("jupyterhub-hub-login").contains("Secure"));
}

#[tokio::test]
async fn a_wrong_password_shows_the_form_again() {
    let hub = TestHub::new().await;
    let answer = log_in_with(&hub, "?next=%2Fhub%2Ftoken", "wrong").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text().contains("Invalid username or password"));
    assert_eq!(answer.set_cookie("jupyterhub-hub-login"), "");
}

#[tokio::test]
async fn next_leads_to_our_own_pages_only() {
    let hub = TestHub::new().await;
    for (next, goes_to) in [
        ("%2Fhub%2Ftoken", "/hub/token"),
        ("%2Fhub%2Ftoken%3Fa%3Db", "/hub/token?a=b"),
        ("http%3A%2F%2Fhub.example%2Fhub%2Fhome", "/hub/home"),
        ("http%3A%2F%2Fhub.example%2F%2Fevil.example", "/evil.example"),
        ("https%3A%2F%2Fevil.example%2Fx", "/hub/spawn"),
        ("%2F%2Fevil.example%2Fx", "/hub/spawn"),
        ("%2F%2F%2Fevil.example", "/hub/spawn"),
        ("%2F%5Cevil.example", "/%5Cevil.example"),
        ("%2F%09%2Fevil.example", "/hub/spawn"),
        ("%2Fx%0D%0ASet-Cookie%3A%20a%3Db", "/hub/spawn"),
        ("https%3Aevil.example", "/hub/spawn"),
        ("javascript%3Aalert(1)", "/hub/spawn"),
        ("http%3A%2F%2Fhub.example%40evil.example%2F", "/hub/spawn"),
        ("http%3A%2F%2Fhub.example.evil.example%2F", "/hub/spawn"),
    ] {
        let answer = log_in_with(&hub, &format!("?next={next}"), "right").await;
        assert_eq!(answer.header("location"), goes_to, "{next}");
    }
}

#[tokio::test]
async fn forms_and_scripts_need_the_xsrf_value() {
    let hub = TestHub::new().await;
    let bare = hub.post("/hub/login").form("username=ada&password=right").send().await;
    assert_eq!(bare.status, StatusCode::FORBIDDEN);
    let cookies = hub.log_in("ada").await;
    let xsrf = xsrf_of(&cookies);
    let path = "/hub/api/users/ada/tokens";
    let body = serde_json::json!({});
    let without = hub.post(path).cookies(&cookies).json(&body).send().await;
    assert_eq!(without.status, StatusCode::FORBIDDEN);
    assert!(without.text().contains("'_xsrf' argument missing from POST"), "{}", without.text());
    let wrong = hub.post(path).cookies(&cookies).json(&body).header("x-xsrftoken", "wrong").send().await;
    assert!(wrong.text().contains("XSRF cookie does not match POST argument"), "{}", wrong.text());
    let right = hub.post(path).cookies(&cookies).json(&body).header("x-xsrftoken", &xsrf).send().await;
    assert_eq!(right.status, StatusCode::CREATED);
    // Another session's value does not count, even in one's own cookie.
    let other = xsrf_of(&hub.log_in("eve").await);
    let stolen = cookies.replace(&format!("_xsrf={xsrf}"), &format!("_xsrf={other}"));
    let forged = hub.post(path).cookies(&stolen).json(&body).header("x-xsrftoken", &other).send().await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_script_of_another_site_reads_nothing() {
    let hub = TestHub::new().await;
    let cookies = hub.log_in("ada").await;
    let request = hub.get("/hub/api/user").cookies(&cookies);
    let foreign =
        request.header("sec-fetch-mode", "cors").header("sec-fetch-site", "cross-site").send().await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let opened = hub.get("/hub/api/user").cookies(&cookies).send().await;
    assert_eq!(opened.status, StatusCode::OK);
    let posted = hub.post("/hub/api/users/ada/tokens").cookies(&cookies).form("{}").send().await;
    assert_eq!(posted.status, StatusCode::FORBIDDEN, "a form of another site can post text");
}

#[tokio::test]
async fn logging_out_and_deleting_the_user_end_the_session() {
    let hub = TestHub::new().await;
    let cookies = hub.log_in("ada").await;
    let answer = hub.get("/hub/logout").cookies(&cookies).send().await;
    assert_eq!(answer.header("location"), "/hub/login");
    for name in ["jupyterhub-hub-login", "jupyterhub-session-id", "_xsrf"] {
        assert!(answer.set_cookie(name).contains("1970"), "{name}: {}", answer.set_cookie(name));
    }
    let cookies = hub.log_in("cleo").await;
    let path = "/hub/api/users/cleo";
    hub.request(http::Method::DELETE, path).token(&TestHub::admin_token()).send().await;
    let after = hub.get("/hub/home").cookies(&cookies).send().await;
    assert_eq!(after.header("location"), "/hub/login?next=%2Fhub%2Fhome");
    assert!(after.set_cookie("jupyterhub-hub-login").contains("1970"));
}

#[tokio::test]
async fn a_forged_login_cookie_is_nobodys() {
    let hub = TestHub::new().await;
    let cookies = hub.log_in("ada").await.replace("|", "/");
    assert_eq!(hub.get("/hub/api/user").cookies(&cookies).send().await.status, StatusCode::FORBIDDEN);
}
