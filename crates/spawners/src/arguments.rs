//! The command line of a single-user server.

use perijove_config::sections;

use crate::error::SpawnError;

/// `Spawner.cmd` and `Spawner.args`, in one word behind `shell_cmd` if there is one.
///
/// # Errors
/// [`SpawnError::Config`] without a command.
pub fn arguments(options: &sections::Spawner, shell_cmd: &[String]) -> Result<Vec<String>, SpawnError> {
    let Some(cmd) = options.cmd.as_ref().filter(|cmd| !cmd.is_empty()) else {
        return Err(SpawnError::Config {
            option: "Spawner.cmd".to_owned(),
            problem: "there is no command to start\nhint: the default is ['jupyterhub-singleuser']"
                .to_owned(),
        });
    };
    let words: Vec<String> = cmd.iter().chain(&options.args).cloned().collect();
    if shell_cmd.is_empty() {
        return Ok(words);
    }
    Ok(shell_cmd.iter().cloned().chain([quoted_line(&words)]).collect())
}

/// The words as a shell would have to be given them.
pub(crate) fn quoted_line(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// Python's `shlex.quote`.
fn quoted(word: &str) -> String {
    let is_safe = |character: char| character.is_ascii_alphanumeric() || "@%+=:,./-_".contains(character);
    if !word.is_empty() && word.chars().all(is_safe) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\"'\"'"))
}

#[cfg(test)]
mod tests {
    use perijove_config::{Config, Section};

    use super::*;

    fn options() -> sections::Spawner {
        sections::Spawner::read(&Config::default().values(sections::Spawner::class())).unwrap()
    }

    #[test]
    fn the_shell_gets_one_word() {
        let mut options = options();
        assert_eq!(arguments(&options, &[]).unwrap(), ["jupyterhub-singleuser"]);
        options.args = vec!["--a=b c".to_owned(), "it's".to_owned(), String::new()];
        let shell = ["bash", "-l", "-c"].map(str::to_owned);
        assert_eq!(
            arguments(&options, &shell).unwrap(),
            ["bash", "-l", "-c", "jupyterhub-singleuser '--a=b c' 'it'\"'\"'s' ''"]
        );
    }

    #[test]
    fn no_command_is_an_error() {
        let mut options = options();
        options.cmd = None;
        assert!(matches!(arguments(&options, &[]), Err(SpawnError::Config { .. })));
    }
}
