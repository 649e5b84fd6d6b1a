//! Database URLs in all their forms.

use super::*;

fn server(url: &str) -> Server {
    match DatabaseUrl::parse(url).unwrap() {
        DatabaseUrl::Postgres(server) | DatabaseUrl::MySql(server) => server,
        other => panic!("{other}"),
    }
}

fn file(url: &str) -> PathBuf {
    match DatabaseUrl::parse(url).unwrap() {
        DatabaseUrl::SqliteFile(path) => path,
        other => panic!("{other}"),
    }
}

#[test]
fn sqlite_files() {
    assert_eq!(file("sqlite:///hub.sqlite"), PathBuf::from("hub.sqlite"));
    assert_eq!(file("sqlite:////srv/hub.sqlite"), PathBuf::from("/srv/hub.sqlite"));
    assert_eq!(file("sqlite+pysqlite:///a/b.db?timeout=5"), PathBuf::from("a/b.db"));
    assert_eq!(file("sqlite:///with%20blank.db"), PathBuf::from("with blank.db"));
    assert_eq!(file("plain.sqlite"), PathBuf::from("plain.sqlite"));
    assert_eq!(file("/srv/plain.sqlite"), PathBuf::from("/srv/plain.sqlite"));
}

#[test]
fn sqlite_in_memory() {
    for url in ["sqlite://", "sqlite:///", "sqlite:///:memory:", ":memory:"] {
        assert!(matches!(DatabaseUrl::parse(url), Ok(DatabaseUrl::Memory)), "{url}");
    }
}

#[test]
fn servers() {
    let found = server("postgresql+psycopg2://ada:p%40ss%2Fw%3Aord@db.example.org:5433/hub?sslmode=require");
    assert_eq!(found.user.as_deref(), Some("ada"));
    assert_eq!(secrecy::ExposeSecret::expose_secret(found.password.as_ref().unwrap()), "p@ss/w:ord");
    assert_eq!((found.host.as_deref(), found.port), (Some("db.example.org"), Some(5433)));
    assert_eq!(found.database.as_deref(), Some("hub"));
    assert_eq!(found.query, [("sslmode".to_owned(), "require".to_owned())]);
    assert_eq!(found.postgres().unwrap().get_host(), "db.example.org");

    let found =
        server("mysql+mysqlconnector://jh@[::1]:3307/hub?charset=utf8mb4&unix_socket=/run/my%20sql.sock");
    assert_eq!((found.host.as_deref(), found.port), (Some("::1"), Some(3307)));
    assert_eq!(found.mysql().unwrap().get_socket().unwrap().to_str(), Some("/run/my sql.sock"));

    let found = server("postgresql:///hub?host=/run/postgresql");
    assert_eq!((found.host.as_deref(), found.user.as_deref()), (None, None));
    assert_eq!(found.postgres().unwrap().get_socket().unwrap().to_str(), Some("/run/postgresql"));

    let found = server("mysql://jh:a?b/c@localhost/hub");
    assert_eq!(secrecy::ExposeSecret::expose_secret(found.password.as_ref().unwrap()), "a?b/c");
    assert_eq!(found.database.as_deref(), Some("hub"));
}

#[test]
fn refusals() {
    let refused = |url: &str| DatabaseUrl::parse(url).unwrap_err();
    assert_eq!(refused("oracle://u:secret@h/d"), UrlError::Unsupported("oracle".to_owned()));
    assert_eq!(refused("sqlite://hub.sqlite"), UrlError::SqliteHost);
    assert_eq!(refused("postgresql://u:p@h:x/d"), UrlError::Port);
    assert!(matches!(refused("sqlite:///file:hub?mode=ro&uri=true"), UrlError::Option { .. }));
    assert!(server("postgresql://h/d?host=a:1&host=b:2").postgres().is_err());
    assert!(server("mysql://h/d?read_default_file=/etc/my.cnf").mysql().is_err());
}

#[test]
fn passwords_are_not_shown() {
    for url in
        ["postgresql://u:s3cret@h/d?password=s3cret", "mysql://u:s3cret@h:3306/d", "mysql://:s3cret@h/d"]
    {
        let parsed = DatabaseUrl::parse(url).unwrap();
        assert!(!parsed.to_string().contains("s3cret"), "{parsed}");
    }
    assert_eq!(
        DatabaseUrl::parse("postgresql://u:s3cret@h:5432/d").unwrap().to_string(),
        "postgresql://u:[redacted]@h:5432/d"
    );
    let error = DatabaseUrl::parse("postgresql://u:s3cret@h:12:34/d").unwrap_err().to_string();
    assert!(!error.contains("s3cret"), "{error}");
}
