//! IDNA 2008 registration form of one label (RFC 5891, 5892).
//!
//! The `idna` crate implements UTS 46, which maps capitals and accepts symbols. JupyterHub encodes names by the
//! stricter IDNA 2008, where nothing is mapped and only letters, digits and a few exceptions are allowed; this
//! module adds that check in front of it.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// The `xn--` form of a non-ASCII label; `None` if it is ASCII or not a valid label.
pub(super) fn to_ascii(label: &str) -> Option<String> {
    let chars: Vec<char> = label.chars().collect();
    if label.is_ascii() || chars.iter().any(|c| matches!(c, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}')) {
        return None;
    }
    if !chars.iter().enumerate().all(|(at, c)| is_allowed(*c) || is_allowed_here(&chars, at, *c)) {
        return None;
    }
    let uts46 = Uts46::new();
    let (mapped, valid) = uts46.to_unicode(label.as_bytes(), AsciiDenyList::STD3, Hyphens::Check);
    if valid.is_err() || mapped != label {
        return None;
    }
    let ascii = uts46.to_ascii(label.as_bytes(), AsciiDenyList::STD3, Hyphens::Check, DnsLength::Verify);
    ascii.ok().map(|ascii| ascii.into_owned())
}

/// The code points that RFC 5892 calls PVALID, apart from stability under mapping, which UTS 46 checks.
fn is_allowed(c: char) -> bool {
    use GeneralCategory as G;
    match c {
        '-' | '\u{df}' | '\u{3c2}' | '\u{6fd}' | '\u{6fe}' | '\u{f0b}' | '\u{3007}' => true,
        '\u{640}' | '\u{7fa}' | '\u{302e}' | '\u{302f}' | '\u{3031}'..='\u{3035}' | '\u{303b}' => false,
        // Old Hangul letters, marks for symbols, musical notation.
        '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97c}' | '\u{d7b0}'..='\u{d7fb}' => false,
        '\u{20d0}'..='\u{20ff}' | '\u{1d100}'..='\u{1d24f}' => false,
        '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}' => false,
        c => matches!(
            c.general_category(),
            G::LowercaseLetter
                | G::OtherLetter
                | G::ModifierLetter
                | G::DecimalNumber
                | G::NonspacingMark
                | G::SpacingMark
        ),
    }
}

/// The code points that RFC 5892 allows in some contexts only (appendix A); joiners are left to UTS 46.
fn is_allowed_here(label: &[char], at: usize, c: char) -> bool {
    let before = at.checked_sub(1).and_then(|at| label.get(at)).copied();
    let after = label.get(at + 1).copied();
    match c {
        '\u{200c}' | '\u{200d}' => true,
        '\u{b7}' => before == Some('l') && after == Some('l'),
        '\u{375}' => after.is_some_and(is_greek),
        '\u{5f3}' | '\u{5f4}' => before.is_some_and(is_hebrew),
        '\u{30fb}' => label.iter().any(|c| is_japanese(*c)),
        '\u{660}'..='\u{669}' => !label.iter().any(|c| ('\u{6f0}'..='\u{6f9}').contains(c)),
        '\u{6f0}'..='\u{6f9}' => !label.iter().any(|c| ('\u{660}'..='\u{669}').contains(c)),
        _ => false,
    }
}

fn is_greek(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{373}' | '\u{375}'..='\u{377}' | '\u{37a}'..='\u{37d}' | '\u{37f}' | '\u{384}'
        | '\u{386}' | '\u{388}'..='\u{3e1}' | '\u{3f0}'..='\u{3ff}' | '\u{1f00}'..='\u{1ffe}')
}

fn is_hebrew(c: char) -> bool {
    matches!(c, '\u{591}'..='\u{5f4}' | '\u{fb1d}'..='\u{fb4f}')
}

fn is_japanese(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{3096}' | '\u{309d}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}'
        | '\u{30fd}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3005}' | '\u{3007}' | '\u{3021}'..='\u{3029}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{fad9}' | '\u{20000}'..='\u{323af}')
}
