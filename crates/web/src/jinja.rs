//! What Jinja2 has built in and the template engine has not, or has with other arguments.

mod links;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use minijinja::value::{Kwargs, Object, ObjectRepr, Rest, ValueOrKwargs, from_args};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, Value};
use minijinja_contrib::{filters, globals};

use crate::formatting::escape;

/// By how many letters a text may be longer before `truncate` shortens it: Jinja2's `policies["truncate.leeway"]`.
const LEEWAY: usize = 5;
/// What follows a number of bytes, with factors of 1000 and 1024.
const SIZES: [(&str, &str); 8] = [
    ("kB", "KiB"),
    ("MB", "MiB"),
    ("GB", "GiB"),
    ("TB", "TiB"),
    ("PB", "PiB"),
    ("EB", "EiB"),
    ("ZB", "ZiB"),
    ("YB", "YiB"),
];

/// Adds filters, tests and functions.
pub(crate) fn add_to(env: &mut Environment<'static>) {
    env.add_filter("center", center);
    env.add_filter("filesizeformat", filesizeformat);
    env.add_filter("forceescape", |text: String| Value::from_safe_string(escape(&text)));
    env.add_filter("random", filters::random);
    env.add_filter("striptags", striptags);
    env.add_filter("truncate", truncate);
    env.add_filter("urlize", urlize);
    env.add_filter("wordcount", wordcount);
    env.add_test("callable", is_callable);
    env.add_function("cycler", cycler);
    env.add_function("joiner", globals::joiner);
    env.add_function("lipsum", lipsum);
}

/// Values that come one after the other, from the first again after the last.
#[derive(Debug)]
struct Cycler {
    items: Vec<Value>,
    taken: AtomicUsize,
}

impl Cycler {
    fn at(&self, taken: usize) -> Value {
        taken.checked_rem(self.items.len()).and_then(|at| self.items.get(at).cloned()).unwrap_or_default()
    }
}

impl Object for Cycler {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str() == Some("current")).then(|| self.at(self.taken.load(Ordering::Relaxed)))
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let () = from_args(args)?;
        match method {
            "next" => Ok(self.at(self.taken.fetch_add(1, Ordering::Relaxed))),
            "reset" => {
                self.taken.store(0, Ordering::Relaxed);
                Ok(Value::from(()))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

fn cycler(items: Rest<Value>) -> Result<Value, Error> {
    if items.is_empty() {
        return Err(Error::new(ErrorKind::MissingArgument, "cycler needs something to give"));
    }
    Ok(Value::from_object(Cycler { items: items.0, taken: AtomicUsize::new(0) }))
}

/// An argument that may be given by position or by name.
fn either<'a, T>(position: Option<T>, kwargs: &'a Kwargs, name: &'a str, default: T) -> Result<T, Error>
where
    Option<T>: minijinja::value::ArgType<'a, Output = Option<T>>,
{
    let named: Option<T> = kwargs.get(name)?;
    Ok(position.or(named).unwrap_or(default))
}

/// `str.center`: an odd blank goes to the right of a text of even length, and to the left of others.
fn center(text: String, width: Option<usize>, kwargs: Kwargs) -> Result<String, Error> {
    let width = either(width, &kwargs, "width", 80)?;
    kwargs.assert_all_used()?;
    let blanks = width.saturating_sub(text.chars().count());
    let left = blanks / 2 + (blanks & width & 1);
    Ok(format!("{}{text}{}", " ".repeat(left), " ".repeat(blanks - left)))
}

fn filesizeformat(bytes: f64, binary: Option<bool>, kwargs: Kwargs) -> Result<String, Error> {
    let binary = either(binary, &kwargs, "binary", false)?;
    kwargs.assert_all_used()?;
    let base: f64 = if binary { 1024.0 } else { 1000.0 };
    if bytes < base {
        let number = bytes.trunc();
        return Ok(if (bytes - 1.0).abs() < f64::EPSILON {
            "1 Byte".to_owned()
        } else {
            format!("{number:.0} Bytes")
        });
    }
    let mut shown = bytes / base;
    let mut names = SIZES.iter().map(|(decimal, of_two)| if binary { *of_two } else { *decimal });
    let mut name = names.next().unwrap_or_default();
    for larger in names {
        if shown < base {
            break;
        }
        (shown, name) = (shown / base, larger);
    }
    Ok(format!("{shown:.1} {name}"))
}

fn truncate(text: String, args: Rest<ValueOrKwargs>) -> Result<String, Error> {
    type Given = (Option<usize>, Option<bool>, Option<String>, Option<usize>, Kwargs);
    let (length, kill_words, end, leeway, kwargs): Given = from_args(&args.into_values())?;
    let length = either(length, &kwargs, "length", 255)?;
    let kill_words = either(kill_words, &kwargs, "killwords", false)?;
    let end = either(end, &kwargs, "end", "...".to_owned())?;
    let leeway = either(leeway, &kwargs, "leeway", LEEWAY)?;
    kwargs.assert_all_used()?;
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(text);
    }
    let kept: String = text.chars().take(length.saturating_sub(end.chars().count())).collect();
    let kept = match kept.rsplit_once(' ') {
        Some((words, _)) if !kill_words => words,
        _ => &kept,
    };
    Ok(format!("{kept}{end}"))
}

/// The text without comments and tags, with single blanks, and with letters instead of entities.
fn striptags(text: String) -> String {
    let without = without(&without(&text, "<!--", "-->"), "<", ">");
    let words: Vec<&str> = without.split_whitespace().collect();
    // A `<` that begins no tag is a letter here, and not to the engine's own filter, which knows the entities.
    filters::striptags(words.join(" ").replace('<', "&lt;"))
}

/// The text without what is between these two, where both are there.
fn without(text: &str, start: &str, end: &str) -> String {
    let mut rest = text;
    let mut kept = String::with_capacity(text.len());
    while let Some((before, after)) = rest.split_once(start)
        && let Some((_, after)) = after.split_once(end)
    {
        kept.push_str(before);
        rest = after;
    }
    kept + rest
}

fn wordcount(text: String) -> usize {
    let is_letter = |character: char| character.is_alphanumeric() || character == '_';
    text.split(|character| !is_letter(character)).filter(|word| !word.is_empty()).count()
}

fn urlize(state: &mut State<'_, '_>, value: Value, args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    type Given = (Option<usize>, Option<bool>, Option<String>, Option<String>, Kwargs);
    let (limit, no_follow, target, rel, kwargs): Given = from_args(&args.into_values())?;
    let limit = either(limit, &kwargs, "trim_url_limit", usize::MAX)?;
    let no_follow = either(no_follow, &kwargs, "nofollow", false)?;
    let target = either(target, &kwargs, "target", String::new())?;
    let rel = either(rel, &kwargs, "rel", String::new())?;
    let schemes: Option<Vec<String>> = kwargs.get("extra_schemes")?;
    kwargs.assert_all_used()?;
    // `noopener` is Jinja2's `policies["urlize.rel"]`.
    let mut rel: Vec<&str> = rel.split_whitespace().chain(["noopener"]).collect();
    rel.extend(no_follow.then_some("nofollow"));
    rel.sort_unstable();
    rel.dedup();
    let mut attributes = format!(" rel=\"{}\"", escape(&rel.join(" ")));
    if !target.is_empty() {
        attributes.push_str(&format!(" target=\"{}\"", escape(&target)));
    }
    let text = value.to_string();
    let text = if value.is_safe() { text } else { escape(&text) };
    let linked = links::Links { attributes, limit, schemes: schemes.unwrap_or_default() }.in_text(&text);
    Ok(match state.auto_escape() {
        AutoEscape::None => Value::from(linked),
        _ => Value::from_safe_string(linked),
    })
}

fn lipsum(state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    type Given = (Option<usize>, Option<bool>, Option<usize>, Option<usize>, Kwargs);
    let (count, html, min, max, kwargs): Given = from_args(&args.into_values())?;
    let count = either(count, &kwargs, "n", 5)?;
    let html = either(html, &kwargs, "html", true)?;
    let min = either(min, &kwargs, "min", 20)?;
    let max = either(max, &kwargs, "max", 100)?;
    kwargs.assert_all_used()?;
    let words = [("html", Value::from(html)), ("min", Value::from(min)), ("max", Value::from(max))];
    let text = globals::lipsum(state, Some(count), words.into_iter().collect())?;
    let text = text.to_string();
    let text = text.trim_end();
    Ok(if html { Value::from_safe_string(text.to_owned()) } else { Value::from(text) })
}

/// Whether a value is a function or macro. Methods of objects are no values here.
fn is_callable(value: &Value) -> bool {
    let kind = value.as_object().map_or("", |object| object.type_name());
    ["::BoxedFunction", "::Macro", "::Joiner"].iter().any(|known| kind.ends_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(template: &str) -> String {
        let mut env = Environment::new();
        add_to(&mut env);
        env.render_str(template, ()).unwrap()
    }

    #[test]
    fn sizes_of_files() {
        assert_eq!(
            rendered("{{ 1 | filesizeformat }}, {{ 0 | filesizeformat }}, {{ 999.9 | filesizeformat }}"),
            "1 Byte, 0 Bytes, 999 Bytes"
        );
        assert_eq!(
            rendered("{{ 1000 | filesizeformat }}, {{ 123456789 | filesizeformat(binary=true) }}"),
            "1.0 kB, 117.7 MiB"
        );
        assert_eq!(rendered("{{ 5e27 | filesizeformat }}"), "5000.0 YB");
    }

    #[test]
    fn functions_and_macros_are_callable() {
        let shown = rendered(
            "{% macro m() %}{% endmacro %}{{ [m is callable, lipsum is callable, 'x' is callable, y is callable] }}",
        );
        assert_eq!(shown, "[True, True, False, False]");
        assert_eq!(
            rendered(
                "{% set c = cycler('a', 'b') %}{{ c is defined }}{{ c.next() }}{{ c.next() }}{{ c.next() }}"
            ),
            "Trueaba"
        );
        assert!(rendered("{{ lipsum(n=1, html=false) }}").ends_with('.'));
    }
}
