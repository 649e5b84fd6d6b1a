//! PAM with the accounts of `e2e/accounts.sh`.

use perijove_authenticators::{AddUserError, AuthError, LoginRefusal, login};
use perijove_model::{ServerName, UserName, Value};

use super::{Known, build, request, text, texts};

const CLASS: &str = "PAMAuthenticator";

pub async fn run() {
    every_refusal_looks_the_same().await;
    eprintln!("test every_refusal_looks_the_same ... ok");
    groups_of_the_machine_decide().await;
    eprintln!("test groups_of_the_machine_decide ... ok");
    names_go_to_pam_as_typed().await;
    eprintln!("test names_go_to_pam_as_typed ... ok");
    users_need_accounts().await;
    eprintln!("test users_need_accounts ... ok");
    sessions_can_be_closed_by_their_record().await;
    eprintln!("test sessions_can_be_closed_by_their_record ... ok");
}

async fn log_in(
    options: &[(&str, Value)],
    user: &str,
    password: &str,
) -> Result<perijove_authenticators::AuthModel, LoginRefusal> {
    let mut all = vec![("service", text("pjv-test"))];
    all.extend_from_slice(options);
    let (authenticator, policy) = build(CLASS, &all).await;
    login(authenticator.as_ref(), &policy, &request(user, password), &Known(Default::default())).await
}

async fn every_refusal_looks_the_same() {
    let all = [("allow_all", Value::Bool(true))];
    for name in ["pjv-expired", "pjv-locked", "pjv-renew", "no-such-account"] {
        let refused = log_in(&all, name, &format!("s3cret-{name}")).await;
        assert!(matches!(refused, Err(LoginRefusal::Credentials)), "{name}: {refused:?}");
    }
    // As upstream: turning the check off admits nobody else.
    let unchecked = [("allow_all", Value::Bool(true)), ("check_account", Value::Bool(false))];
    let refused = log_in(&unchecked, "pjv-expired", "s3cret-pjv-expired").await;
    assert!(matches!(refused, Err(LoginRefusal::Credentials)), "{refused:?}");
    let broken = [("allow_all", Value::Bool(true)), ("service", text("pjv-broken"))];
    let refused = log_in(&broken, "pjv-ada", "s3cret-pjv-ada").await;
    assert!(matches!(refused, Err(LoginRefusal::Credentials)), "{refused:?}");
}

async fn groups_of_the_machine_decide() {
    let staff = [("allowed_groups", texts(&["pjv-staff"]))];
    assert_eq!(log_in(&staff, "pjv-ada", "s3cret-pjv-ada").await.unwrap().admin, None);
    let refused = log_in(&staff, "pjv-boss", "s3cret-pjv-boss").await;
    assert!(matches!(refused, Err(LoginRefusal::NotAllowed { nobody_allowed: false, .. })), "{refused:?}");

    let admins = [("allow_all", Value::Bool(true)), ("admin_groups", texts(&["pjv-admins"]))];
    assert_eq!(log_in(&admins, "pjv-boss", "s3cret-pjv-boss").await.unwrap().admin, Some(true));
    assert_eq!(log_in(&admins, "pjv-ada", "s3cret-pjv-ada").await.unwrap().admin, Some(false));
    let missing = [("allow_all", Value::Bool(true)), ("admin_groups", texts(&["no-such-group"]))];
    let failed = log_in(&missing, "pjv-ada", "s3cret-pjv-ada").await;
    assert!(matches!(failed, Err(LoginRefusal::Failed(AuthError::Lookup { .. }))), "{failed:?}");
}

async fn names_go_to_pam_as_typed() {
    let all = [("allow_all", Value::Bool(true))];
    let refused = log_in(&all, "PJV-Ada", "s3cret-pjv-ada").await;
    assert!(matches!(refused, Err(LoginRefusal::Credentials)), "{refused:?}");
    let normal = [("allow_all", Value::Bool(true)), ("pam_normalize_username", Value::Bool(true))];
    assert_eq!(log_in(&normal, "pjv-ada", "s3cret-pjv-ada").await.unwrap().name, "pjv-ada");
}

async fn users_need_accounts() {
    let (authenticator, policy) = build(CLASS, &[]).await;
    assert!(authenticator.adds_accounts());
    let nobody = UserName::parse("no-such-account").unwrap();
    let refused = authenticator.add_user(&nobody, &policy).await;
    assert!(matches!(refused, Err(AddUserError::NoAccount(_))), "{refused:?}");
}

async fn sessions_can_be_closed_by_their_record() {
    let options = [("service", text("pjv-session")), ("open_sessions", Value::Bool(true))];
    let (ada, server) = (UserName::parse("pjv-ada").unwrap(), ServerName::default());
    let (authenticator, _) = build(CLASS, &options).await;
    let record = authenticator.pre_spawn_start(&ada, &server).await.unwrap().unwrap();
    drop(authenticator);
    let pid = u32::try_from(record.get("pid").unwrap().as_u64().unwrap()).unwrap();
    assert!(perijove_sys::process::stat(pid).unwrap().is_some(), "the session outlives the hub");
    let (later, _) = build(CLASS, &options).await;
    later.post_spawn_stop(&ada, &server, Some(&record)).await;
    let ended = perijove_sys::process::stat(pid).unwrap().is_none_or(|stat| stat.is_zombie());
    assert!(ended, "the session is closed");

    // A session that cannot be opened does not keep a server from starting, and is not tried again.
    let broken = [("service", text("pjv-broken")), ("open_sessions", Value::Bool(true))];
    let (authenticator, _) = build(CLASS, &broken).await;
    assert_eq!(authenticator.pre_spawn_start(&ada, &server).await.unwrap(), None);
}
