//! The hub's pages: templates, the files they load, and the typed values they are rendered with.
//!
//! Template names, block names and variables are those of JupyterHub 6.1.1, so that custom templates written for it
//! (`template_paths`) render here too; the markup, the style sheet and the scripts are our own. The templates stay in the
//! common subset of Jinja2 and minijinja, because pages of Python plug-ins extend them in real Jinja2.
//!
//! A page is a [`contexts::Page`] (what every page knows: who is logged in, the XSRF token, the links) and one context struct
//! of [`contexts`], which names its template:
//!
//! ```
//! use perijove_web::{RenderOptions, Renderer, contexts::{Logout, Page}};
//!
//! # fn main() -> Result<(), perijove_web::WebError> {
//! let renderer = Renderer::new(RenderOptions::default())?;
//! let html = renderer.page(&Page::default(), &Logout::default())?;
//! assert!(html.contains("logout-main"));
//! # Ok(())
//! # }
//! ```

pub mod contexts;
mod datetime;
mod error;
mod formatting;
mod jinja;
mod loader;
mod render;
mod static_files;
mod urls;

pub use datetime::DateTimeValue;
pub use error::WebError;
pub use loader::stock_templates;
pub use minijinja::Value;
pub use render::{JinjaOptions, RenderOptions, Renderer};
pub use static_files::{
    LOGO_PATH, StaticFile, is_static_folder, static_aliases, static_file, static_paths, static_url,
};
pub use urls::{escape_path, url_path_join};
