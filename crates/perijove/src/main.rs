//! The `perijove` binary: command line and wiring.

fn main() {}
