//! Python's `ast.literal_eval`, for containers on the command line.

use perijove_model::value::Value;

/// Reads a Python literal: numbers, strings, bytes, lists, tuples, sets, dictionaries, `True`,
/// `False` and `None`.
///
/// # Errors
/// Says where reading stopped.
pub fn literal_eval(text: &str) -> Result<Value, String> {
    let mut reader = Reader { rest: text.trim(), whole: text, depth: 0 };
    let value = reader.expression()?;
    if reader.rest.is_empty() { Ok(value) } else { Err(reader.problem()) }
}

/// Nesting that no sensible option has; deeper text is refused rather than recursed into.
const DEEPEST: usize = 64;

struct Reader<'a> {
    rest: &'a str,
    whole: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn problem(&self) -> String {
        let at = self.whole.len().saturating_sub(self.rest.len());
        format!("{:?} is not a Python literal (at character {at})", self.whole)
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip_blanks();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// A value, or several with commas between: a tuple without parentheses.
    fn expression(&mut self) -> Result<Value, String> {
        let first = self.value()?;
        if !self.take(",") {
            self.skip_blanks();
            return Ok(first);
        }
        let mut items = vec![first];
        self.skip_blanks();
        while !self.rest.is_empty() {
            items.push(self.value()?);
            if !self.take(",") {
                break;
            }
            self.skip_blanks();
        }
        self.skip_blanks();
        Ok(Value::Tuple(items))
    }

    fn value(&mut self) -> Result<Value, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("{:?} is nested too deeply", self.whole));
        }
        self.skip_blanks();
        let value = match self.rest.chars().next() {
            Some('[') => self.sequence("[", "]").map(|(items, _)| Value::List(items)),
            Some('(') => self.sequence("(", ")").map(|(mut items, comma)| match items.len() {
                1 if !comma => items.remove(0),
                _ => Value::Tuple(items),
            }),
            Some('{') => self.braces(),
            Some(c) if c == '"' || c == '\'' || self.has_string_prefix() => self.strings(),
            Some(c) if c.is_ascii_digit() || "+-.".contains(c) => self.number(),
            Some(_) => self.word(),
            None => Err(self.problem()),
        };
        self.depth -= 1;
        value
    }

    /// The items between brackets, and whether there was a comma.
    fn sequence(&mut self, open: &str, close: &str) -> Result<(Vec<Value>, bool), String> {
        self.take(open);
        let mut items = Vec::new();
        let mut comma = false;
        while !self.take(close) {
            items.push(self.value()?);
            if self.take(",") {
                comma = true;
            } else if self.take(close) {
                break;
            } else {
                return Err(self.problem());
            }
        }
        Ok((items, comma))
    }

    fn braces(&mut self) -> Result<Value, String> {
        self.take("{");
        if self.take("}") {
            return Ok(Value::Dict(Vec::new()));
        }
        let first = self.value()?;
        if self.take(":") { self.dictionary(first) } else { self.set(first) }
    }

    fn dictionary(&mut self, first: Value) -> Result<Value, String> {
        let mut entries = vec![(first, self.value()?)];
        loop {
            let comma = self.take(",");
            if self.take("}") {
                return Ok(Value::Dict(without_repeated_keys(entries)));
            }
            if !comma {
                return Err(self.problem());
            }
            let key = self.value()?;
            if !self.take(":") {
                return Err(self.problem());
            }
            entries.push((key, self.value()?));
        }
    }

    fn set(&mut self, first: Value) -> Result<Value, String> {
        let mut items = vec![first];
        loop {
            let comma = self.take(",");
            if self.take("}") {
                return Ok(Value::Set(items));
            }
            if !comma {
                return Err(self.problem());
            }
            let item = self.value()?;
            if !items.contains(&item) {
                items.push(item);
            }
        }
    }

    fn number(&mut self) -> Result<Value, String> {
        let end = self
            .rest
            .char_indices()
            .find(|(at, c)| {
                let exponent_sign = "+-".contains(*c)
                    && (*at == 0 || self.rest.get(..*at).is_some_and(|done| done.ends_with(['e', 'E'])));
                !(c.is_ascii_alphanumeric() || "._".contains(*c) || exponent_sign)
            })
            .map_or(self.rest.len(), |(at, _)| at);
        let (text, rest) = self.rest.split_at(end);
        let plain = text.replace('_', "");
        let value = match integer(&plain) {
            Some(number) => Value::Int(number),
            None if plain.contains(['.', 'e', 'E'])
                && plain.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c)) =>
            {
                Value::Float(plain.parse().map_err(|_| self.problem())?)
            }
            None => return Err(self.problem()),
        };
        self.rest = rest;
        Ok(value)
    }

    fn word(&mut self) -> Result<Value, String> {
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        let value = match word {
            "True" => Value::Bool(true),
            "False" => Value::Bool(false),
            "None" => Value::None,
            "set" if rest == "()" => {
                self.rest = "";
                return Ok(Value::Set(Vec::new()));
            }
            _ => return Err(self.problem()),
        };
        self.rest = rest;
        Ok(value)
    }

    fn has_string_prefix(&self) -> bool {
        let prefix: String =
            self.rest.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_lowercase();
        matches!(prefix.as_str(), "b" | "r" | "u" | "br" | "rb")
            && matches!(self.rest.chars().nth(prefix.len()), Some('"' | '\''))
    }

    /// One string, or several in a row that are joined.
    fn strings(&mut self) -> Result<Value, String> {
        let mut joined = self.string()?;
        loop {
            self.skip_blanks();
            if !(self.rest.starts_with(['"', '\'']) || self.has_string_prefix()) {
                return Ok(joined);
            }
            joined = match (joined, self.string()?) {
                (Value::Str(left), Value::Str(right)) => Value::Str(left + &right),
                (Value::Bytes(left), Value::Bytes(right)) => Value::Bytes([left, right].concat()),
                _ => return Err(self.problem()),
            };
        }
    }

    fn string(&mut self) -> Result<Value, String> {
        let prefix: String = self.rest.chars().take_while(char::is_ascii_alphabetic).collect();
        self.rest = self.rest.get(prefix.len()..).unwrap_or("");
        let raw = prefix.contains(['r', 'R']);
        let bytes = prefix.contains(['b', 'B']);
        let quote = ["\"\"\"", "'''", "\"", "'"]
            .into_iter()
            .find(|quote| self.rest.starts_with(quote))
            .ok_or_else(|| self.problem())?;
        self.rest = self.rest.get(quote.len()..).unwrap_or("");
        let mut text = String::new();
        while !self.rest.starts_with(quote) {
            let c = self.rest.chars().next().ok_or_else(|| self.problem())?;
            self.rest = self.rest.get(c.len_utf8()..).unwrap_or("");
            if c != '\\' {
                text.push(c);
            } else if raw {
                text.push(c);
                text.extend(self.next_character());
            } else {
                self.escape(&mut text)?;
            }
        }
        self.rest = self.rest.get(quote.len()..).unwrap_or("");
        if !bytes {
            return Ok(Value::Str(text));
        }
        let bytes = text.chars().map(u8::try_from).collect::<Result<_, _>>().map_err(|_| self.problem())?;
        Ok(Value::Bytes(bytes))
    }

    fn next_character(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = self.rest.get(c.len_utf8()..).unwrap_or("");
        Some(c)
    }

    fn escape(&mut self, text: &mut String) -> Result<(), String> {
        let c = self.next_character().ok_or_else(|| self.problem())?;
        match c {
            '\n' => {}
            '\\' | '\'' | '"' => text.push(c),
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'a' => text.push('\u{7}'),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            'v' => text.push('\u{b}'),
            'x' => text.push(self.code_point(2)?),
            'u' => text.push(self.code_point(4)?),
            'U' => text.push(self.code_point(8)?),
            '0'..='7' => text.push(self.octal(c)?),
            other => text.extend(['\\', other]),
        }
        Ok(())
    }

    fn code_point(&mut self, digits: usize) -> Result<char, String> {
        let text = self.rest.get(..digits).ok_or_else(|| self.problem())?;
        let code = u32::from_str_radix(text, 16).map_err(|_| self.problem())?;
        self.rest = self.rest.get(digits..).unwrap_or("");
        char::from_u32(code).ok_or_else(|| self.problem())
    }

    fn octal(&mut self, first: char) -> Result<char, String> {
        let mut digits = String::from(first);
        while digits.len() < 3 && self.rest.starts_with(|c: char| ('0'..='7').contains(&c)) {
            digits.extend(self.next_character());
        }
        let code = u32::from_str_radix(&digits, 8).map_err(|_| self.problem())?;
        char::from_u32(code).ok_or_else(|| self.problem())
    }
}

fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, radix) = match digits.get(..2).map(str::to_lowercase).as_deref() {
        Some("0x") => (digits.get(2..)?, 16),
        Some("0o") => (digits.get(2..)?, 8),
        Some("0b") => (digits.get(2..)?, 2),
        _ => (digits, 10),
    };
    if digits.starts_with(['+', '-']) || (radix == 10 && digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    i64::from_str_radix(digits, radix).ok().map(|number| sign * number)
}

fn without_repeated_keys(entries: Vec<(Value, Value)>) -> Vec<(Value, Value)> {
    let mut kept: Vec<(Value, Value)> = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        match kept.iter_mut().find(|(known, _)| *known == key) {
            Some(entry) => entry.1 = value,
            None => kept.push((key, value)),
        }
    }
    kept
}

#[cfg(test)]
mod tests;
