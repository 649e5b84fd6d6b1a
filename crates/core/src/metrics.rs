//! Numbers for Prometheus, under the names, types, labels and help texts of JupyterHub 6.1.1.
//!
//! The help texts are upstream's, since monitoring shows them; everything else about a metric is here.

mod histogram;
mod process;
mod requests;
mod text;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use self::histogram::{Bounds, USUAL_BOUNDS, whole};
pub use self::histogram::{Family, Histogram};
pub use self::requests::{HandlerRequests, Requests};
use self::text::Text;

/// Bounds for starts, which take their time.
const START_BOUNDS: [f64; 12] = [0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0];
/// Bounds for the measured pauses of the event loop: finer where it matters.
const LOOP_BOUNDS: [f64; 15] =
    [0.05, 0.055, 0.06, 0.065, 0.07, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
/// The periods in which users were active, with their days.
pub const PERIODS: [(&str, i64); 3] = [("24h", 1), ("7d", 7), ("30d", 30)];

/// What can be chosen about metrics.
#[derive(Debug, Clone)]
pub struct MetricsOptions {
    /// What names begin with (`JUPYTERHUB_METRICS_PREFIX`).
    pub prefix: String,
    /// Bounds for starts (`JUPYTERHUB_SERVER_SPAWN_DURATION_SECONDS_BUCKETS`).
    pub start_bounds: Option<Vec<f64>>,
    /// Bounds for stops (`JUPYTERHUB_SERVER_STOP_DURATION_SECONDS_BUCKETS`).
    pub stop_bounds: Option<Vec<f64>>,
    /// Time between two counts of active users; `None` for none.
    pub active_users_every: Option<Duration>,
    /// How the event loop is measured; `None` for not at all.
    pub event_loop: Option<LoopOptions>,
}

/// How the event loop is measured.
#[derive(Debug, Clone, Copy)]
pub struct LoopOptions {
    /// Time between two measurements.
    pub every: Duration,
    /// A pause of this length is worth a warning.
    pub warn_from: Duration,
}

impl Default for MetricsOptions {
    fn default() -> Self {
        Self {
            prefix: "jupyterhub".to_owned(),
            start_bounds: None,
            stop_bounds: None,
            active_users_every: None,
            event_loop: None,
        }
    }
}

/// All numbers that are counted as things happen.
#[derive(Debug)]
pub struct Metrics {
    /// What was chosen.
    pub options: MetricsOptions,
    /// HTTP requests to the hub.
    pub requests: Requests,
    /// Starts, by reason and status.
    pub starts: Family<2>,
    /// Checks of the proxy's routes.
    pub route_checks: Histogram,
    /// The hub's own start.
    pub hub_start: Histogram,
    /// The look at servers that ran before the start.
    pub server_checks: Histogram,
    /// Listings of the proxy's routes.
    pub proxy_polls: Histogram,
    /// Logins, by status.
    pub logins: Family<1>,
    /// Logouts.
    pub logouts: Histogram,
    /// Routes added, by status.
    pub proxy_adds: Family<1>,
    /// Looks at servers, by what was found.
    pub polls: Family<1>,
    /// Stops, by status.
    pub stops: Family<1>,
    /// Routes removed, by status.
    pub proxy_deletes: Family<1>,
    /// Pauses of the event loop.
    pub event_loop: Histogram,
    csp_reports: AtomicU64,
    active_users: [AtomicU64; PERIODS.len()],
    began: f64,
}

/// What is counted when somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Servers that are ready.
    pub running_servers: u64,
    /// All users.
    pub users: u64,
}

impl Metrics {
    /// Nothing has happened yet.
    pub fn new(options: MetricsOptions) -> Self {
        let usual = Bounds::from(USUAL_BOUNDS);
        let chosen = |chosen: &Option<Vec<f64>>, otherwise: &[f64]| {
            Bounds::from(chosen.as_deref().unwrap_or(otherwise))
        };
        let starts = chosen(&options.start_bounds, &START_BOUNDS);
        let stops = chosen(&options.stop_bounds, &USUAL_BOUNDS);
        let known_starts = [
            ["", "success"],
            ["", "failure"],
            ["", "error"],
            ["throttled", "failure"],
            ["too-many-users", "failure"],
            ["already-pending", "failure"],
        ];
        let outcomes = [["success"], ["failure"]];
        Self {
            requests: Requests::default(),
            starts: Family::new(&starts, ["reason", "status"], &known_starts),
            route_checks: Histogram::new(&usual),
            hub_start: Histogram::new(&usual),
            server_checks: Histogram::new(&usual),
            proxy_polls: Histogram::new(&usual),
            logins: Family::new(&usual, ["status"], &[]),
            logouts: Histogram::new(&usual),
            proxy_adds: Family::new(&usual, ["status"], &outcomes),
            polls: Family::new(&usual, ["status"], &[[POLL_RUNNING], [POLL_STOPPED]]),
            stops: Family::new(&stops, ["status"], &outcomes),
            proxy_deletes: Family::new(&usual, ["status"], &outcomes),
            event_loop: Histogram::new(&Bounds::from(LOOP_BOUNDS)),
            csp_reports: AtomicU64::new(0),
            active_users: Default::default(),
            began: unix_seconds(),
            options,
        }
    }

    /// Counts a report of a browser that a page's content was not allowed.
    pub fn count_csp_report(&self) {
        self.csp_reports.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes how many users were active in each of [`PERIODS`].
    pub fn set_active_users(&self, counts: [u64; PERIODS.len()]) {
        for (gauge, count) in self.active_users.iter().zip(counts) {
            gauge.store(count, Ordering::Relaxed);
        }
    }

    /// Everything, in Prometheus' text form.
    pub fn exposition(&self, usage: Usage) -> String {
        let mut text = Text::new(&self.options.prefix);
        let all = &mut text;
        self.requests.write(all, "request_duration_seconds", "Request duration for all HTTP requests");
        self.starts.write(all, "server_spawn_duration_seconds", "Time taken for server spawning operation");
        gauge(all, "running_servers", "The number of user servers currently running", usage.running_servers);
        gauge(all, "total_users", "Total number of users", usage.users);
        self.write_active_users(all);
        let plain = |text: &mut Text, name: &str, help: &str, histogram: &Histogram| {
            histogram::write_series(text, name, help, &[(Vec::new(), histogram)]);
        };
        let help = "Time taken to validate all routes in proxy";
        plain(all, "check_routes_duration_seconds", help, &self.route_checks);
        plain(all, "hub_startup_duration_seconds", "Time taken for Hub to start", &self.hub_start);
        let help = "Time taken for spawners to initialize";
        plain(all, "init_spawners_duration_seconds", help, &self.server_checks);
        let help = "Duration for polling all routes from proxy";
        plain(all, "proxy_poll_duration_seconds", help, &self.proxy_polls);
        self.logins.write(all, "login_duration_seconds", "duration for all authentication attempts");
        plain(all, "logout_duration_seconds", "duration for all logout requests", &self.logouts);
        self.write_csp_reports(all);
        self.proxy_adds.write(all, "proxy_add_duration_seconds", "Duration for adding user routes to proxy");
        self.polls.write(all, "server_poll_duration_seconds", "Time taken to poll if server is running");
        self.stops.write(all, "server_stop_seconds", "Time taken for server stopping operation");
        let help = "Duration for deleting user routes from proxy";
        self.proxy_deletes.write(all, "proxy_delete_duration_seconds", help);
        let help = "Distribution of measured event loop intervals";
        plain(all, "event_loop_interval_seconds", help, &self.event_loop);
        text.without_prefix();
        process::write(&mut text);
        text.finish()
    }

    fn write_active_users(&self, text: &mut Text) {
        let help = "Number of users who were active in the given time period";
        text.describe("active_users", help, "gauge");
        for ((period, _), count) in PERIODS.iter().zip(&self.active_users) {
            text.sample("active_users", "", &[("period", period)], whole(count.load(Ordering::Relaxed)));
        }
    }

    fn write_csp_reports(&self, text: &mut Text) {
        let help = "content security policy violation reports";
        text.describe("csp_reports_total", help, "counter");
        text.sample("csp_reports_total", "", &[], whole(self.csp_reports.load(Ordering::Relaxed)));
        text.describe("csp_reports_created", help, "gauge");
        text.sample("csp_reports_created", "", &[], self.began);
    }
}

/// The label of a look at a server that runs; upstream shows its enumeration's name.
pub const POLL_RUNNING: &str = "ServerPollStatus.running";
/// The label of a look at a server that does not.
pub const POLL_STOPPED: &str = "ServerPollStatus.stopped";
/// The label of a login.
pub const LOGIN_SUCCESS: &str = "LoginStatus.success";
/// The label of a login that was refused.
pub const LOGIN_FAILURE: &str = "LoginStatus.failure";

fn gauge(text: &mut Text, name: &str, help: &str, value: u64) {
    text.describe(name, help, "gauge");
    text.sample(name, "", &[], whole(value));
}

/// The label of what went well or not.
pub(crate) fn outcome<T, E>(result: &Result<T, E>) -> &'static str {
    if result.is_ok() { "success" } else { "failure" }
}

fn unix_seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_begin_with_the_chosen_prefix() {
        for (prefix, line) in [("hub", "hub_total_users 3.0"), ("", "total_users 3.0")] {
            let metrics = Metrics::new(MetricsOptions { prefix: prefix.into(), ..MetricsOptions::default() });
            let text = metrics.exposition(Usage { running_servers: 1, users: 3 });
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
    }

    #[test]
    fn bounds_are_those_that_were_chosen() {
        let options = MetricsOptions { stop_bounds: Some(vec![2.0]), ..MetricsOptions::default() };
        let text = Metrics::new(options).exposition(Usage { running_servers: 0, users: 0 });
        let bounds: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("jupyterhub_server_stop_seconds_bucket{status=\"success\""))
            .collect();
        assert_eq!(bounds.len(), 2, "{bounds:?}");
        assert!(bounds[0].contains("le=\"2.0\""), "{bounds:?}");
    }
}
