//! `c.EventLogger`: structured events.

use perijove_model::value::Value;

use crate::class::DefaultValue::None;
use crate::kind::Kind;
use crate::section::section;

section! {
    /// Records of what happens (a server started, a server stopped) for other programs.
    EventLogger = "EventLogger" in "jupyter_events.logger" root LOGGING_CONFIGURABLE;

    fields {
        /// Python's logging handlers that receive the events, one JSON object each: a list.
        handlers: Option<Value> = Kind::Optional(&Kind::LoggingHandlers), None, Honoured;
    }
    redefines {}
}
