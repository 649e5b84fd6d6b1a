//! Counters of the proxy, by the names of CHP's metrics.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use http::StatusCode;

/// Statuses are counted from 100 to 599.
const STATUSES: usize = 500;

/// What a proxy has done since it started.
#[derive(Debug)]
pub struct ProxyMetrics {
    web: AtomicU64,
    websocket: AtomicU64,
    proxied: Box<[AtomicU64]>,
    api: Box<[AtomicU64]>,
    route_get: AtomicU64,
    route_add: AtomicU64,
    route_delete: AtomicU64,
}

impl Default for ProxyMetrics {
    fn default() -> Self {
        let statuses = || (0..STATUSES).map(|_| AtomicU64::new(0)).collect();
        Self {
            web: AtomicU64::default(),
            websocket: AtomicU64::default(),
            proxied: statuses(),
            api: statuses(),
            route_get: AtomicU64::default(),
            route_add: AtomicU64::default(),
            route_delete: AtomicU64::default(),
        }
    }
}

/// What was done to a route through the API.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RouteOperation {
    Get,
    Add,
    Delete,
}

impl ProxyMetrics {
    pub(crate) fn count_request(&self, websocket: bool) {
        let counter = if websocket { &self.websocket } else { &self.web };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_response(&self, status: StatusCode) {
        count(&self.proxied, status);
    }

    pub(crate) fn count_api(&self, status: StatusCode) {
        count(&self.api, status);
    }

    pub(crate) fn count_operation(&self, operation: RouteOperation) {
        let counter = match operation {
            RouteOperation::Get => &self.route_get,
            RouteOperation::Add => &self.route_add,
            RouteOperation::Delete => &self.route_delete,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// All counters in Prometheus' text form.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        for (name, help, counter) in [
            ("api_route_get", "Listings of routes", &self.route_get),
            ("api_route_add", "Routes added", &self.route_add),
            ("api_route_delete", "Routes deleted", &self.route_delete),
            ("requests_ws", "Requests to upgrade a connection", &self.websocket),
            ("requests_web", "Other requests", &self.web),
        ] {
            describe(&mut text, name, help);
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name} {}", counter.load(Ordering::Relaxed));
        }
        for (name, help, counters) in [
            ("requests_proxy", "Forwarded requests and error pages", &self.proxied),
            ("requests_api", "Requests to the API", &self.api),
        ] {
            describe(&mut text, name, help);
            for (status, counter) in (100..).zip(counters) {
                let count = counter.load(Ordering::Relaxed);
                if count > 0 {
                    let _ = writeln!(text, "{name}{{status=\"{status}\"}} {count}");
                }
            }
        }
        text
    }
}

fn describe(text: &mut String, name: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter");
}

fn count(counters: &[AtomicU64], status: StatusCode) {
    if let Some(counter) = counters.get(usize::from(status.as_u16()).saturating_sub(100)) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_rendered_by_status() {
        let metrics = ProxyMetrics::default();
        metrics.count_request(true);
        metrics.count_response(StatusCode::OK);
        metrics.count_response(StatusCode::OK);
        metrics.count_api(StatusCode::CREATED);
        let text = metrics.render();
        for line in [
            "requests_ws 1",
            "requests_web 0",
            "requests_proxy{status=\"200\"} 2",
            "requests_api{status=\"201\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
    }
}
