//! Functions of the configuration, called in a worker that needs no JupyterHub.

use std::time::{Duration, Instant};

use crate::common::Files;
use perijove_model::value::{Handle, Value};
use perijove_python::{Argument, Evaluation, Worker, WorkerError};

const SOON: Duration = Duration::from_secs(20);

/// The handle directly in `c.F.<name>`.
fn handle(evaluation: &Evaluation, name: &str) -> Handle {
    let traits = &evaluation.config.iter().find(|(section, _)| section == "F").unwrap().1;
    match &traits.iter().find(|(found, _, _)| found == name).unwrap().1 {
        Value::Handle(handle) => handle.clone(),
        other => panic!("{other:?}"),
    }
}

async fn started(files: &Files, config: &str) -> (Worker, Evaluation) {
    let (worker, evaluation) = files.start(config).await.unwrap();
    (worker.unwrap(), evaluation)
}

async fn call(worker: &Worker, handle: &Handle, args: &[Value]) -> Result<Value, WorkerError> {
    let args: Vec<Argument> = args.iter().cloned().map(Argument::from).collect();
    worker.call(handle, &args, SOON).await.map(|outcome| outcome.value)
}

#[tokio::test]
async fn functions_are_called_with_values_and_handles() {
    let files = Files::new();
    let config = r#"
import asyncio
c.F.add = lambda a, b: (a, b)
async def later(x):
    await asyncio.sleep(0)
    return [x]
c.F.later = later
c.F.apply = lambda f, *args: f(*args)
"#;
    let (worker, evaluation) = started(&files, config).await;
    let add = handle(&evaluation, "add");
    let sum = call(&worker, &add, &["x".into(), Value::Set(vec![])]).await.unwrap();
    assert_eq!(sum, Value::Tuple(vec!["x".into(), Value::Set(vec![])]));
    let later = call(&worker, &handle(&evaluation, "later"), &[Value::None]).await.unwrap();
    assert_eq!(later, Value::List(vec![Value::None]));
    let applied =
        call(&worker, &handle(&evaluation, "apply"), &[Value::Handle(add), 1.5.into(), 2.5.into()]).await;
    assert_eq!(applied.unwrap(), Value::Tuple(vec![1.5.into(), 2.5.into()]));
}

#[tokio::test]
async fn exceptions_come_back_and_the_worker_lives_on() {
    let files = Files::new();
    let config = r#"
import sys
def fail(kind):
    if kind == "exit": sys.exit(4)
    if kind == "interrupt": raise KeyboardInterrupt
    class Refused(Exception):
        jupyterhub_message = "not today"
        jupyterhub_html_message = "<b>not</b> today"
    raise Refused("because")
c.F.fail = fail
"#;
    let (worker, evaluation) = started(&files, config).await;
    let fail = handle(&evaluation, "fail");
    let error = call(&worker, &fail, &["x".into()]).await.unwrap_err();
    let error = error.as_python().unwrap();
    assert_eq!((error.kind.as_str(), error.message.as_str()), ("fail.<locals>.Refused", "because"));
    assert_eq!(error.user_message.as_deref(), Some("not today"));
    assert_eq!(error.user_html_message.as_deref(), Some("<b>not</b> today"));
    assert_eq!(error.location.as_ref().unwrap().line, 9);
    assert!(error.traceback.contains("in fail") && !error.traceback.contains("perijove_worker"));
    let exit = call(&worker, &fail, &["exit".into()]).await.unwrap_err();
    assert_eq!(exit.as_python().unwrap().exit_status, Some(4));
    let interrupt = call(&worker, &fail, &["interrupt".into()]).await.unwrap_err();
    assert_eq!(interrupt.as_python().unwrap().kind, "KeyboardInterrupt");
    assert!(call(&worker, &fail, &["x".into()]).await.unwrap_err().as_python().is_some());
}

#[tokio::test]
async fn asynchronous_calls_run_at_the_same_time_and_can_be_cancelled() {
    let files = Files::new();
    let config = r#"
import asyncio
waiting = []
async def meet(n):
    waiting.append(asyncio.get_running_loop().create_future())
    if len(waiting) == n:
        for future in waiting: future.set_result(None)
    await waiting[0]
    return len(waiting)
cancelled = []
async def forever():
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        cancelled.append(1)
        raise
c.F.meet, c.F.forever, c.F.cancelled = meet, forever, lambda: cancelled
"#;
    let (worker, evaluation) = started(&files, config).await;
    let meet = handle(&evaluation, "meet");
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (worker, meet) = (worker.clone(), meet.clone());
        tasks.spawn(async move { call(&worker, &meet, &[Value::Int(50)]).await.unwrap() });
    }
    assert!(tasks.join_all().await.iter().all(|count| *count == Value::Int(50)));

    let late =
        worker.call(&handle(&evaluation, "forever"), &[], Duration::from_millis(50)).await.unwrap_err();
    assert!(matches!(late, WorkerError::Deadline { .. }), "{late}");
    let cancelled = call(&worker, &handle(&evaluation, "cancelled"), &[]).await.unwrap();
    assert_eq!(cancelled, Value::List(vec![Value::Int(1)]), "the same process, the call cancelled");
}

#[tokio::test]
async fn a_stalled_worker_is_replaced() {
    let files = Files::new();
    let config = r#"
import os, time
c.F.pid = lambda: os.getpid()
c.F.stall = lambda: time.sleep(3600)
c.F.environment = {"X": [lambda: "nested"]}
"#;
    let (worker, evaluation) = started(&files, config).await;
    let pid = handle(&evaluation, "pid");
    let first = call(&worker, &pid, &[]).await.unwrap();
    let begun = Instant::now();
    let queued = {
        let (worker, pid) = (worker.clone(), pid.clone());
        async move { call(&worker, &pid, &[]).await }
    };
    let stall = handle(&evaluation, "stall");
    let (stalled, queued) = tokio::join!(worker.call(&stall, &[], Duration::from_millis(200)), queued);
    assert!(matches!(stalled, Err(WorkerError::Deadline { .. })), "{stalled:?}");
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert!(matches!(queued, Err(WorkerError::Died { .. })), "{queued:?}");
    let second = call(&worker, &pid, &[]).await.unwrap();
    assert_ne!(first, second, "another process answers");
}

#[tokio::test]
async fn a_short_deadline_behind_a_long_call_does_not_end_the_worker() {
    let files = Files::new();
    let config = "import os, time\nc.F.pid = lambda: os.getpid()\nc.F.slow = lambda: time.sleep(1.5)\n";
    let (worker, evaluation) = started(&files, config).await;
    let (pid, slow) = (handle(&evaluation, "pid"), handle(&evaluation, "slow"));
    let first = call(&worker, &pid, &[]).await.unwrap();
    let impatient = worker.call(&pid, &[], Duration::from_millis(100));
    let (slow, impatient) = tokio::join!(call(&worker, &slow, &[]), impatient);
    assert!(slow.is_ok() && matches!(impatient, Err(WorkerError::Deadline { .. })), "{slow:?} {impatient:?}");
    assert_eq!(call(&worker, &pid, &[]).await.unwrap(), first);
}

#[tokio::test]
async fn handles_of_a_changed_configuration_are_not_used() {
    let files = Files::new();
    let config = "import os\ndef stay(): return 'stay'\ndef go(): return 'go'\nc.F.stay, c.F.go = stay, go\nc.F.die = lambda: os._exit(1)\n";
    let (worker, evaluation) = started(&files, config).await;
    files.write(
        "jupyterhub_config.py",
        "import os\ndef stay(): return 'still'\ndef other(): return 'other'\nc.F.new = other\nc.F.go, c.F.stay = other, stay\n",
    );
    let died = call(&worker, &handle(&evaluation, "die"), &[]).await.unwrap_err();
    assert!(matches!(died, WorkerError::Died { .. }), "{died}");
    assert_eq!(call(&worker, &handle(&evaluation, "stay"), &[]).await.unwrap(), "still".into());
    for gone in ["go", "die"] {
        let error = call(&worker, &handle(&evaluation, gone), &[]).await.unwrap_err();
        assert!(matches!(error, WorkerError::HandleGone { .. }), "{error}");
    }
}

#[tokio::test]
async fn the_worker_ends_with_its_hub_even_when_it_is_busy() {
    let files = Files::new();
    let config = "import os, time\nc.F.pid = lambda: os.getpid()\ndef busy():\n    while True: pass\nc.F.busy = busy\nc.F.session = lambda: os.getsid(0)\n";
    // The sink is dropped once the pipes of the process are closed, which its death does.
    let (alive, mut ended) = tokio::sync::mpsc::channel::<()>(1);
    let mut options = files.options(config);
    options.output = std::sync::Arc::new(move |_, _| drop(alive.clone()));
    let (worker, evaluation) = Worker::start(options).await.unwrap();
    let worker = worker.unwrap();
    let Value::Int(pid) = call(&worker, &handle(&evaluation, "pid"), &[]).await.unwrap() else { panic!() };
    assert_eq!(call(&worker, &handle(&evaluation, "session"), &[]).await.unwrap(), Value::Int(pid));
    let busy = handle(&evaluation, "busy");
    let running = tokio::spawn({
        let worker = worker.clone();
        async move { worker.call(&busy, &[], SOON).await }
    });
    tokio::task::yield_now().await;
    running.abort();
    let _ = running.await;
    drop(worker);
    assert_eq!(tokio::time::timeout(SOON, ended.recv()).await, Ok(None), "the worker outlived its hub");
    assert!(!std::path::PathBuf::from(format!("/proc/{pid}/cwd")).exists());
}

#[tokio::test]
async fn a_worker_that_code_blocks_is_replaced_although_the_call_has_time() {
    let files = Files::new();
    let config = r#"
import asyncio
def block():
    while True: pass
async def nested():
    async def inner(): block()
    await asyncio.ensure_future(inner())
c.F.block = block
c.F.nested = nested
c.F.quick = lambda: 1
"#;
    let (worker, evaluation) = started(&files, config).await;
    let hub = perijove_python::HubFacts { stall_limit: Duration::ZERO, ..crate::hooks::hub() };
    worker.configure(hub).await.unwrap();
    for name in ["block", "nested"] {
        let blocked = handle(&evaluation, name);
        let error = worker.call(&blocked, &[], Duration::from_secs(600)).await.unwrap_err();
        assert!(matches!(error, WorkerError::Died { .. }), "{error}");
        assert_eq!(call(&worker, &handle(&evaluation, "quick"), &[]).await.unwrap(), Value::Int(1));
    }
}
