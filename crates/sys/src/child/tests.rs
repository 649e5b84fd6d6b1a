use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;

fn spec(argv: &[&str]) -> ChildSpec {
    ChildSpec {
        argv: argv.iter().map(OsString::from).collect(),
        env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        ..ChildSpec::default()
    }
}

fn log(directory: &Path) -> (PathBuf, OwnedFd) {
    let path = directory.join("log");
    let file = File::options().append(true).create(true).open(&path).unwrap();
    (path, file.into())
}

async fn run(mut spec: ChildSpec) -> (Result<Exit, ChildError>, String) {
    let directory = tempfile::tempdir().unwrap();
    let (path, output) = log(directory.path());
    spec.output = Some(output);
    let ended = match spawn(&spec).unwrap().release().await {
        Ok(child) => Ok(child.wait().await),
        Err(error) => Err(error),
    };
    (ended, std::fs::read_to_string(path).unwrap())
}

#[tokio::test]
async fn runs_in_a_session_of_its_own_with_just_the_given_environment() {
    let (ended, output) =
        run(spec(&["sh", "-c", "env | grep -v '^_=\\|^PWD\\|^SHLVL\\|^OLDPWD'; ps -o sid= -p $$"])).await;
    assert_eq!(ended.unwrap(), Exit::Code(0));
    let lines: Vec<_> = output.lines().collect();
    assert_eq!(lines[0], "PATH=/usr/bin:/bin");
    assert_ne!(lines[1].trim(), nix::unistd::getsid(None).unwrap().to_string());
    assert_eq!(lines.len(), 2, "{output}");
}

#[tokio::test]
async fn nothing_runs_before_the_release_and_a_dropped_child_ends() {
    let directory = tempfile::tempdir().unwrap();
    let mark = directory.path().join("ran");
    let gated = spawn(&spec(&["touch", mark.to_str().unwrap()])).unwrap();
    let pid = gated.pid();
    let seen = stat(pid).unwrap().unwrap();
    assert_eq!(seen.start_time, gated.start_time());
    assert!(own_children().contains(&pid));
    drop(gated);
    assert_eq!(stat(pid).unwrap(), None, "killed and reaped");
    assert!(!mark.exists());
    assert!(!own_children().contains(&pid));
}

#[tokio::test]
async fn the_end_of_the_hub_opens_no_gate() {
    let directory = tempfile::tempdir().unwrap();
    let mark = directory.path().join("ran");
    let mut gated = spawn(&spec(&["touch", mark.to_str().unwrap()])).unwrap();
    // A second gated child must not hold the first one's gate open.
    let second = spawn(&spec(&["true"])).unwrap();
    let child = gated.child.take().unwrap();
    drop(gated);
    assert_eq!(child.wait().await, Exit::Code(0));
    assert!(!mark.exists());
    drop(second);
}

#[tokio::test]
async fn descriptors_signals_and_umask_start_fresh() {
    let leak = File::open("/dev/null").unwrap();
    let clear = nix::fcntl::fcntl(&leak, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty()));
    clear.unwrap();
    let mut wanted =
        spec(&["sh", "-c", "ls /proc/self/fd; grep -E '^Sig(Ign|Blk)' /proc/self/status; umask"]);
    wanted.umask = Some(0o027);
    let (ended, output) = run(wanted).await;
    assert_eq!(ended.unwrap(), Exit::Code(0));
    let lines: Vec<_> = output.lines().collect();
    // `ls` itself opens the directory as 3.
    assert_eq!(lines[..4], ["0", "1", "2", "3"], "{output}");
    assert_eq!(lines[4], "SigBlk:\t0000000000000000");
    // The runtime ignores SIGPIPE; 32 and 33 belong to the C library and cannot be reset.
    let ignored = u64::from_str_radix(lines[5].trim_start_matches("SigIgn:\t"), 16).unwrap();
    assert_eq!(ignored & !(0b11 << 31), 0);
    assert_eq!(lines[6], "0027");
}

#[tokio::test]
async fn says_what_could_not_be_executed() {
    let (ended, _) = run(spec(&["no-such-program-here"])).await;
    let Err(ChildError::Setup { stage, errno }) = ended else { panic!("{ended:?}") };
    assert_eq!((stage, errno), (Stage::Execute, Errno::ENOENT));

    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("script");
    std::fs::write(&script, "#!/bin/sh\n").unwrap();
    let (ended, _) = run(spec(&[script.to_str().unwrap()])).await;
    assert!(
        matches!(ended, Err(ChildError::Setup { stage: Stage::Execute, errno: Errno::EACCES })),
        "{ended:?}"
    );

    // As a shell does, a directory in PATH without permission outranks "not found" in a later one.
    let mut wanted = spec(&["script"]);
    wanted.env = vec![("PATH".into(), format!("{}:/nowhere", directory.path().display()).into())];
    let (ended, _) = run(wanted).await;
    assert!(
        matches!(ended, Err(ChildError::Setup { stage: Stage::Execute, errno: Errno::EACCES })),
        "{ended:?}"
    );
}

#[tokio::test]
async fn a_working_directory_that_cannot_be_entered_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let temporary = directory.path().join("made");
    let mut wanted = spec(&["pwd"]);
    wanted.directory = WorkingDirectory::FirstOf {
        candidates: vec!["/nonexistent/home".into()],
        temporary: temporary.clone(),
    };
    let (ended, output) = run(wanted).await;
    assert_eq!(ended.unwrap(), Exit::Code(0));
    assert!(output.contains("cannot start in /nonexistent/home"), "{output}");
    assert!(output.ends_with(&format!("{}\n", temporary.display())), "{output}");
    assert_eq!(temporary.metadata().unwrap().permissions().mode() & 0o777, 0o700);

    let mut wanted = spec(&["pwd"]);
    wanted.directory = WorkingDirectory::Exactly("/nonexistent/home".into());
    let (ended, _) = run(wanted).await;
    assert!(matches!(ended, Err(ChildError::Setup { stage: Stage::Directory, errno: Errno::ENOENT })));
}

#[tokio::test]
async fn refuses_what_no_program_can_be_given() {
    assert!(matches!(spawn(&spec(&[])), Err(ChildError::Spec(_))));
    assert!(matches!(spawn(&spec(&["a\0b"])), Err(ChildError::Spec(_))));
    let mut wanted = spec(&["true"]);
    wanted.env.push(("A=B".into(), "c".into()));
    assert!(matches!(spawn(&wanted), Err(ChildError::Spec(_))));
}

#[tokio::test]
async fn exits_are_told_to_every_waiter() {
    let child = spawn(&spec(&["sleep", "1000"])).unwrap().release().await.unwrap();
    assert_eq!(child.try_wait(), None);
    assert!(child.signal(Signal::SIGTERM).unwrap());
    let (one, two) = tokio::join!(child.wait(), child.wait());
    assert_eq!((one, two), (Exit::Signal(15), Exit::Signal(15)));
    assert_eq!(child.try_wait(), Some(Exit::Signal(15)));
    assert!(!child.signal(Signal::SIGTERM).unwrap());
}

/// User and groups as they stand in `/proc/self/status`.
const SHOW_IDS: &str = "grep -E '^(Uid|Gid|Groups|CapEff|CapPrm|CapAmb)' /proc/self/status";

#[tokio::test]
async fn user_and_groups_are_dropped_for_good() {
    if !nix::unistd::Uid::effective().is_root() {
        eprintln!("SKIPPED user_and_groups_are_dropped_for_good: needs root");
        return;
    }
    let mut wanted = spec(&["sh", "-c", SHOW_IDS]);
    wanted.identity = Some(Identity { uid: 65_534, gid: 65_534, groups: vec![65_534, 42] });
    let (ended, output) = run(wanted).await;
    assert_eq!(ended.unwrap(), Exit::Code(0));
    assert!(output.contains("Uid:\t65534\t65534\t65534\t65534"), "{output}");
    assert!(output.contains("Gid:\t65534\t65534\t65534\t65534"), "{output}");
    assert!(output.contains("Groups:\t42 65534"), "{output}");
    assert!(output.contains("CapEff:\t0000000000000000"), "{output}");
    assert!(output.contains("CapPrm:\t0000000000000000"), "{output}");
}
