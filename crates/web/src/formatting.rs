//! Printing as Jinja2 with markupsafe does it.
//!
//! minijinja escapes `/` and writes `&quot;`; `base_url` inside a script would then no longer be a path.

use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Error, Output, State, Value};

/// The name of our escaping mode. A custom mode sends `|e`, `~` and `join` through [`format`] as well.
pub(crate) const MODE: &str = "html";

/// Escapes text for HTML with exactly markupsafe's entities.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&#34;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Writes a value as `{{ value }}` prints it.
pub(crate) fn format(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_safe() || matches!(state.auto_escape(), AutoEscape::None) {
        return Ok(write!(out, "{value}")?);
    }
    match value.kind() {
        ValueKind::Undefined => Ok(()),
        ValueKind::None | ValueKind::Bool | ValueKind::Number => Ok(write!(out, "{value}")?),
        _ => match value.as_str() {
            Some(text) => Ok(out.write_str(&escape(text))?),
            None => Ok(out.write_str(&escape(&value.to_string()))?),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_as_markupsafe() {
        assert_eq!(escape(r#"<a href="/x">'&'</a>"#), "&lt;a href=&#34;/x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;");
    }
}
