//! `--generate-config`: a configuration file with every option commented out.

use std::io;
use std::path::Path;

use crate::class::{ClassInfo, DefaultValue, TraitInfo};
use crate::config::Config;
use crate::error::ConfigError;
use crate::kind::Kind;
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
    if let Some(remark) = info.status.remark(class) {
        text.push_str(&format!("{}\n", wrapped(&format!("In Perijove: {remark}"), 90, "#  ")));
    }
    text.push_str(&format!("#  Default: {}\n", info.default.describe()));
    text.push_str(&format!("# c.{}.{} = {}\n", class.name, info.name, example(class, info)));
    text
}

/// A value that may stand there without the comment sign: what the default is when nothing else is set.
fn example(class: &'static ClassInfo, info: &TraitInfo) -> String {
    match (info.default, info.kind) {
        (DefaultValue::Computed(_, compute), _) => {
            let value = compute(&Config::default().values(class));
            value.map_or_else(|_| "None".to_owned(), |value| value.repr())
        }
        (DefaultValue::Late(_), Kind::Unicode) => "''".to_owned(),
        (DefaultValue::Late(_), Kind::List(_)) => "[]".to_owned(),
        (DefaultValue::Late(_), Kind::Int) => "1".to_owned(),
        (DefaultValue::Late(_), Kind::Union(kinds))
            if kinds.iter().any(|kind| matches!(kind, Kind::List(_))) =>
        {
            "[]".to_owned()
        }
        (constant, _) => constant.describe(),
    }
}

#[cfg(test)]
mod tests {
    use perijove_model::value::Value;

    use super::{config_file, example, write};
    use crate::command_line::literal::literal_eval;
    use crate::sections;

    #[test]
    fn every_line_is_a_comment_but_one() {
        let text = config_file();
        let code: Vec<_> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        assert_eq!(code, ["c = get_config()  # noqa"]);
        assert!(text.contains("# c.JupyterHub.port = 8000\n"));
        assert!(text.contains("# c.JupyterHub.bind_url = 'http://:8000'\n"));
        assert!(text.contains("# c.DummyAuthenticator.allow_all = True\n"));
    }

    /// Whoever takes the comment signs away gets a configuration that has the right types.
    #[test]
    fn every_example_fits_its_option() {
        for class in sections::all() {
            for info in class.traits {
                let example = example(class, info);
                let fits = match literal_eval(&example) {
                    Ok(value) => info.kind.accept(value).is_some(),
                    Err(_) => example == "set()",
                };
                let unset =
                    info.name == "proxy_cmd" || example == "None" && info.kind.accept(Value::None).is_some();
                assert!(fits || unset, "{}.{} = {example}", class.name, info.name);
            }
        }
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
