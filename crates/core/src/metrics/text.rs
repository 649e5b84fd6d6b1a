//! Prometheus' text form, as its client for Python writes it.

use std::fmt::Write as _;

/// Text that is being written.
pub(super) struct Text {
    prefix: String,
    text: String,
}

impl Text {
    /// Nothing yet; the names of metrics get `prefix` and an underscore in front.
    pub fn new(prefix: &str) -> Self {
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}_") };
        Self { prefix, text: String::new() }
    }

    /// What follows has no prefix.
    pub fn without_prefix(&mut self) {
        self.prefix.clear();
    }

    /// What a metric is.
    pub fn describe(&mut self, name: &str, help: &str, kind: &str) {
        // Writing to a string cannot fail, here and below.
        let prefix = &self.prefix;
        let _ = writeln!(self.text, "# HELP {prefix}{name} {help}\n# TYPE {prefix}{name} {kind}");
    }

    /// A value.
    pub fn sample(&mut self, name: &str, suffix: &str, labels: &[(&str, &str)], value: f64) {
        self.sample_with(name, suffix, labels, None, value);
    }

    /// A value with a label more.
    pub fn sample_with(
        &mut self,
        name: &str,
        suffix: &str,
        labels: &[(&str, &str)],
        last: Option<(&str, &str)>,
        value: f64,
    ) {
        let _ = write!(self.text, "{}{name}{suffix}", self.prefix);
        let mut separator = '{';
        for (label, value) in labels.iter().copied().chain(last) {
            let _ = write!(self.text, "{separator}{label}=\"{}\"", Escaped(value));
            separator = ',';
        }
        if separator == ',' {
            self.text.push('}');
        }
        let _ = writeln!(self.text, " {value:?}");
    }

    /// All of it.
    pub fn finish(self) -> String {
        self.text
    }
}

/// A label's value.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars() {
            match c {
                '\\' => f.write_str("\\\\")?,
                '"' => f.write_str("\\\"")?,
                '\n' => f.write_str("\\n")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
