//! Puts a configuration together: defaults, files, command line.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use perijove_model::value::Value;
use perijove_python::{Evaluation, Interpreter, Worker, WorkerOptions, interpreter};

use crate::check::{self, Classes, FORCE_PYTHON};
use crate::command_line::{Command, CommandLine, LogFormat};
use crate::config::Config;
use crate::deprecated;
use crate::error::{ConfigError, Place};
use crate::file;
use crate::origin::Origin;
use crate::section::Section;
use crate::sections::{Application, JupyterHub};
use crate::tree::{Entry, Raw, Tree};
use crate::warning::Warning;

/// The configuration file of our own that is read beside the default one.
const OWN_FILE: &str = "perijove.toml";

/// Where a configuration comes from.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// The command line without the name of the program.
    pub argv: Vec<String>,
    /// The directory that relative paths start from.
    pub cwd: PathBuf,
    /// The environment.
    pub env: Vec<(OsString, OsString)>,
}

/// What the program should do, now that the configuration is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Run the hub.
    Run,
    /// Print the configuration for people.
    ShowConfig,
    /// Print the configuration as JSON.
    ShowConfigJson,
    /// Write a configuration file with every option commented out.
    GenerateConfig {
        /// Where to.
        path: PathBuf,
        /// Do not ask before overwriting.
        overwrite: bool,
    },
    /// Make the certificates of `internal_ssl`.
    GenerateCerts,
    /// Make a token for this person, or for whoever runs the program.
    Token {
        /// The name, if one was given.
        user: Option<String>,
    },
    /// Bring the database up to date.
    UpgradeDb,
    /// Run a proxy with the command line of configurable-http-proxy; no configuration was read.
    Proxy(Vec<String>),
    /// Print help; no configuration was read.
    Help {
        /// Every option of every class.
        all: bool,
    },
    /// Print the version; no configuration was read.
    Version,
}

/// A configuration and what came with it.
pub struct Loaded {
    /// What to do.
    pub action: Action,
    /// The merged configuration.
    pub config: Config,
    /// The same as it was set, before deprecated names took effect elsewhere: what is shown.
    pub shown: Tree,
    /// The classes in use.
    pub classes: Option<Classes>,
    /// What should be logged.
    pub warnings: Vec<Warning>,
    /// Traits whose values hold functions, classes or objects of Python.
    pub handles: Vec<Place>,
    /// Every file that was read, in the order of reading.
    pub files: Vec<PathBuf>,
    /// `--log-format`
    pub log_format: LogFormat,
    /// `--allow-root`
    pub allow_root: bool,
    /// `--python`
    pub python: Option<PathBuf>,
    /// The interpreter that read the configuration, if one was needed.
    pub interpreter: Option<Interpreter>,
    /// What the Python file left behind: environment, umask, working directory.
    pub evaluation: Option<Evaluation>,
    /// The process that holds what is not plain; `None` if everything is.
    pub worker: Option<Worker>,
}

impl LoadOptions {
    /// A variable of the environment; the last of several counts.
    fn variable(&self, name: &str) -> Option<&OsString> {
        self.env.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The same as text; empty if it is not there.
    fn text_variable(&self, name: &str) -> String {
        self.variable(name).map(|value| value.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

/// What the files say.
#[derive(Default)]
struct Files {
    tree: Tree,
    read: Vec<PathBuf>,
    warnings: Vec<Warning>,
    interpreter: Option<Interpreter>,
    evaluation: Option<Evaluation>,
    worker: Option<Worker>,
}

impl Config {
    /// Reads command line and files, checks everything, and says what to do.
    ///
    /// Needs a Tokio runtime that lives as long as the worker.
    ///
    /// # Errors
    /// Whatever makes JupyterHub end at this point, and set traits that must not be ignored but do
    /// nothing yet. Several are reported together as [`ConfigError::Several`].
    pub async fn load(options: LoadOptions) -> Result<Loaded, ConfigError> {
        let line = CommandLine::parse(&options.argv)?;
        if let Some(action) = early_action(&line, &options)? {
            return Ok(Loaded::without_files(action, line));
        }
        let mut files = Files::load(&line, &options).await?;
        let mut tree = std::mem::take(&mut files.tree);
        tree.merge(line.tree.clone());
        let mut warnings = line.warnings.clone();
        warnings.append(&mut files.warnings);
        warnings.extend(merge_old_application(&mut tree));
        let mut config = Self::from_tree(tree);
        warnings.extend(deprecated::move_to_proxy(&mut config)?);
        let shown = config.tree().clone();
        let mut classes = Classes::of(&config)?;
        classes.force_python(&options.text_variable(FORCE_PYTHON))?;
        classes.mind_patches(files.evaluation.as_ref().map_or(&[], |evaluation| &evaluation.patched));
        let authenticator = &classes.authenticator;
        let section = authenticator.class.class_name();
        warnings.extend(deprecated::move_admin_users(&mut config, authenticator.info, section)?);
        let action = late_action(&line.command, &config)?;
        let findings = check::check(&config, &mut classes)?;
        warnings.extend(findings.warnings);
        let showing = matches!(action, Action::ShowConfig | Action::ShowConfigJson);
        let errors = findings.errors.into_iter().filter(|error| !(showing && error.is_not_yet()));
        ConfigError::all(errors.collect())?;
        let runs = matches!(action, Action::Run | Action::Token { .. });
        // Handlers may be named by import strings, which are plain.
        let plugins = classes.need_python() || !config.section::<JupyterHub>()?.extra_handlers.is_empty();
        files.keep_worker(runs && plugins, !findings.handles.is_empty(), &line, &options).await?;
        Ok(Loaded {
            action,
            config,
            shown,
            classes: Some(classes),
            warnings,
            handles: findings.handles,
            files: files.read,
            log_format: line.log_format,
            allow_root: line.allow_root,
            python: line.python,
            interpreter: files.interpreter,
            evaluation: files.evaluation,
            worker: files.worker,
        })
    }
}

/// Without the values, since some are secrets.
impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded")
            .field("action", &self.action)
            .field("warnings", &self.warnings)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

impl Loaded {
    fn without_files(action: Action, line: CommandLine) -> Self {
        Self {
            action,
            config: Config::from_tree(line.tree.clone()),
            shown: line.tree,
            classes: None,
            warnings: line.warnings,
            handles: Vec::new(),
            files: Vec::new(),
            log_format: line.log_format,
            allow_root: line.allow_root,
            python: line.python,
            interpreter: None,
            evaluation: None,
            worker: None,
        }
    }
}

/// What can be done without reading files.
fn early_action(line: &CommandLine, options: &LoadOptions) -> Result<Option<Action>, ConfigError> {
    Ok(match &line.command {
        Command::Help { all } => Some(Action::Help { all: *all }),
        Command::Version => Some(Action::Version),
        Command::Proxy(arguments) => Some(Action::Proxy(arguments.clone())),
        Command::Token { .. } | Command::UpgradeDb => None,
        Command::Hub => {
            let hub: JupyterHub = Config::from_tree(line.tree.clone()).section()?;
            hub.generate_config.then(|| Action::GenerateConfig {
                path: options.cwd.join(&hub.config_file),
                overwrite: hub.answer_yes,
            })
        }
    })
}

fn late_action(command: &Command, config: &Config) -> Result<Action, ConfigError> {
    let shows: Application = config.section::<JupyterHub>()?.base;
    Ok(match command {
        Command::Token { user } => Action::Token { user: user.clone() },
        Command::UpgradeDb => Action::UpgradeDb,
        _ if shows.show_config_json => Action::ShowConfigJson,
        _ if shows.show_config => Action::ShowConfig,
        _ if config.values(JupyterHub::class()).get("generate_certs")? => Action::GenerateCerts,
        _ => Action::Run,
    })
}

/// `c.JupyterHubApp` is an old name of the hub's section, which it overrides.
fn merge_old_application(tree: &mut Tree) -> Option<Warning> {
    let old = tree.sections.get("JupyterHubApp")?.clone();
    let origin = old.entries.values().next().map_or(Origin::Default, |entry| entry.origin.clone());
    tree.section_mut("JupyterHub").merge(old);
    Some(Warning::new("JupyterHubApp is an old name: use JupyterHub", origin))
}

impl Files {
    async fn load(line: &CommandLine, options: &LoadOptions) -> Result<Self, ConfigError> {
        let given = given_file(line)?;
        let name = given.as_deref().unwrap_or("jupyterhub_config.py");
        let named = options.cwd.join(name);
        if given.is_some() && !named.is_file() {
            return Err(ConfigError::FileNotFound { path: PathBuf::from(name) });
        }
        let mut files = Self::default();
        let own = if given.is_some() { named.with_extension("toml") } else { options.cwd.join(OWN_FILE) };
        let python = named.with_extension("py");
        let json = named.with_extension("json");
        if own.is_file() {
            files.add(file::toml::load(&own)?, own);
        }
        if python.is_file() {
            let tree = files.evaluate(&python, line, options).await?;
            files.add(tree, python);
        }
        if json.is_file() {
            files.add(file::json::load(&json)?, json);
        }
        if given.is_some() && files.read.is_empty() {
            let text = format!("{name} is not read: its name must end in .py, .json or .toml");
            files.warnings.push(Warning::new(text, Origin::CommandLine));
        }
        Ok(files)
    }

    async fn evaluate(
        &mut self,
        path: &Path,
        line: &CommandLine,
        options: &LoadOptions,
    ) -> Result<Tree, ConfigError> {
        let evaluation = self.start_worker(vec![path.to_owned()], line, options).await?;
        let tree = file::python::tree(&evaluation, path);
        self.evaluation = Some(evaluation);
        Ok(tree)
    }

    async fn start_worker(
        &mut self,
        paths: Vec<PathBuf>,
        line: &CommandLine,
        options: &LoadOptions,
    ) -> Result<Evaluation, ConfigError> {
        let variable = |name: &str| options.variable(name).cloned();
        let interpreter = interpreter::discover(line.python.as_deref(), &variable)?;
        let mut worker = WorkerOptions::new(&interpreter.path, paths);
        worker.env = Some(options.env.clone());
        worker.cwd = Some(options.cwd.clone());
        let (worker, evaluation) = Worker::evaluate(worker).await?;
        self.interpreter = Some(interpreter);
        self.worker = Some(worker);
        Ok(evaluation)
    }

    /// Python stays if it runs plug-ins or holds something that the configuration could not say in plain values;
    /// otherwise it ends here. Plug-ins that no Python file names get a process too.
    async fn keep_worker(
        &mut self,
        plugins: bool,
        has_handles: bool,
        line: &CommandLine,
        options: &LoadOptions,
    ) -> Result<(), ConfigError> {
        let has_handles =
            has_handles || self.evaluation.as_ref().is_some_and(|evaluation| evaluation.has_handles);
        if plugins && self.worker.is_none() {
            let evaluation = self.start_worker(Vec::new(), line, options).await?;
            self.evaluation = Some(evaluation);
        }
        if !plugins && !has_handles {
            self.worker = None;
        }
        Ok(())
    }

    /// Puts a file over those before it, and remarks on what it overrides.
    fn add(&mut self, tree: Tree, path: PathBuf) {
        let mut collisions = Vec::new();
        for (section, over) in &tree.sections {
            let Some(below) = self.tree.sections.get(section) else { continue };
            for (name, entry) in &over.entries {
                if below.entries.get(name).is_some_and(|below| overrides(entry, below)) {
                    collisions.push(format!("{section}.{name}"));
                }
            }
        }
        if !collisions.is_empty() {
            let text = format!("{} overrides {} of an earlier file", path.display(), collisions.join(", "));
            self.warnings.push(Warning::new(text, Origin::Default));
        }
        self.tree.merge(tree);
        self.read.push(path);
    }
}

fn overrides(entry: &Entry, below: &Entry) -> bool {
    entry.raw != below.raw && !matches!(entry.raw, Raw::Value(Value::Lazy(_)))
}

/// The file that the command line names.
fn given_file(line: &CommandLine) -> Result<Option<String>, ConfigError> {
    let config = Config::from_tree(line.tree.clone());
    let values = config.values(JupyterHub::class());
    values.entry("config_file").map(|_| values.get("config_file")).transpose()
}
