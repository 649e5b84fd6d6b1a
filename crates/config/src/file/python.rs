//! What the Python worker found in `jupyterhub_config.py`, as a tree.

use std::path::PathBuf;

use perijove_python::Evaluation;

use crate::origin::Origin;
use crate::tree::{Entry, Raw, Tree};

/// Turns the sections of an evaluation into a tree. Lines that Python cannot tell count as
/// somewhere in `file`.
pub(crate) fn tree(evaluation: &Evaluation, file: &std::path::Path) -> Tree {
    let mut found = Tree::default();
    for (name, values) in &evaluation.config {
        let mut section = &mut found;
        for part in name.split('.').filter(|part| !part.is_empty()) {
            section = section.section_mut(part);
        }
        for (name, value, location) in values {
            let origin = match location {
                Some(location) => {
                    Origin::File { path: PathBuf::from(&location.file), line: Some(location.line) }
                }
                None => Origin::File { path: file.to_owned(), line: None },
            };
            section.entries.insert(name.clone(), Entry { raw: Raw::Value(value.clone()), origin });
        }
    }
    found
}
