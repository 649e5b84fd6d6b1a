//! The merged configuration and typed access to it.

use crate::class::ClassInfo;
use crate::error::ConfigError;
use crate::section::Section;
use crate::sections;
use crate::tree::{Entry, Tree};
use crate::values::Values;

/// Classes that upstream makes as children of the hub: `c.JupyterHub.Authenticator.x` reaches them.
const CHILDREN_OF_THE_HUB: &[&str] = &["Authenticator", "Proxy", "EventLogger"];

/// What files and command line set, merged.
#[derive(Clone, Debug, Default)]
pub struct Config {
    tree: Tree,
}

impl Config {
    /// From a tree that is already merged.
    pub fn from_tree(tree: Tree) -> Self {
        Self { tree }
    }

    /// Sections and values as they were set.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Changes what was set, for values that the program itself decides.
    pub fn tree_mut(&mut self) -> &mut Tree {
        &mut self.tree
    }

    /// Reads a section: the values of the class over those of its ancestors over the defaults.
    ///
    /// # Errors
    /// A value that does not fit its trait.
    pub fn section<T: Section>(&self) -> Result<T, ConfigError> {
        T::read(&self.values(T::class()))
    }

    /// Reads a section for a subclass that only Python knows: values under its name, and under the
    /// names between it and the class, win. The most general name comes first.
    ///
    /// # Errors
    /// A value that does not fit its trait.
    pub fn section_for<T: Section>(&self, subclasses: &[&str]) -> Result<T, ConfigError> {
        let mut names = section_names(T::class());
        names.extend(subclasses.iter().map(|name| (*name).to_owned()));
        T::read(&Values::new(T::class(), self, &names))
    }

    /// The values of a class, for readers that go by name.
    pub fn values(&self, class: &'static ClassInfo) -> Values<'_> {
        Values::new(class, self, &section_names(class))
    }

    /// Whether a trait of the class is set, in its section or that of an ancestor.
    pub fn is_set(&self, class: &'static ClassInfo, name: &str) -> bool {
        self.values(class).entry(name).is_some()
    }

    /// What was set in exactly this section.
    pub fn entry(&self, section: &str, name: &str) -> Option<&Entry> {
        self.tree.entry(section, name)
    }

    /// Merges the sections that apply to a class, as Traitlets does: general ones first, then the
    /// same inside the section of the hub for classes that are its children.
    pub(crate) fn merged(&self, class: &'static ClassInfo, names: &[String]) -> Tree {
        let mut merged = merge_named(&self.tree, names);
        if CHILDREN_OF_THE_HUB.iter().any(|child| class.is_a(child)) {
            let hub = merge_named(&self.tree, &section_names(sections::JupyterHub::class()));
            merged.merge(merge_named(&hub, names));
        }
        merged
    }
}

/// The sections that a class reads, the most general first.
pub(crate) fn section_names(class: &'static ClassInfo) -> Vec<String> {
    let mut names: Vec<_> = class.chain().map(|class| class.name.to_owned()).collect();
    names.reverse();
    names
}

fn merge_named(tree: &Tree, names: &[String]) -> Tree {
    let mut merged = Tree::default();
    for section in names.iter().filter_map(|name| tree.sections.get(name)) {
        merged.merge(section.clone());
    }
    merged
}
