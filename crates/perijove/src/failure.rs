//! The one message of a start that failed.

/// An error with its causes on one line, each said once, and the hints below it.
pub fn describe(error: &anyhow::Error) -> String {
    let mut text = String::new();
    let mut hints: Vec<String> = Vec::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        let (said, hinted): (Vec<&str>, Vec<&str>) =
            cause.lines().partition(|line| !line.trim_start().starts_with("hint:"));
        let said = said.join("\n");
        // Many errors name their cause themselves.
        if said.starts_with(&text) {
            text = said;
        } else if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        for hint in hinted.into_iter().map(|hint| hint.trim().to_owned()) {
            if !hints.contains(&hint) {
                hints.push(hint);
            }
        }
    }
    for hint in hints {
        text.push('\n');
        text.push_str(&hint);
    }
    text
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::describe;

    #[test]
    fn causes_are_said_once_and_hints_come_last() {
        let inner = std::io::Error::other("address in use");
        let error = anyhow::Error::new(inner)
            .context("cannot listen on x: address in use")
            .context("--port is taken\nhint: take another");
        assert_eq!(
            describe(&error),
            "--port is taken: cannot listen on x: address in use\nhint: take another"
        );
    }

    #[test]
    fn a_cause_that_says_more_replaces_what_it_repeats() {
        let error = Err::<(), _>(anyhow::anyhow!("no\n  set at a.py:3\nhint: yes"))
            .context("no\nhint: yes")
            .unwrap_err();
        assert_eq!(describe(&error), "no\n  set at a.py:3\nhint: yes");
    }
}
