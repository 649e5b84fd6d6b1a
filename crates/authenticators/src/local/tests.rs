use std::os::unix::fs::PermissionsExt;

use perijove_config::Config;
use perijove_config::origin::Origin;

use super::*;

fn local(options: &[(&str, Value)]) -> LocalAccounts {
    let mut config = Config::default();
    for (name, value) in options {
        config.tree_mut().set("LocalAuthenticator", name, value.clone(), Origin::CommandLine);
    }
    LocalAccounts::new("LocalAuthenticator", &config.section().unwrap()).unwrap()
}

fn texts(words: &[&str]) -> Value {
    Value::List(words.iter().map(|word| Value::Str((*word).to_owned())).collect())
}

#[tokio::test]
async fn groups_of_the_machine_allow() {
    assert!(
        local(&[("allowed_groups", texts(&["root", "no-such-group"]))])
            .in_allowed_groups("root")
            .await
            .unwrap()
    );
    assert!(!local(&[("allowed_groups", texts(&["daemon"]))]).in_allowed_groups("root").await.unwrap());
    assert!(!local(&[]).in_allowed_groups("no-such-account").await.unwrap(), "no rule, no look-up");
    let absent = local(&[("allowed_groups", texts(&["root"]))]).in_allowed_groups("no-such-account").await;
    assert!(matches!(absent, Err(AuthError::Lookup { .. })));
}

#[tokio::test]
async fn admin_groups_must_exist() {
    let local = local(&[]);
    assert!(local.in_existing_groups("root", &["root".to_owned()].into()).await.unwrap());
    assert!(!local.in_existing_groups("root", &["daemon".to_owned()].into()).await.unwrap());
    let groups = ["root".to_owned(), "no-such-group".to_owned()].into();
    assert!(local.in_existing_groups("root", &groups).await.is_err());
}

#[tokio::test]
async fn missing_accounts_are_refused_or_made() {
    local(&[]).ensure("root").await.unwrap();
    assert!(matches!(local(&[]).ensure("pjv-none").await, Err(AddUserError::NoAccount(_))));

    // Stands in for `adduser`, which only root could call.
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("make-account");
    let log = directory.path().join("log");
    std::fs::write(
        &program,
        format!(
            "#!/bin/sh\necho \"$@\" > {}\n[ \"$1\" != fail ] || {{ echo no room >&2; exit 9; }}\n",
            log.display()
        ),
    )
    .unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let program = program.to_str().unwrap();
    let uids = Value::Dict(vec![(Value::Str("pjv-none".to_owned()), Value::Int(4711))]);
    let options = [
        ("create_system_users", Value::Bool(true)),
        ("add_user_cmd", texts(&[program, "--home", "/home/USERNAME"])),
        ("uids", uids),
    ];
    let making = local(&options);
    making.ensure("pjv-none").await.unwrap();
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "--home /home/pjv-none --uid 4711 pjv-none\n");
    assert!(matches!(making.ensure("-rf").await, Err(AddUserError::CreateFailed { .. })));

    let failing =
        local(&[("create_system_users", Value::Bool(true)), ("add_user_cmd", texts(&[program, "fail"]))]);
    let error = failing.ensure("pjv-none").await.unwrap_err().to_string();
    assert!(error.contains("no room") && error.contains("pjv-none"), "{error}");
}
