//! JupyterHub's line format.

use std::cell::RefCell;
use std::fmt::{self, Write as _};

use chrono::Local;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Formats events as `[I 2026-01-31 12:34:56.789 JupyterHub servers:42] message key=value`.
pub struct JupyterHubLines;

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
        let mut fields = Fields { writer: &mut writer, others: String::new(), outcome: Ok(()) };
        event.record(&mut fields);
        let Fields { others, outcome, .. } = fields;
        outcome?;
        writer.write_str(&others)?;
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

/// Writes the message at once, and keeps the fields for behind it.
struct Fields<'a, 'w> {
    writer: &'a mut Writer<'w>,
    others: String,
    outcome: fmt::Result,
}

impl Visit for Fields<'_, '_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() != "message" && (value.is_empty() || value.contains(char::is_whitespace)) {
            self.record_debug(field, &value);
        } else {
            self.record_debug(field, &format_args!("{value}"));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Line breaks from users' input must not forge log lines.
        let written = if field.name() == "message" {
            write!(Guarded { to: &mut *self.writer, newlines: true }, "{value:?}")
        } else {
            let mut to = Guarded { to: &mut self.others, newlines: false };
            write!(to.to, " {}=", field.name()).and_then(|()| write!(to, "{value:?}"))
        };
        self.outcome = self.outcome.and(written);
    }
}

/// Passes text on with carriage returns, and line breaks where they are not ours, made visible.
struct Guarded<'a, W> {
    to: &'a mut W,
    newlines: bool,
}

impl<W: fmt::Write> fmt::Write for Guarded<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if !text.bytes().any(|byte| matches!(byte, b'\r' | b'\n')) {
            return self.to.write_str(text);
        }
        let breaks = |c: char| c == '\r' || (c == '\n' && !self.newlines);
        for piece in text.split_inclusive(breaks) {
            match piece.strip_suffix(breaks) {
                None => self.to.write_str(piece)?,
                Some(before) => {
                    self.to.write_str(before)?;
                    self.to.write_str(if piece.ends_with('\r') { "\\r" } else { "\\n" })?;
                }
            }
        }
        Ok(())
    }
}
