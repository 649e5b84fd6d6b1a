//! What is chosen about metrics: by variables of the environment, as upstream reads them when it is
//! imported, and by `c.PeriodicMetricsCollector`.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use perijove_config::{Config, sections};
use perijove_core::metrics::{LoopOptions, MetricsOptions};

const PREFIX: &str = "JUPYTERHUB_METRICS_PREFIX";
const START_BOUNDS: &str = "JUPYTERHUB_SERVER_SPAWN_DURATION_SECONDS_BUCKETS";
const STOP_BOUNDS: &str = "JUPYTERHUB_SERVER_STOP_DURATION_SECONDS_BUCKETS";

/// Reads it. `environment` is the hub's, as it was started.
///
/// # Errors
/// Bounds that are no ascending numbers.
pub fn read(config: &Config, environment: &BTreeMap<String, String>) -> anyhow::Result<MetricsOptions> {
    let section: sections::PeriodicMetricsCollector = config.section()?;
    let seconds = |number: i64| Duration::from_secs(u64::try_from(number).unwrap_or(1).max(1));
    let positive = |number: f64| Duration::try_from_secs_f64(number).unwrap_or_default();
    Ok(MetricsOptions {
        prefix: environment.get(PREFIX).map_or("jupyterhub", String::as_str).to_owned(),
        start_bounds: bounds(environment, START_BOUNDS)?,
        stop_bounds: bounds(environment, STOP_BOUNDS)?,
        active_users_every: section
            .active_users_enabled
            .then(|| seconds(section.active_users_update_interval)),
        event_loop: section.event_loop_interval_enabled.then(|| LoopOptions {
            // Shorter ones would measure nothing but themselves.
            every: positive(section.event_loop_interval_resolution).max(Duration::from_millis(5)),
            warn_from: positive(section.event_loop_interval_log_threshold),
        }),
    })
}

fn bounds(environment: &BTreeMap<String, String>, name: &str) -> anyhow::Result<Option<Vec<f64>>> {
    let text = environment.get(name).map_or("", |text| text.trim());
    if text.is_empty() {
        return Ok(None);
    }
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse::<f64>()).collect();
    let mut numbers =
        numbers.with_context(|| format!("{name} must be numbers with commas between, not {text:?}"))?;
    // The last one is always there, named or not.
    numbers.retain(|number| *number != f64::INFINITY);
    let ascending = numbers.iter().zip(numbers.iter().skip(1)).all(|(low, high)| low < high);
    anyhow::ensure!(ascending && !numbers.is_empty(), "{name} must be ascending numbers, not {text:?}");
    Ok(Some(numbers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_ascending_numbers() {
        let read = |text: &str| bounds(&BTreeMap::from([("X".to_owned(), text.to_owned())]), "X");
        assert_eq!(read(" 1, 2.5,inf ").unwrap(), Some(vec![1.0, 2.5]));
        assert_eq!(read("").unwrap(), None);
        for wrong in ["1,x", "2,1", "1,1", "inf", "nan,1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
