//! Where templates come from: `template_paths` in order, then the stock ones; `templates/…` is always a stock one first.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use minijinja::{Error, ErrorKind, TemplateSource};
use rust_embed::RustEmbed;

/// The stock templates.
#[derive(RustEmbed)]
#[folder = "templates/"]
struct Stock;

/// Prefix under which the stock templates stay reachable when a custom one has the same name.
const STOCK_PREFIX: &str = "templates/";

/// Finds templates and remembers which file a name came from.
#[derive(Debug, Clone)]
pub(crate) struct Loader {
    paths: Arc<Vec<PathBuf>>,
    origins: Arc<Mutex<Vec<(String, PathBuf)>>>,
}

impl Loader {
    pub(crate) fn new(paths: Vec<PathBuf>) -> Self {
        Self { paths: Arc::new(paths), origins: Arc::default() }
    }

    /// The source of a template, or `None` if there is none of that name.
    pub(crate) fn load(&self, name: &str) -> Result<Option<TemplateSource>, Error> {
        if let Some(stock) = name.strip_prefix(STOCK_PREFIX).and_then(stock) {
            return Ok(Some(TemplateSource::new(stock)));
        }
        if let Some(file) = self.find(name) {
            return self.read(name, &file).map(Some);
        }
        Ok(stock(name).map(TemplateSource::new))
    }

    /// The file that a template name was last read from; `None` for a stock template.
    pub(crate) fn origin(&self, name: &str) -> Option<PathBuf> {
        let origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        origins.iter().rev().find(|(known, _)| known == name).map(|(_, file)| file.clone())
    }

    /// The names of all templates below `template_paths`, relative, in order.
    pub(crate) fn custom_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for root in self.paths.iter() {
            collect(root, root, &mut names);
        }
        names.sort();
        names.dedup();
        names
    }

    fn find(&self, name: &str) -> Option<PathBuf> {
        let relative = Path::new(name);
        // Jinja2 refuses names that leave the folder, and so do we.
        if name.is_empty() || !relative.components().all(|part| matches!(part, Component::Normal(_))) {
            return None;
        }
        self.paths.iter().map(|root| root.join(relative)).find(|file| file.is_file())
    }

    fn read(&self, name: &str, file: &Path) -> Result<TemplateSource, Error> {
        let source = fs::read_to_string(file).map_err(|cause| {
            let message = format!("cannot read {}", file.display());
            Error::new(ErrorKind::InvalidOperation, message).with_source(cause)
        })?;
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        origins.retain(|(known, _)| known != name);
        origins.push((name.to_owned(), file.to_owned()));
        let read_at = modified(file);
        let watched = file.to_owned();
        Ok(TemplateSource::new(source).with_uptodate_check(move || modified(&watched) == read_at))
    }
}

/// The names of all stock templates.
pub(crate) fn stock_names() -> impl Iterator<Item = String> {
    Stock::iter().map(std::borrow::Cow::into_owned)
}

/// All stock templates, name and source, for another engine.
pub fn stock_templates() -> impl Iterator<Item = (String, String)> {
    stock_names().filter_map(|name| stock(&name).map(|source| (name, source)))
}

fn stock(name: &str) -> Option<String> {
    Stock::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned())
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|data| data.modified()).ok()
}

fn collect(root: &Path, folder: &Path, names: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, names);
        } else if path.extension().is_some_and(|extension| extension == "html" || extension == "j2")
            && let Ok(name) = path.strip_prefix(root)
        {
            names.push(name.to_string_lossy().into_owned());
        }
    }
}
