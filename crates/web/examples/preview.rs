//! Writes every page with its sample contexts, and the static files, into a folder, to be looked at in a browser:
//! `cargo run -p perijove-web --example preview -- FOLDER`, then serve FOLDER on a port and open `/`.

use std::fs;
use std::io::{self, Error};
use std::path::{Path, PathBuf};

use perijove_web::{LOGO_PATH, RenderOptions, Renderer, static_file, static_paths};

#[path = "../tests/samples/mod.rs"]
mod samples;

fn write(folder: &Path, path: &str, bytes: &[u8]) -> io::Result<()> {
    let file = folder.join(path);
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(file, bytes)
}

fn main() -> io::Result<()> {
    let folder =
        std::env::args_os().nth(1).map(PathBuf::from).ok_or_else(|| Error::other("usage: preview FOLDER"))?;
    let renderer = Renderer::new(RenderOptions::default()).map_err(Error::other)?;
    let mut index = String::new();
    for sample in samples::all() {
        let namespace = renderer.namespace(&sample.page, sample.variables);
        let page = renderer.render(sample.template, namespace).map_err(Error::other)?;
        write(&folder, &format!("{}.html", sample.name), page.as_bytes())?;
        index.push_str(&format!("<p><a href=\"{0}.html\">{0}</a></p>", sample.name));
    }
    for path in static_paths() {
        if let Some(file) = static_file(&path) {
            write(&folder, &format!("hub/static/{path}"), &file.bytes)?;
        }
    }
    // Pages name files by what JupyterHub calls them.
    for path in ["css/style.min.css"] {
        if let Some(file) = static_file(path) {
            write(&folder, &format!("hub/static/{path}"), &file.bytes)?;
        }
    }
    if let Some(logo) = static_file(LOGO_PATH) {
        write(&folder, "hub/logo", &logo.bytes)?;
    }
    write(&folder, "index.html", index.as_bytes())
}
