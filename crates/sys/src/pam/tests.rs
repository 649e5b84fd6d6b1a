use super::*;
use crate::account;

/// Not a test: the helper process, when the tests below start this program again.
#[test]
fn helper_process() {
    if helper::is_helper() {
        assert_eq!(helper::run(), std::process::ExitCode::SUCCESS);
    }
}

fn this_test_program() -> HelperProgram {
    let arguments = ["--exact", "pam::tests::helper_process", "--test-threads=1"];
    HelperProgram {
        program: std::env::current_exe().unwrap(),
        arguments: arguments.iter().map(OsString::from).collect(),
    }
}

fn pam(service: &str, deadline: Duration) -> Pam {
    Pam::new(PamOptions {
        helper: this_test_program(),
        service: service.to_owned(),
        encoding: Encoding::Utf8,
        parallel: 4,
        deadline,
    })
}

const PATIENCE: Duration = Duration::from_secs(60);

/// Makes the accounts; false (and a loud word) without root.
fn accounts(test: &str) -> bool {
    if account::own_uid() != 0 {
        eprintln!("SKIPPED {test}: needs root to make accounts");
        return false;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../e2e/accounts.sh");
    assert!(std::process::Command::new(script).arg("create").status().unwrap().success());
    true
}

async fn refusal(pam: &Pam, user: &str, password: &str) -> Refusal {
    match pam.authenticate(user, &[&SecretString::from(password)]).await {
        Err(PamError::Refused(refusal)) => refusal,
        other => panic!("{user}: {other:?}"),
    }
}

#[tokio::test]
async fn real_accounts_get_in_or_not_with_the_cause() {
    if !accounts("real_accounts_get_in_or_not_with_the_cause") {
        return;
    }
    let pam = pam("pjv-test", PATIENCE);
    pam.authenticate("pjv-ada", &[&SecretString::from("s3cret-pjv-ada")]).await.unwrap();
    pam.check_account("pjv-ada").await.unwrap();
    let cases = [
        ("pjv-ada", "wrong", Stage::Authenticate, 7, Cause::Password),
        ("pjv-locked", "s3cret-pjv-locked", Stage::Authenticate, 7, Cause::Password),
        ("PJV-ADA", "s3cret-pjv-ada", Stage::Authenticate, 10, Cause::NoAccount),
        ("no-such-account", "x", Stage::Authenticate, 10, Cause::NoAccount),
        ("pjv-expired", "s3cret-pjv-expired", Stage::Account, 13, Cause::Expired),
        ("pjv-renew", "s3cret-pjv-renew", Stage::Account, 12, Cause::MustChange),
    ];
    for (user, password, stage, code, cause) in cases {
        let refusal = refusal(&pam, user, password).await;
        assert_eq!((refusal.stage, refusal.code, refusal.cause()), (stage, code, cause), "{user}: {refusal}");
    }
    let renew = refusal(&pam, "pjv-renew", "s3cret-pjv-renew").await;
    assert!(renew.to_string().contains("must be changed"), "{renew}");
}

#[tokio::test]
async fn a_missing_module_is_a_setup_error() {
    if !accounts("a_missing_module_is_a_setup_error") {
        return;
    }
    let refusal = refusal(&pam("pjv-broken", PATIENCE), "pjv-ada", "x").await;
    assert_eq!((refusal.code, refusal.cause()), (28, Cause::Setup));
}

#[tokio::test]
async fn a_slow_module_blocks_nobody_and_meets_its_deadline() {
    if !accounts("a_slow_module_blocks_nobody_and_meets_its_deadline") {
        return;
    }
    let slow = pam("pjv-slow", Duration::from_millis(300));
    let quick = pam("pjv-test", PATIENCE);
    let secret = SecretString::from("s3cret-pjv-ada");
    let secrets = [&secret];
    let (first, second) =
        tokio::join!(slow.authenticate("pjv-ada", &secrets), quick.authenticate("pjv-ada", &secrets));
    assert!(matches!(first, Err(PamError::Deadline { .. })), "{first:?}");
    second.unwrap();
}

/// Starts this program again as another user, to run one of the tests below that are no tests for root.
async fn run_as(account_name: &str, test: &str) -> (crate::process::Exit, String) {
    let account = account::account(account_name).unwrap().unwrap();
    let groups = account::group_ids(account_name, account.gid).unwrap();
    let log = tempfile::NamedTempFile::new().unwrap();
    let program = std::env::current_exe().unwrap();
    let child = crate::child::spawn(&crate::child::ChildSpec {
        argv: vec![program.into(), "--exact".into(), test.into(), "--nocapture".into()],
        env: vec![("PERIJOVE_TEST_AS".into(), account_name.into())],
        identity: Some(crate::child::Identity { uid: account.uid, gid: account.gid, groups }),
        output: Some(log.reopen().unwrap().into()),
        ..Default::default()
    });
    let exit = child.unwrap().release().await.unwrap().wait().await;
    (exit, std::fs::read_to_string(log.path()).unwrap())
}

#[tokio::test]
async fn a_hub_in_group_shadow_needs_no_root() {
    if !accounts("a_hub_in_group_shadow_needs_no_root") {
        return;
    }
    let (exit, output) = run_as("pjv-hub", "pam::tests::as_member_of_shadow").await;
    assert_eq!(exit, crate::process::Exit::Code(0), "{output}");
    let (exit, output) = run_as("pjv-plain", "pam::tests::without_shadow").await;
    assert_eq!(exit, crate::process::Exit::Code(0), "{output}");
}

/// Only does something when `a_hub_in_group_shadow_needs_no_root` starts it.
#[tokio::test]
async fn as_member_of_shadow() {
    if std::env::var_os("PERIJOVE_TEST_AS").is_none() {
        return;
    }
    let pam = pam("pjv-test", PATIENCE);
    pam.authenticate("pjv-ada", &[&SecretString::from("s3cret-pjv-ada")]).await.unwrap();
    assert_eq!(refusal(&pam, "pjv-ada", "wrong").await.cause(), Cause::Password);
    assert_eq!(refusal(&pam, "pjv-expired", "s3cret-pjv-expired").await.cause(), Cause::Expired);
}

/// Only does something when `a_hub_in_group_shadow_needs_no_root` starts it.
#[tokio::test]
async fn without_shadow() {
    if std::env::var_os("PERIJOVE_TEST_AS").is_none() {
        return;
    }
    let pam = pam("pjv-test", PATIENCE);
    let refusal = refusal(&pam, "pjv-ada", "s3cret-pjv-ada").await;
    println!("{refusal}");
    pam.authenticate("pjv-plain", &[&SecretString::from("s3cret-pjv-plain")]).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_encoded_never_reaches_pam() {
    let mut options = PamOptions {
        helper: HelperProgram { program: "/nonexistent".into(), arguments: Vec::new() },
        service: "login".to_owned(),
        encoding: Encoding::Ascii,
        parallel: 1,
        deadline: PATIENCE,
    };
    let secret = SecretString::from("x");
    let refused = Pam::new(options.clone()).authenticate("zoë", &[&secret]).await;
    assert!(matches!(refused, Err(PamError::Unencodable)));
    options.encoding = Encoding::Latin1;
    let failed = Pam::new(options).authenticate("zoë", &[&secret]).await;
    assert!(matches!(failed, Err(PamError::Helper(_))), "{failed:?}");
    assert_eq!(Encoding::from_name("ISO-8859-1"), Some(Encoding::Latin1));
    assert_eq!(Encoding::from_name("utf8"), Some(Encoding::Utf8));
    assert_eq!(Encoding::from_name("ebcdic"), None);
    assert!(Encoding::Utf8.encode("a\0b").is_err());
}

#[test]
fn messages_survive_the_wire() {
    let request = Request {
        operation: Operation::Authenticate,
        service: b"login".to_vec(),
        user: "zoë".as_bytes().to_vec(),
        secrets: vec![b"one".to_vec(), Vec::new()],
    };
    let frame = request.encode();
    let back = Request::decode(&frame[4..]).unwrap();
    assert_eq!((back.user, back.secrets), (request.user, request.secrets));
    let refusal =
        Refusal { stage: Stage::Account, code: 13, text: "expired".into(), said: vec!["call us".into()] };
    let answer = Answer::Refused(refusal);
    assert_eq!(Answer::decode(&answer.encode()[4..]), Some(answer));
    assert_eq!(Answer::decode(&[9, 0, 0, 0, 1]), None, "cut short");
    assert!(protocol::checked_length(u32::MAX).is_err());
}
