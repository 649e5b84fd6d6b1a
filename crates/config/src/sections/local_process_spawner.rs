//! `c.LocalProcessSpawner`: servers as processes of this machine.

use std::collections::BTreeMap;

use perijove_model::value::Value;

use crate::class::DefaultValue::{EmptyDict, EmptyList, Int, Texts};
use crate::kind::{DICT, Kind, LIST};
use crate::section::section;
use crate::sections::Spawner;

section! {
    /// Runs each server as a process of the account that has the person's name. The default spawner.
    LocalProcessSpawner = "LocalProcessSpawner" in "jupyterhub.spawner" extends Spawner;

    fields {
        /// Seconds between the interrupt signal and the termination signal when a server is stopped.
        interrupt_timeout: i64 = Kind::Int, Int(30), Honoured;
        /// Seconds to wait after the kill signal before giving up.
        kill_timeout: i64 = Kind::Int, Int(5), Honoured;
        /// Further arguments of Python's subprocess.Popen. Perijove acts on those it has a meaning
        /// for.
        popen_kwargs: BTreeMap<String, Value> = DICT, EmptyDict, HonouredPopen;
        /// A shell command such as `['bash', '-l', '-c']` that gets the server's command as its last
        /// argument.
        shell_cmd: Vec<String> = Kind::Command(0), EmptyList, Honoured;
        /// Seconds between the termination signal and the kill signal.
        term_timeout: i64 = Kind::Int, Int(30), Honoured;
    }
    redefines {
        env_keep = LIST, Texts(&[
            "CONDA_DEFAULT_ENV",
            "CONDA_ROOT",
            "JUPYTERHUB_SINGLEUSER_APP",
            "LANG",
            "LC_ALL",
            "LD_LIBRARY_PATH",
            "PATH",
            "PYTHONPATH",
            "VIRTUAL_ENV",
        ]), Honoured;
    }
}
