//! Values of authenticators.

use std::collections::BTreeSet;

use perijove_model::value::Value;

use super::{Corrected, Correction};
use crate::values::Values;

/// The shortest password for everybody.
const USER_PASSWORD_LENGTH: usize = 8;

/// The shortest password for administrators.
const ADMIN_PASSWORD_LENGTH: usize = 32;

pub(super) fn correct(values: &Values<'_>, name: &str, value: Value) -> Correction {
    match name {
        "allowed_users" => Ok(allowed_users(value)),
        "user_password" => password(values, value, USER_PASSWORD_LENGTH, "admin_password"),
        "admin_password" => password(values, value, ADMIN_PASSWORD_LENGTH, "user_password"),
        "password_groups" => password_groups(values, value),
        _ => Ok(Corrected::unchanged(value)),
    }
}

/// `set('ann')` is three people with short names.
fn allowed_users(value: Value) -> Corrected {
    let single: BTreeSet<&str> = value
        .items()
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_str)
        .filter(|name| name.chars().count() <= 1)
        .collect();
    let warning = (!single.is_empty()).then(|| {
        let names = single.iter().copied().collect::<Vec<_>>();
        format!("it has names of one character ({}); set(\"name\") makes a set of letters, {{\"name\"}} one of names", names.join(", "))
    });
    Corrected { value, warning }
}

fn password(values: &Values<'_>, value: Value, shortest: usize, other: &str) -> Correction {
    let Some(text) = value.as_str().filter(|text| !text.is_empty()) else {
        return Ok(Corrected::unchanged(Value::None));
    };
    let length = text.chars().count();
    if length < shortest {
        return Err(format!("a password of {length} characters is too short; it needs {shortest}").into());
    }
    if values.accepted(other)?.is_some_and(|other| other == value) {
        return Err(format!("it must not be the same as {other}").into());
    }
    Ok(Corrected::unchanged(value))
}

fn password_groups(values: &Values<'_>, value: Value) -> Correction {
    let used = value.entries().is_some_and(|entries| !entries.is_empty());
    if used && !values.get::<bool>("manage_groups")? {
        return Err("it needs manage_groups = True".to_owned().into());
    }
    Ok(Corrected::unchanged(value))
}
