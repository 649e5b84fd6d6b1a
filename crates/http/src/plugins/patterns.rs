//! Paths of handlers, as Tornado matches them.

use fancy_regex::Regex;

/// One rule of Tornado's.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// Python's regular expression, matched from the beginning of the path.
    pub regex: String,
    /// The handler's class, for the metrics.
    pub class: String,
}

/// The rules of a worker, in order.
#[derive(Debug, Clone, Default)]
pub struct Patterns {
    /// Of the authenticator.
    pub authenticator: Vec<Pattern>,
    /// `JupyterHub.extra_handlers`.
    pub extra: Vec<Pattern>,
}

/// The same, compiled.
pub(super) struct Rules {
    authenticator: Vec<Rule>,
    extra: Vec<Rule>,
}

struct Rule {
    regex: Regex,
    class: &'static str,
}

impl Rules {
    pub(super) fn new(patterns: Patterns) -> Self {
        Self {
            authenticator: patterns.authenticator.into_iter().filter_map(compile).collect(),
            extra: patterns.extra.into_iter().filter_map(compile).collect(),
        }
    }

    /// The class of the authenticator's handler of this path.
    pub(super) fn of_authenticator(&self, path: &str) -> Option<&'static str> {
        find(&self.authenticator, path)
    }

    /// The class of the configuration's handler of this path.
    pub(super) fn extra(&self, path: &str) -> Option<&'static str> {
        find(&self.extra, path)
    }
}

fn compile(pattern: Pattern) -> Option<Rule> {
    match Regex::new(&format!("^(?:{})", pattern.regex)) {
        // The metrics keep the names of handlers for ever. There are few, and the same after each restart of Python.
        Ok(regex) => Some(Rule { regex, class: String::leak(pattern.class) }),
        Err(error) => {
            tracing::error!(
                handler = pattern.class,
                "the path {:?} of a handler is not understood and never matches: {error}\n\
                 hint: Perijove knows Python's regular expressions except for conditionals such as (?(1)a|b)",
                pattern.regex
            );
            None
        }
    }
}

fn find(rules: &[Rule], path: &str) -> Option<&'static str> {
    let matches = |rule: &&Rule| {
        rule.regex.is_match(path).unwrap_or_else(|error| {
            tracing::warn!(handler = rule.class, "a path cannot be matched: {error}");
            false
        })
    };
    rules.iter().find(matches).map(|rule| rule.class)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(regexes: &[&str]) -> Rules {
        let pattern = |regex: &&str| Pattern { regex: (*regex).to_owned(), class: (*regex).to_owned() };
        Rules::new(Patterns { authenticator: Vec::new(), extra: regexes.iter().map(pattern).collect() })
    }

    #[test]
    fn paths_match_as_a_whole_and_in_order() {
        let rules = rules(&["/hub/signup$", "/hub/discard/([^/]*)$", "/hub/a|/hub/b$", "/hub/(?P<x>.*)$"]);
        assert_eq!(rules.extra("/hub/signup"), Some("/hub/signup$"));
        assert_eq!(rules.extra("/hub/signup/"), Some("/hub/(?P<x>.*)$"));
        assert_eq!(rules.extra("/hub/discard/a%20b"), Some("/hub/discard/([^/]*)$"));
        // As Python's `match`: only the last alternative ends where the path does.
        assert_eq!(rules.extra("/hub/abc"), Some("/hub/a|/hub/b$"));
        assert_eq!(rules.extra("/x/hub/signup"), None);
        assert_eq!(rules.of_authenticator("/hub/signup"), None);
    }

    #[test]
    fn what_only_python_understands_never_matches() {
        assert_eq!(rules(&["/hub/(a)?(?(1)b|c$"]).extra("/hub/ab"), None);
    }
}
