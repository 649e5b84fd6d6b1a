//! The layers of the workspace, held over `cargo metadata`: lower crates never import upper ones, and a few
//! dependencies belong to one crate each. The table is the one in `ARCHITECTURE.md`.

#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Each crate's level. A crate may import crates of its own level and of those below.
const LEVELS: &[(&str, u8)] = &[
    ("perijove-model", 0),
    ("perijove-crypto", 0),
    ("perijove-store", 1),
    ("perijove-sys", 1),
    ("perijove-certificates", 1),
    ("perijove-python", 1),
    ("perijove-config", 1),
    ("perijove-authenticators", 2),
    ("perijove-spawners", 2),
    ("perijove-proxy", 2),
    ("perijove-oauth", 2),
    ("perijove-core", 3),
    ("perijove-web", 4),
    ("perijove-http", 4),
    ("perijove", 5),
];

/// For tests and generators; nothing of the product imports them.
const TOOLS: &[&str] = &["perijove-testkit", "xtask"];

/// Dependencies that only some crates may have, and those crates.
const RESERVED: &[(&str, &[&str])] = &[
    ("axum", &["perijove-http"]),
    ("tower-http", &["perijove-http"]),
    ("sqlx", &["perijove-store"]),
    ("rusqlite", &["perijove-store"]),
    ("sea-orm", &["perijove-store"]),
    ("libloading", &["perijove-sys"]),
    ("libc", &["perijove-sys"]),
    ("anyhow", &["perijove"]),
];

/// The proxy can be had without the hub, so none of ours may get in.
const ALONE: &[&str] = &["perijove-proxy", "perijove-model"];

struct Dependency {
    name: String,
    for_tests: bool,
}

struct Package {
    name: String,
    folder: PathBuf,
    dependencies: Vec<Dependency>,
}

fn workspace() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata.get("packages").unwrap().as_array().unwrap().iter().map(package).collect()
}

fn package(found: &Value) -> Package {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let dependency =
        |value: &Value| Dependency { name: text(&value["name"]), for_tests: value["kind"] == "dev" };
    Package {
        name: text(&found["name"]),
        folder: Path::new(&text(&found["manifest_path"])).parent().unwrap().to_owned(),
        dependencies: found["dependencies"].as_array().unwrap().iter().map(dependency).collect(),
    }
}

fn level(name: &str) -> Option<u8> {
    LEVELS.iter().find(|(known, _)| *known == name).map(|(_, level)| *level)
}

/// Every Rust file below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn every_crate_has_a_level() {
    let present: BTreeSet<String> = workspace().into_iter().map(|package| package.name).collect();
    let known: BTreeSet<String> =
        LEVELS.iter().map(|(name, _)| *name).chain(TOOLS.iter().copied()).map(str::to_owned).collect();
    assert_eq!(present, known);
}

#[test]
fn lower_crates_import_no_upper_ones() {
    let mut problems = Vec::new();
    for package in workspace() {
        let Some(own) = level(&package.name) else { continue };
        for dependency in &package.dependencies {
            let is_tool = TOOLS.contains(&dependency.name.as_str());
            if is_tool && !dependency.for_tests {
                problems.push(format!("{} imports {}, which is for tests", package.name, dependency.name));
            }
            if level(&dependency.name).is_some_and(|other| other > own) {
                problems.push(format!("{} (level {own}) imports {}", package.name, dependency.name));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn some_crates_know_none_of_ours() {
    let mut problems = Vec::new();
    for package in workspace().iter().filter(|package| ALONE.contains(&package.name.as_str())) {
        let ours = package.dependencies.iter().filter(|dependency| level(&dependency.name).is_some());
        problems.extend(ours.map(|dependency| format!("{} imports {}", package.name, dependency.name)));
    }
    assert_none(&problems);
}

#[test]
fn some_dependencies_belong_to_one_crate() {
    let mut problems = Vec::new();
    for package in workspace() {
        for dependency in package.dependencies.iter().filter(|dependency| !dependency.for_tests) {
            let reserved = RESERVED.iter().find(|(name, _)| *name == dependency.name);
            if let Some((name, owners)) = reserved
                && !owners.contains(&package.name.as_str())
            {
                problems.push(format!("{} imports {name}, which is for {}", package.name, owners.join(", ")));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn every_crate_keeps_the_lints_and_only_sys_has_unsafe_code() {
    let mut problems = Vec::new();
    for package in workspace() {
        let manifest = std::fs::read_to_string(package.folder.join("Cargo.toml")).unwrap();
        if !manifest.contains("[lints]\nworkspace = true") {
            problems.push(format!("{} does not take the lints of the workspace", package.name));
        }
        if package.name == "perijove-sys" {
            continue;
        }
        // The compiler refuses unsafe code where the lint is not lifted by name.
        let lifted = ["expect(unsafe_code", "allow(unsafe_code", "warn(unsafe_code"];
        for file in sources(&package.folder.join("src")) {
            let text = std::fs::read_to_string(&file).unwrap();
            if lifted.iter().any(|words| text.contains(words)) {
                problems.push(format!("{} lifts the lint against unsafe code", file.display()));
            }
        }
    }
    assert_none(&problems);
}
