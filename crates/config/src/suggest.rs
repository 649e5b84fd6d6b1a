//! The nearest known names to a misspelt one, chosen as Python's `difflib.get_close_matches` does.

/// Up to three names that are similar enough, the nearest first.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let word: Vec<char> = word.chars().collect();
    let mut scored: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| (similarity(&name.chars().collect::<Vec<_>>(), &word), name))
        .filter(|(score, _)| *score >= 0.6)
        .collect();
    scored.sort_by(|left, right| right.0.total_cmp(&left.0).then_with(|| right.1.cmp(left.1)));
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}

/// "did you mean …?", or nothing.
pub fn hint<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(word, names).as_slice() {
        [] => String::new(),
        [name] => format!("; did you mean {name}?"),
        several => {
            let mut names = several.to_vec();
            names.sort_unstable();
            format!("; did you mean one of {}?", names.join(", "))
        }
    }
}

/// Twice the number of characters in matching blocks, over the number of all characters.
fn similarity(left: &[char], right: &[char]) -> f64 {
    let total = left.len() + right.len();
    if total == 0 {
        return 1.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "names are short")]
    let ratio = 2.0 * matching(left, right) as f64 / total as f64;
    ratio
}

/// The characters in the longest common block, and in those to its left and right.
fn matching(left: &[char], right: &[char]) -> usize {
    let Some((at_left, at_right, length)) = longest_block(left, right) else { return 0 };
    let before = matching(left.get(..at_left).unwrap_or_default(), right.get(..at_right).unwrap_or_default());
    let after = matching(
        left.get(at_left + length..).unwrap_or_default(),
        right.get(at_right + length..).unwrap_or_default(),
    );
    before + length + after
}

/// The longest block; of several, the one that starts first on the left, then on the right.
fn longest_block(left: &[char], right: &[char]) -> Option<(usize, usize, usize)> {
    let mut best: Option<(usize, usize, usize)> = None;
    for at_left in 0..left.len() {
        for at_right in 0..right.len() {
            let pairs = left.iter().skip(at_left).zip(right.iter().skip(at_right));
            let length = pairs.take_while(|(a, b)| a == b).count();
            if length > best.map_or(0, |(_, _, longest)| longest) {
                best = Some((at_left, at_right, length));
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::{hint, nearest};

    #[test]
    fn finds_what_difflib_finds() {
        let names = ["port", "ip", "proxy_cmd", "proxy_class", "hub_port", "ssl_cert", "ssl_key"];
        assert_eq!(nearest("prot", names), ["port"]);
        assert_eq!(nearest("proxy_clas", names), ["proxy_class", "proxy_cmd"]);
        assert_eq!(nearest("bogus", names), Vec::<&str>::new());
        assert_eq!(nearest("apple", ["ape", "apple", "peach", "puppy"]), ["apple", "ape"]);
        assert_eq!(hint("prot", names), "; did you mean port?");
        assert_eq!(hint("ssl_", names), "; did you mean one of ssl_cert, ssl_key?");
    }
}
