//! Generators that keep derived files in step with the code.
//!
//! `cargo run -p xtask -- configuration-reference` writes `docs/configuration-reference.md`; with
//! `--check` it only says whether the page is up to date.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["configuration-reference"] => configuration_reference(false),
        ["configuration-reference", "--check"] => configuration_reference(true),
        _ => Err("usage: cargo run -p xtask -- configuration-reference [--check]".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn configuration_reference(check: bool) -> Result<(), String> {
    up_to_date("docs/configuration-reference.md", &perijove_config::reference::markdown(), check)
}

/// Writes a generated file below the top of the repository, or compares it.
fn up_to_date(name: &str, text: &str, check: bool) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    if std::fs::read_to_string(&path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    if check {
        return Err(format!(
            "{name} is not up to date\nhint: run `cargo run -p xtask -- configuration-reference`"
        ));
    }
    std::fs::write(&path, text).map_err(|error| format!("cannot write {name}: {error}"))
}
