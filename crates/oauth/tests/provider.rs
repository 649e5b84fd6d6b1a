//! What the recorded requests do not show: consent, access, single use, and where we differ from upstream.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;
use common::{Memory, User, now, provider};
use perijove_model::scope::{CustomScope, CustomScopes, ScopeSet};
use perijove_oauth::{
    AuthorizeError, AuthorizeRequest, Provider, ProviderSettings, Refusal, Review, TokenError, TokenRequest,
    random_secret,
};
use secrecy::ExposeSecret;

const SVC: &str = "client_id=service-svc&response_type=code";
const FORM: &str = "grant_type=authorization_code&client_id=service-svc&client_secret=svc-secret&code=CODE";

fn scopes(names: &[&str]) -> ScopeSet {
    names.iter().map(|name| (*name).to_owned()).collect()
}

async fn review(memory: &mut Memory, query: &str, user: &User) -> Review {
    let request = AuthorizeRequest::parse(query, b"");
    provider(false).review(memory, &request, &user.subject()).await.unwrap()
}

async fn grant(memory: &mut Memory, user: &User, chosen: &[&str]) -> String {
    let request = AuthorizeRequest::parse(SVC, b"");
    let chosen = scopes(chosen);
    provider(false)
        .grant(memory, &request, chosen, &user.subject(), Some("session"), "CODE".into(), now())
        .await
        .unwrap()
}

async fn exchange(memory: &mut Memory, request: TokenRequest, after: i64) -> Result<(), Refusal> {
    let now = now() + TimeDelta::seconds(after);
    match provider(false).exchange(memory, &request, "TOKEN".into(), now).await {
        Ok(_) => Ok(()),
        Err(TokenError::Refused(refusal)) => Err(refusal),
    }
}

#[tokio::test]
async fn nobody_is_asked_about_their_own_server() {
    let (ann, bob) = (User::of_fixtures("ann"), User::of_fixtures("bob"));
    let query = "client_id=jupyterhub-user-ann&response_type=code";
    assert_eq!(review(&mut Memory::new(), query, &ann).await.consent, None);
    let consent = review(&mut Memory::new(), query, &bob).await.consent.unwrap();
    assert_eq!(consent.descriptions.len(), 1);
    assert_eq!(consent.descriptions[0].scope, "");
    assert!(consent.scopes.contains(&"access:servers!server=ann/".to_owned()));
}

#[tokio::test]
async fn nobody_is_asked_again_about_what_they_granted() {
    let bob = User::of_fixtures("bob");
    let mut memory = Memory::new();
    let first = review(&mut memory, SVC, &bob).await;
    let consent = first.consent.unwrap();
    let described: BTreeSet<_> = consent.descriptions.iter().map(|line| line.scope.as_str()).collect();
    assert_eq!(described, BTreeSet::from(["read:users", "list:groups", "servers"]));
    let key = (1, "service-svc".to_owned());
    memory.granted.insert(key.clone(), scopes(&["read:users"]));
    assert!(review(&mut memory, SVC, &bob).await.consent.is_some());
    memory.granted.insert(key, first.scopes);
    assert_eq!(review(&mut memory, SVC, &bob).await.consent, None);
}

#[tokio::test]
async fn trusted_clients_need_no_consent() {
    let ann = User::of_fixtures("ann");
    let trusting = Provider::new(ProviderSettings {
        require_pkce: false,
        token_lifetime: TimeDelta::hours(1),
        no_confirm: BTreeSet::from(["service-svc".to_owned()]),
        custom_scopes: Arc::new(CustomScopes::default()),
    });
    let request = AuthorizeRequest::parse(SVC, b"");
    let review = trusting.review(&mut Memory::new(), &request, &ann.subject()).await.unwrap();
    assert_eq!(review.consent, None);
}

#[tokio::test]
async fn inherit_hides_all_other_scopes() {
    let ann = User::of_fixtures("ann");
    let consent =
        review(&mut Memory::new(), "client_id=service-all&response_type=code", &ann).await.consent.unwrap();
    assert_eq!(consent.scopes, ["inherit"]);
    assert_eq!(consent.descriptions.len(), 1);
}

#[tokio::test]
async fn who_may_not_use_the_service_gets_no_code() {
    let eve = User::with_roles("eve", &["user".to_owned()]);
    let mut memory = Memory::new();
    let request = AuthorizeRequest::parse(SVC, b"");
    let refused = AuthorizeError::NoAccess { client: "Client service-svc".to_owned() };
    let review = provider(false).review(&mut memory, &request, &eve.subject()).await;
    assert_eq!(review, Err(refused.clone()));
    // Upstream makes a code here, which its token endpoint then answers with 500.
    let chosen = scopes(&["identify"]);
    let granted = provider(false)
        .grant(&mut memory, &request, chosen, &eve.subject(), None, "CODE".into(), now())
        .await;
    assert_eq!(granted, Err(refused));
    assert!(memory.codes.is_empty());
}

#[tokio::test]
async fn a_client_of_nothing_is_an_error_of_the_hub() {
    let ann = User::of_fixtures("ann");
    let mut memory = Memory::new();
    memory.clients.get_mut("service-svc").unwrap().of = None;
    let request = AuthorizeRequest::parse(SVC, b"");
    let review = provider(false).review(&mut memory, &request, &ann.subject()).await;
    assert_eq!(review, Err(AuthorizeError::Orphaned { client_id: "service-svc".to_owned() }));
}

#[tokio::test]
async fn members_of_a_group_give_what_the_group_may() {
    // ann is in the group; her own name is all that her roles and the client's share.
    let ann = User::with_roles("ann", &["user".to_owned(), "visitor".to_owned(), "grouped".to_owned()]);
    let query = "client_id=service-svc&response_type=code&scope=read:users!user=ann";
    let review = review(&mut Memory::new(), query, &ann).await;
    assert!(review.scopes.contains("read:users!user=ann"));
}

#[tokio::test]
async fn scopes_that_are_no_longer_defined_are_left_out_of_the_default() {
    let ann = User::of_fixtures("ann");
    let mut memory = Memory::new();
    memory.clients.get_mut("service-plain").unwrap().allowed_scopes = vec!["custom:gone".to_owned()];
    let review = review(&mut memory, "client_id=service-plain&response_type=code", &ann).await;
    assert!(!review.scopes.contains("custom:gone"));
}

#[tokio::test]
async fn defined_custom_scopes_are_described() {
    let scope = CustomScope { description: "Read grades".to_owned(), subscopes: Vec::new() };
    let custom = CustomScopes::new([("custom:grades:read".to_owned(), scope)]).unwrap();
    let provider = Provider::new(ProviderSettings {
        require_pkce: false,
        token_lifetime: TimeDelta::hours(1),
        no_confirm: BTreeSet::new(),
        custom_scopes: Arc::new(custom),
    });
    let mut bob = User::of_fixtures("bob");
    bob.raw_scopes.insert("custom:grades:read".to_owned());
    let mut memory = Memory::new();
    memory.clients.get_mut("service-plain").unwrap().allowed_scopes = vec!["custom:grades:read".to_owned()];
    let request = AuthorizeRequest::parse("client_id=service-plain&response_type=code", b"");
    let review = provider.review(&mut memory, &request, &bob.subject()).await.unwrap();
    assert_eq!(review.consent.unwrap().descriptions[0].description, "Read grades");
}

#[tokio::test]
async fn a_code_is_good_once() {
    let ann = User::of_fixtures("ann");
    let mut memory = Memory::new();
    let location = grant(&mut memory, &ann, &["identify"]).await;
    assert_eq!(location, "https://svc.example.org/cb?keep=a+b&code=CODE");
    let request = || TokenRequest::parse("", FORM.as_bytes(), None);
    assert_eq!(exchange(&mut memory, request(), 300).await, Ok(()));
    let token = &memory.tokens[0];
    assert_eq!(token.expires_at, now() + TimeDelta::seconds(300 + 1_209_600));
    assert_eq!((token.client_id.as_str(), token.session_id.as_deref()), ("service-svc", Some("session")));
    assert_eq!(exchange(&mut memory, request(), 301).await.unwrap_err().error, "invalid_grant");
    assert_eq!(memory.tokens.len(), 1);
}

#[tokio::test]
async fn a_code_lives_five_minutes() {
    let ann = User::of_fixtures("ann");
    let mut memory = Memory::new();
    grant(&mut memory, &ann, &["identify"]).await;
    let request = TokenRequest::parse("", FORM.as_bytes(), None);
    assert_eq!(exchange(&mut memory, request, 301).await.unwrap_err().error, "invalid_grant");
}

#[tokio::test]
async fn a_query_at_the_token_endpoint_is_refused() {
    // Upstream fails with 500.
    let request = TokenRequest::parse("a=b", FORM.as_bytes(), None);
    let refusal = exchange(&mut Memory::new(), request, 0).await.unwrap_err();
    assert_eq!((refusal.status, refusal.error), (400, "invalid_request"));
}

#[tokio::test]
async fn a_client_may_authenticate_by_header() {
    let ann = User::of_fixtures("ann");
    let mut memory = Memory::new();
    grant(&mut memory, &ann, &["identify"]).await;
    let with = |form: &str, header: &str| TokenRequest::parse("", form.as_bytes(), Some(header));
    let form = "grant_type=authorization_code&code=CODE";
    let (good, bad) = ("Basic c2VydmljZS1zdmM6c3ZjLXNlY3JldA==", "Basic c2VydmljZS1zdmM6d3Jvbmc=");
    for (form, header) in [
        (form, bad),
        (form, "Basic !"),
        (form, "Bearer c2VydmljZS1zdmM6c3ZjLXNlY3JldA=="),
        ("grant_type=authorization_code&code=CODE&client_id=service-plain", good),
        ("grant_type=authorization_code&code=CODE&client_id=service-svc&client_secret=wrong", good),
    ] {
        let refusal = exchange(&mut memory, with(form, header), 0).await.unwrap_err();
        assert_eq!((refusal.status, refusal.error), (401, "invalid_client"), "{form} {header}");
    }
    assert_eq!(exchange(&mut memory, with(form, good), 0).await, Ok(()));
}

#[tokio::test]
async fn characters_that_oauthlib_cannot_read_are_read() {
    // Upstream fails with 500 for brackets in a query.
    let request = AuthorizeRequest::parse("client_id=a[b]&response_type=code", b"");
    let ann = User::of_fixtures("ann");
    let review = provider(false).review(&mut Memory::new(), &request, &ann.subject()).await;
    assert_eq!(review, Err(AuthorizeError::Shown("Invalid client_id parameter value.".to_owned())));
}

#[test]
fn secrets_are_thirty_letters_and_digits() {
    let secret = random_secret(&mut rand::rng());
    assert_eq!(secret.expose_secret().len(), 30);
    assert!(secret.expose_secret().chars().all(|c| c.is_ascii_alphanumeric()));
    assert_ne!(secret.expose_secret(), random_secret(&mut rand::rng()).expose_secret());
}
