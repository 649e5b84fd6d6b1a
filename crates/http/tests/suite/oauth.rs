//! How a single-user server learns whose browser it talks to: the flow of `jupyterhub-singleuser`, with PKCE.

use http::StatusCode;
use perijove_testkit::{Answer, TestHub};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::xsrf_of;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A hub with a running server of `owner`, and the server's secret.
async fn running() -> (TestHub, String) {
    let hub = TestHub::new().await;
    let token = hub.token("owner").await;
    assert_eq!(
        hub.post("/hub/api/users/owner/server").token(&token).send().await.status,
        StatusCode::CREATED
    );
    let secret = hub.spawner.launch_of("owner", "").unwrap().facts.api_token.expose_secret().to_owned();
    (hub, secret)
}

async fn authorize(hub: &TestHub, cookies: &str, redirect_uri: &str) -> Answer {
    let query = format!(
        "client_id=jupyterhub-user-owner&redirect_uri={redirect_uri}&response_type=code&state=abc\
         &code_challenge={CHALLENGE}&code_challenge_method=S256"
    );
    hub.get(&format!("/hub/api/oauth2/authorize?{query}")).cookies(cookies).send().await
}

fn code_of(location: &str) -> String {
    let query = location.split_once('?').unwrap().1;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(name, _)| *name == "code").map(|(_, value)| value.to_owned()).unwrap()
}

async fn exchange(hub: &TestHub, secret: &str, code: &str, verifier: &str) -> Answer {
    let form = format!(
        "client_id=jupyterhub-user-owner&client_secret={secret}&grant_type=authorization_code&code={code}\
         &redirect_uri=%2Fuser%2Fowner%2Foauth_callback&code_verifier={verifier}"
    );
    hub.post("/hub/api/oauth2/token").form(&form).send().await
}

#[tokio::test]
async fn the_owner_is_not_asked_and_gets_a_token_bound_to_the_session() {
    let (hub, secret) = running().await;
    let cookies = hub.log_in("owner").await;
    let answer = authorize(&hub, &cookies, "%2Fuser%2Fowner%2Foauth_callback").await;
    assert_eq!(answer.status, StatusCode::FOUND);
    let location = answer.header("location").to_owned();
    assert!(location.starts_with("/user/owner/oauth_callback?code=") && location.ends_with("&state=abc"));
    let code = code_of(&location);
    let refused = exchange(&hub, &secret, &code, "wrong-verifier").await;
    assert_eq!(
        (refused.status, refused.json()["error"].clone()),
        (StatusCode::BAD_REQUEST, json!("invalid_grant"))
    );
    let granted = exchange(&hub, &secret, &code, VERIFIER).await;
    assert_eq!((granted.status, granted.header("cache-control")), (StatusCode::OK, "no-store"));
    assert_eq!(granted.json()["token_type"], json!("Bearer"));
    let token = granted.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(
        exchange(&hub, &secret, &code, VERIFIER).await.status,
        StatusCode::BAD_REQUEST,
        "a code is good once"
    );
    let whoami = hub.get("/hub/api/user").token(&token).send().await.json();
    assert_eq!(whoami["name"], json!("owner"));
    let session = cookies.split("jupyterhub-session-id=").nth(1).unwrap().split(';').next().unwrap();
    assert_eq!(whoami["session_id"], json!(session));
    let scopes = whoami["scopes"].as_array().unwrap();
    assert!(scopes.contains(&json!("access:servers!server=owner/")), "{scopes:?}");
    assert_eq!(hub.get("/hub/logout").cookies(&cookies).send().await.status, StatusCode::FOUND);
    let after = hub.get("/hub/api/user").token(&token).send().await;
    assert_eq!(after.status, StatusCode::FORBIDDEN, "a logout ends the session's tokens");
}

#[tokio::test]
async fn a_client_can_use_basic_authentication_and_must_prove_itself() {
    let (hub, secret) = running().await;
    let cookies = hub.log_in("owner").await;
    let answer = authorize(&hub, &cookies, "%2Fuser%2Fowner%2Foauth_callback").await;
    let code = code_of(answer.header("location"));
    assert_eq!(exchange(&hub, "wrong", &code, VERIFIER).await.status, StatusCode::UNAUTHORIZED);
    let form = format!(
        "grant_type=authorization_code&code={code}&redirect_uri=%2Fuser%2Fowner%2Foauth_callback\
         &code_verifier={VERIFIER}"
    );
    let basic = base64(&format!("jupyterhub-user-owner:{secret}"));
    let request =
        hub.post("/hub/api/oauth2/token").header("authorization", &format!("Basic {basic}")).form(&form);
    assert_eq!(request.send().await.status, StatusCode::OK);
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits =
            chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            encoded.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    encoded
}

#[tokio::test]
async fn others_and_forged_requests_get_no_code() {
    let (hub, _) = running().await;
    let other = hub.log_in("other").await;
    let answer = authorize(&hub, &other, "%2Fuser%2Fowner%2Foauth_callback").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let owner = hub.log_in("owner").await;
    for uri in ["https%3A%2F%2Fevil.example%2F", "%2Fuser%2Fother%2Foauth_callback"] {
        let answer = authorize(&hub, &owner, uri).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::BAD_REQUEST, ""), "{uri}");
    }
    let anonymous = authorize(&hub, "", "%2Fuser%2Fowner%2Foauth_callback").await;
    assert!(anonymous.header("location").starts_with("/hub/login?next=%2Fhub%2Fapi%2Foauth2%2Fauthorize"));
}

#[tokio::test]
async fn an_administrator_is_asked_before_a_server_of_others_learns_who_it_is() {
    let (hub, _) = running().await;
    let cookies = hub.log_in("admin").await;
    let page = authorize(&hub, &cookies, "%2Fuser%2Fowner%2Foauth_callback").await;
    assert_eq!(page.status, StatusCode::OK);
    let xsrf = xsrf_of(&cookies);
    assert!(page.text().contains(&xsrf) && page.text().contains("name=\"scopes\""), "{}", page.text());
    let path = "/hub/api/oauth2/authorize?client_id=jupyterhub-user-owner&response_type=code\
                &redirect_uri=%2Fuser%2Fowner%2Foauth_callback";
    let form = "scopes=access:servers!server=owner/";
    let forged = hub.post(path).cookies(&cookies).form(form).send().await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let agreed = hub.post(path).cookies(&cookies).form(&format!("{form}&_xsrf={xsrf}")).send().await;
    assert!(agreed.header("location").starts_with("/user/owner/oauth_callback?code="), "{}", agreed.text());
}

#[tokio::test]
async fn a_service_is_a_client_too() {
    let hub = TestHub::builder()
        .service("board", |service| service.url = Some("http://127.0.0.1:9999".into()))
        .build()
        .await;
    let cookies = hub.log_in("admin").await;
    let path = "/hub/api/oauth2/authorize?client_id=service-board&response_type=code\
                &redirect_uri=%2Fservices%2Fboard%2Foauth_callback";
    let page = hub.get(path).cookies(&cookies).send().await;
    assert!(page.text().contains("JupyterHub service board"), "{}", page.text());
    let stranger = hub.log_in("stranger").await;
    assert_eq!(hub.get(path).cookies(&stranger).send().await.status, StatusCode::FORBIDDEN);
}
