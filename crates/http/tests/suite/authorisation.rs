//! Who may use which route: every row of the route table, each with five callers.

use std::collections::BTreeMap;

use http::StatusCode;
use perijove_http::{Kind, rows};
use perijove_testkit::{Answer, TestHub};

use crate::xsrf_of;

/// What nobody, another user, the owner, an administrator and a token without scopes get: `A` is let in (whatever
/// the handler says then), `R` is refused with 403, `H` is told that there is no such thing, `L` is led to the login.
const CASES: &str = "
GET /api                                              AAAAA
GET /api/                                             AAAAA
GET /api/openapi.json                                 AAAAA
GET /api/info                                         RRRAR
POST /api/shutdown                                    RRRAR
GET /api/health                                       AAAAA
GET /api/user                                         RAAAA
GET /api/users                                        RRRAR
POST /api/users                                       RRRAR
GET /api/users/{user_name}                            RHAAA
POST /api/users/{user_name}                           RRRAR
PATCH /api/users/{user_name}                          RRRAR
DELETE /api/users/{user_name}                         RRRAR
POST /api/users/{user_name}/activity                  RHAAR
GET /api/users/{user_name}/tokens                     RHAAR
POST /api/users/{user_name}/tokens                    RRAAR
GET /api/users/{user_name}/tokens/                    RHAAR
DELETE /api/users/{user_name}/tokens/                 RHAAR
GET /api/users/{user_name}/tokens/{token_id}          RHAAR
DELETE /api/users/{user_name}/tokens/{token_id}       RHAAR
GET /api/users/{user_name}/server                     RHAAR
PUT /api/users/{user_name}/server                     RHAAR
POST /api/users/{user_name}/server                    RHAAR
PATCH /api/users/{user_name}/server                   RHAAR
DELETE /api/users/{user_name}/server                  RHAAR
GET /api/users/{user_name}/server/progress            RHAAR
GET /api/users/{user_name}/servers/                   RHAAR
PUT /api/users/{user_name}/servers/                   RHAAR
POST /api/users/{user_name}/servers/                  RHAAR
PATCH /api/users/{user_name}/servers/                 RHAAR
DELETE /api/users/{user_name}/servers/                RHAAR
GET /api/users/{user_name}/servers//progress          RHAAR
GET /api/users/{user_name}/servers/{server_name}      RHAAR
PUT /api/users/{user_name}/servers/{server_name}      RHAAR
POST /api/users/{user_name}/servers/{server_name}     RHAAR
PATCH /api/users/{user_name}/servers/{server_name}    RHAAR
DELETE /api/users/{user_name}/servers/{server_name}   RHAAR
GET /api/users/{user_name}/servers/{server_name}/progress RHAAR
GET /api/groups                                       RRRAR
POST /api/groups                                      RRRAR
GET /api/groups/{group_name}                          RRRAR
POST /api/groups/{group_name}                         RRRAR
DELETE /api/groups/{group_name}                       RRRAR
POST /api/groups/{group_name}/users                   RRRAR
DELETE /api/groups/{group_name}/users                 RRRAR
PUT /api/groups/{group_name}/properties               RRRAR
POST /api/users/{user_name}/admin-access              RHRRR
GET /api/users/{user_name}/shared                     RHAAR
GET /api/users/{user_name}/shared/{owner}/            RHAAR
DELETE /api/users/{user_name}/shared/{owner}/         RHAAR
GET /api/users/{user_name}/shared/{owner}/{server}    RHAAR
DELETE /api/users/{user_name}/shared/{owner}/{server} RHAAR
GET /api/groups/{group_name}/shared                   RRRAR
GET /api/groups/{group_name}/shared/{owner}/          RRRAR
DELETE /api/groups/{group_name}/shared/{owner}/       RRRAR
GET /api/groups/{group_name}/shared/{owner}/{server}  RRRAR
DELETE /api/groups/{group_name}/shared/{owner}/{server} RRRAR
GET /api/shares/{user_name}                           RHAAR
POST /api/shares/{user_name}                          RRRAR
PATCH /api/shares/{user_name}                         RRRAR
DELETE /api/shares/{user_name}                        RRRAR
GET /api/shares/{user_name}/                          RHAAR
POST /api/shares/{user_name}/                         RRRAR
PATCH /api/shares/{user_name}/                        RRRAR
DELETE /api/shares/{user_name}/                       RRRAR
GET /api/shares/{user_name}/{server_name}             RHAAR
POST /api/shares/{user_name}/{server_name}            RRRAR
PATCH /api/shares/{user_name}/{server_name}           RRRAR
DELETE /api/shares/{user_name}/{server_name}          RRRAR
GET /api/share-codes/{user_name}                      RHAAR
POST /api/share-codes/{user_name}                     RRRAR
DELETE /api/share-codes/{user_name}                   RRRAR
GET /api/share-codes/{user_name}/                     RHAAR
POST /api/share-codes/{user_name}/                    RRRAR
DELETE /api/share-codes/{user_name}/                  RRRAR
GET /api/share-codes/{user_name}/{server_name}        RHAAR
POST /api/share-codes/{user_name}/{server_name}       RRRAR
DELETE /api/share-codes/{user_name}/{server_name}     RRRAR
GET /api/services                                     RRRAR
GET /api/services/{service_name}                      RRRAR
POST /api/services/{service_name}                     RRRAR
DELETE /api/services/{service_name}                   RRRAR
GET /api/proxy                                        RRRAR
POST /api/proxy                                       RRRAR
PATCH /api/proxy                                      RRRAR
GET /api/metrics                                      RRRAR
GET /metrics                                          RRRAR
GET /api/authorizations/token/{token}                 RAAAA
GET /api/authorizations/cookie/{cookie_name}           RAAAA
GET /api/authorizations/cookie/{cookie_name}/{cookie_value} RAAAA
POST /api/authorizations/token                        AAAAA
GET /api/oauth2/authorize                             LAAAL
POST /api/oauth2/authorize                            RAAAR
POST /api/oauth2/token                                AAAAA
GET /                                                 LAAAL
GET /login                                            AAAAA
POST /login                                           RAAAR
GET /logout                                           LLLLL
GET /home                                             LAAAL
GET /admin                                            LRRAL
GET /token                                            LAAAL
GET /spawn                                            LAAAL
POST /spawn                                           RAAAR
GET /spawn/{user_name}                                LHAAL
POST /spawn/{user_name}                               RHAAR
GET /spawn/{user_name}/{server_name}                  LHAAL
POST /spawn/{user_name}/{server_name}                 RHAAR
GET /spawn-pending/{user_name}                        LHAAL
GET /spawn-pending/{user_name}/{server_name}          LHAAL
GET /user/{user_of_url}                               LHAAH
GET /user/{user_of_url}/                              LHAAH
GET /user/{user_of_url}/{*rest}                       LHAAH
POST /user/{user_of_url}                              RAAAA
PATCH /user/{user_of_url}                             RAAAA
DELETE /user/{user_of_url}                            RAAAA
POST /user/{user_of_url}/                             RAAAA
PATCH /user/{user_of_url}/                            RAAAA
DELETE /user/{user_of_url}/                           RAAAA
POST /user/{user_of_url}/{*rest}                      RAAAA
PATCH /user/{user_of_url}/{*rest}                     RAAAA
DELETE /user/{user_of_url}/{*rest}                    RAAAA
GET /user-redirect/{*path}                            LAAAL
GET /user-redirect/                                   LAAAL
GET /accept-share                                     LAAAL
POST /accept-share                                    RAAAR
GET /error/{status}                                   AAAAA
POST /security/csp-report                             RAAAR
GET /health                                           AAAAA
GET /logo                                             AAAAA
GET /static/{*path}                                   AAAAA
";

fn cases() -> BTreeMap<(String, String), String> {
    let lines = CASES.lines().filter(|line| !line.is_empty());
    let parsed = lines.map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        ((words[0].to_owned(), words[1].to_owned()), words[2].to_owned())
    });
    parsed.collect()
}

fn concrete(path: &str) -> String {
    [
        ("{user_name}", "owner"),
        ("{user_of_url}", "owner"),
        ("{server_name}", "lab"),
        ("{owner}", "owner"),
        ("{server}", "lab"),
        ("{group_name}", "physics"),
        ("{service_name}", "admin-service"),
        ("{token_id}", "a1"),
        ("{token}", "no-such-token"),
        ("{cookie_name}", "jupyterhub-hub-login"),
        ("{cookie_value}", "no-such-cookie"),
        ("{status}", "404"),
        ("{*rest}", "lab/tree"),
        ("{*path}", "css/style.css"),
    ]
    .iter()
    .fold(path.to_owned(), |path, (name, value)| path.replace(name, value))
}

fn verdict(kind: Kind, answer: &Answer) -> char {
    // The page of a 404 does not say more; nothing that these pages ask for is missing.
    let hidden = kind != Kind::Api || answer.text().contains("No access to resources or resources not found");
    match answer.status {
        StatusCode::FORBIDDEN => 'R',
        StatusCode::NOT_FOUND if hidden => 'H',
        StatusCode::FOUND if answer.header("location").starts_with("/hub/login") => 'L',
        _ => 'A',
    }
}

/// One caller's answer. Pages take cookies only, so a token there is nobody's.
async fn ask(hub: &TestHub, kind: Kind, method: &http::Method, path: &str, who: &str) -> Answer {
    let request = hub.request(method.clone(), &format!("/hub{path}"));
    if who == "nobody" {
        return request.send().await;
    }
    if who == "without scopes" {
        return request.token(&hub.token_with_scopes("owner", &[]).await).send().await;
    }
    if kind == Kind::Api {
        return request.token(&hub.token(who).await).json(&serde_json::json!({})).send().await;
    }
    let cookies = hub.log_in(who).await;
    let form = format!("_xsrf={}&username={who}&password=right", xsrf_of(&cookies));
    match *method {
        http::Method::GET => request.cookies(&cookies).send().await,
        _ => request.cookies(&cookies).form(&form).send().await,
    }
}

#[tokio::test]
async fn every_route_lets_in_whom_it_should() {
    let cases = cases();
    let mut wrong = Vec::new();
    for row in rows() {
        let key = (row.method.to_string(), row.path.to_owned());
        let Some(expected) = cases.get(&key) else {
            wrong.push(format!("{} {} has no case", row.method, row.path));
            continue;
        };
        let hub = TestHub::new().await;
        let owner = hub.user("owner").await;
        let lab = perijove_model::ServerName::parse("lab").unwrap();
        hub.hub.create_server(&owner, &lab, "lab", None).await.unwrap();
        let mut found = String::new();
        for who in ["nobody", "other", "owner", "admin", "without scopes"] {
            found.push(verdict(row.kind, &ask(&hub, row.kind, &row.method, &concrete(row.path), who).await));
        }
        if found != *expected {
            wrong.push(format!("{} {}: expected {expected}, found {found}", row.method, row.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_is_no_case_without_a_route() {
    let rows: Vec<_> = rows().iter().map(|row| (row.method.to_string(), row.path.to_owned())).collect();
    let stale: Vec<_> = cases().into_keys().filter(|key| !rows.contains(key)).collect();
    assert!(stale.is_empty(), "{stale:?}");
}
