//! `c.Application`: logging and the two "show" switches.

use std::collections::BTreeMap;

use perijove_model::value::Value;

use crate::class::DefaultValue::{Bool, EmptyDict, Int, Text};
use crate::from_value::LogLevel;
use crate::kind::{Choice, DICT, Kind};
use crate::section::section;

/// The levels that `log_level` takes: Python's numbers and names.
pub(super) const LOG_LEVELS: Kind = Kind::Enum(&[
    Choice::Int(0),
    Choice::Int(10),
    Choice::Int(20),
    Choice::Int(30),
    Choice::Int(40),
    Choice::Int(50),
    Choice::Text("DEBUG"),
    Choice::Text("INFO"),
    Choice::Text("WARN"),
    Choice::Text("ERROR"),
    Choice::Text("CRITICAL"),
]);

section! {
    /// What every command of the program shares: logging, and printing the configuration.
    Application = "Application" in "traitlets.config.application" root SINGLETON_CONFIGURABLE;

    fields {
        /// How the time of a log line is written, as a strftime pattern.
        log_datefmt: String = Kind::Unicode, Text("%Y-%m-%d %H:%M:%S"), NotYet;
        /// The layout of a log line, as a pattern of Python's logging module.
        log_format: String = Kind::Unicode, Text("[%(name)s]%(highlevel)s %(message)s"), NotYet;
        /// The least severe messages that are logged, as a name or as Python's number
        /// (10 debug, 20 info, 30 warning, 40 error, 50 critical).
        log_level: LogLevel = LOG_LEVELS, Int(30), Honoured;
        /// Extra settings for Python's logging.config.dictConfig.
        logging_config: BTreeMap<String, Value> = DICT, EmptyDict, NotYet;
        /// Print the configuration as it was read, instead of starting.
        show_config: bool = Kind::Bool, Bool(false), Honoured;
        /// Print the configuration as it was read, as JSON, instead of starting.
        show_config_json: bool = Kind::Bool, Bool(false), Honoured;
    }
    redefines {}
}
