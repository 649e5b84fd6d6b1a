//! Tests of the TLS options.

use super::*;

fn files(folder: &Path) -> ServerTls {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    ServerTls { key: folder.join("key.pem"), cert: folder.join("cert.pem"), ..ServerTls::default() }
}

#[test]
fn files_that_are_wrong_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = files(folder.path());
    assert!(good.acceptor().is_ok());
    let missing = ServerTls { cert: folder.path().join("none.pem"), ..good.clone() };
    assert!(missing.acceptor().err().unwrap().to_string().contains("none.pem"));
    let swapped = ServerTls { cert: good.key.clone(), ..good.clone() };
    assert!(swapped.acceptor().err().unwrap().to_string().contains("no certificate"));
    let empty = ServerTls { key: good.cert.clone(), ..good };
    assert!(empty.acceptor().is_err());
}

#[test]
fn protocols_and_ciphers_go_by_openssls_names() {
    let folder = tempfile::tempdir().unwrap();
    let good = files(folder.path());
    let with = |protocol: &str, ciphers: Option<&str>| ServerTls {
        protocol: Some(protocol.to_owned()),
        ciphers: ciphers.map(str::to_owned),
        ..good.clone()
    };
    assert!(with("TLSv1_2", None).acceptor().is_ok());
    assert!(with("SSLv3", None).acceptor().is_err());
    let chosen = with("TLS", Some("ECDHE-RSA-AES256-GCM-SHA384:HIGH:!RC4")).provider().unwrap();
    let tls12: Vec<String> = chosen
        .cipher_suites
        .iter()
        .map(|suite| format!("{:?}", suite.suite()))
        .filter(|name| !name.starts_with("TLS13"))
        .collect();
    assert_eq!(tls12, ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]);
    assert!(with("TLSv1_2", Some("RC4")).acceptor().is_err());
}

#[test]
fn encrypted_keys_open_with_their_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let plain = files(folder.path());
    let pem = std::fs::read_to_string(&plain.key).unwrap();
    let (_, document) = SecretDocument::from_pem(&pem).unwrap();
    let key = pkcs8::PrivateKeyInfo::try_from(document.as_bytes()).unwrap();
    let parameters =
        pkcs8::pkcs5::pbes2::Parameters::pbkdf2_sha256_aes256cbc(10, b"saltsalt", &[7; 16]).unwrap();
    let encrypted = key.encrypt_with_params(parameters, "open").unwrap();
    let pem = encrypted.to_pem("ENCRYPTED PRIVATE KEY", pkcs8::LineEnding::LF).unwrap();
    std::fs::write(&plain.key, pem.as_bytes()).unwrap();

    let with = |passphrase: Option<&str>| ServerTls {
        passphrase: passphrase.map(|text| SecretString::from(text.to_owned())),
        ..plain.clone()
    };
    assert!(with(Some("open")).acceptor().is_ok());
    assert!(with(Some("shut")).acceptor().err().unwrap().to_string().contains("does not open"));
    assert!(with(None).acceptor().err().unwrap().to_string().contains("no passphrase"));
}
