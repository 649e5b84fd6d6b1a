//! The statements that a test ran, for tests of their plans and their number.

use std::cell::RefCell;

thread_local! {
    // Statements run on the thread that asks for them.
    static TEXTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Notes a statement.
pub(super) fn note(text: &str) {
    TEXTS.with_borrow_mut(|texts| texts.push(text.to_owned()));
}

/// The statements since the last call.
pub(crate) fn take() -> Vec<String> {
    TEXTS.take()
}
