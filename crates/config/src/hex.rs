//! Hexadecimal notation as Python's `bytes.fromhex` reads it.

/// Reads pairs of digits, with blanks allowed between pairs. `None` if it is anything else.
pub(crate) fn bytes_from_hex(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut characters = text.chars().filter(|character| !character.is_ascii_whitespace());
    while let Some(high) = characters.next() {
        let low = characters.next()?;
        bytes.push(u8::try_from(high.to_digit(16)? * 16 + low.to_digit(16)?).ok()?);
    }
    // A blank inside a pair is an error in Python.
    let odd = text.split_ascii_whitespace().any(|word| word.len() % 2 != 0);
    (!odd).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::bytes_from_hex;

    #[test]
    fn reads_what_python_reads() {
        assert_eq!(bytes_from_hex("00fF 10"), Some(vec![0, 255, 16]));
        assert_eq!(bytes_from_hex(""), Some(vec![]));
        assert_eq!(bytes_from_hex("0"), None);
        assert_eq!(bytes_from_hex("0 0"), None);
        assert_eq!(bytes_from_hex("xy"), None);
    }
}
