//! Looks over a merged configuration: names that nothing knows, values that do not fit, traits that
//! do nothing yet.

use std::collections::{BTreeMap, BTreeSet};

use perijove_model::value::Value;

use crate::class::{ClassInfo, Status, TraitInfo};
use crate::config::{Config, section_names};
use crate::deprecated;
use crate::error::{ConfigError, Place};
use crate::from_value::ClassRef;
use crate::origin::Origin;
use crate::popen::PopenOptions;
use crate::section::Section;
use crate::sections;
use crate::suggest;
use crate::tree::{Entry, Raw, Tree};
use crate::values::Values;
use crate::warning::Warning;

/// A class that the configuration chose.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// As it was chosen.
    pub class: ClassRef,
    /// The table of the class, or of its base class if only Python knows it.
    pub info: &'static ClassInfo,
    /// Whether `info` is the table of exactly this class.
    pub known: bool,
    /// Why Python must run the class, although it may be native: in words, for the log.
    pub python: Option<String>,
}

/// The variable that makes Python run classes that are native: `authenticator`, `spawner`, or both.
pub const FORCE_PYTHON: &str = "PERIJOVE_FORCE_PYTHON";

/// The classes whose sections count.
#[derive(Clone, Debug)]
pub struct Classes {
    /// Of `JupyterHub.authenticator_class`.
    pub authenticator: Chosen,
    /// Of `JupyterHub.spawner_class`.
    pub spawner: Chosen,
    /// Of `JupyterHub.proxy_class`.
    pub proxy: Chosen,
}

/// What a look over a configuration found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) warnings: Vec<Warning>,
    pub(crate) errors: Vec<ConfigError>,
    /// Traits whose values hold something that lives in the Python worker.
    pub(crate) handles: Vec<Place>,
    /// Traits of the class looked at that are set and do not, or not quite, act here.
    unhonoured: Vec<(Place, Status)>,
}

impl Classes {
    /// Reads which classes the hub is configured with.
    pub(crate) fn of(config: &Config) -> Result<Self, ConfigError> {
        let hub = config.values(sections::JupyterHub::class());
        let chosen = |name: &str, base: &'static ClassInfo| -> Result<Chosen, ConfigError> {
            let class: ClassRef = hub.get(name)?;
            let exact = sections::all().into_iter().find(|info| info.import_string() == class.name());
            let python = exact.is_none().then(|| "it is no native class".to_owned());
            Ok(Chosen { known: exact.is_some(), info: exact.unwrap_or(base), class, python })
        };
        Ok(Self {
            authenticator: chosen("authenticator_class", sections::Authenticator::class())?,
            spawner: chosen("spawner_class", sections::Spawner::class())?,
            proxy: chosen("proxy_class", sections::Proxy::class())?,
        })
    }

    /// Lets Python run the classes that the variable [`FORCE_PYTHON`] lists.
    ///
    /// # Errors
    /// [`ConfigError::BadVariable`] for another word.
    pub(crate) fn force_python(&mut self, listed: &str) -> Result<(), ConfigError> {
        for word in listed.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let chosen = match word {
                "authenticator" => &mut self.authenticator,
                "spawner" => &mut self.spawner,
                _ => {
                    return Err(ConfigError::BadVariable {
                        name: FORCE_PYTHON,
                        problem: format!("{word:?} is neither authenticator nor spawner"),
                    });
                }
            };
            chosen.python.get_or_insert_with(|| format!("{FORCE_PYTHON} says so"));
        }
        Ok(())
    }

    /// Lets Python run classes that the configuration has changed in place, or whose ancestors it has.
    pub(crate) fn mind_patches(&mut self, patched: &[String]) {
        for chosen in [&mut self.authenticator, &mut self.spawner] {
            let changed =
                chosen.info.chain().map(ClassInfo::import_string).find(|name| patched.contains(name));
            if let Some(changed) = changed {
                chosen.python.get_or_insert_with(|| format!("the configuration changes {changed} itself"));
            }
        }
    }

    /// Whether something must be run by Python.
    pub(crate) fn need_python(&self) -> bool {
        self.chosen().iter().any(|chosen| chosen.python.is_some())
    }

    fn chosen(&self) -> [&Chosen; 3] {
        [&self.authenticator, &self.spawner, &self.proxy]
    }

    /// Every class whose section is read.
    fn active(&self) -> Vec<(&'static ClassInfo, bool)> {
        let fixed = [
            sections::JupyterHub::class(),
            sections::CryptKeeper::class(),
            sections::EventLogger::class(),
            sections::HttpClient::class(),
            sections::PeriodicMetricsCollector::class(),
        ];
        let chosen = self.chosen().map(|chosen| (chosen.info, chosen.known));
        fixed.into_iter().map(|info| (info, true)).chain(chosen).collect()
    }
}

/// Looks over everything that is set.
///
/// What a native authenticator or spawner does not honour is no fault: Python runs the class then, and `classes` says so.
pub(crate) fn check(config: &Config, classes: &mut Classes) -> Result<Findings, ConfigError> {
    let mut findings = Findings::default();
    findings.sections(config, classes);
    for (class, known) in classes.active() {
        let values = config.values(class);
        findings.class(&values, known);
        let unhonoured = std::mem::take(&mut findings.unhonoured);
        let plugin = [&mut classes.authenticator, &mut classes.spawner];
        match plugin.into_iter().find(|chosen| std::ptr::eq(chosen.info, class)) {
            Some(chosen) => {
                let reason = unhonoured.first().map(|(place, _)| format!("{place} is not native"));
                chosen.python = chosen.python.take().or(reason);
            }
            None => findings.settle(unhonoured),
        }
        match deprecated::warnings(&values) {
            Ok(warnings) => findings.warnings.extend(warnings),
            // The same error was found in the look at the class.
            Err(_) => continue,
        }
    }
    findings.warnings.dedup();
    Ok(findings)
}

impl Findings {
    fn class(&mut self, values: &Values<'_>, known: bool) {
        let class = values.class();
        for (name, entry) in values.entries() {
            match class.trait_info(name) {
                Some(info) => self.value(values, info, entry),
                None if known && name != "blacklist" => self.unknown(class, name, entry),
                None => {}
            }
        }
    }

    fn unknown(&mut self, class: &'static ClassInfo, name: &str, entry: &Entry) {
        let names: Vec<_> = class.all_traits().into_iter().map(|info| info.name).collect();
        let hint = suggest::hint(name, names);
        let text = format!("{} has no option {name}{hint}", class.name);
        self.warnings.push(Warning::new(text, entry.origin.clone()));
    }

    fn value(&mut self, values: &Values<'_>, info: &'static TraitInfo, entry: &Entry) {
        let place = values.place(info.name);
        match values.check(info.name) {
            Ok(Some(text)) => {
                self.warnings.push(Warning::new(format!("{place}: {text}"), place.origin.clone()))
            }
            Ok(None) => {}
            Err(error) => return self.errors.push(error),
        }
        let has_handle = matches!(&entry.raw, Raw::Value(value) if value.has_handle());
        if has_handle {
            self.handles.push(place.clone());
        }
        let acts = match info.status {
            Status::Honoured | Status::Harmless => true,
            Status::HonouredPlain => !has_handle,
            Status::HonouredPopen => values
                .get::<BTreeMap<String, Value>>(info.name)
                .is_ok_and(|arguments| PopenOptions::read(&arguments).is_ok()),
            Status::NotYet | Status::NotYetRestricting | Status::Partly(_) => !differs(values, info),
        };
        if !acts {
            self.unhonoured.push((place, info.status));
        }
    }

    /// What of a class that is never run by Python does not act: errors and warnings.
    fn settle(&mut self, unhonoured: Vec<(Place, Status)>) {
        for (place, status) in unhonoured {
            let text = match status {
                Status::Honoured | Status::HonouredPopen | Status::Harmless => continue,
                Status::HonouredPlain => {
                    self.errors.push(ConfigError::NotCalled { place: Box::new(place) });
                    continue;
                }
                Status::NotYetRestricting => {
                    self.errors.push(ConfigError::NotYet { place: Box::new(place) });
                    continue;
                }
                Status::Partly(words) => {
                    format!("{place} acts only in part in this version of Perijove: {words}")
                }
                Status::NotYet => format!("{place} does nothing yet in this version of Perijove"),
            };
            self.warnings.push(Warning::new(text, place.origin));
        }
    }

    /// Sections that no class in use reads.
    fn sections(&mut self, config: &Config, classes: &Classes) {
        let read: BTreeSet<String> =
            classes.active().into_iter().flat_map(|(class, _)| section_names(class)).collect();
        let names: BTreeSet<&str> = classes.chosen().map(|chosen| chosen.class.class_name()).into();
        // A class of which only Python knows the ancestors may read any section.
        let unsure = classes.chosen().iter().any(|chosen| !chosen.known);
        for (name, section) in &config.tree().sections {
            if section.is_empty() || read.contains(name) || names.contains(name.as_str()) {
                continue;
            }
            match sections::find(name) {
                Some(class) => self.not_in_use(class, section, classes),
                None if !unsure => self.unknown_section(name, section),
                None => {}
            }
        }
        for (name, entry) in &config.tree().entries {
            if entry.origin != Origin::CommandLine {
                let text = format!("c.{name} is set outside of any section and has no effect");
                self.warnings.push(Warning::new(text, entry.origin.clone()));
            }
        }
    }

    fn not_in_use(&mut self, class: &'static ClassInfo, section: &Tree, classes: &Classes) {
        let family = classes.chosen().into_iter().find(|chosen| {
            let base = ["Authenticator", "Spawner", "Proxy"].into_iter().find(|base| class.is_a(base));
            base.is_some_and(|base| chosen.info.is_a(base))
        });
        let Some(family) = family.filter(|family| family.known) else { return };
        let text = format!(
            "{} is ignored: the class in use is {}, which does not extend it",
            class.name,
            family.class.class_name()
        );
        self.warnings.push(Warning::new(text, first_origin(section)));
    }

    fn unknown_section(&mut self, name: &str, section: &Tree) {
        let hint = suggest::hint(name, sections::all().map(|class| class.name));
        let text = format!("{name} is no class of this hub, so its options have no effect{hint}");
        self.warnings.push(Warning::new(text, first_origin(section)));
    }
}

/// Whether a value that was set is another one than the default.
fn differs(values: &Values<'_>, info: &TraitInfo) -> bool {
    let Ok(Some(value)) = values.accepted(info.name) else { return true };
    match info.default.constant() {
        Some(default) => value != default,
        None => value != Value::None,
    }
}

fn first_origin(section: &Tree) -> Origin {
    let own = section.entries.values().map(|entry| entry.origin.clone()).next();
    own.or_else(|| section.sections.values().map(first_origin).next()).unwrap_or(Origin::Default)
}

#[cfg(test)]
mod tests;
