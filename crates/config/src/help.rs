//! `--help` and `--help-all`.

use crate::class::{ClassInfo, TraitInfo};
use crate::command_line::options::{ALIASES, FLAGS, OWN};
use crate::sections;
use crate::wrap::wrapped;

const INTRODUCTION: &str = "\
Perijove: a multi-user server for Jupyter notebooks, compatible with JupyterHub.

Usage: perijove [options]
       perijove token [options] [user]
       perijove upgrade-db [options]
       perijove proxy [options of configurable-http-proxy]

Without a command it runs the hub, configured by jupyterhub_config.py and perijove.toml in the
working directory.

Commands
  token       print a new API token for a user (by default whoever runs the command)
  upgrade-db  bring the database up to date
  proxy       run a proxy of its own, with the options of configurable-http-proxy
";

const EXAMPLES: &str = "\
Examples
  perijove -f /etc/jupyterhub/jupyterhub_config.py
  perijove --generate-config
  perijove --ip=10.0.1.2 --port=443 --ssl-key=hub.key --ssl-cert=hub.crt
  perijove --JupyterHub.authenticator_class=dummy --Spawner.args=--debug --Spawner.environment A=1
";

/// The help text; `all` adds every option of every class.
pub fn text(all: bool) -> String {
    let mut text = String::from(INTRODUCTION);
    text.push_str("\nOptions\n");
    for option in OWN {
        let value = option.value.map(|value| format!("={value}")).unwrap_or_default();
        text.push_str(&entry(&format!("--{}{value}", option.name), option.help));
    }
    for flag in FLAGS {
        text.push_str(&entry(&format!("--{}", flag.name), flag.help));
    }
    for alias in ALIASES {
        text.push_str(&alias_entry(alias.name, alias.target));
    }
    text.push_str(
        "\nEvery option of the configuration can be given as --Class.option=value; several values of a\n\
         list, or key=value entries of a dictionary, by repeating it.\n",
    );
    if all {
        for class in sections::all() {
            text.push_str(&class_text(class));
        }
    } else {
        text.push_str("--help-all lists them.\n");
    }
    text.push('\n');
    text.push_str(EXAMPLES);
    text
}

fn alias_entry(name: &str, target: &str) -> String {
    let dashes = if name.len() == 1 { "-" } else { "--" };
    let help = target
        .split_once('.')
        .and_then(|(class, name)| sections::find(class).map(|class| class.trait_help(name)))
        .unwrap_or_default();
    entry(&format!("{dashes}{name}=<{target}>"), help)
}

fn class_text(class: &'static ClassInfo) -> String {
    let parent = class.parent.map(|parent| format!(" (extends {})", parent().name)).unwrap_or_default();
    let title = format!("{}{parent}", class.name);
    let mut text = format!("\n{title}\n{}\n{}\n", "-".repeat(title.len()), wrapped(class.help, 80, ""));
    for info in class.all_traits() {
        text.push_str(&trait_text(class, info));
    }
    text
}

fn trait_text(class: &'static ClassInfo, info: &TraitInfo) -> String {
    let mut help = format!("{}\n\nTakes {}.", class.trait_help(info.name).trim(), info.kind.describe());
    help.push_str(&format!(" Default: {}.", info.default.describe()));
    if let Some(remark) = info.status.remark(class) {
        help.push_str(&format!(" {remark}"));
    }
    entry(&format!("--{}.{}", class.name, info.name), &help)
}

fn entry(name: &str, help: &str) -> String {
    format!("  {name}\n{}\n", wrapped(help, 80, "      "))
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn help_lists_flags_and_classes() {
        let short = text(false);
        assert!(short.contains("  --no-db\n") && short.contains("  -f=<JupyterHub.config_file>\n"));
        assert!(!short.contains("--Spawner.mem_limit\n"));
        let long = text(true);
        assert!(long.contains("  --SimpleLocalProcessSpawner.mem_limit\n"));
        assert!(long.lines().all(|line| line.len() <= 100), "lines fit a terminal");
    }
}
