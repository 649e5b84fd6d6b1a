//! Beside certipy itself: either goes on with what the other has made. Needs `PERIJOVE_TEST_PYTHON`.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use chrono::{TimeDelta, Utc};
use perijove_certificates::{AltName, CertificateError, CertificateStore, ExternalAuthority};

const TRUST: [(&str, &[&str]); 2] = [("hub-ca", &["hub-ca", "notebooks-ca"]), ("notebooks-ca", &["hub-ca"])];

/// Runs Python with certipy on the folder; returns what it printed.
fn python(folder: &Path, script: &str) -> Option<String> {
    let Some(python) = std::env::var_os("PERIJOVE_TEST_PYTHON") else {
        eprintln!("SKIPPED: set PERIJOVE_TEST_PYTHON to an interpreter that has jupyterhub 6.1.1");
        return None;
    };
    let script =
        format!("import sys\nfrom certipy import Certipy\nstore = Certipy(store_dir=sys.argv[1])\n{script}");
    let done = Command::new(python).arg("-c").arg(script).arg(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(String::from_utf8(done.stdout).unwrap())
}

fn filled(folder: &Path) -> CertificateStore {
    let mut store = CertificateStore::open(folder, false).unwrap();
    for (name, _) in TRUST {
        store.ensure_authority(name, Utc::now()).unwrap();
    }
    for (name, trusted) in TRUST {
        store.trust(name, trusted).unwrap();
    }
    store
}

/// Python's TLS: a server with the first pair is reached by a client with the second, each trusting its own file.
const HANDSHAKE: &str = r#"
import socket, ssl, threading
def context(purpose, key, cert, ca):
    made = ssl.create_default_context(purpose, cafile=ca)
    made.verify_mode = ssl.CERT_REQUIRED
    made.verify_flags |= ssl.VERIFY_X509_STRICT
    made.load_cert_chain(cert, key)
    return made
server = context(ssl.Purpose.CLIENT_AUTH, *sys.argv[2:5])
listener = socket.create_server(("127.0.0.1", 0))
def serve():
    with server.wrap_socket(listener.accept()[0], server_side=True) as stream:
        stream.sendall(stream.recv(100).upper())
thread = threading.Thread(target=serve)
thread.start()
client = context(ssl.Purpose.SERVER_AUTH, *sys.argv[5:8])
with client.wrap_socket(socket.create_connection(listener.getsockname()), server_hostname="localhost") as stream:
    stream.sendall(b"hello")
    print(stream.recv(100).decode())
thread.join()
"#;

fn handshake(of_server: [&Path; 3], of_client: [&Path; 3]) -> Option<String> {
    let python = std::env::var_os("PERIJOVE_TEST_PYTHON")?;
    let mut command = Command::new(python);
    command.arg("-c").arg(format!("import sys\n{HANDSHAKE}")).arg("-").args(of_server).args(of_client);
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(String::from_utf8(done.stdout).unwrap())
}

#[test]
fn certipy_signs_with_our_authorities() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let script = "print(store.create_signed_pair('user-ada', 'notebooks-ca', alt_names=['DNS:localhost', 'IP:127.0.0.1'], overwrite=True)['files']['cert'])";
    let Some(made) = python(folder.path(), script) else { return };
    let theirs = Path::new(made.trim());
    let hub = store.issue("hub-internal", "hub-ca", &AltName::local(), Utc::now()).unwrap();
    let server = [&theirs.with_extension("key"), theirs, &store.trust_file("notebooks-ca")];
    let client = [hub.key.as_path(), &hub.certificate, &store.trust_file("hub-ca")];
    assert_eq!(handshake(server, client).unwrap().trim(), "HELLO");
}

#[test]
fn we_sign_with_certipys_authorities() {
    let folder = tempfile::tempdir().unwrap();
    let script = "print(store.trust_from_graph({'hub-ca': ['hub-ca', 'notebooks-ca'], 'notebooks-ca': ['hub-ca']})['hub-ca'])\n\
                  store.create_signed_pair('hub-internal', 'hub-ca', alt_names=['DNS:localhost'])";
    if python(folder.path(), script).is_none() {
        return;
    }
    let mut store = CertificateStore::open(folder.path(), false).unwrap();
    let before = fs::read(folder.path().join("hub-internal/hub-internal.crt")).unwrap();
    let hub = store.kept("hub-internal", "hub-ca", &AltName::local(), Utc::now()).unwrap();
    assert_eq!(fs::read(&hub.certificate).unwrap(), before, "what is good is kept");
    let ada = store.issue("user-ada", "notebooks-ca", &AltName::local(), Utc::now()).unwrap();
    for (name, trusted) in TRUST {
        store.trust(name, trusted).unwrap();
    }
    let server = [ada.key.as_path(), &ada.certificate, &store.trust_file("notebooks-ca")];
    let client = [hub.key.as_path(), &hub.certificate, &store.trust_file("hub-ca")];
    assert_eq!(handshake(server, client).unwrap().trim(), "HELLO");
    // And back.
    assert_eq!(
        python(folder.path(), "print(sorted(store.store.store))").unwrap().trim(),
        "['hub-ca', 'hub-internal', 'notebooks-ca']"
    );
}

#[test]
fn certificates_are_made_anew_before_they_end_and_keys_are_the_hubs_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = filled(folder.path());
    let now = Utc::now();
    let first = store.kept("hub-internal", "hub-ca", &AltName::local(), now).unwrap();
    let text = fs::read_to_string(&first.certificate).unwrap();
    assert_eq!(
        store.kept("hub-internal", "hub-ca", &AltName::local(), now + TimeDelta::days(365)).unwrap(),
        first
    );
    assert_eq!(fs::read_to_string(&first.certificate).unwrap(), text);
    store.kept("hub-internal", "hub-ca", &AltName::local(), now + TimeDelta::days(5 * 365 - 10)).unwrap();
    assert_ne!(fs::read_to_string(&first.certificate).unwrap(), text);
    assert_eq!(fs::metadata(&first.key).unwrap().permissions().mode() & 0o777, 0o600);
    let again = CertificateStore::open(folder.path(), true).unwrap();
    assert!(again.issue("x", "hub-ca", &[], now).is_err(), "nothing is left");
}

#[test]
fn what_is_wrong_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = filled(folder.path());
    let certificate = folder.path().join("hub-ca/hub-ca.crt");
    store.add_external("outer", &ExternalAuthority { certificate, ..ExternalAuthority::default() }).unwrap();
    let refused = store.issue("x", "outer", &[], Utc::now()).unwrap_err();
    assert!(refused.to_string().contains("private key is not known"), "{refused}");
    store.trust("hub-ca", &["hub-ca", "outer"]).unwrap();
    fs::write(folder.path().join("certipy.json"), "[]").unwrap();
    assert!(matches!(CertificateStore::open(folder.path(), false), Err(CertificateError::Index { .. })));
}
