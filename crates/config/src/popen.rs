//! `LocalProcessSpawner.popen_kwargs`: arguments of Python's `subprocess.Popen` that have a meaning here. Any other makes
//! Python run the class, since ignoring `user` or `preexec_fn` could start a server with more rights than intended.

use std::collections::BTreeMap;

use perijove_model::Value;

/// Python's number for "the null device".
const DEVNULL: i64 = -3;
/// Python's number for "where the standard output goes".
const STDOUT: i64 = -2;

/// What the arguments ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PopenOptions {
    /// Run the command by `/bin/sh -c`.
    pub shell: bool,
    /// Execute this file instead of the first word of the command.
    pub executable: Option<String>,
    /// File mode mask.
    pub umask: Option<u32>,
    /// Throw the output away.
    pub discard_output: bool,
}

impl PopenOptions {
    /// Reads the arguments.
    ///
    /// # Errors
    /// Which of them cannot be honoured, and what to do.
    pub fn read(arguments: &BTreeMap<String, Value>) -> Result<Self, String> {
        let mut options = Self::default();
        let (mut stdout, mut stderr) = (false, false);
        for (name, value) in arguments {
            let understood = match (name.as_str(), value) {
                // The default, or without effect on a process that has no pipes to us.
                (_, Value::None) | ("bufsize", _) => true,
                ("text" | "universal_newlines" | "encoding" | "errors" | "pipesize", _) => true,
                ("start_new_session" | "close_fds" | "restore_signals", value) => {
                    value.as_bool() == Some(true)
                }
                ("pass_fds", Value::List(items) | Value::Tuple(items)) => items.is_empty(),
                ("creationflags", value) => value.as_int() == Some(0),
                ("process_group", value) => value.as_int().is_some_and(|group| group < 0),
                // JupyterHub overwrites it as well.
                ("env", _) => true,
                // JupyterHub enters the home directory after it, so it decides nothing.
                ("cwd", Value::Str(_) | Value::Path(_)) => true,
                ("stdin", value) => value.as_int() == Some(DEVNULL),
                ("stdout", value) => {
                    stdout = value.as_int() == Some(DEVNULL);
                    stdout
                }
                ("stderr", value) => {
                    stderr = value.as_int() == Some(DEVNULL);
                    stderr || value.as_int() == Some(STDOUT)
                }
                ("shell", Value::Bool(shell)) => {
                    options.shell = *shell;
                    true
                }
                ("executable", Value::Str(file) | Value::Path(file)) => {
                    options.executable = Some(file.clone());
                    true
                }
                ("umask", Value::Int(-1)) => true,
                ("umask", Value::Int(mask)) => {
                    options.umask = u32::try_from(*mask).ok().filter(|mask| *mask <= 0o777);
                    options.umask.is_some()
                }
                _ => false,
            };
            if !understood {
                return Err(refusal(name, value));
            }
        }
        let stderr_follows = arguments.get("stderr").is_some_and(|value| value.as_int() == Some(STDOUT));
        if stdout != stderr && !(stdout && stderr_follows) {
            return Err("stdout and stderr go to the same place here; discard both or neither".to_owned());
        }
        options.discard_output = stdout;
        Ok(options)
    }
}

fn refusal(name: &str, value: &Value) -> String {
    format!(
        "{name} = {value} cannot be honoured\n\
         hint: Perijove acts on shell, executable, umask and, to discard the output, stdout and stderr; for anything \
         else start the server with a script of yours (Spawner.cmd)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[(&str, Value)]) -> Result<PopenOptions, String> {
        let arguments = arguments.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        PopenOptions::read(&arguments.collect())
    }

    #[test]
    fn honours_what_it_can() {
        let options = read(&[
            ("shell", Value::Bool(true)),
            ("executable", Value::Str("/bin/dash".into())),
            ("umask", Value::Int(0o027)),
            ("stdout", Value::Int(DEVNULL)),
            ("stderr", Value::Int(STDOUT)),
            ("start_new_session", Value::Bool(true)),
            ("preexec_fn", Value::None),
        ])
        .unwrap();
        assert_eq!(
            options,
            PopenOptions {
                shell: true,
                executable: Some("/bin/dash".into()),
                umask: Some(0o027),
                discard_output: true,
            }
        );
    }

    #[test]
    fn refuses_what_would_be_ignored() {
        for (name, value) in [
            ("user", Value::Str("nobody".into())),
            ("extra_groups", Value::List(vec![])),
            ("start_new_session", Value::Bool(false)),
            ("stdout", Value::Int(-1)),
            ("stdout", Value::Int(DEVNULL)),
            ("umask", Value::Int(0o7777)),
            ("pass_fds", Value::List(vec![Value::Int(3)])),
        ] {
            assert!(read(&[(name, value)]).is_err(), "{name}");
        }
    }
}
