//! `{username}` in configured texts: Python's format strings with the names that JupyterHub offers.

use perijove_model::Value;

/// Names and their texts.
pub(crate) type Namespace<'a> = [(&'a str, &'a str)];

/// `template.format(**namespace)`.
///
/// # Errors
/// What is wrong with the template, for an administrator.
pub(crate) fn format(template: &str, namespace: &Namespace<'_>) -> Result<String, String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (text, brace) = rest.split_at(at);
        out.push_str(text);
        if let Some(after) = brace.strip_prefix("{{") {
            out.push('{');
            rest = after;
        } else if let Some(after) = brace.strip_prefix("}}") {
            out.push('}');
            rest = after;
        } else if let Some(after) = brace.strip_prefix('{') {
            let (field, after) =
                after.split_once('}').ok_or_else(|| format!("{template:?} has a {{ without }}"))?;
            out.push_str(&replace(field, namespace).map_err(|problem| format!("{template:?}: {problem}"))?);
            rest = after;
        } else {
            return Err(format!("{template:?} has a single }}; write }}}} for the character itself"));
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// One replacement field: `name`, `name!r`, `name:>8`.
fn replace(field: &str, namespace: &Namespace<'_>) -> Result<String, String> {
    let (field, specification) = field.split_once(':').unwrap_or((field, ""));
    let (name, conversion) = field.split_once('!').unwrap_or((field, "s"));
    let found = namespace.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
    let text = found.ok_or_else(|| {
        let known: Vec<_> = namespace.iter().map(|(name, _)| format!("{{{name}}}")).collect();
        format!("{{{name}}} is not known here, only {}", known.join(" and "))
    })?;
    let text = match conversion {
        "s" => text,
        "r" | "a" => Value::Str(text).repr(),
        other => return Err(format!("!{other} is no conversion")),
    };
    align(text, specification).ok_or_else(|| format!("{specification:?} is no format of a text"))
}

/// The format specification of a text: `[[fill]align][width][.precision][s]`.
fn align(text: String, specification: &str) -> Option<String> {
    if specification.is_empty() {
        return Some(text);
    }
    let is_alignment = |character: &char| matches!(character, '<' | '>' | '^');
    let mut characters = specification.chars();
    let (first, second) = (characters.next(), characters.next());
    let (fill, alignment, rest) = match (first, second.filter(is_alignment), first.filter(is_alignment)) {
        (Some(fill), Some(alignment), _) => (fill, alignment, characters.as_str()),
        (Some(fill), None, Some(alignment)) if fill == alignment => (' ', alignment, specification.get(1..)?),
        _ => (' ', '<', specification),
    };
    let rest = rest.strip_suffix('s').unwrap_or(rest);
    let (width, precision) = match rest.split_once('.') {
        Some((width, precision)) => (width, Some(precision.parse::<usize>().ok()?)),
        None => (rest, None),
    };
    let width =
        if width.is_empty() { 0 } else { width.parse::<usize>().ok().filter(|width| *width <= 4096)? };
    let text: String = text.chars().take(precision.unwrap_or(usize::MAX)).collect();
    let missing = width.saturating_sub(text.chars().count());
    let before = match alignment {
        '>' => missing,
        '^' => missing / 2,
        _ => 0,
    };
    let pad = |count: usize| std::iter::repeat_n(fill, count).collect::<String>();
    Some(format!("{}{text}{}", pad(before), pad(missing - before)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &Namespace<'_> = &[("username", "ada"), ("base_url", "/user/ada/")];

    #[test]
    fn formats_as_python_does() {
        let format = |template| super::format(template, NAMES);
        assert_eq!(format("/home/{username}/{{x}}").unwrap(), "/home/ada/{x}");
        assert_eq!(format("{base_url}{username!r}").unwrap(), "/user/ada/'ada'");
        assert_eq!(
            format("{username:*>6}|{username:6}|{username:^6}|{username:.2}").unwrap(),
            "***ada|ada   | ada  |ad"
        );
        assert_eq!(format("plain").unwrap(), "plain");
    }

    #[test]
    fn names_what_is_wrong() {
        let problem = |template| super::format(template, NAMES).unwrap_err();
        assert!(problem("{user}").contains("{user} is not known here, only {username} and {base_url}"));
        assert!(problem("{username").contains("without }"));
        assert!(problem("a}b").contains("single }"));
        assert!(problem("{username:d}").contains("no format"));
        assert!(problem("{username!x}").contains("no conversion"));
    }
}
