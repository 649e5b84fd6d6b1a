use std::fs;
use std::os::unix::fs::symlink;

use super::*;

fn executable(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A tree with a python3 in each place that the rules know, and the environment that points there.
struct Machine {
    root: tempfile::TempDir,
    env: Vec<(&'static str, OsString)>,
}

impl Machine {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for directory in ["usr", "venv/bin", "hub"] {
            executable(&root.path().join(directory).join("python3"), "");
        }
        Self { root, env: Vec::new() }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn search(mut self, directories: &[&str]) -> Self {
        let paths = directories.iter().map(|directory| self.path(directory));
        let joined = std::env::join_paths(paths).unwrap();
        self.env.push(("PATH", joined));
        self
    }

    fn set(mut self, name: &'static str, path: &str) -> Self {
        let value = self.path(path).into_os_string();
        self.env.push((name, value));
        self
    }

    fn discover(&self, option: Option<&str>) -> Result<Interpreter, WorkerError> {
        let env = |name: &str| self.env.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone());
        discover(option.map(Path::new), &env)
    }
}

fn chosen(machine: &Machine, option: Option<&str>) -> (PathBuf, Origin) {
    let found = machine.discover(option).unwrap();
    (found.path.strip_prefix(machine.root.path()).unwrap().to_owned(), found.origin)
}

#[test]
fn rules_apply_in_order() {
    let machine = Machine::new().search(&["hub", "usr"]);
    executable(&machine.path("hub/jupyterhub-singleuser"), "");
    assert_eq!(chosen(&machine, None), (PathBuf::from("hub/python3"), Origin::SingleUser));
    let machine = machine.set("VIRTUAL_ENV", "venv");
    assert_eq!(chosen(&machine, None), (PathBuf::from("venv/bin/python3"), Origin::VirtualEnvironment));
    let machine = machine.set("PERIJOVE_PYTHON", "usr/python3");
    assert_eq!(chosen(&machine, None), (PathBuf::from("usr/python3"), Origin::Environment));
    let option = machine.path("venv/bin/python3");
    let found = chosen(&machine, option.to_str());
    assert_eq!(found, (PathBuf::from("venv/bin/python3"), Origin::CommandLine));
    assert_eq!(chosen(&machine, Some("python3")), (PathBuf::from("hub/python3"), Origin::CommandLine));
}

#[test]
fn a_stale_virtual_environment_is_passed_over() {
    let machine = Machine::new().search(&["usr"]).set("VIRTUAL_ENV", "gone");
    assert_eq!(chosen(&machine, None), (PathBuf::from("usr/python3"), Origin::Path));
}

#[test]
fn single_user_servers_are_followed_through_links_and_first_lines() {
    let machine = Machine::new().search(&["links", "usr"]);
    executable(&machine.path("hub/jupyterhub-singleuser"), "");
    fs::create_dir(machine.path("links")).unwrap();
    symlink(machine.path("hub/jupyterhub-singleuser"), machine.path("links/jupyterhub-singleuser")).unwrap();
    assert_eq!(chosen(&machine, None).1, Origin::SingleUser);

    let machine = Machine::new().search(&["scripts", "usr"]);
    let first_line = format!("#!{}\nimport sys\n", machine.path("venv/bin/python3").display());
    executable(&machine.path("scripts/jupyterhub-singleuser"), &first_line);
    assert_eq!(chosen(&machine, None), (PathBuf::from("venv/bin/python3"), Origin::SingleUser));
}

#[test]
fn missing_interpreters_are_named_with_a_hint() {
    let machine = Machine::new().search(&["empty"]);
    let none = machine.discover(None).unwrap_err().to_string();
    assert!(none.contains("hint:"), "{none}");
    let bad = machine.discover(Some("/no/such/python")).unwrap_err().to_string();
    assert!(bad.contains("/no/such/python") && bad.contains("--python"), "{bad}");
}
