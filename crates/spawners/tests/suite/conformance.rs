//! The life of a server, for every spawner of the registry.

use std::sync::Mutex;

use async_trait::async_trait;
use perijove_model::Value;
use perijove_spawners::{Journal, Poll, ProcessRecord, ProgressEvent, ServerState, SpawnError};
use perijove_sys::process;
use tokio::sync::Notify;

use crate::bench::{Committed, every_spawner, pid, printed, runs};

#[tokio::test]
async fn starts_polls_and_stops() {
    for mut bench in every_spawner() {
        bench.script("echo ready; exec sleep 1000");
        let spawner = bench.spawner();
        let journal = Committed::default();
        let started = spawner.start(&bench.launch(spawner.as_ref()), &journal).await.unwrap();
        let target = bench.target(spawner.as_ref(), &started);
        let record = started.process.clone().unwrap();
        assert_eq!(*journal.records.lock().unwrap(), [(started.state.clone(), record.clone())]);
        assert_eq!(started.state, serde_json::json!({"pid": record.pid}).as_object().unwrap().clone());
        let port = started.url.strip_prefix("http://127.0.0.1:").unwrap();
        assert!(port.parse::<u16>().unwrap() > 0, "{}", started.url);
        printed(spawner.as_ref(), &target, "ready").await;
        assert_eq!(spawner.poll(&target).await, Poll::Running, "{}", bench.class());
        assert_eq!(
            process::stat(record.pid).unwrap().unwrap().group,
            record.pid,
            "it has a group of its own"
        );
        spawner.stop(&target, false).await.unwrap();
        assert!(matches!(spawner.poll(&target).await, Poll::Stopped(_)), "{}", bench.class());
        assert!(!runs(record.pid));
        spawner.stop(&target, false).await.unwrap();
        assert_eq!(bench.output_files(), 1, "its last words are kept until the next start");
        spawner.delete_forever(&target).await;
        assert_eq!(bench.output_files(), 0);
    }
}

#[tokio::test]
async fn a_server_that_ends_early_is_noticed_with_its_last_words() {
    for mut bench in every_spawner() {
        bench.script("echo one; echo two >&2; exit 7");
        let spawner = bench.spawner();
        let target = bench.start(spawner.as_ref()).await;
        let report = spawner.wait(&target).await;
        assert_eq!((report.code, report.output.as_str()), (Some(7), "one\ntwo"), "{}", bench.class());
        assert_eq!(spawner.poll(&target).await, Poll::Stopped(Some(7)));
        spawner.stop(&target, false).await.unwrap();
        assert_eq!(spawner.last_output(&target).await, "one\ntwo", "it is still known afterwards");
    }
}

#[tokio::test]
async fn a_command_that_is_not_there_is_named() {
    for mut bench in every_spawner() {
        bench.set("cmd", Value::from("no-such-command-here"));
        let spawner = bench.spawner();
        let refused = bench.try_start(spawner.as_ref()).await.unwrap_err();
        let text = refused.to_string();
        assert!(matches!(refused, SpawnError::Launch { .. }), "{text}");
        assert!(text.contains("no-such-command-here") && text.contains("PATH=/usr/bin:/bin"), "{text}");
        assert_eq!(bench.output_files(), 0, "{}", bench.class());
    }
}

#[tokio::test]
async fn stops_gently_first() {
    for mut bench in every_spawner() {
        bench.script("trap 'echo bye; exit 3' INT; echo ready; while :; do sleep 0.02; done");
        let spawner = bench.spawner();
        let target = bench.start(spawner.as_ref()).await;
        printed(spawner.as_ref(), &target, "ready").await;
        let (report, stopped) = tokio::join!(spawner.wait(&target), spawner.stop(&target, false));
        stopped.unwrap();
        assert_eq!((report.code, report.output.as_str()), (Some(3), "ready\nbye"), "{}", bench.class());
    }
}

#[tokio::test]
async fn stops_without_asking_when_it_must_be_now() {
    for mut bench in every_spawner() {
        bench.script(
            "trap 'echo interrupted' INT; trap 'exit 4' TERM; echo ready; while :; do sleep 0.02; done",
        );
        let spawner = bench.spawner();
        let target = bench.start(spawner.as_ref()).await;
        printed(spawner.as_ref(), &target, "ready").await;
        let (report, stopped) = tokio::join!(spawner.wait(&target), spawner.stop(&target, true));
        stopped.unwrap();
        assert_eq!((report.code, report.output.as_str()), (Some(4), "ready"), "{}", bench.class());
    }
}

#[tokio::test]
async fn kills_a_server_that_ignores_everything_else() {
    for mut bench in every_spawner() {
        bench.script("trap '' INT TERM; echo ready; while :; do sleep 0.02; done");
        bench.set("interrupt_timeout", Value::Int(0)).set("term_timeout", Value::Int(0));
        let spawner = bench.spawner();
        let target = bench.start(spawner.as_ref()).await;
        printed(spawner.as_ref(), &target, "ready").await;
        let (report, stopped) = tokio::join!(spawner.wait(&target), spawner.stop(&target, false));
        stopped.unwrap();
        assert_eq!(report.code, Some(-9), "{}", bench.class());
    }
}

#[tokio::test]
async fn a_script_that_does_not_pass_signals_on_leaves_nothing_behind() {
    for mut bench in every_spawner() {
        let mark = bench.path("child");
        bench.script(&format!("sleep 1000 & echo $! > {}; echo ready; wait", mark.display()));
        let spawner = bench.spawner();
        let target = bench.start(spawner.as_ref()).await;
        printed(spawner.as_ref(), &target, "ready").await;
        let child: u32 = std::fs::read_to_string(&mark).unwrap().trim().parse().unwrap();
        assert!(runs(child));
        spawner.stop(&target, false).await.unwrap();
        // Nobody waits for it, so only its end can be seen.
        while runs(child) {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn another_hub_finds_the_server_again() {
    for mut bench in every_spawner() {
        let go = bench.path("go");
        bench.script(&format!(
            "echo before; while [ ! -e {} ]; do sleep 0.02; done; echo after",
            go.display()
        ));
        let first = bench.spawner();
        let target = bench.start(first.as_ref()).await;
        printed(first.as_ref(), &target, "before").await;
        drop(first);
        let second = bench.spawner();
        let target = bench.stored(second.as_ref(), pid(&target), target.process);
        assert_eq!(second.poll(&target).await, Poll::Running, "{}", bench.class());
        assert_eq!(second.adopt(&target).await, target.process);
        assert_eq!(second.last_output(&target).await, "before");
        let end = async { std::fs::write(&go, "").unwrap() };
        let (report, ()) = tokio::join!(second.wait(&target), end);
        assert_eq!((report.code, report.output.as_str()), (None, "before\nafter"), "{}", bench.class());
        assert_eq!(second.poll(&target).await, Poll::Stopped(None));
    }
}

#[tokio::test]
async fn another_hub_can_stop_the_server() {
    for mut bench in every_spawner() {
        bench.script("trap '' INT; echo ready; while :; do sleep 0.02; done");
        bench.set("interrupt_timeout", Value::Int(0));
        let first = bench.spawner();
        let target = bench.start(first.as_ref()).await;
        printed(first.as_ref(), &target, "ready").await;
        let second = bench.spawner();
        second.stop(&target, false).await.unwrap();
        assert!(!runs(pid(&target)), "{}", bench.class());
        // The first hub still has to reap it, which it does by itself.
        assert_eq!(first.wait(&target).await.code, Some(-15));
    }
}

/// A journal that refuses, or never answers.
struct Unwilling {
    hangs: bool,
    asked: Notify,
    process: Mutex<Option<ProcessRecord>>,
}

impl Unwilling {
    fn new(hangs: bool) -> Self {
        Self { hangs, asked: Notify::new(), process: Mutex::default() }
    }

    fn pid(&self) -> u32 {
        self.process.lock().unwrap().as_ref().unwrap().pid
    }
}

#[async_trait]
impl Journal for Unwilling {
    async fn started(&self, _: &ServerState, process: Option<&ProcessRecord>) -> Result<(), SpawnError> {
        *self.process.lock().unwrap() = process.cloned();
        self.asked.notify_one();
        if self.hangs {
            std::future::pending::<()>().await;
        }
        Err(SpawnError::Journal("the disk is full".to_owned()))
    }

    fn progress(&self, _: ProgressEvent) {}
}

#[tokio::test]
async fn what_is_not_committed_does_not_run() {
    for mut bench in every_spawner() {
        let mark = bench.path("mark");
        bench.script(&format!("touch {}", mark.display()));
        let spawner = bench.spawner();
        let journal = Unwilling::new(false);
        let refused = spawner.start(&bench.launch(spawner.as_ref()), &journal).await.unwrap_err();
        assert!(matches!(refused, SpawnError::Journal(_)), "{refused}");
        assert_eq!(process::stat(journal.pid()).unwrap(), None, "{}", bench.class());
        assert!(!mark.exists());
        assert_eq!(bench.output_files(), 0);
    }
}

#[tokio::test]
async fn a_start_that_is_given_up_leaves_nothing() {
    for mut bench in every_spawner() {
        let mark = bench.path("mark");
        bench.script(&format!("touch {}", mark.display()));
        let spawner = bench.spawner();
        let journal = Unwilling::new(true);
        let launch = bench.launch(spawner.as_ref());
        tokio::select! {
            _ = spawner.start(&launch, &journal) => panic!("the journal never answers"),
            () = journal.asked.notified() => {}
        }
        assert_eq!(process::stat(journal.pid()).unwrap(), None, "{}", bench.class());
        assert!(!mark.exists());
        assert_eq!(bench.output_files(), 0);
    }
}

#[tokio::test]
async fn hooks_decide_for_one_launch() {
    for mut bench in every_spawner() {
        bench.script("exec sleep 1000");
        let spawner = bench.spawner();
        let mut launch = bench.launch(spawner.as_ref());
        let words =
            ["/bin/sh", "-c", "trap '' INT; echo $MEM_LIMIT $1 $COLOUR; while :; do sleep 0.02; done", "sh"];
        let words: Vec<_> = words.map(Value::from).to_vec();
        let environment = Value::Dict(vec![(Value::from("COLOUR"), Value::from("red"))]);
        launch
            .apply(&[
                ("cmd".to_owned(), Value::List(words)),
                ("args".to_owned(), Value::List(vec![Value::from("an argument")])),
                ("environment".to_owned(), environment),
                ("mem_limit".to_owned(), Value::Int(4096)),
                // Counts at the stop, though the hub then knows the configured value only.
                ("interrupt_timeout".to_owned(), Value::Int(0)),
            ])
            .unwrap();
        let started = spawner.start(&launch, &Committed::default()).await.unwrap();
        let target = bench.target(spawner.as_ref(), &started);
        printed(spawner.as_ref(), &target, "4096 an argument red").await;
        let (report, stopped) = tokio::join!(spawner.wait(&target), spawner.stop(&target, false));
        stopped.unwrap();
        assert_eq!(report.code, Some(-15), "{}", bench.class());
    }
}

#[tokio::test]
async fn servers_get_nothing_of_the_hubs_environment() {
    for mut bench in every_spawner() {
        bench.set("cmd", Value::from("/usr/bin/env"));
        let spawner = bench.spawner();
        let target = bench.start(spawner.as_ref()).await;
        let output = spawner.wait(&target).await.output;
        let lines: Vec<_> = output.lines().collect();
        assert!(lines.contains(&"PATH=/usr/bin:/bin"), "{output}");
        assert!(lines.contains(&"JUPYTERHUB_API_TOKEN=the-token"), "{output}");
        assert!(lines.contains(&format!("USER={}", bench.user).as_str()), "{output}");
        assert!(!output.contains("CONFIGPROXY_AUTH_TOKEN") && !output.contains("CARGO"), "{output}");
    }
}
