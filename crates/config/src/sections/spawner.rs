//! `c.Spawner`: how single-user servers are started, whatever runs them.

use std::collections::BTreeMap;

use perijove_model::value::Value;

use crate::class::DefaultValue::{Bool, EmptyDict, EmptyList, Float, Int, Late, None, Text, Texts};
use crate::from_value::{Callable, OrCallable};
use crate::kind::{DICT, FLOAT, Kind, LIST};
use crate::section::section;

section! {
    /// What every spawner shares: the command, environment, limits and hooks of a server.
    Spawner = "Spawner" in "jupyterhub.spawner" root LOGGING_CONFIGURABLE;

    fields {
        /// What is done with the options that a person chose: a function of the spawner and the
        /// options, or a mapping from option names to traits of the spawner.
        apply_user_options: Option<OrCallable<BTreeMap<String, Value>>> =
            Kind::Optional(&Kind::Union(&[Kind::Callable, DICT])), None, Honoured;
        /// More arguments for the server's command.
        args: Vec<String> = Kind::List(&Kind::Unicode), EmptyList, Honoured;
        /// A function of the spawner and the stored state of the login, called before each start.
        auth_state_hook: Option<Callable> = Kind::Any, None, Honoured;
        /// The command of the server, without arguments.
        cmd: Option<Vec<String>> = Kind::Optional(&Kind::Command(1)), Texts(&["jupyterhub-singleuser"]), Honoured;
        /// End the hub after this many starts in a row have failed, so that whatever supervises it
        /// starts it afresh; 0 never does.
        consecutive_failure_limit: i64 = Kind::Int, Int(0), Honoured;
        /// How many processor cores a server is promised. Only told to the server, unless the
        /// spawner can enforce it.
        cpu_guarantee: Option<f64> = Kind::Optional(&FLOAT), None, Honoured;
        /// How many processor cores a server may use. Only told to the server, unless the spawner
        /// can enforce it.
        cpu_limit: Option<f64> = Kind::Optional(&FLOAT), None, Honoured;
        /// The server logs more.
        debug: bool = Kind::Bool, Bool(false), Honoured;
        /// The page of the server that people land on; `{username}` is replaced by the name.
        default_url: String = Kind::Unicode, Text(""), Honoured;
        /// The server ignores configuration files in the person's home.
        disable_user_config: bool = Kind::Bool, Bool(false), Honoured;
        /// Names of the hub's environment variables that servers get too.
        env_keep: Vec<String> = LIST, Texts(&["JUPYTERHUB_SINGLEUSER_APP"]), Honoured;
        /// Further environment variables of the server. A value may be a function of the spawner.
        environment: BTreeMap<String, Value> = DICT, EmptyDict, Honoured;
        /// Traits that have another value for members of some groups: a mapping, or a function of
        /// the spawner that returns one.
        group_overrides: OrCallable<BTreeMap<String, Value>> =
            Kind::Union(&[Kind::Callable, DICT]), EmptyDict, Honoured;
        /// Seconds that a started server has until it answers requests.
        http_timeout: i64 = Kind::Int, Int(30), Honoured;
        /// The URL at which servers reach the hub, where that differs from the hub's own idea.
        hub_connect_url: Option<String> = Kind::Optional(&Kind::Unicode), None, Honoured;
        /// The address that servers listen on.
        ip: String = Kind::Unicode, Text("127.0.0.1"), Honoured;
        /// How much memory a server is promised. Only told to the server, unless the spawner can
        /// enforce it.
        mem_guarantee: Option<i64> = Kind::ByteSpecification, None, Honoured;
        /// How much memory a server may use. Only told to the server, unless the spawner can
        /// enforce it.
        mem_limit: Option<i64> = Kind::ByteSpecification, None, Honoured;
        /// The directory that the server shows; `~` is the home, `{username}` the name.
        notebook_dir: String = Kind::Unicode, Text(""), Honoured;
        /// Scopes that tokens of the server's visitors may have, besides access to the server: a
        /// list, or a function of the spawner.
        oauth_client_allowed_scopes: OrCallable<Vec<String>> =
            Kind::Union(&[Kind::Callable, LIST]), EmptyList, Honoured;
        /// The old form of `oauth_client_allowed_scopes`: names of roles.
        oauth_roles: OrCallable<Vec<String>> = Kind::Union(&[Kind::Callable, LIST]), EmptyList, NotYetRestricting;
        /// The form in which people choose options before a server starts: HTML, or a function of
        /// the spawner.
        options_form: OrCallable<String> = Kind::Union(&[Kind::Unicode, Kind::Callable]), Text(""), Honoured;
        /// How the form's data become options: `'passthrough'`, `'simple'`, or a function.
        options_from_form: OrCallable<String> =
            Kind::Union(&[Kind::Callable, Kind::Unicode]), Text("passthrough"), Honoured;
        /// Seconds between two checks that a server still runs.
        poll_interval: i64 = Kind::Int, Int(30), Honoured;
        /// By which fraction these intervals vary, so that not all servers are checked at once.
        poll_jitter: f64 = Kind::Float { min: 0.0, max: 1.0 }, Float(0.1), Honoured;
        /// The port that servers listen on; 0 takes a free one for each.
        port: i64 = Kind::Int, Int(0), Honoured;
        /// A function of the spawner, called after a server has stopped.
        post_stop_hook: Option<Callable> = Kind::Any, None, Honoured;
        /// A function of the spawner, called before a server starts.
        pre_spawn_hook: Option<Callable> = Kind::Any, None, Honoured;
        /// A function of the spawner and the last event of the progress page; it returns the event.
        progress_ready_hook: Option<Callable> = Kind::Any, None, Honoured;
        /// Scopes of the token that a server gets: a list, or a function of the spawner. Empty: those
        /// of the `server` role.
        server_token_scopes: OrCallable<Vec<String>> =
            Kind::Union(&[Kind::List(&Kind::Unicode), Kind::Callable]), EmptyList, Honoured;
        /// Further names in a server's internal certificate: a list, or a function of the spawner.
        ssl_alt_names: Option<OrCallable<Vec<String>>> =
            Kind::Union(&[Kind::List(&Kind::Unicode), Kind::Callable]), Late("JupyterHub.trusted_alt_names"), Honoured;
        /// Put `DNS:localhost` and `IP:127.0.0.1` in a server's internal certificate.
        ssl_alt_names_include_local: bool = Kind::Bool, Bool(true), Honoured;
        /// Seconds that the spawner has until a server runs and its address is known.
        start_timeout: i64 = Kind::Int, Int(60), Honoured;
    }
    redefines {}
}
