//! PAM sessions, with this program as its own helper, as the real program is.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use perijove_sys::account;
use perijove_sys::pam::{Encoding, HelperProgram, Pam, PamError, PamOptions, helper_main};
use perijove_sys::process::stat;

const LOG: &str = "/tmp/pjv-session.log";

fn main() -> ExitCode {
    if let Some(code) = helper_main() {
        return code;
    }
    if account::own_uid() != 0 {
        eprintln!("SKIPPED pam_sessions: needs root to make accounts");
        return ExitCode::SUCCESS;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../e2e/accounts.sh");
    assert!(Command::new(script).arg("create").status().unwrap().success());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(sessions_live_in_a_process_of_their_own_until_closed());
    eprintln!("test sessions_live_in_a_process_of_their_own_until_closed ... ok");
    ExitCode::SUCCESS
}

fn log() -> String {
    if Path::new(LOG).exists() { std::fs::read_to_string(LOG).unwrap() } else { String::new() }
}

async fn sessions_live_in_a_process_of_their_own_until_closed() {
    let _ = std::fs::remove_file(LOG);
    let pam = Pam::new(PamOptions {
        helper: HelperProgram::this_program(),
        service: "pjv-session".to_owned(),
        encoding: Encoding::Utf8,
        parallel: 1,
        deadline: Duration::from_secs(60),
    });
    let session = pam.open_session("pjv-ada").await.unwrap();
    assert!(log().contains("PAM_TYPE=open_session") && log().contains("PAM_USER=pjv-ada"), "{}", log());
    assert!(!log().contains("close_session"), "{}", log());

    // pam_loginuid can set it once per process; kernels without audit do not let it be set at all.
    let uid = account::account("pjv-ada").unwrap().unwrap().uid;
    let login_uid = std::fs::read_to_string(format!("/proc/{}/loginuid", session.pid)).unwrap_or_default();
    assert!([String::new(), u32::MAX.to_string(), uid.to_string()].contains(&login_uid), "{login_uid}");

    // An open session takes no turn from others.
    let refused = pam.check_account("pjv-expired").await;
    assert!(matches!(refused, Err(PamError::Refused(_))), "{refused:?}");

    // A later run of the hub knows only the numbers.
    let later = pam.clone();
    drop(pam);
    assert!(!stat(session.pid).unwrap().unwrap().is_zombie());
    later.close_session("pjv-ada", session).await.unwrap();
    assert!(log().contains("PAM_TYPE=close_session"), "{}", log());

    // A process that is gone is replaced by a new transaction.
    std::fs::remove_file(LOG).unwrap();
    later.close_session("pjv-ada", session).await.unwrap();
    assert!(log().contains("PAM_TYPE=close_session"), "{}", log());
}
