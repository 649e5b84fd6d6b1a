//! Tests of forwarded heads.

use super::*;
use crate::Remote;

fn head_of(headers: &[(&str, &str)], tls: bool, options: &ProxyOptions) -> Vec<String> {
    let map: HeaderMap = headers
        .iter()
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap()))
        .fold(HeaderMap::new(), |mut map, (name, value)| {
            map.append(name, value);
            map
        });
    let uri: Uri = "/a?b".parse().unwrap();
    let remote = Remote::Tcp("[::ffff:192.0.2.7]:1234".parse().unwrap());
    let facts = RequestFacts {
        method: &Method::GET,
        uri: &uri,
        headers: &map,
        connection: ConnInfo { remote, tls },
        upgrade: upgrade_of(Version::HTTP_11, &Method::GET, &map),
    };
    let mut out = Vec::new();
    let target = TargetUrl::parse("http://target:8888").unwrap();
    write_head(&mut out, "/a?b", facts, None, &target, options);
    String::from_utf8(out).unwrap().split("\r\n").map(str::to_owned).collect()
}

#[test]
fn this_hop_is_appended_and_hop_by_hop_headers_are_dropped() {
    let lines = head_of(
        &[
            ("host", "hub.example:8000"),
            ("connection", "keep-alive, x-secret"),
            ("x-secret", "1"),
            ("te", "gzip"),
            ("accept", "*/*"),
            ("cookie", "a=1"),
            ("x-forwarded-for", "10.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("cookie", "b=2"),
        ],
        false,
        &ProxyOptions::default(),
    );
    assert_eq!(
        lines,
        [
            "GET /a?b HTTP/1.1",
            "host: hub.example:8000",
            "accept: */*",
            "cookie: a=1; b=2",
            "x-forwarded-for: 10.0.0.1,192.0.2.7",
            "x-forwarded-port: 8000",
            "x-forwarded-proto: https,http",
            "x-forwarded-host: hub.example:8000",
            "",
            ""
        ]
    );
}

#[test]
fn a_trusted_proxy_tells_what_the_browser_sees() {
    let options = ProxyOptions {
        trusted_peers: crate::TrustedPeers::new(vec!["192.0.2.0/24".parse().unwrap()]),
        ..ProxyOptions::default()
    };
    let lines = head_of(
        &[
            ("host", "inner"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-port", "443"),
            ("x-forwarded-host", "outer"),
        ],
        false,
        &options,
    );
    assert_eq!(
        lines[2..6],
        [
            "x-forwarded-for: 192.0.2.7",
            "x-forwarded-port: 443",
            "x-forwarded-proto: https",
            "x-forwarded-host: outer"
        ]
    );
}

#[test]
fn upgrades_are_asked_for_anew() {
    let headers = [
        ("host", "h"),
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-key", "k"),
    ];
    let lines = head_of(&headers, true, &ProxyOptions::default());
    assert_eq!(
        lines[2..8],
        [
            "sec-websocket-key: k",
            "x-forwarded-for: 192.0.2.7",
            "x-forwarded-port: 443",
            "x-forwarded-proto: wss",
            "connection: Upgrade",
            "upgrade: websocket"
        ]
    );
    let h2c = [
        ("host", "h"),
        ("connection", "Upgrade, HTTP2-Settings"),
        ("upgrade", "h2c"),
        ("http2-settings", "x"),
    ];
    let lines = head_of(&h2c, false, &ProxyOptions { x_forward: false, ..ProxyOptions::default() });
    assert_eq!(lines, ["GET /a?b HTTP/1.1", "host: h", "", ""]);
}

#[test]
fn options_change_host_and_headers() {
    let options = ProxyOptions {
        x_forward: false,
        change_origin: true,
        custom_headers: vec![(HeaderName::from_static("x-a"), HeaderValue::from_static("ours"))],
        ..ProxyOptions::default()
    };
    let lines = head_of(&[("host", "h"), ("x-a", "theirs"), ("x-forwarded-for", "kept")], false, &options);
    assert_eq!(lines[1..4], ["host: target:8888", "x-forwarded-for: kept", "x-a: ours"]);
}
