//! `c.PeriodicMetricsCollector`: metrics that are computed now and then.

use crate::class::DefaultValue::{Bool, Float, Int};
use crate::kind::{FLOAT, Kind};
use crate::section::section;

section! {
    /// Metrics that are computed now and then rather than on each scrape.
    PeriodicMetricsCollector = "PeriodicMetricsCollector" in "jupyterhub.metrics" root LOGGING_CONFIGURABLE;

    fields {
        /// Count the people who were active in the last day, week and month.
        active_users_enabled: bool = Kind::Bool, Bool(true), Honoured;
        /// Seconds between two such counts.
        active_users_update_interval: i64 = Kind::Int, Int(3600), Honoured;
        /// Measure how late the event loop runs.
        event_loop_interval_enabled: bool = Kind::Bool, Bool(true), Honoured;
        /// Log a delay of the event loop of at least this many seconds.
        event_loop_interval_log_threshold: f64 = FLOAT, Float(1.0), Honoured;
        /// Seconds between two measurements of the event loop.
        event_loop_interval_resolution: f64 = FLOAT, Float(0.05), Honoured;
    }
    redefines {}
}
