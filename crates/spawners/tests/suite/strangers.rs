//! Processes that are not, or not known to be, the server.

use std::process::{Child, Command};

use perijove_spawners::{Poll, ProcessRecord};
use perijove_sys::process;

use crate::bench::{Bench, every_spawner, runs};

/// A process that has nothing to do with the hub; it ends with the test.
struct Stranger(Child);

impl Stranger {
    fn new(environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new("sleep");
        Self(command.arg("1000").env_clear().envs(environment.iter().copied()).spawn().unwrap())
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }

    fn record(&self) -> ProcessRecord {
        let start_time = process::stat(self.pid()).unwrap().unwrap().start_time;
        ProcessRecord { pid: self.pid(), start_time, boot_id: process::boot_id().unwrap() }
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn claims(bench: &Bench) -> [(String, String); 2] {
    let user = ("JUPYTERHUB_USER".to_owned(), bench.user.to_string());
    [user, ("JUPYTERHUB_SERVICE_PREFIX".to_owned(), bench.base_url())]
}

/// In the middle of exec a process shows no environment.
async fn settled(bench: &Bench, stranger: &Stranger) -> Poll {
    let spawner = bench.spawner();
    let target = bench.stored(spawner.as_ref(), stranger.pid(), None);
    loop {
        match spawner.poll(&target).await {
            Poll::Unknown(_) => tokio::task::yield_now().await,
            known => return known,
        }
    }
}

#[tokio::test]
async fn a_number_that_was_used_again_is_not_touched() {
    for bench in every_spawner() {
        let stranger = Stranger::new(&[]);
        let record = stranger.record();
        let later = ProcessRecord { start_time: record.start_time + 1, ..record.clone() };
        let rebooted = ProcessRecord { boot_id: "another boot".to_owned(), ..record };
        let spawner = bench.spawner();
        for other in [later, rebooted] {
            let target = bench.stored(spawner.as_ref(), stranger.pid(), Some(other));
            assert_eq!(spawner.poll(&target).await, Poll::Stopped(None), "{}", bench.class());
            spawner.stop(&target, true).await.unwrap();
            assert_eq!(spawner.wait(&target).await.code, None);
            assert!(runs(stranger.pid()), "{} ended a stranger", bench.class());
        }
    }
}

#[tokio::test]
async fn a_number_from_jupyterhub_must_prove_what_it_is() {
    for bench in every_spawner() {
        let others =
            [("JUPYTERHUB_USER", "somebody-else"), ("JUPYTERHUB_SERVICE_PREFIX", "/user/somebody-else/")];
        let prefix = bench.base_url();
        let half = [("JUPYTERHUB_USER", "somebody-else"), ("JUPYTERHUB_SERVICE_PREFIX", prefix.as_str())];
        for environment in [others, half] {
            let stranger = Stranger::new(&environment);
            assert_eq!(settled(&bench, &stranger).await, Poll::Stopped(None), "{}", bench.class());
            let spawner = bench.spawner();
            let target = bench.stored(spawner.as_ref(), stranger.pid(), None);
            assert_eq!(spawner.adopt(&target).await, None);
            spawner.stop(&target, true).await.unwrap();
            assert!(runs(stranger.pid()), "{} ended a stranger", bench.class());
        }
    }
}

#[tokio::test]
async fn a_server_that_jupyterhub_started_is_adopted_and_stopped() {
    for bench in every_spawner() {
        let claims = claims(&bench);
        let claims = claims.each_ref().map(|(name, value)| (name.as_str(), value.as_str()));
        let server = Stranger::new(&claims);
        assert_eq!(settled(&bench, &server).await, Poll::Running, "{}", bench.class());
        let spawner = bench.spawner();
        let mut target = bench.stored(spawner.as_ref(), server.pid(), None);
        let record = spawner.adopt(&target).await;
        assert_eq!(record, Some(server.record()), "{}", bench.class());
        target.process = record;
        assert_eq!(spawner.poll(&target).await, Poll::Running);
        let (report, stopped) = tokio::join!(spawner.wait(&target), spawner.stop(&target, false));
        stopped.unwrap();
        assert_eq!((report.code, report.output.as_str()), (None, ""));
        // It is this test's child and a zombie until it is waited for.
        assert!(process::exists(server.pid()) && !runs(server.pid()));
        assert_eq!(spawner.poll(&target).await, Poll::Stopped(None), "a zombie is stopped");
        target.process = None;
        assert_eq!(spawner.poll(&target).await, Poll::Stopped(None), "a zombie is stopped");
    }
}

#[tokio::test]
async fn nothing_known_means_not_running() {
    for bench in every_spawner() {
        let spawner = bench.spawner();
        let mut target = bench.stored(spawner.as_ref(), 0, None);
        for state in [
            serde_json::json!({}),
            serde_json::json!({"pid": 0}),
            serde_json::json!({"pid": -4}),
            serde_json::json!({"pid": u32::MAX}),
        ] {
            target.state = state.as_object().unwrap().clone();
            assert_eq!(spawner.poll(&target).await, Poll::Stopped(None), "{state}");
            spawner.stop(&target, false).await.unwrap();
        }
    }
}
