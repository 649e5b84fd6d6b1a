use super::{Command, CommandLine, LogFormat};
use crate::show;

fn parse(argv: &[&str]) -> Result<CommandLine, u8> {
    let argv: Vec<_> = argv.iter().map(|word| (*word).to_owned()).collect();
    CommandLine::parse(&argv).map_err(|error| error.exit_status())
}

fn shown(argv: &[&str]) -> String {
    show::json(&parse(argv).unwrap().tree).split_whitespace().collect()
}

#[test]
fn commands_come_first() {
    assert_eq!(parse(&["token", "ann"]).unwrap().command, Command::Token { user: Some("ann".to_owned()) });
    assert_eq!(parse(&["token", "-f", "x.py"]).unwrap().command, Command::Token { user: None });
    assert_eq!(parse(&["token", "a", "b"]).unwrap_err(), 1);
    assert_eq!(parse(&["upgrade-db"]).unwrap().command, Command::UpgradeDb);
    assert_eq!(parse(&["--port=1", "token"]).unwrap_err(), 1);
    let arguments = vec!["--ip".to_owned(), "x".to_owned()];
    assert_eq!(parse(&["proxy", "--ip", "x"]).unwrap().command, Command::Proxy(arguments));
    assert_eq!(parse(&["help"]).unwrap().command, Command::Help { all: false });
    assert_eq!(parse(&["--bad-word", "--help-all"]).unwrap().command, Command::Help { all: true });
    assert_eq!(parse(&["-V", "stray"]).unwrap().command, Command::Version);
    assert_eq!(parse(&["token", "--help"]).unwrap().command, Command::Help { all: false });
}

#[test]
fn our_own_options_are_no_traits() {
    let line = parse(&["--python=/usr/bin/python3", "--log-format", "json", "--allow-root"]).unwrap();
    assert!(line.tree.is_empty() && line.allow_root);
    assert_eq!(line.python.unwrap().to_str(), Some("/usr/bin/python3"));
    assert_eq!(line.log_format, LogFormat::Json);
    assert_eq!(parse(&["--log-format=xml"]).unwrap_err(), 1);
    assert_eq!(parse(&["--allow-root=1"]).unwrap_err(), 2);
}

#[test]
fn aliases_and_flags_become_traits() {
    assert_eq!(shown(&["--port=1", "--debug"]), r#"{"JupyterHub":{"log_level":10,"port":1}}"#);
    assert_eq!(shown(&["token", "--debug"]), r#"{"Application":{"log_level":10}}"#);
    assert_eq!(shown(&["--generate-conf"]), r#"{"JupyterHub":{"generate_config":true}}"#);
    assert_eq!(shown(&["-f/x.py"]), r#"{"JupyterHub":{"config_file":"/x.py"}}"#);
    assert_eq!(shown(&["--db", "x", "--no-db"]), r#"{"JupyterHub":{"db_url":"sqlite:///:memory:"}}"#);
}

#[test]
fn what_cannot_be_split_ends_with_two_and_what_cannot_be_used_with_one() {
    for argv in [&["--foo"][..], &["--debug=1"], &["--ip", "-x"], &["-y"], &["--a-b=1"], &["--show-conf"]] {
        assert_eq!(parse(argv).unwrap_err(), 2, "{argv:?}");
    }
    for argv in [&["stray"][..], &["--", "-x"], &["--port=1", "--port=2"], &["--Foo=1"], &["-"]] {
        assert_eq!(parse(argv).unwrap_err(), 1, "{argv:?}");
    }
}

#[test]
fn an_unknown_alias_is_a_warning() {
    let line = parse(&["-x", "foo"]).unwrap();
    assert_eq!(line.warnings.len(), 1);
    assert!(line.warnings[0].to_string().contains("unrecognized option x"));
}
