//! Durations of requests by handler, method and status. The handler is known when a route is made, so
//! that a request looks nothing up: it adds to counters that its route holds already.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::histogram::{Bounds, Histogram, Labels, USUAL_BOUNDS, write_series};
use super::text::Text;

const METHODS: [&str; 7] = ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"];
/// Methods that nobody has are counted together: a client can invent as many as it likes.
const OTHER_METHOD: &str = "OTHER";
/// Statuses with a place of their own, the frequent ones first.
const STATUSES: [u16; 20] =
    [200, 302, 304, 201, 204, 404, 403, 400, 202, 301, 405, 409, 424, 429, 401, 413, 500, 502, 503, 504];

type ByStatus = [OnceLock<Box<Histogram>>; STATUSES.len()];

/// The requests of one handler.
#[derive(Debug)]
pub struct HandlerRequests {
    handler: &'static str,
    bounds: Bounds,
    frequent: [OnceLock<Box<ByStatus>>; METHODS.len()],
    /// Other methods and statuses.
    rare: Mutex<BTreeMap<(&'static str, u16), Arc<Histogram>>>,
}

impl HandlerRequests {
    fn new(handler: &'static str, bounds: &Bounds) -> Self {
        Self { handler, bounds: bounds.clone(), frequent: Default::default(), rare: Mutex::default() }
    }

    /// Counts one request.
    pub fn observe(&self, method: &str, status: u16, duration: Duration) {
        let method_at = METHODS.iter().position(|known| *known == method);
        let status_at = STATUSES.iter().position(|known| *known == status);
        let by_status = method_at.and_then(|at| self.frequent.get(at));
        if let (Some(by_status), Some(at)) = (by_status, status_at)
            && let Some(slot) = by_status.get_or_init(Box::default).get(at)
        {
            return slot.get_or_init(|| Box::new(Histogram::new(&self.bounds))).observe(duration);
        }
        let method = method_at.and_then(|at| METHODS.get(at)).copied().unwrap_or(OTHER_METHOD);
        let mut rare = self.rare.lock().unwrap_or_else(PoisonError::into_inner);
        let histogram =
            rare.entry((method, status)).or_insert_with(|| Arc::new(Histogram::new(&self.bounds)));
        histogram.observe(duration);
    }

    fn labels(&self, method: &str, status: u16) -> Labels {
        vec![
            ("code", status.to_string()),
            ("handler", self.handler.to_owned()),
            ("method", method.to_owned()),
        ]
    }

    fn frequent(&self) -> impl Iterator<Item = (Labels, &Histogram)> {
        let methods = METHODS.into_iter().zip(&self.frequent);
        let methods = methods.filter_map(|(method, by_status)| Some((method, by_status.get()?)));
        methods.flat_map(move |(method, by_status)| {
            let statuses = STATUSES.into_iter().zip(by_status.iter());
            statuses
                .filter_map(move |(status, slot)| Some((self.labels(method, status), slot.get()?.as_ref())))
        })
    }

    fn rare(&self) -> Vec<(Labels, Arc<Histogram>)> {
        let rare = self.rare.lock().unwrap_or_else(PoisonError::into_inner);
        rare.iter().map(|((method, status), one)| (self.labels(method, *status), one.clone())).collect()
    }
}

/// The requests of all handlers.
#[derive(Debug)]
pub struct Requests {
    bounds: Bounds,
    handlers: Mutex<BTreeMap<&'static str, Arc<HandlerRequests>>>,
}

impl Default for Requests {
    fn default() -> Self {
        Self { bounds: Bounds::from(USUAL_BOUNDS), handlers: Mutex::default() }
    }
}

impl Requests {
    /// The requests of the handler that upstream calls so. Asked for when a route is made.
    pub fn of(&self, handler: &'static str) -> Arc<HandlerRequests> {
        let mut handlers = self.handlers.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(HandlerRequests::new(handler, &self.bounds));
        handlers.entry(handler).or_insert_with(new).clone()
    }

    pub(super) fn write(&self, text: &mut Text, name: &str, help: &str) {
        let handlers: Vec<_> =
            self.handlers.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        let rare: Vec<_> = handlers.iter().flat_map(|handler| handler.rare()).collect();
        let rare = rare.iter().map(|(labels, histogram)| (labels.clone(), histogram.as_ref()));
        let series: Vec<_> = handlers.iter().flat_map(|handler| handler.frequent()).chain(rare).collect();
        write_series(text, name, help, &series);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_apart_by_handler_method_and_status() {
        let requests = Requests::default();
        let handler = requests.of("a.B");
        handler.observe("GET", 200, Duration::from_millis(1));
        requests.of("a.B").observe("GET", 200, Duration::from_millis(1));
        handler.observe("POST", 418, Duration::ZERO);
        for method in ["X", "Y"] {
            handler.observe(method, 405, Duration::ZERO);
        }
        let mut text = Text::new("");
        requests.write(&mut text, "r", "help");
        let text = text.finish();
        for line in [
            r#"r_count{code="200",handler="a.B",method="GET"} 2.0"#,
            r#"r_count{code="418",handler="a.B",method="POST"} 1.0"#,
            r#"r_count{code="405",handler="a.B",method="OTHER"} 2.0"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
        assert_eq!(text.matches("r_count").count(), 3, "{text}");
    }
}
