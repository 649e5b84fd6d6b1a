//! Splits the words of a command line as Python's argparse does for Traitlets.
//!
//! Any `--Class.trait` is an option and takes one value, in the same word after `=` or in the next
//! word. Flags take none. Names that Traitlets does not take for an option of its own may be cut
//! short as long as they stay unique.

use super::options::{ALLOW_ROOT, Flag, OWN, Scope};

/// What the words say.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    /// Options and the values they were given, by first use; names without dashes, aliases replaced.
    pub(super) options: Vec<(String, Vec<String>)>,
    /// Flags in order.
    pub(super) flags: Vec<&'static Flag>,
    /// Whether `--allow-root` is there.
    pub(super) allow_root: bool,
    /// Words that belong to no option.
    pub(super) extra: Vec<String>,
}

/// What one word is.
enum Word {
    Option { name: String, value: Option<String> },
    Flag(&'static Flag),
    AllowRoot,
    Plain,
}

/// The words of a command line, or what is wrong with them.
pub(super) fn split(argv: &[String], scope: Scope) -> Result<Arguments, String> {
    let end = argv.iter().position(|word| word == "--").unwrap_or(argv.len());
    let (words, rest) = argv.split_at(end);
    let mut arguments = Arguments::default();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        match classify(word, scope)? {
            Word::Plain => arguments.extra.push(word.clone()),
            Word::Flag(flag) => arguments.flags.push(flag),
            Word::AllowRoot => arguments.allow_root = true,
            Word::Option { name, value } => {
                let value = match value {
                    Some(value) => value,
                    None => match words.peek() {
                        Some(next) if matches!(classify(next, scope)?, Word::Plain) => {
                            words.next().cloned().unwrap_or_default()
                        }
                        _ => return Err(format!("option {word} needs a value")),
                    },
                };
                match arguments.options.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, values)) => values.push(value),
                    None => arguments.options.push((name, vec![value])),
                }
            }
        }
    }
    arguments.extra.extend(rest.iter().skip(1).cloned());
    Ok(arguments)
}

fn classify(word: &str, scope: Scope) -> Result<Word, String> {
    if !word.starts_with('-') || word == "-" {
        return Ok(Word::Plain);
    }
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    };
    if let Some(found) = known(name, value, scope)? {
        return Ok(found);
    }
    if is_trait_option(name) {
        let name = name.trim_start_matches('-').to_owned();
        return Ok(Word::Option { name, value: value.map(str::to_owned) });
    }
    if let Some(found) = short_with_value(word, scope) {
        return Ok(found);
    }
    match abbreviated(name, scope).as_slice() {
        [] if is_negative_number(word) || word.contains(' ') => Ok(Word::Plain),
        [] => Err(format!("unrecognized argument {word}")),
        [full] => known(full, value, scope)?.ok_or_else(|| format!("unrecognized argument {word}")),
        several => Err(format!("{word} is ambiguous: it could be {}", several.join(", "))),
    }
}

/// A flag, an alias or an option of our own, by its full name.
fn known(name: &str, value: Option<&str>, scope: Scope) -> Result<Option<Word>, String> {
    let bare = name.trim_start_matches('-');
    let dashes = name.len() - bare.len();
    // `--f` is as good as `-f`, but `-port` is no alias.
    let matches = |known: &str| known == bare && (dashes == 2 || known.len() == 1);
    let flag = scope.flags().find(|flag| matches(flag.name)).map(Word::Flag);
    let flag = flag.or_else(|| matches(ALLOW_ROOT.name).then_some(Word::AllowRoot));
    if let Some(flag) = flag {
        return match value {
            None => Ok(Some(flag)),
            Some(_) => Err(format!("{name} takes no value")),
        };
    }
    let value = value.map(str::to_owned);
    if let Some(alias) = scope.aliases().find(|alias| matches(alias.name)) {
        let (class, trait_name) = alias.target.split_once('.').unwrap_or((alias.target, ""));
        let name = format!("{}.{trait_name}", scope.section(class_name(class)));
        return Ok(Some(Word::Option { name, value }));
    }
    let own = OWN.iter().find(|own| matches(own.name));
    Ok(own.map(|own| Word::Option { name: own.name.to_owned(), value }))
}

/// The classes that aliases name.
fn class_name(class: &str) -> &'static str {
    if class == "Application" { "Application" } else { "JupyterHub" }
}

/// `-f/etc/x.py`: a one-letter alias with its value in the same word.
fn short_with_value(word: &str, scope: Scope) -> Option<Word> {
    let letter = word.get(1..2)?;
    let value = word.get(2..)?;
    let alias = scope.aliases().find(|alias| alias.name == letter)?;
    Some(Word::Option { name: alias.target.to_owned(), value: Some(value.to_owned()) })
}

/// The long names that start like this.
fn abbreviated(name: &str, scope: Scope) -> Vec<String> {
    let Some(start) = name.strip_prefix("--") else { return Vec::new() };
    let names = scope.flags().map(|flag| flag.name).chain(scope.aliases().map(|alias| alias.name));
    names
        .chain(OWN.iter().map(|own| own.name))
        .filter(|name| name.len() > 1 && name.starts_with(start))
        .map(|name| format!("--{name}"))
        .collect()
}

/// One or two dashes and a name with dots: Traitlets takes any such word for an option.
fn is_trait_option(word: &str) -> bool {
    let Some(name) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else { return false };
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .split('.')
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'))
}

/// `-1` and `-.5` are values.
fn is_negative_number(word: &str) -> bool {
    let Some(number) = word.strip_prefix('-') else { return false };
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    match number.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction) && !fraction.is_empty(),
        None => digits(number) && !number.is_empty(),
    }
}
