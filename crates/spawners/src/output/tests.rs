use std::io::Write;

use super::*;

fn names() -> (UserName, ServerName) {
    (UserName::parse("ada").unwrap(), ServerName::parse("lab").unwrap())
}

fn record(pid: u32) -> ProcessRecord {
    ProcessRecord { pid, start_time: 7, boot_id: "boot".into() }
}

fn kept(directory: &Path, pid: u32) -> (File, PathBuf) {
    let (user, server) = names();
    let outputs = Arc::new(Outputs::new(directory.to_owned(), u64::MAX));
    let mut output = outputs.create(&user, &server).unwrap();
    let file = File::from(output.descriptor().unwrap());
    output.rename(&record(pid)).unwrap();
    (file, output.keep())
}

#[test]
fn names_tell_owner_and_process() {
    let (user, server) = names();
    let name = file_name(&owner(&user, &server), &record(42));
    assert_eq!(name, "ada+lab.42-7.log");
    assert_eq!(parse_name(&name), Some(("ada+lab", 42, 7)));
    let dotted = UserName::parse("ada.1-2").unwrap();
    let name = file_name(&owner(&dotted, &ServerName::default()), &record(42));
    assert_eq!(parse_name(&name), Some(("ada.1-2", 42, 7)));
}

#[test]
fn files_are_the_hubs_alone_and_old_ones_go() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().join("logs");
    let (_, first) = kept(&directory, u32::MAX);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&directory), mode(&first)), (0o700, 0o600));
    let (_, second) = kept(&directory, u32::MAX - 1);
    assert!(!first.exists() && second.exists());
    let (user, server) = names();
    let outputs = Arc::new(Outputs::new(directory.clone(), u64::MAX));
    drop(outputs.create(&user, &server).unwrap());
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 0, "neither the old one nor the new one stays");
}

#[test]
fn what_killed_hubs_left_goes_after_a_while() {
    let directory = tempfile::tempdir().unwrap();
    let (old, young) = (directory.path().join(".new-1"), directory.path().join(".new-2"));
    fs::write(&young, "").unwrap();
    let file = File::create(&old).unwrap();
    file.set_modified(std::time::SystemTime::now() - ABANDONED - Duration::from_secs(60)).unwrap();
    let (_, other) = kept(directory.path(), u32::MAX);
    assert!(!old.exists() && young.exists() && other.exists());
}

#[tokio::test]
async fn a_chatty_server_stays_within_bounds() {
    let directory = tempfile::tempdir().unwrap();
    let (mut file, path) = kept(directory.path(), 1);
    let (user, server) = names();
    let outputs = Outputs::new(directory.path().to_owned(), 64 * 1024);
    let tail = outputs.follow(&user, &server, &record(1), Begin::Start).unwrap();
    for round in 0..200 {
        for line in 0..40 {
            writeln!(file, "round {round} line {line} {}", "x".repeat(60)).unwrap();
        }
        tail.catch_up();
        let length = fs::metadata(&path).unwrap().len();
        assert!(length < 70 * 1024, "{length} bytes");
    }
    write!(file, "unfinished").unwrap();
    tail.catch_up();
    let last = tail.last_lines();
    assert!(last.contains("round 199 line 39") && last.ends_with("\nunfinished"), "{last}");
    assert!(!last.contains("round 198"), "only the last lines are kept");
}

#[tokio::test]
async fn a_flood_is_skipped_and_control_characters_are_shown() {
    let directory = tempfile::tempdir().unwrap();
    let (mut file, _) = kept(directory.path(), 1);
    let (user, server) = names();
    let outputs = Outputs::new(directory.path().to_owned(), u64::MAX);
    let tail = outputs.follow(&user, &server, &record(1), Begin::Start).unwrap();
    file.write_all("flood\n".repeat(100_000).as_bytes()).unwrap();
    file.write_all(b"\x1b[31mred\x1b[0m\ttab\r\n").unwrap();
    tail.catch_up();
    assert!(tail.last_lines().ends_with("\n\\u{1b}[31mred\\u{1b}[0m\ttab"), "{}", tail.last_lines());
}

#[tokio::test]
async fn lines_from_before_the_hub_are_known() {
    let directory = tempfile::tempdir().unwrap();
    let (mut file, _) = kept(directory.path(), 1);
    let (user, server) = names();
    writeln!(file, "before").unwrap();
    let outputs = Outputs::new(directory.path().to_owned(), u64::MAX);
    let tail = outputs.follow(&user, &server, &record(1), Begin::End).unwrap();
    assert_eq!(tail.last_lines(), "before");
    assert!(outputs.follow(&user, &server, &record(2), Begin::End).is_none(), "no file of that process");
}
