//! Whether a worker that was started again has what the first one had.
//!
//! The first evaluation's plain values stay in force for the life of the hub. A handle is matched by its position
//! in the configuration and by the name of what it stands for; what no longer matches is not used.

use std::collections::HashMap;

use perijove_model::value::{LazyOps, Value};

use crate::evaluation::Evaluation;

/// New numbers of the first evaluation's handles.
pub(crate) type Renumbered = HashMap<u64, u64>;

/// What must be changed in a second evaluation so that it stands for the first.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Reconciliation {
    /// The handles that match.
    pub(crate) handles: Renumbered,
    /// Traits that get back their first value.
    pub(crate) replace: Vec<(String, String, Value)>,
    /// Traits that are new, or whose functions no longer match.
    pub(crate) remove: Vec<(String, String)>,
    /// `Section.trait` of those whose functions no longer match.
    pub(crate) lost: Vec<String>,
}

/// Compares two evaluations of the same files.
pub(crate) fn reconcile(first: &Evaluation, second: &Evaluation) -> Reconciliation {
    let mut result = Reconciliation::default();
    let later: HashMap<(&str, &str), &Value> = traits(second).collect();
    let mut known: HashMap<(&str, &str), ()> = HashMap::new();
    for (place, value) in traits(first) {
        known.insert(place, ());
        let (section, name) = (place.0.to_owned(), place.1.to_owned());
        let mut handles = Renumbered::new();
        if later.get(&place).is_some_and(|found| same(value, found, &mut handles)) {
            result.handles.extend(handles);
        } else if value.has_handle() {
            result.lost.push(format!("{section}.{name}"));
            result.remove.push((section, name));
        } else {
            result.replace.push((section, name, value.clone()));
        }
    }
    let new = traits(second).filter(|(place, _)| !known.contains_key(place));
    result.remove.extend(new.map(|((section, name), _)| (section.to_owned(), name.to_owned())));
    result
}

fn traits(evaluation: &Evaluation) -> impl Iterator<Item = ((&str, &str), &Value)> {
    evaluation.config.iter().flat_map(|(section, traits)| {
        traits.iter().map(move |(name, value, _)| ((section.as_str(), name.as_str()), value))
    })
}

/// Whether two values are the same, handles compared by what they stand for and noted in `handles`.
fn same(first: &Value, second: &Value, handles: &mut Renumbered) -> bool {
    match (first, second) {
        (Value::Handle(old), Value::Handle(new)) => {
            handles.insert(old.id, new.id);
            old.kind == new.kind && old.name == new.name
        }
        (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => same_items(a, b, handles),
        (Value::Set(a), Value::Set(b)) => a == b || same_items(a, b, handles),
        (Value::Dict(a), Value::Dict(b)) => same_entries(a, b, handles),
        (Value::Lazy(a), Value::Lazy(b)) => same_changes(a, b, handles),
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        _ => first == second,
    }
}

fn same_items(first: &[Value], second: &[Value], handles: &mut Renumbered) -> bool {
    first.len() == second.len() && first.iter().zip(second).all(|(a, b)| same(a, b, handles))
}

fn same_entries(first: &[(Value, Value)], second: &[(Value, Value)], handles: &mut Renumbered) -> bool {
    let mut pairs = first.iter().zip(second);
    first.len() == second.len() && pairs.all(|(a, b)| same(&a.0, &b.0, handles) && same(&a.1, &b.1, handles))
}

fn same_changes(first: &LazyOps, second: &LazyOps, handles: &mut Renumbered) -> bool {
    let inserts = |ops: &LazyOps| -> Vec<Value> {
        ops.inserts.iter().map(|(index, item)| Value::List(vec![Value::Int(*index), item.clone()])).collect()
    };
    let update = |ops: &LazyOps| ops.update.as_deref().cloned().unwrap_or(Value::None);
    same_items(&first.prepend, &second.prepend, handles)
        && same_items(&first.extend, &second.extend, handles)
        && same_items(&inserts(first), &inserts(second), handles)
        && same(&update(first), &update(second), handles)
}

#[cfg(test)]
mod tests;
