//! An option that says it acts must be read by something.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use perijove_config::class::{ClassInfo, Status};
use perijove_config::sections;

/// Sources of the program: everything but the declarations of the options, and but tests.
fn sources() -> Vec<String> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut texts = Vec::new();
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(crates).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| !folder.ends_with("testkit") && !folder.ends_with("xtask"));
    let mut folders: Vec<PathBuf> = folders.into_iter().map(|folder| folder.join("src")).collect();
    while let Some(folder) = folders.pop() {
        if folder.ends_with("config/src/sections") || folder.ends_with("tests") {
            continue;
        }
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !path.ends_with("tests.rs")
            {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                texts.push(code.to_owned());
            }
        }
    }
    texts
}

/// Whether the code reads a field of this name, or names the option in quotes.
fn reads(code: &str, name: &str) -> bool {
    let field = format!(".{name}");
    let quoted = format!("\"{name}\"");
    let ends = |at: usize| {
        let rest = code.get(at + field.len()..).unwrap_or_default();
        !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_' || next == '(')
    };
    code.contains(&quoted) || code.match_indices(&field).any(|(at, _)| ends(at))
}

fn acts(status: Status) -> bool {
    matches!(status, Status::Honoured | Status::HonouredPlain | Status::HonouredPopen | Status::Partly(_))
}

fn unread(class: &'static ClassInfo, sources: &[String]) -> Vec<String> {
    let named = class.traits.iter().filter(|info| acts(info.status)).map(|info| info.name);
    let unread = named.filter(|name| !sources.iter().any(|code| reads(code, name)));
    unread.map(|name| format!("{}.{name}", class.name)).collect()
}

#[test]
fn honoured_options_are_read() {
    let sources = sources();
    let unread: Vec<_> = sections::all().into_iter().flat_map(|class| unread(class, &sources)).collect();
    assert!(unread.is_empty(), "nothing reads these, so that they must not be called honoured: {unread:?}");
}

#[test]
fn the_search_would_find_one_that_is_not_read() {
    let code = "let a = hub.port_range; hub.port(); let b = \"ports\";";
    assert!(!reads(code, "port"));
    assert!(reads("settings.port,", "port") && reads("values.get(\"port\")", "port"));
}
