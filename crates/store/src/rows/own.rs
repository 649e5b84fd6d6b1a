//! Perijove's own tables.

use serde_json::Value;

/// What the hub needs to recognise a child process after a restart (table `perijove_processes`).
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// What it runs: `spawner` or `service` (or another word that the caller chooses, at most 15 characters).
    pub kind: String,
    /// `spawners.id` or `services.id`; not a foreign key.
    pub subject_id: i64,
    /// Process id.
    pub pid: i64,
    /// The kernel's start time of the process in clock ticks since boot (field 22 of `/proc/<pid>/stat`).
    pub start_time: i64,
    /// The kernel's random id of the boot in which `start_time` counts.
    pub boot_id: String,
    /// Anything else (JSON object).
    pub details: Option<Value>,
}
