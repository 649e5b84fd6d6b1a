//! Breaks our descriptions into lines.

/// The paragraphs of `text` in lines of at most `width` characters, each after `indent`.
pub(crate) fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let paragraphs = text.trim().split("\n\n").map(|paragraph| paragraph_lines(paragraph, width, indent));
    paragraphs.collect::<Vec<_>>().join("\n")
}

fn paragraph_lines(paragraph: &str, width: usize, indent: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in paragraph.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < width + indent.len() => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{indent}{word}")),
        }
    }
    lines.join("\n")
}
