//! Output of servers that print without end.

use perijove_spawners::Poll;

use crate::bench::{every_spawner, pid, runs};

/// Looks at the file until it has shrunk this often.
async fn shrunk(file: &std::path::Path, times: usize) {
    let (mut last, mut seen) = (0, 0);
    while seen < times {
        let length = std::fs::metadata(file).unwrap().len();
        if length < last {
            seen += 1;
        }
        last = length;
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chatty_server_fills_no_disk_and_survives_the_hub() {
    for mut bench in every_spawner() {
        bench.output_limit = 64 * 1024;
        bench.script("exec yes chatter");
        let first = bench.spawner();
        let target = bench.start(first.as_ref()).await;
        let record = target.process.clone().unwrap();
        let name = format!("{}.{}-{}.log", bench.user.escaped(), record.pid, record.start_time);
        let file = bench.logs().join(name);
        shrunk(&file, 2).await;
        assert!(first.last_output(&target).await.ends_with("chatter\nchatter"));
        drop(first);
        assert!(runs(pid(&target)), "{}: a broken pipe?", bench.class());
        let second = bench.spawner();
        let watched = second.wait(&target);
        tokio::select! {
            report = watched => panic!("{}: it ended: {report:?}", bench.class()),
            () = shrunk(&file, 2) => {}
        }
        assert_eq!(second.poll(&target).await, Poll::Running);
        second.stop(&target, false).await.unwrap();
        assert!(!runs(pid(&target)));
    }
}
