//! Durations, counted into buckets without a lock: a busy request path adds to two counters.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::text::Text;
use super::unix_seconds;

/// Upper bounds in seconds, ascending; what is above the last one is counted too.
pub type Bounds = Arc<[f64]>;

/// The bounds of Prometheus' own client for Python.
pub const USUAL_BOUNDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// How often something took how long.
#[derive(Debug)]
pub struct Histogram {
    bounds: Bounds,
    /// One more than bounds; not cumulative.
    counts: Box<[AtomicU64]>,
    nanoseconds: AtomicU64,
    created: f64,
}

impl Histogram {
    /// One that has counted nothing.
    pub fn new(bounds: &Bounds) -> Self {
        Self {
            bounds: bounds.clone(),
            counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            nanoseconds: AtomicU64::new(0),
            created: unix_seconds(),
        }
    }

    /// Counts one duration.
    pub fn observe(&self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let bucket = self.bounds.partition_point(|bound| *bound < seconds);
        if let Some(count) = self.counts.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// Writes the samples of one set of labels. The count is that of the buckets, so that the two
    /// never differ.
    pub(super) fn write(&self, text: &mut Text, name: &str, labels: &[(&str, &str)]) {
        let mut total = 0;
        for (number, count) in self.counts.iter().enumerate() {
            total += count.load(Ordering::Relaxed);
            let bound =
                self.bounds.get(number).map_or_else(|| "+Inf".to_owned(), |bound| format!("{bound:?}"));
            text.sample_with(name, "_bucket", labels, Some(("le", &bound)), whole(total));
        }
        let sum = Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed));
        text.sample(name, "_count", labels, whole(total));
        text.sample(name, "_sum", labels, sum.as_secs_f64());
    }

    pub(super) fn created(&self) -> f64 {
        self.created
    }
}

/// Prometheus knows floating-point numbers only.
#[expect(clippy::cast_precision_loss, reason = "counts that large are not reached")]
pub(super) fn whole(number: u64) -> f64 {
    number as f64
}

/// Histograms of one name, by labels whose values are few but not all known beforehand.
#[derive(Debug)]
pub struct Family<const LABELS: usize> {
    bounds: Bounds,
    labels: [&'static str; LABELS],
    known: Mutex<BTreeMap<[String; LABELS], Arc<Histogram>>>,
}

impl<const LABELS: usize> Family<LABELS> {
    /// Histograms with these names of labels; those in `known` are there before anything happened.
    pub fn new(bounds: &Bounds, labels: [&'static str; LABELS], known: &[[&str; LABELS]]) -> Self {
        let family = Self { bounds: bounds.clone(), labels, known: Mutex::default() };
        for values in known {
            family.of(*values);
        }
        family
    }

    /// The histogram of these labels.
    pub fn of(&self, values: [&str; LABELS]) -> Arc<Histogram> {
        let values = values.map(str::to_owned);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(values).or_insert_with(|| Arc::new(Histogram::new(&self.bounds))).clone()
    }

    /// Counts one duration.
    pub fn observe(&self, values: [&str; LABELS], duration: Duration) {
        self.of(values).observe(duration);
    }

    pub(super) fn write(&self, text: &mut Text, name: &str, help: &str) {
        let known: Vec<_> = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.iter().map(|(values, histogram)| (values.clone(), histogram.clone())).collect()
        };
        let pairs = |values: &[String; LABELS]| -> Vec<(&'static str, String)> {
            self.labels.iter().copied().zip(values.iter().cloned()).collect()
        };
        let series = known.iter().map(|(values, histogram)| (pairs(values), histogram.as_ref()));
        write_series(text, name, help, &series.collect::<Vec<_>>());
    }
}

/// Labels of a series, by name.
pub(super) type Labels = Vec<(&'static str, String)>;

/// Histograms of one name, and when each began to count.
pub(super) fn write_series(text: &mut Text, name: &str, help: &str, series: &[(Labels, &Histogram)]) {
    fn borrowed(labels: &Labels) -> Vec<(&str, &str)> {
        labels.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
    text.describe(name, help, "histogram");
    for (labels, histogram) in series {
        histogram.write(text, name, &borrowed(labels));
    }
    let created = format!("{name}_created");
    text.describe(&created, help, "gauge");
    for (labels, histogram) in series {
        text.sample(&created, "", &borrowed(labels), histogram.created());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_counted_into_cumulative_buckets() {
        let histogram = Histogram::new(&Bounds::from([0.5, 1.0]));
        for milliseconds in [500, 501, 3000] {
            histogram.observe(Duration::from_millis(milliseconds));
        }
        let mut text = Text::new("");
        histogram.write(&mut text, "x", &[("a", "b")]);
        let expected = "x_bucket{a=\"b\",le=\"0.5\"} 1.0\nx_bucket{a=\"b\",le=\"1.0\"} 2.0\n\
                        x_bucket{a=\"b\",le=\"+Inf\"} 3.0\nx_count{a=\"b\"} 3.0\nx_sum{a=\"b\"} 4.001\n";
        assert_eq!(text.finish(), expected);
    }

    #[test]
    fn labels_that_are_known_beforehand_are_shown_beforehand() {
        let family = Family::new(&Bounds::from([1.0]), ["status"], &[["success"], ["failure"]]);
        family.observe(["odd \"reason\""], Duration::from_secs(2));
        let mut text = Text::new("p");
        family.write(&mut text, "f", "help");
        let text = text.finish();
        assert!(text.starts_with("# HELP p_f help\n# TYPE p_f histogram\n"), "{text}");
        assert!(text.contains("p_f_count{status=\"success\"} 0.0\n"), "{text}");
        assert!(text.contains("p_f_count{status=\"odd \\\"reason\\\"\"} 1.0\n"), "{text}");
        assert!(text.contains("# TYPE p_f_created gauge\np_f_created{status=\"failure\"} "), "{text}");
    }
}
