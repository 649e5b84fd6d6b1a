//! Requests for handlers of plug-ins, with a stand-in for the Python process.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use perijove_core::settings::Settings;
use perijove_http::{PluginOptions, PluginPattern, PluginPatterns, PluginWorker};
use perijove_testkit::TestHub;
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::task::JoinHandle;

/// Answers with what it got.
#[derive(Default)]
struct Echo {
    socket: PathBuf,
    served: AtomicUsize,
    task: Mutex<Option<JoinHandle<()>>>,
    refuses: bool,
    checked: AtomicUsize,
}

impl Echo {
    /// As if the process died.
    fn die(&self) {
        self.task.lock().unwrap().take().unwrap().abort();
        std::fs::remove_file(&self.socket).unwrap();
    }
}

#[async_trait]
impl PluginWorker for Echo {
    async fn serve(&self) -> Result<PluginPatterns, String> {
        if self.refuses {
            return Err("no such class".to_owned());
        }
        self.served.fetch_add(1, Ordering::Relaxed);
        let _before = std::fs::remove_file(&self.socket);
        let listener = UnixListener::bind(&self.socket).unwrap();
        let echo = Router::new().fallback(echo);
        *self.task.lock().unwrap() =
            Some(tokio::spawn(async move { axum::serve(listener, echo).await.unwrap() }));
        let all = |regexes: &[&str]| {
            let pattern = |regex: &&str| PluginPattern { regex: (*regex).into(), class: "a.Handler".into() };
            regexes.iter().map(pattern).collect()
        };
        Ok(PluginPatterns {
            authenticator: all(&["/hub/login$", "/hub/signup$"]),
            extra: all(&["/hub/own/(.*)$", "/hub/home$", "/hub/api/own$"]),
        })
    }

    async fn check(&self) {
        self.checked.fetch_add(1, Ordering::Relaxed);
    }
}

async fn echo(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match parts.uri.query() {
        Some("for-ever") => std::future::pending::<()>().await,
        // The connection ends without an answer, and the socket still takes others.
        Some("piece") => {
            let pieces = stream::iter([Ok::<_, std::io::Error>("a piece")]).chain(stream::pending());
            return Body::from_stream(pieces).into_response();
        }
        Some("break-off") => {
            let pieces = stream::iter([Ok("a piece"), Err(std::io::Error::other("it broke"))]);
            return Body::from_stream(pieces.then(|piece| async {
                tokio::task::yield_now().await;
                piece
            }))
            .into_response();
        }
        Some("crash") => std::panic::resume_unwind(Box::new(())),
        _ => (),
    }
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let mut said = format!("{} {}\n", parts.method, parts.uri);
    for (name, value) in &parts.headers {
        said += &format!("{name}: {}\n", value.to_str().unwrap());
    }
    said += &format!("\n{}", String::from_utf8_lossy(&body));
    let headers = [
        (header::SERVER, "TornadoServer/6.6"),
        (header::SET_COOKIE, "a=b"),
        (header::TRAILER, "x"),
        (header::CONTENT_TYPE, "text/plain"),
    ];
    (StatusCode::IM_A_TEAPOT, headers, said).into_response()
}

async fn hub(with_authenticator: bool, change: impl FnOnce(&mut Echo)) -> (TestHub, Arc<Echo>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let mut echo = Echo { socket: socket.clone(), ..Echo::default() };
    change(&mut echo);
    let worker = Arc::new(echo);
    let answer_time = Duration::from_millis(50);
    let options = PluginOptions { worker: worker.clone(), socket, with_authenticator, answer_time };
    let no_wait = |settings: &mut Settings| {
        settings.servers.slow_spawn_timeout = 0.0;
        settings.servers.slow_stop_timeout = 0.0;
    };
    (TestHub::builder().settings(no_wait).plugins(options).build().await, worker, folder)
}

#[tokio::test]
async fn an_authenticators_handlers_come_first_and_others_last() {
    let (hub, _, _folder) = hub(true, |_| ()).await;
    hub.plugins.as_ref().unwrap().prepare().await.unwrap();
    for (path, theirs) in [
        ("/hub/login", true),
        ("/hub/login?next=x", true),
        ("/hub/signup", true),
        ("/hub/signup/", false),
        ("/hub/own/a%2Fb", true),
        ("/hub/home", false),
        ("/hub/api/own", true),
        ("/hub/api/", false),
        ("/hub/none", false),
        ("/own/a", false),
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = hub.request(method.clone(), path).send().await;
            assert_eq!(answer.status == StatusCode::IM_A_TEAPOT, theirs, "{method} {path}");
            if theirs {
                assert!(answer.text().starts_with(&format!("{method} {path}\n")), "{}", answer.text());
            }
        }
    }
}

#[tokio::test]
async fn handlers_of_a_native_authenticator_do_not_count() {
    let (hub, _, _folder) = hub(false, |_| ()).await;
    // Nothing waits for Python but what is nobody else's.
    assert_eq!(hub.get("/hub/login").send().await.status, StatusCode::OK);
    hub.plugins.as_ref().unwrap().prepare().await.unwrap();
    assert_eq!(hub.get("/hub/login").send().await.status, StatusCode::OK);
    assert_eq!(hub.get("/hub/own/x").send().await.status, StatusCode::IM_A_TEAPOT);
}

#[tokio::test]
async fn the_handler_learns_who_asks_and_the_client_what_it_answers() {
    let (hub, _, _folder) = hub(true, |_| ()).await;
    hub.plugins.as_ref().unwrap().prepare().await.unwrap();
    let answer = hub
        .post("/hub/signup?a=b")
        .header("x-forwarded-for", "6.6.6.6, 192.0.2.1")
        .header("x-forwarded-proto", "https")
        .header("x-perijove-client-address", "1.1.1.1")
        .header("x-perijove-client-scheme", "gopher")
        .header("connection", "keep-alive")
        .cookies("a=b; c=d")
        .form("x=y")
        .send()
        .await;
    let said = answer.text();
    for line in [
        "POST /hub/signup?a=b\n",
        "\nhost: hub.example\n",
        "\nx-forwarded-for: 6.6.6.6, 192.0.2.1\n",
        "\nx-forwarded-proto: https\n",
        "\nx-forwarded-host: hub.example\n",
        "\nx-perijove-client-address: 192.0.2.1\n",
        "\nx-perijove-client-scheme: https\n",
        "\ncookie: a=b; c=d\n",
        "\n\nx=y",
    ] {
        assert!(said.contains(line), "{line:?} is missing in {said}");
    }
    assert!(!said.contains("connection:") && !said.contains("1.1.1.1") && !said.contains("gopher"), "{said}");
    assert_eq!(answer.header("set-cookie"), "a=b");
    assert_eq!((answer.header("server"), answer.header("content-type")), ("", "text/plain"));
}

#[tokio::test]
async fn a_large_body_passes_and_large_answers_too() {
    let (hub, _, _folder) = hub(true, |_| ()).await;
    hub.plugins.as_ref().unwrap().prepare().await.unwrap();
    let body = vec![b'x'; 11 * 1024 * 1024];
    let answer = hub.post("/hub/signup").raw(body.clone()).send().await;
    assert_eq!(answer.status, StatusCode::IM_A_TEAPOT);
    assert!(
        answer.text().contains(&format!("\ncontent-length: {}\n", body.len()))
            || answer.text().contains("chunked")
    );
    assert!(answer.text().ends_with(&String::from_utf8(body).unwrap()));
}

#[tokio::test]
async fn pieces_of_an_answer_come_before_the_others_are_there() {
    let (hub, echo, _folder) = hub(true, |_| ()).await;
    hub.plugins.as_ref().unwrap().prepare().await.unwrap();
    let mut body = hub.get("/hub/signup?piece").begin().await.into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "a piece");
    // A process that says nothing for long is looked at, and waited for if it is well.
    let looked = async {
        while echo.checked.load(Ordering::Relaxed) < 2 {
            tokio::task::yield_now().await
        }
    };
    tokio::select! { _ = body.frame() => panic!("there is no other piece"), () = looked => () }
    hub.hub.request_shutdown();
    assert!(body.frame().await.unwrap().is_err());
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer_and_the_next_is_served() {
    let (hub, echo, _folder) = hub(true, |_| ()).await;
    hub.plugins.as_ref().unwrap().prepare().await.unwrap();
    let mut body = hub.get("/hub/signup?break-off").begin().await.into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "a piece");
    assert!(body.frame().await.unwrap().is_err() && body.frame().await.is_none());
    assert_eq!(hub.get("/hub/signup").send().await.status, StatusCode::IM_A_TEAPOT);
    assert_eq!(echo.served.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_process_that_died_is_made_to_serve_again() {
    let (hub, echo, _folder) = hub(true, |_| ()).await;
    hub.plugins.as_ref().unwrap().prepare().await.unwrap();
    assert_eq!(hub.get("/hub/signup").send().await.status, StatusCode::IM_A_TEAPOT);
    echo.die();
    assert_eq!(hub.get("/hub/signup").send().await.status, StatusCode::IM_A_TEAPOT);
    assert_eq!(echo.served.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn nothing_is_sent_to_a_process_that_left_a_request_unanswered() {
    let (hub, echo, _folder) = hub(true, |_| ()).await;
    hub.plugins.as_ref().unwrap().prepare().await.unwrap();
    assert_eq!(hub.get("/hub/signup?crash").send().await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(echo.served.load(Ordering::Relaxed), 1);
    assert_eq!(hub.get("/hub/signup").send().await.status, StatusCode::IM_A_TEAPOT);
    assert_eq!(echo.served.load(Ordering::Relaxed), 2);
    assert_eq!(hub.get("/hub/signup").send().await.status, StatusCode::IM_A_TEAPOT);
    assert_eq!(echo.served.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_handler_that_never_answers_is_not_waited_for() {
    let (hub, echo, _folder) = hub(true, |_| ()).await;
    hub.plugins.as_ref().unwrap().prepare().await.unwrap();
    assert_eq!(hub.get("/hub/signup?for-ever").send().await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(echo.checked.load(Ordering::Relaxed), 10);
}

#[tokio::test]
async fn without_the_process_pages_say_so_and_programs_go_on() {
    let (hub, _, _folder) = hub(true, |echo| echo.refuses = true).await;
    // Before Python is there, programs are answered.
    assert_eq!(hub.get("/hub/health").send().await.status, StatusCode::OK);
    let error = hub.plugins.as_ref().unwrap().prepare().await.unwrap_err();
    assert_eq!(error, "no such class");
    let answer = hub.get("/hub/login").send().await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.header("content-type").starts_with("text/html"));
    assert_eq!(answer.header("x-jupyterhub-version"), "6.1.1");
}
