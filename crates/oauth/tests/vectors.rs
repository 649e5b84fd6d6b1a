//! Gives requests to the provider that JupyterHub 6.1.1 answered too; `golden/make_vectors.py` recorded its answers.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

mod common;

use std::collections::BTreeMap;

use common::{Memory, User, now, provider};
use perijove_model::scope::ScopeSet;
use perijove_oauth::{AuthorizeError, AuthorizeRequest, Code, TokenError, TokenRequest};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    jupyterhub: String,
    codes: BTreeMap<String, CodeSpec>,
    asked: Vec<Asked>,
    answered: Vec<Answered>,
    exchanged: Vec<Exchanged>,
}

#[derive(Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
enum Outcome {
    Checked {
        given: ScopeSet,
    },
    Granted {
        location: String,
        scopes: ScopeSet,
        challenge: Option<String>,
        method: Option<String>,
        redirect_uri: String,
    },
    Shown {
        status: u16,
        text: String,
    },
    SentBack {
        location: String,
    },
}

#[derive(Deserialize)]
struct Asked {
    query: String,
    user: String,
    require_pkce: bool,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Deserialize)]
struct Answered {
    query: String,
    user: String,
    form: String,
    chosen: ScopeSet,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Deserialize)]
struct CodeSpec {
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    client_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    expires_at: Option<Option<i64>>,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
struct Exchanged {
    form: String,
    query: String,
    require_pkce: bool,
    status: u16,
    headers: BTreeMap<String, String>,
    body: serde_json::Value,
    codes_left: Vec<String>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("golden/vectors.json")).unwrap()
}

fn check_error(error: &AuthorizeError<std::convert::Infallible>, outcome: &Outcome, context: &str) {
    match (error, outcome) {
        (AuthorizeError::Shown(ours), Outcome::Shown { status, text }) => {
            assert_eq!((400, ours), (*status, text), "{context}");
        }
        (AuthorizeError::SentBack { location: ours, .. }, Outcome::SentBack { location }) => {
            assert_eq!(ours, location, "{context}");
        }
        _ => panic!("{context}: {error:?}"),
    }
}

#[tokio::test]
async fn requests_for_authorization() {
    let vectors = vectors();
    assert_eq!(vectors.jupyterhub, "6.1.1");
    for case in &vectors.asked {
        let user = User::of_fixtures(&case.user);
        let request = AuthorizeRequest::parse(&case.query, b"");
        let review = provider(case.require_pkce).review(&mut Memory::new(), &request, &user.subject()).await;
        let context = format!("{} asks {}", case.user, case.query);
        match (review, &case.outcome) {
            (Ok(review), Outcome::Checked { given }) => assert_eq!(review.scopes, *given, "{context}"),
            (Ok(review), _) => panic!("{context}: {review:?}"),
            (Err(error), outcome) => check_error(&error, outcome, &context),
        }
    }
}

#[tokio::test]
async fn answers_of_users() {
    for case in &vectors().answered {
        let user = User::of_fixtures(&case.user);
        let request = AuthorizeRequest::parse(&case.query, case.form.as_bytes());
        let mut memory = Memory::new();
        let (chosen, secret) = (case.chosen.clone(), "CODE".into());
        let granted = provider(false)
            .grant(&mut memory, &request, chosen, &user.subject(), Some("session"), secret, now())
            .await;
        let context = format!("{} answers {} to {}", case.user, case.form, case.query);
        let Outcome::Granted { location, scopes, challenge, method, redirect_uri } = &case.outcome else {
            check_error(&granted.unwrap_err(), &case.outcome, &context);
            assert!(memory.codes.is_empty(), "{context}");
            continue;
        };
        assert_eq!(granted.unwrap(), *location, "{context}");
        let [code] = memory.codes.as_slice() else { panic!("{context}: {:?}", memory.codes) };
        assert_eq!(code.scopes.iter().cloned().collect::<ScopeSet>(), *scopes, "{context}");
        assert_eq!((&code.code_challenge, &code.code_challenge_method), (challenge, method), "{context}");
        assert_eq!(code.redirect_uri, *redirect_uri, "{context}");
        assert_eq!(code.expires_at, Some(now().timestamp() + 300), "{context}");
        assert_eq!((code.session_id.as_deref(), code.user_id), (Some("session"), 1), "{context}");
    }
}

fn stored(name: &str, spec: &CodeSpec) -> Code {
    Code {
        code: name.to_owned(),
        client_id: spec.client_id.clone().unwrap_or_else(|| "service-svc".to_owned()),
        user_id: 1,
        scopes: vec!["read:users:name!user".to_owned(), "access:services!service=svc".to_owned()],
        redirect_uri: String::new(),
        session_id: Some("session".to_owned()),
        expires_at: spec.expires_at.unwrap_or(Some(now().timestamp() + 100)),
        code_challenge: spec.code_challenge.clone(),
        code_challenge_method: spec.code_challenge_method.clone(),
    }
}

#[tokio::test]
async fn exchanges() {
    let vectors = vectors();
    for case in &vectors.exchanged {
        let mut memory = Memory::new();
        memory.codes = vectors.codes.iter().map(|(name, spec)| stored(name, spec)).collect();
        let request = TokenRequest::parse(&case.query, case.form.as_bytes(), None);
        let answer = provider(case.require_pkce).exchange(&mut memory, &request, "TOKEN".into(), now()).await;
        let (status, body, challenge) = match answer {
            Ok(answer) => (200, answer.body(), None),
            Err(TokenError::Refused(refusal)) => (refusal.status, refusal.body(), refusal.www_authenticate()),
        };
        assert_eq!((status, &body), (case.status, &case.body), "{}", case.form);
        assert_eq!(challenge.as_ref(), case.headers.get("WWW-Authenticate"), "{}", case.form);
        let left: Vec<&str> = memory.codes.iter().map(|code| code.code.as_str()).collect();
        assert_eq!(left, case.codes_left, "{}", case.form);
        assert_eq!(memory.tokens.len(), usize::from(status == 200), "{}", case.form);
    }
}
