//! The worker's Python source, embedded.

use serde_json::{Value as Json, json};

/// The code given to `python -c`; it reads the rest from the socket on its standard input.
pub(crate) const BOOTSTRAP: &str = include_str!("../../../python/perijove_worker/bootstrap.py");

macro_rules! modules {
    ($($module:literal => $file:literal),* $(,)?) => {
        &[$(($module, include_str!(concat!("../../../python/perijove_worker/", $file)))),*]
    };
}

const MODULES: &[(&str, &str)] = modules! {
    "perijove_worker" => "__init__.py",
    "perijove_worker.authenticators" => "authenticators.py",
    "perijove_worker.calling" => "calling.py",
    "perijove_worker.calls" => "calls.py",
    "perijove_worker.changes" => "changes.py",
    "perijove_worker.channel" => "channel.py",
    "perijove_worker.database" => "database.py",
    "perijove_worker.encoding" => "encoding.py",
    "perijove_worker.errors" => "errors.py",
    "perijove_worker.events" => "events.py",
    "perijove_worker.evaluate" => "evaluate.py",
    "perijove_worker.handlers" => "handlers.py",
    "perijove_worker.handles" => "handles.py",
    "perijove_worker.hub_calls" => "hub_calls.py",
    "perijove_worker.logs" => "logs.py",
    "perijove_worker.objects" => "objects.py",
    "perijove_worker.own_config" => "own_config.py",
    "perijove_worker.own_spawners" => "own_spawners.py",
    "perijove_worker.patches" => "patches.py",
    "perijove_worker.proxies" => "proxies.py",
    "perijove_worker.server" => "server.py",
    "perijove_worker.spawners" => "spawners.py",
    "perijove_worker.standin" => "standin.py",
    "perijove_worker.tracking" => "tracking.py",
    "perijove_worker.upstream" => "upstream.py",
    "perijove_worker.users" => "users.py",
    "perijove_worker.web_app" => "web_app.py",
    "perijove_worker.web_handlers" => "web_handlers.py",
    "perijove_worker.web_settings" => "web_settings.py",
    "perijove_worker.web_templates" => "web_templates.py",
    "perijove_worker.web_users" => "web_users.py",
};

/// Every module by its dotted name, as the bootstrap expects them.
pub(crate) fn bundle() -> Json {
    MODULES.iter().map(|(name, source)| ((*name).to_owned(), json!(source))).collect()
}
