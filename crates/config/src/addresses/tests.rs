use std::path::PathBuf;

use perijove_model::value::Value;

use super::{Addresses, Listen};
use crate::config::Config;
use crate::origin::Origin;
use crate::sections::JupyterHub;
use crate::tree::Tree;

fn addresses(settings: &[(&str, Value)]) -> Addresses {
    let mut tree = Tree::default();
    for (name, value) in settings {
        tree.set("JupyterHub", name, value.clone(), Origin::Default);
    }
    let hub: JupyterHub = Config::from_tree(tree).section().unwrap();
    hub.addresses("here").unwrap()
}

fn tcp(ip: &str, port: u16) -> Listen {
    Listen::Tcp { ip: ip.to_owned(), port }
}

#[test]
fn defaults_are_upstreams() {
    let found = addresses(&[]);
    assert_eq!(found.public, tcp("", 8000));
    assert_eq!(found.hub, tcp("127.0.0.1", 8081));
    assert_eq!(found.hub_url, "http://127.0.0.1:8081/hub/");
    assert!(!found.public_tls);
}

#[test]
fn a_hub_that_listens_everywhere_tells_its_host_name() {
    let found = addresses(&[("hub_ip", "0.0.0.0".into()), ("base_url", "p".into())]);
    assert_eq!(found.hub_url, "http://here:8081/p/hub/");
    let found = addresses(&[("hub_ip", "".into()), ("hub_connect_ip", "hub.local".into())]);
    assert_eq!(found.hub_url, "http://hub.local:8081/hub/");
    let found = addresses(&[("hub_connect_port", Value::Int(9)), ("hub_ip", "::1".into())]);
    assert_eq!(found.hub_url, "http://[::1]:9/hub/");
}

#[test]
fn urls_for_the_hub_get_its_path() {
    let found = addresses(&[
        ("hub_bind_url", "http://1.2.3.4:5".into()),
        ("hub_connect_url", "https://other/x".into()),
    ]);
    assert_eq!(found.hub, tcp("1.2.3.4", 5));
    assert_eq!(found.hub_url, "https://other/hub/");
    let found = addresses(&[("hub_bind_url", "http+unix://%2Frun%2Fhub.sock".into())]);
    assert_eq!(found.hub, Listen::Unix(PathBuf::from("/run/hub.sock")));
    assert_eq!(found.hub_url, "http+unix://%2Frun%2Fhub.sock/hub/");
}

#[test]
fn the_public_url_may_be_a_socket_or_lack_a_port() {
    let found = addresses(&[("bind_url", "unix+http://%2Frun%2Fp.sock".into())]);
    assert_eq!(found.public, Listen::Unix(PathBuf::from("/run/p.sock")));
    let found = addresses(&[("bind_url", "http://[::1]/p".into())]);
    assert_eq!((found.public, found.base_url.as_str()), (tcp("::1", 80), "/p/"));
    let found =
        addresses(&[("ssl_cert", "c".into()), ("ssl_key", "k".into()), ("bind_url", "http://h".into())]);
    assert_eq!((found.public, found.public_tls), (tcp("h", 443), true));
}

#[test]
fn the_public_host_comes_from_the_public_url() {
    let found = addresses(&[("public_url", "https://h.example:1/".into())]);
    assert_eq!(found.public_host, "https://h.example:1");
}
