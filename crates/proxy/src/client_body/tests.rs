//! Connections after requests whose body nobody read.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::{Request, Response, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use crate::{
    Body, ConnInfo, ListenAddress, Listener, LocalService, ProxyOptions, RequestBody, plain_response,
    serve_local,
};

/// Refuses everything by its head.
struct Refusing(UnboundedSender<()>);

impl LocalService for Refusing {
    fn call(&self, request: Request<RequestBody>, _: ConnInfo) -> BoxFuture<'static, Response<Body>> {
        drop(request);
        self.0.send(()).unwrap();
        Box::pin(std::future::ready(plain_response(StatusCode::FORBIDDEN)))
    }

    fn error_page(&self, status: StatusCode, _: &str) -> BoxFuture<'static, Response<Body>> {
        Box::pin(std::future::ready(plain_response(status)))
    }
}

async fn client() -> (TcpStream, UnboundedReceiver<()>) {
    let (sender, refused) = unbounded_channel();
    let address = ListenAddress::Tcp { host: "127.0.0.1".to_owned(), port: 0 };
    let listener = Listener::bind(&address, None).await.unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap());
    let service = Arc::new(Refusing(sender));
    tokio::spawn(serve_local(service, listener, ProxyOptions::default(), CancellationToken::new()));
    (stream.await.unwrap(), refused)
}

/// All that comes until the server closes the connection.
async fn rest_of(stream: &mut TcpStream) -> String {
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).await.unwrap();
    String::from_utf8(answers).unwrap()
}

#[tokio::test]
async fn a_connection_lives_on_after_a_body_that_comes_late_and_is_not_read() {
    let (mut stream, mut refused) = client().await;
    stream.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n").await.unwrap();
    refused.recv().await.unwrap();
    stream.write_all(b"hello").await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    assert_eq!(rest_of(&mut stream).await.matches("HTTP/1.1 403").count(), 2);
}

#[tokio::test]
async fn a_body_that_waits_to_be_asked_for_ends_the_connection_and_the_answer_says_so() {
    let (mut stream, _refused) = client().await;
    let head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let answer = rest_of(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn a_body_that_is_too_long_to_read_for_nothing_ends_the_connection_too() {
    let (stream, _refused) = client().await;
    let (mut from, mut to) = stream.into_split();
    let length = super::READ_AT_MOST + 1;
    let head = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
    let sender = tokio::spawn(async move {
        to.write_all(head.as_bytes()).await.unwrap();
        to.write_all(&vec![0; length]).await.unwrap();
        to
    });
    let mut answer = vec![0; 1024];
    let read = from.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("connection: close"), "{answer}");
    drop(sender.await);
}
