//! `c.ConfigurableHTTPProxy`: the embedded proxy, or an external one with the same REST API.

use secrecy::SecretString;

use crate::class::DefaultValue::{Bool, Int, Late, Text, Texts};
use crate::kind::Kind;
use crate::section::section;
use crate::sections::Proxy;

section! {
    /// The public listener. Perijove serves it itself, or drives an external
    /// configurable-http-proxy when `should_start` is False.
    ConfigurableHttpProxy = "ConfigurableHTTPProxy" in "jupyterhub.proxy" extends Proxy;

    fields {
        /// Where the REST API of the proxy listens, or is reached.
        api_url: Option<String> = Kind::Unicode,
            Late("http://127.0.0.1:8001, https with internal_ssl"), Honoured;
        /// The secret that requests to the REST API of the proxy carry.
        auth_token: Option<SecretString> = Kind::Unicode,
            Late("CONFIGPROXY_AUTH_TOKEN, or a new random token"), Honoured;
        /// Seconds between two checks that the proxy is alive. The one inside the hub needs none, and
        /// one that something else runs is not checked.
        check_running_interval: i64 = Kind::Int, Int(5), Harmless;
        /// The command of an external proxy, with its options. Perijove starts none; it acts on the
        /// options, or refuses to start because of one that it does not know.
        command: Vec<String> = Kind::Command(1), Texts(&["configurable-http-proxy"]), Honoured;
        /// The umask of the proxy, which decides who may use its unix sockets.
        command_umask: i64 = Kind::Int, Int(0o007), NotYetRestricting;
        /// How many requests to the REST API of the proxy may run at the same time.
        concurrency: i64 = Kind::Int, Int(10), Honoured;
        /// Log more of what the proxy does.
        debug: bool = Kind::Bool, Bool(false), NotYet;
        /// The least severe messages of the proxy that are logged.
        log_level: String = Kind::CaselessEnum(&["debug", "info", "warn", "error"]), Text("info"), NotYet;
        /// The file with the process id of an external proxy that a hub started. One that is left
        /// over from before is ended.
        pid_file: String = Kind::Unicode, Text("jupyterhub-proxy.pid"), Honoured;
    }
    redefines {}
}
