//! Workers that share the users of a spawner class.

use std::collections::BTreeSet;

use perijove_python::{ClassName, HubFacts, Workers};

use crate::common::{Files, python_with_jupyterhub};
use crate::hooks::hub;

const CONFIG: &str = r#"
import os, sys
sys.path.insert(0, os.getcwd())
c.Spawner.pre_spawn_hook = lambda spawner: None
"#;
/// Says each time that it is looked at.
const SPAWNER: &str = r#"
import os
from jupyterhub.spawner import LocalProcessSpawner
class Mine(LocalProcessSpawner):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with open("looked", "a") as file:
            file.write(f"{os.getpid()}\n")
"#;
/// Ends the first process that imports it, and brings a request handler.
const DEADLY: &str = r#"
import os
if not os.path.exists("died"):
    open("died", "w").close()
    os._exit(3)
from jupyterhub import apihandlers
from jupyterhub.apihandlers import APIHandler
class Own(APIHandler):
    pass
apihandlers.default_handlers.append((r"/api/own", Own))
"#;

async fn workers(files: &Files, source: &str) -> Workers {
    files.write("mine.py", source);
    let (worker, _) = files.start(CONFIG).await.unwrap();
    let workers = Workers::new(&worker.unwrap(), 2, true);
    let facts = HubFacts { spawner_class: ClassName::Named("mine.Mine".to_owned()), ..hub() };
    workers.configure(&facts).await.unwrap();
    workers
}

#[tokio::test]
async fn each_process_looks_at_the_class_once() {
    let Some(python) = python_with_jupyterhub() else { return };
    let files = Files::run_by(python);
    let workers = workers(&files, SPAWNER).await;
    assert_eq!(workers.warm_up().await.unwrap().class, "mine.Mine");
    for user in ["ada", "bea", "cleo", "dora"] {
        workers.of(user).await.unwrap();
    }
    let looked = std::fs::read_to_string(files.root.path().join("looked")).unwrap();
    let processes: BTreeSet<&str> = looked.lines().collect();
    assert_eq!((looked.lines().count(), processes.len()), (2, 2), "{looked}");
}

#[tokio::test]
async fn a_process_that_dies_of_the_class_says_nothing_about_it() {
    let Some(python) = python_with_jupyterhub() else { return };
    let files = Files::run_by(python);
    let workers = workers(&files, &format!("{DEADLY}{SPAWNER}")).await;
    assert!(workers.of("ada").await.is_err());
    assert!(workers.warm_up().await.unwrap().handlers);
    // The handlers find all instances in the process that serves them.
    let of = async |user| format!("{:p}", workers.of(user).await.unwrap());
    let all: BTreeSet<String> = [of("ada").await, of("bea").await, of("cleo").await, of("dora").await].into();
    assert_eq!(all.len(), 1);
}
