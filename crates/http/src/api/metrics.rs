//! `GET /metrics`: numbers for Prometheus, under upstream's names.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use perijove_core::usage::Usage;

use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::openapi::{Operation, schema};

const SCOPE: &str = "read:metrics";
const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("text/plain; version=1.0.0; charset=utf-8");

/// Counts users and servers. There is no redirect to the login: who asks is a program.
pub async fn show(State(app): State<App>, caller: Caller) -> Answer {
    if app.hub.settings.authenticate_prometheus && !caller.authorisation().has_any(SCOPE) {
        return Err(Failure::forbidden(format!("Access to metrics requires scope '{SCOPE}'")));
    }
    let text = exposition(&app.hub.usage().await?);
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}

fn exposition(usage: &Usage) -> String {
    let mut text = String::new();
    let mut gauge = |name: &str, help: &str, samples: &[(&str, f64)]| {
        let prefix = format!("jupyterhub_{name}");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# HELP {prefix} {help}\n# TYPE {prefix} gauge");
        for (labels, value) in samples {
            let _ = writeln!(text, "{prefix}{labels} {value:?}");
        }
    };
    gauge("running_servers", "Servers that run", &[("", usage.running_servers)]);
    gauge("total_users", "Users that the hub knows", &[("", usage.users)]);
    let active: Vec<(String, f64)> = usage
        .active_users
        .iter()
        .map(|(period, count)| (format!("{{period=\"{period}\"}}"), *count))
        .collect();
    let active: Vec<(&str, f64)> = active.iter().map(|(labels, count)| (labels.as_str(), *count)).collect();
    gauge("active_users", "Users who were active in the period", &active);
    text
}

/// See [`show`].
pub fn show_docs() -> Operation {
    Operation::new("Numbers for Prometheus.")
        .details("Needs the scope `read:metrics`, unless the configuration says otherwise.")
        .streams(200, "text/plain", schema::text(), "The numbers, as Prometheus reads them.")
        .refuses(403, "The scope `read:metrics` is missing.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_prometheus_reads_them() {
        let usage = Usage { running_servers: 2.0, users: 3.0, active_users: vec![("24h", 1.0), ("7d", 2.0)] };
        let text = exposition(&usage);
        assert!(text.contains("# TYPE jupyterhub_running_servers gauge\njupyterhub_running_servers 2.0\n"));
        assert!(text.contains("\njupyterhub_active_users{period=\"24h\"} 1.0\n"));
        assert!(text.ends_with("{period=\"7d\"} 2.0\n"));
    }
}
