//! Lists of scopes (and command lines): JSON arrays of strings.

/// Reads a JSON array of strings. Anything else reads as the empty list: for scopes that means fewer rights, never
/// more.
pub(crate) fn read(text: &str) -> Vec<String> {
    match serde_json::from_str::<Option<Vec<String>>>(text) {
        Ok(list) => list.unwrap_or_default(),
        Err(error) => {
            tracing::warn!(%error, "a list column does not hold a list of strings, taking it as empty");
            Vec::new()
        }
    }
}
