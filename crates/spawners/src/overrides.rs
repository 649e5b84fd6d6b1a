//! `Spawner.group_overrides`, `apply_user_options` and `options_from_form`, where they are plain values: these need no
//! Python. Where one of them is or holds a function, the Python worker does it all, in upstream's order.

use std::collections::BTreeMap;

use perijove_model::Value;
use serde_json::{Map, Value as Json};

use crate::error::SpawnError;
use crate::launch::Launch;

/// Applies the overrides of the groups that the user is in.
///
/// # Errors
/// [`SpawnError::Config`] for overrides of another form, or that cannot take effect.
pub fn group_overrides(
    launch: &mut Launch,
    groups: &[String],
    overrides: &BTreeMap<String, Value>,
) -> Result<(), SpawnError> {
    for (name, rule) in overrides {
        let wrong = || SpawnError::Config {
            option: format!("Spawner.group_overrides[{name:?}]"),
            problem: "it must be {'groups': [names], 'spawner_override': {trait: value}}".to_owned(),
        };
        let members = rule.get("groups").and_then(Value::items).ok_or_else(wrong)?;
        let entries = rule.get("spawner_override").and_then(Value::entries).ok_or_else(wrong)?;
        if !members.iter().filter_map(Value::as_str).any(|member| groups.iter().any(|group| group == member))
        {
            continue;
        }
        tracing::info!(user.name = %launch.facts.user, "Applying group_override {name}");
        for (key, value) in entries {
            let key = key.as_str().ok_or_else(wrong)?;
            let value = match (value, launch.settings.value(key)) {
                (Value::Dict(update), Some(Value::Dict(present))) => Value::Dict(updated(present, update)),
                _ => value.clone(),
            };
            launch.apply(&[(key.to_owned(), value)])?;
        }
    }
    Ok(())
}

/// Adds entries to a dictionary; nested ones are merged, `None` removes.
fn updated(mut target: Vec<(Value, Value)>, update: &[(Value, Value)]) -> Vec<(Value, Value)> {
    for (key, value) in update {
        let place = target.iter().position(|(known, _)| known == key);
        let value = match value {
            Value::None => {
                target.retain(|(known, _)| known != key);
                continue;
            }
            Value::Dict(inner) => {
                let below = place.and_then(|place| target.get(place)).and_then(|(_, value)| value.entries());
                Value::Dict(updated(below.unwrap_or_default().to_vec(), inner))
            }
            plain => plain.clone(),
        };
        match place.and_then(|place| target.get_mut(place)) {
            Some(entry) => entry.1 = value,
            None => target.push((key.clone(), value)),
        }
    }
    target
}

/// Sets the traits that the user's options stand for. A text for a number counts as that number.
///
/// # Errors
/// [`SpawnError::Refused`] with status 400 for a value that does not fit.
pub fn apply_user_options(
    launch: &mut Launch,
    options: &Map<String, Json>,
    traits: &BTreeMap<String, Value>,
) -> Result<(), SpawnError> {
    for (option, value) in options {
        let Some(name) = traits.get(option).and_then(Value::as_str) else {
            tracing::warn!(user.name = %launch.facts.user, "Unhandled user option {option}");
            continue;
        };
        if launch.settings.value(name).is_none() {
            tracing::error!("No such Spawner attribute {name} for user option {option}");
            continue;
        }
        if let Err(problem) = set(launch, name, value) {
            tracing::error!(user.name = %launch.facts.user, "applying the user option {option} failed: {problem}");
            return Err(SpawnError::Refused {
                status: 400,
                message: "Invalid user options".to_owned(),
                reason: "error".to_owned(),
            });
        }
    }
    Ok(())
}

fn set(launch: &mut Launch, name: &str, value: &Json) -> Result<(), String> {
    let plain = Value::from_plain_json(value).map_err(|error| error.to_string())?;
    match launch.apply(&[(name.to_owned(), plain)]) {
        Ok(()) => Ok(()),
        Err(first) => {
            let parsed = value.as_str().and_then(|text| launch.settings.parsed(name, text));
            let parsed = parsed.ok_or_else(|| first.to_string())?;
            launch.apply(&[(name.to_owned(), parsed)]).map_err(|_| first.to_string())
        }
    }
}

/// `options_from_form = 'simple'`: single values out of their lists, `on` for a ticked box.
pub fn simple_options_from_form(form: Map<String, Json>) -> Map<String, Json> {
    let simple = |value: Json| match value {
        Json::Array(mut items) if items.len() == 1 => match items.pop() {
            Some(Json::String(text)) if text == "on" => Json::Bool(true),
            other => other.unwrap_or(Json::Null),
        },
        several => several,
    };
    form.into_iter().map(|(key, value)| (key, simple(value))).collect()
}

#[cfg(test)]
mod tests {
    use perijove_config::{Config, Section, sections};
    use serde_json::json;

    use super::*;
    use crate::environment::tests::facts;
    use crate::launch::Settings;
    use crate::options::ProcessOptions;

    fn launch() -> Launch {
        let class = sections::LocalProcessSpawner::class();
        let Ok(options) = ProcessOptions::read(class, std::sync::Arc::new(Config::default())) else {
            panic!()
        };
        Launch {
            facts: facts(),
            settings: Settings::new(options),
            user_options: Map::new(),
            state: Map::new(),
            shown: None,
        }
    }

    fn dict(entries: &[(&str, Value)]) -> Value {
        Value::Dict(entries.iter().map(|(key, value)| (Value::from(*key), value.clone())).collect())
    }

    fn rule(group: &str, overrides: Value) -> Value {
        dict(&[("groups", Value::List(vec![Value::from(group)])), ("spawner_override", overrides)])
    }

    #[test]
    fn members_get_overrides_in_the_order_of_their_names() {
        let mut launch = launch();
        let first = dict(&[("A", Value::from("1")), ("B", Value::from("2"))]);
        let second = dict(&[("A", Value::None), ("C", Value::from("3"))]);
        let overrides = BTreeMap::from([
            (
                "10".to_owned(),
                rule("staff", dict(&[("environment", first), ("mem_limit", Value::from("1G"))])),
            ),
            ("20".to_owned(), rule("staff", dict(&[("environment", second)]))),
            ("30".to_owned(), rule("others", dict(&[("mem_limit", Value::from("9G"))]))),
        ]);
        group_overrides(&mut launch, &["staff".to_owned()], &overrides).unwrap();
        assert_eq!(launch.settings.value("mem_limit"), Some(Value::Int(1 << 30)));
        let environment = launch.settings.value("environment").unwrap();
        assert_eq!(environment, dict(&[("B", Value::from("2")), ("C", Value::from("3"))]));
        let broken = BTreeMap::from([("x".to_owned(), Value::Int(1))]);
        assert!(matches!(group_overrides(&mut launch, &[], &broken), Err(SpawnError::Config { .. })));
    }

    #[test]
    fn options_set_the_traits_they_stand_for() {
        let mut launch = launch();
        let traits = [("cpu", "cpu_limit"), ("memory", "mem_limit"), ("lost", "no_such")];
        let traits: BTreeMap<_, _> =
            traits.into_iter().map(|(option, name)| (option.to_owned(), Value::from(name))).collect();
        let chosen = json!({"cpu": "1.5", "memory": "2G", "lost": "x", "other": "y"});
        apply_user_options(&mut launch, chosen.as_object().unwrap(), &traits).unwrap();
        assert_eq!(launch.settings.value("cpu_limit"), Some(Value::Float(1.5)));
        assert_eq!(launch.settings.value("mem_limit"), Some(Value::Int(2 << 30)));
        let wrong = json!({"cpu": ["a"]});
        let refused = apply_user_options(&mut launch, wrong.as_object().unwrap(), &traits).unwrap_err();
        assert_eq!((refused.status(), refused.user_message().as_str()), (400, "Invalid user options"));
    }

    #[test]
    fn simple_forms_are_unpacked() {
        let form = json!({"image": ["mine"], "checked": ["on"], "several": ["a", "b"], "none": []});
        let options = simple_options_from_form(form.as_object().unwrap().clone());
        let expected = json!({"image": "mine", "checked": true, "several": ["a", "b"], "none": []});
        assert_eq!(Json::Object(options), expected);
    }
}
