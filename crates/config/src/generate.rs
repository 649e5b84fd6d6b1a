//! `--generate-config`: a configuration file with every option commented out.

use std::io;
use std::path::Path;

use crate::class::{ClassInfo, DefaultValue, TraitInfo};
use crate::error::ConfigError;
use crate::sections;
use crate::wrap::wrapped;

/// The text of the file.
pub fn config_file() -> String {
    let mut text =
        String::from("# Configuration file for jupyterhub and perijove.\n\nc = get_config()  # noqa\n");
    for class in sections::all() {
        text.push_str(&class_text(class));
    }
    text
}

/// Writes the file, after asking if it would overwrite one. Says whether it wrote.
///
/// # Errors
/// A directory that is not there, or a file that cannot be written.
pub fn write(
    path: &Path,
    overwrite: bool,
    ask: &mut dyn FnMut(&str) -> io::Result<bool>,
) -> Result<bool, ConfigError> {
    let failed = |source| ConfigError::Write { path: path.to_owned(), source };
    if path.exists() && !overwrite {
        let question = format!("Overwrite {} with the default configuration?", path.display());
        if !ask(&question).map_err(failed)? {
            return Ok(false);
        }
    }
    std::fs::write(path, config_file()).map_err(failed)?;
    Ok(true)
}

fn class_text(class: &'static ClassInfo) -> String {
    let line = format!("#{}\n", "-".repeat(78));
    let parent = class.parent.map(|parent| parent().name).unwrap_or_default();
    let mut text = format!("\n{line}# {}({parent}) configuration\n{line}", class.name);
    text.push_str(&wrapped(class.help, 90, "## "));
    text.push('\n');
    let mut traits: Vec<_> = class.traits.iter().collect();
    traits.sort_by_key(|info| info.name);
    for info in traits {
        text.push_str(&trait_text(class, info));
    }
    text
}

fn trait_text(class: &'static ClassInfo, info: &TraitInfo) -> String {
    let mut text = format!("\n{}\n", wrapped(class.trait_help(info.name), 90, "## "));
    if let Some(remark) = info.status.remark() {
        text.push_str(&format!("{}\n", wrapped(&format!("In Perijove: {remark}"), 90, "#  ")));
    }
    text.push_str(&format!("#  Default: {}\n", info.default.describe()));
    let example = match info.default {
        DefaultValue::Computed(..) | DefaultValue::Late(_) => "None".to_owned(),
        constant => constant.describe(),
    };
    text.push_str(&format!("# c.{}.{} = {example}\n", class.name, info.name));
    text
}

#[cfg(test)]
mod tests {
    use super::{config_file, write};

    #[test]
    fn every_line_is_a_comment_but_one() {
        let text = config_file();
        let code: Vec<_> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        assert_eq!(code, ["c = get_config()  # noqa"]);
        assert!(text.contains("# c.JupyterHub.port = 8000\n"));
    }

    #[test]
    fn asks_before_overwriting() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.py");
        assert!(write(&path, false, &mut |_| panic!()).unwrap());
        std::fs::write(&path, "mine").unwrap();
        assert!(!write(&path, false, &mut |_| Ok(false)).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
        assert!(write(&path, true, &mut |_| panic!()).unwrap());
        assert!(write(&directory.path().join("no/x.py"), true, &mut |_| panic!()).is_err());
    }
}
