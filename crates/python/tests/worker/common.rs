//! What the tests of the worker share: interpreters, files, and recorded output.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

use perijove_python::{Evaluation, OutputSink, Worker, WorkerError, WorkerOptions};

/// A directory with configuration files, and what running them printed.
pub struct Files {
    pub root: tempfile::TempDir,
    pub printed: Arc<Mutex<Vec<String>>>,
    interpreter: PathBuf,
}

impl Files {
    /// Files run by plain `python3`.
    pub fn new() -> Self {
        let env = |name: &str| if name == "PERIJOVE_PYTHON" { None } else { std::env::var_os(name) };
        let found = perijove_python::interpreter::discover(Some(Path::new("python3")), &env).unwrap();
        Self::run_by(found.path)
    }

    pub fn run_by(interpreter: PathBuf) -> Self {
        Self { root: tempfile::tempdir().unwrap(), printed: Arc::default(), interpreter }
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.root.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn options(&self, config: &str) -> WorkerOptions {
        let file = self.write("jupyterhub_config.py", config);
        let printed = Arc::clone(&self.printed);
        let sink: OutputSink = Arc::new(move |_, line| printed.lock().unwrap().push(line.to_owned()));
        LazyLock::force(&LOG);
        let mut options = WorkerOptions::new(&self.interpreter, vec![file]);
        options.cwd = Some(self.root.path().to_owned());
        options.output = sink;
        options
    }

    pub async fn start(&self, config: &str) -> Result<(Option<Worker>, Evaluation), WorkerError> {
        Worker::start(self.options(config)).await
    }
}

/// What all tests log. Set up before the first worker: a subscriber of one test alone can miss lines, since whether
/// somebody listens to a line is decided for all threads when one of them gets there first.
static LOG: LazyLock<Lines> = LazyLock::new(|| {
    let lines = Lines::default();
    let writer = lines.clone();
    tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).init();
    lines
});

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// All that was logged so far.
pub fn logged() -> String {
    String::from_utf8(LOG.0.lock().unwrap().clone()).unwrap()
}

/// The interpreter that has JupyterHub, from `PERIJOVE_TEST_PYTHON`.
pub fn python_with_jupyterhub() -> Option<PathBuf> {
    let found = std::env::var_os("PERIJOVE_TEST_PYTHON").map(PathBuf::from);
    if found.is_none() {
        eprintln!("SKIPPED: set PERIJOVE_TEST_PYTHON to an interpreter that has jupyterhub 6.1.1");
    }
    found
}
