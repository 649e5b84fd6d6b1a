//! `c.EventLogger`: structured events.

use perijove_model::value::Value;

use crate::class::DefaultValue::None;
use crate::kind::Kind;
use crate::section::section;

section! {
    /// Records of what happens (a server started, a server stopped) for other programs.
    EventLogger = "EventLogger" in "jupyter_events.logger" root LOGGING_CONFIGURABLE;

    fields {
        /// Python logging handlers, or a function that makes them, which receive the events.
        handlers: Option<Value> = Kind::Optional(&Kind::Instance("Handlers")), None, NotYet;
    }
    redefines {}
}
