//! As whom and where servers run.

use perijove_model::Value;
use perijove_spawners::SpawnError;
use perijove_sys::account;

use crate::bench::{Bench, accounts};

const IDENTITY: &str = "id -u; id -g; id -G; pwd; echo $HOME $SHELL $USER; umask; ls -ln /proc/self/fd";

#[tokio::test]
async fn a_server_is_its_user_and_nothing_of_the_hub() {
    if accounts().is_none() {
        return;
    }
    let mut bench = Bench::new("LocalProcessSpawner", "pjv-ada");
    bench.script(IDENTITY);
    bench.set("popen_kwargs", Value::Dict(vec![(Value::from("umask"), Value::Int(0o027))]));
    let spawner = bench.spawner();
    let target = bench.start(spawner.as_ref()).await;
    let output = spawner.wait(&target).await.output;
    let lines: Vec<_> = output.lines().collect();
    let ada = account::account("pjv-ada").unwrap().unwrap();
    let mut groups = account::group_ids("pjv-ada", ada.gid).unwrap();
    assert!(groups.len() > 1, "she is in pjv-staff too");
    groups.sort_unstable();
    let mut shown: Vec<u32> = lines[2].split(' ').map(|id| id.parse().unwrap()).collect();
    shown.sort_unstable();
    assert_eq!((lines[0], lines[1]), (ada.uid.to_string().as_str(), ada.gid.to_string().as_str()));
    assert_eq!(shown, groups);
    assert_eq!(lines[3], ada.home.display().to_string());
    assert_eq!(lines[4], format!("{} /bin/bash pjv-ada", ada.home.display()));
    assert_eq!(lines[5], "0027");
    let open: Vec<_> = lines[6..].iter().filter(|line| line.contains("->")).collect();
    assert_eq!(open.len(), 4, "standard streams and ls's own directory only:\n{output}");
}

#[tokio::test]
async fn a_user_without_home_starts_somewhere_else() {
    if accounts().is_none() {
        return;
    }
    let mut bench = Bench::new("LocalProcessSpawner", "pjv-homeless");
    bench.script("stat -c '%a %U' .; pwd");
    let spawner = bench.spawner();
    let target = bench.start(spawner.as_ref()).await;
    let output = spawner.wait(&target).await.output;
    let lines: Vec<_> = output.lines().collect();
    assert!(lines[0].contains("cannot start in /nonexistent/pjv-homeless"), "{output}");
    assert_eq!(lines[1], "700 pjv-homeless");
    std::fs::remove_dir(lines[2]).unwrap();
}

#[tokio::test]
async fn a_user_without_account_gets_none_of_the_hubs() {
    let bench = Bench::new("LocalProcessSpawner", "no-such-account-here");
    let spawner = bench.spawner();
    let refused = bench.try_start(spawner.as_ref()).await.unwrap_err();
    assert!(
        matches!(&refused, SpawnError::NoAccount { user } if user == "no-such-account-here"),
        "{refused}"
    );
    assert_eq!(bench.output_files(), 0);
}

#[tokio::test]
async fn the_simple_spawner_gives_everybody_a_directory() {
    let mut bench = Bench::new("SimpleLocalProcessSpawner", "ada");
    bench.script("id -u; pwd; echo $HOME $SHELL $USER");
    let spawner = bench.spawner();
    let target = bench.start(spawner.as_ref()).await;
    let output = spawner.wait(&target).await.output;
    let home = bench.path("home-ada").canonicalize().unwrap();
    let home = home.display();
    assert_eq!(output, format!("{}\n{home}\n{home} /bin/bash ada", account::own_uid()));
}

#[tokio::test]
async fn a_shell_can_be_put_before_the_command() {
    let mut bench = Bench::new("SimpleLocalProcessSpawner", "ada");
    bench.set("cmd", Value::List(["printf", "<%s>"].map(Value::from).to_vec()));
    bench.set("args", Value::List(vec![Value::from("a b"), Value::from("$HOME")]));
    bench.set("shell_cmd", Value::List(["/bin/sh", "-c"].map(Value::from).to_vec()));
    let spawner = bench.spawner();
    let target = bench.start(spawner.as_ref()).await;
    assert_eq!(spawner.wait(&target).await.output, "<a b><$HOME>");
}
