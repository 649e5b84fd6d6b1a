//! The log: JupyterHub's line format for people and their scripts, or JSON for collectors.
//!
//! A line is `[I 2026-01-31 12:34:56.789 JupyterHub servers:42] message key=value`. Upstream's
//! letters, time stamp and name are kept, because log scrapers (fail2ban and the like) match them.

use std::cell::RefCell;
use std::fmt;
use std::io::{IsTerminal, Write};

use chrono::Local;
use perijove_config::LogFormat;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// Installs the log for the whole process. Third-party crates log from warnings on.
pub fn install(level: Level, format: LogFormat) {
    let filter = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("perijove", level)
        .with_targets(CRATES.iter().map(|name| (format!("perijove_{name}"), level)));
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).init(),
        LogFormat::Text => {
            let colour = std::io::stderr().is_terminal();
            registry.with(lines.with_ansi(colour).event_format(JupyterHubLines)).init();
        }
    }
}

const CRATES: [&str; 13] = [
    "authenticators",
    "config",
    "core",
    "crypto",
    "http",
    "model",
    "oauth",
    "proxy",
    "python",
    "spawners",
    "store",
    "sys",
    "web",
];

/// The numeric levels of Python's `logging` and their names, as `JupyterHub.log_level` takes them.
pub fn level(number: i64) -> Level {
    match number {
        ..=10 => Level::DEBUG,
        11..=20 => Level::INFO,
        21..=30 => Level::WARN,
        _ => Level::ERROR,
    }
}

struct JupyterHubLines;

impl<S, N> FormatEvent<S, N> for JupyterHubLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let (letter, colour) = match *metadata.level() {
            Level::ERROR => ('E', "\x1b[31m"),
            Level::WARN => ('W', "\x1b[33m"),
            Level::INFO => ('I', "\x1b[32m"),
            Level::DEBUG | Level::TRACE => ('D', "\x1b[34m"),
        };
        let module = metadata.module_path().and_then(|path| path.rsplit("::").next()).unwrap_or("app");
        let (on, off) = if writer.has_ansi_escapes() { (colour, "\x1b[0m") } else { ("", "") };
        write!(writer, "{on}[{letter} ")?;
        write_time(&mut writer)?;
        write!(writer, " JupyterHub {module}:{}]{off} ", metadata.line().unwrap_or(0))?;
        let mut fields = Fields::default();
        event.record(&mut fields);
        write!(writer, "{}", fields.message)?;
        for (name, value) in &fields.others {
            write!(writer, " {name}={value}")?;
        }
        writeln!(writer)
    }
}

thread_local! {
    /// The second that was written last, and its text: a busy hub writes thousands of lines a second.
    static SECOND: RefCell<(i64, String)> = RefCell::default();
}

/// Writes the local time, as `2026-01-31 12:34:56.789`.
fn write_time(writer: &mut Writer<'_>) -> fmt::Result {
    let now = Local::now();
    SECOND.with_borrow_mut(|(second, text)| {
        if *second != now.timestamp() || text.is_empty() {
            *second = now.timestamp();
            *text = now.format("%Y-%m-%d %H:%M:%S").to_string();
        }
        write!(writer, "{text}.{:03}", now.timestamp_subsec_millis())
    })
}

#[derive(Default)]
struct Fields {
    message: String,
    others: Vec<(&'static str, String)>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: String) {
        // Line breaks from users' input must not forge log lines.
        if field.name() == "message" {
            self.message = value.replace('\r', "\\r");
        } else {
            self.others.push((field.name(), value.replace('\n', "\\n").replace('\r', "\\r")));
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        let quoted = field.name() != "message" && (value.is_empty() || value.contains(char::is_whitespace));
        self.add(field, if quoted { format!("{value:?}") } else { value.to_owned() });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}"));
    }
}

/// Prints the one message of a failed start.
pub fn print_fatal(message: &str) {
    let mut stderr = std::io::stderr().lock();
    // Nothing can be done if the last message cannot be written.
    let _written = writeln!(stderr, "perijove: {message}");
}
