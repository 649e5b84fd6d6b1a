//! Request handlers of plug-ins on a socket, and what they ask of the hub.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use perijove_python::{HandlerPattern, HandlerServer, HubCallError, HubCalls, Worker};
use serde_json::{Value as Json, json};

use crate::common::{Files, python_with_jupyterhub};
use crate::hooks::hub;

const SOON: Duration = Duration::from_secs(60);
const CONFIG: &str = r#"
import os
from jupyterhub.handlers import BaseHandler
class Ask(BaseHandler):
    async def get(self, method):
        hub = self.settings["users"]._kind.hub
        self.write({"said": await hub.call(method, {"of": self.request.remote_ip})})
class Leave(BaseHandler):
    def get(self):
        os._exit(1)
class Block(BaseHandler):
    def get(self):
        __import__("time").sleep(600)
c.JupyterHub.extra_handlers = [(r"/block", Block), (r"/ask/(\w+)", Ask), (r"/leave", Leave)]
"#;

#[derive(Default)]
struct Recorded(Mutex<Vec<(String, Json)>>);

#[async_trait]
impl HubCalls for Recorded {
    async fn call(&self, method: &str, params: Json) -> Result<Json, HubCallError> {
        if method == "pending_servers" {
            return Ok(json!([]));
        }
        self.0.lock().unwrap().push((method.to_owned(), params));
        match method {
            "refuse" => {
                Err(HubCallError { status: Some(418), message: "100% tea".into(), retry_after: Some(7) })
            }
            "fail" => Err(HubCallError::internal("a secret")),
            other => Ok(json!(format!("{other}!"))),
        }
    }
}

fn server(socket: &Path) -> HandlerServer {
    let error = "{{ status_code }}|{{ status_message }}|{{ message }}";
    HandlerServer {
        socket: socket.to_owned(),
        with_authenticator: false,
        cookie_secret: "00ff".to_owned().into(),
        login_cookie: "jupyterhub-hub-login".into(),
        templates: BTreeMap::from([("error.html".into(), error.into())]),
        template_paths: Vec::new(),
        static_files: BTreeMap::new(),
        version_hash: String::new(),
        custom_logo: false,
    }
}

async fn get(socket: &Path, path: &str) -> std::io::Result<String> {
    let (socket, path) = (socket.to_owned(), path.to_owned());
    tokio::task::spawn_blocking(move || {
        let mut stream = UnixStream::connect(socket)?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: h\r\nX-Perijove-Client-Address: 192.0.2.1\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    })
    .await
    .unwrap()
}

async fn started(files: &Files, calls: Arc<Recorded>) -> Worker {
    let (worker, _) = files.start(CONFIG).await.unwrap();
    let worker = worker.unwrap();
    worker.configure(hub()).await.unwrap();
    worker.answer_calls(calls);
    worker
}

#[tokio::test]
async fn handlers_are_served_call_the_hub_and_are_served_again() {
    let Some(python) = python_with_jupyterhub() else { return };
    let files = Files::run_by(python);
    let calls = Arc::new(Recorded::default());
    let worker = started(&files, calls.clone()).await;
    let socket = files.root.path().join("socket");
    let patterns = worker.serve_handlers(&server(&socket), SOON).await.unwrap();
    let names: Vec<&str> = patterns.extra.iter().map(|HandlerPattern { regex, .. }| regex.as_str()).collect();
    assert_eq!(names, ["/p/hub/block$", r"/p/hub/ask/(\w+)$", "/p/hub/leave$"]);
    assert!(patterns.authenticator.is_empty());

    let answer = get(&socket, "/p/hub/ask/hello").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(r#"{"said": "hello!"}"#), "{answer}");
    let asked = calls.0.lock().unwrap().clone();
    assert_eq!(asked, [("hello".to_owned(), json!({ "of": "192.0.2.1" }))]);
    let answer = get(&socket, "/p/hub/ask/refuse").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 418") && answer.contains("Retry-After: 7"), "{answer}");
    assert!(answer.ends_with("100% tea"), "{answer}");
    let answer = get(&socket, "/p/hub/ask/fail").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 500") && !answer.contains("a secret"), "{answer}");

    // The process dies; the next serving is by another one.
    assert_eq!(get(&socket, "/p/hub/leave").await.unwrap(), "");
    let again = worker.serve_handlers(&server(&socket), SOON).await.unwrap();
    assert_eq!(again.extra.len(), patterns.extra.len());
    assert!(get(&socket, "/p/hub/ask/again").await.unwrap().ends_with(r#"{"said": "again!"}"#));
}

#[tokio::test]
async fn a_process_whose_handler_blocks_is_replaced() {
    let Some(python) = python_with_jupyterhub() else { return };
    let files = Files::run_by(python);
    let worker = started(&files, Arc::default()).await;
    let socket = files.root.path().join("socket");
    worker.serve_handlers(&server(&socket), SOON).await.unwrap();
    worker.check(SOON).await.unwrap();
    let path = socket.clone();
    let blocked = tokio::spawn(async move { get(&path, "/p/hub/block").await });
    // It has begun once nothing else is answered any more.
    let short = Duration::from_millis(300);
    while worker.check(short).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert_eq!(blocked.await.unwrap().unwrap_or_default(), "");
    worker.serve_handlers(&server(&socket), SOON).await.unwrap();
    assert!(get(&socket, "/p/hub/ask/again").await.unwrap().ends_with(r#"{"said": "again!"}"#));
}
