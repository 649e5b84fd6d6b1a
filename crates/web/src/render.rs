//! The renderer: an environment in which JupyterHub's templates behave as they do in Jinja2.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Kwargs;
use minijinja::{AutoEscape, Environment, ErrorKind, State, Value};

use crate::contexts::{Error, Page, PageContext, Variables};
use crate::error::WebError;
use crate::formatting;
use crate::jinja;
use crate::loader::{Loader, stock_names};
use crate::static_files::static_url;

/// What the templates are rendered with, from the configuration.
#[derive(Debug, Clone)]
pub struct RenderOptions {
    /// `JupyterHub.template_paths`: folders searched before the stock templates, in order.
    pub template_paths: Vec<PathBuf>,
    /// `JupyterHub.template_vars` that are plain values; callables go into [`Page::template_vars`].
    pub template_vars: BTreeMap<String, Value>,
    /// Path of the hub, `/hub/`.
    pub base_url: String,
    /// Path of the whole deployment, `/`.
    pub prefix: String,
    /// Changes with every start or version; part of some URLs in templates.
    pub version_hash: String,
    /// Whether `logo_file` is configured: then our name is not written beside the logo.
    pub custom_logo: bool,
    /// `JupyterHub.jinja_environment_options`.
    pub jinja: JinjaOptions,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self {
            template_paths: Vec::new(),
            template_vars: BTreeMap::new(),
            base_url: "/hub/".to_owned(),
            prefix: "/".to_owned(),
            version_hash: String::new(),
            custom_logo: false,
            jinja: JinjaOptions::default(),
        }
    }
}

/// The options of a Jinja2 environment that may be set from the configuration.
#[derive(Debug, Clone)]
pub struct JinjaOptions {
    /// Escape what is printed.
    pub autoescape: bool,
    /// Drop the newline after a block tag.
    pub trim_blocks: bool,
    /// Drop the blanks before a block tag.
    pub lstrip_blocks: bool,
    /// Keep the last newline of a template.
    pub keep_trailing_newline: bool,
    /// Read changed files again.
    pub auto_reload: bool,
    /// `{%` and `%}`.
    pub block: (String, String),
    /// `{{` and `}}`.
    pub variable: (String, String),
    /// `{#` and `#}`.
    pub comment: (String, String),
}

impl Default for JinjaOptions {
    fn default() -> Self {
        let pair = |start: &str, end: &str| (start.to_owned(), end.to_owned());
        Self {
            autoescape: true,
            trim_blocks: false,
            lstrip_blocks: false,
            keep_trailing_newline: false,
            auto_reload: true,
            block: pair("{%", "%}"),
            variable: pair("{{", "}}"),
            comment: pair("{#", "#}"),
        }
    }
}

/// Renders pages. Cheap to share behind an [`Arc`]; rendering neither blocks nor waits.
#[derive(Debug)]
pub struct Renderer {
    env: Environment<'static>,
    loader: Loader,
    base: Variables,
    template_vars: BTreeMap<String, Value>,
    static_prefix: Arc<str>,
}

impl Renderer {
    /// Makes the environment and compiles every template, so that a broken one is found at start.
    ///
    /// # Errors
    /// [`WebError::Syntax`] names file and line of a template that does not compile, [`WebError::Options`] contradicting
    /// delimiters.
    pub fn new(options: RenderOptions) -> Result<Self, WebError> {
        let loader = Loader::new(options.template_paths);
        let env = environment(&options.jinja, loader.clone())?;
        let static_prefix: Arc<str> = format!("{}static/", options.base_url).into();
        let base = vec![
            ("base_url", Value::from(options.base_url)),
            ("prefix", Value::from(options.prefix)),
            ("static_url", static_url_function(&static_prefix)),
            ("version_hash", Value::from(options.version_hash)),
            ("custom_logo", Value::from(options.custom_logo)),
        ];
        let renderer = Self { env, loader, base, template_vars: options.template_vars, static_prefix };
        for name in stock_names().chain(renderer.loader.custom_names()) {
            renderer.template(&name)?;
        }
        Ok(renderer)
    }

    /// Renders a page with its template.
    ///
    /// # Errors
    /// [`WebError::Render`] names template and line; the text is for the log, not for the browser.
    pub fn page<C: PageContext>(&self, page: &Page, context: &C) -> Result<String, WebError> {
        self.page_as(C::TEMPLATE, page, context)
    }

    /// Renders a page with another template than its own (a custom `register.html`, …).
    ///
    /// # Errors
    /// As [`Renderer::page`], and [`WebError::NotFound`].
    pub fn page_as<C: PageContext>(&self, name: &str, page: &Page, context: &C) -> Result<String, WebError> {
        self.render(name, self.namespace(page, context.variables()))
    }

    /// Renders an error with `<status>.html` if there is one, else `error.html`. If that fails, once more without looking at the
    /// user's spawner, and at last with the stock template alone, so that an error page never fails because of a custom one.
    ///
    /// # Errors
    /// As [`Renderer::page`].
    pub fn error_page(&self, page: &Page, context: &Error) -> Result<String, WebError> {
        let own = format!("{}.html", context.status_code);
        let first = match self.page_as(&own, page, context) {
            Err(WebError::NotFound(missing)) if missing == own => self.page(page, context),
            rendered => rendered,
        };
        first.or_else(|error| {
            tracing::error!(%error, status = context.status_code, "error page could not be rendered");
            let careful = Page { no_spawner_check: true, ..page.clone() };
            self.page(&careful, context).or_else(|_| self.page_as("templates/error.html", &careful, context))
        })
    }

    /// Renders a template with nothing but the given variables.
    ///
    /// # Errors
    /// As [`Renderer::page`], and [`WebError::NotFound`].
    pub fn render(&self, name: &str, context: impl Into<Value>) -> Result<String, WebError> {
        let template = self.template(name)?;
        template.render(context.into()).map_err(|error| self.located(name, &error))
    }

    /// Renders a template given as text, such as an authenticator's `custom_html`, without escaping, as upstream does.
    ///
    /// # Errors
    /// As [`Renderer::page`].
    pub fn render_str(&self, source: &str, context: impl Into<Value>) -> Result<String, WebError> {
        let raw = format!("{{% autoescape false %}}{source}{{% endautoescape %}}");
        self.env.render_str(&raw, context.into()).map_err(|error| WebError::from_engine("<string>", &error))
    }

    /// All variables of a page: the renderer's, the page's, `template_vars`, and then those of `context`.
    #[must_use]
    pub fn namespace(&self, page: &Page, context: Variables) -> Value {
        let mut all: BTreeMap<String, Value> = BTreeMap::new();
        let base = self.base.iter().cloned().chain(page.variables());
        all.extend(base.map(|(name, value)| (name.to_owned(), value)));
        for (name, value) in self.template_vars.iter().chain(&page.template_vars) {
            all.insert(name.clone(), value.clone());
        }
        all.insert("xsrf_token".to_owned(), Value::from(page.xsrf_token.as_str()));
        if page.no_spawner_check {
            all.insert("no_spawner_check".to_owned(), Value::from(true));
        }
        all.extend(context.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Value::from(all)
    }

    /// Whether there is a template of this name.
    #[must_use]
    pub fn has_template(&self, name: &str) -> bool {
        self.env.get_template(name).is_ok()
    }

    /// URL of a static file, with the hash of its content.
    #[must_use]
    pub fn static_url(&self, path: &str) -> String {
        static_url(&self.static_prefix, path)
    }

    fn template(&self, name: &str) -> Result<minijinja::Template<'_, '_>, WebError> {
        self.env.get_template(name).map_err(|error| match error.kind() {
            ErrorKind::TemplateNotFound => WebError::NotFound(name.to_owned()),
            _ => self.located(name, &error),
        })
    }

    /// An engine's error, with the file that the template came from.
    fn located(&self, name: &str, error: &minijinja::Error) -> WebError {
        match WebError::from_engine(name, error) {
            WebError::Syntax { file, line, message } => {
                let file = self.loader.origin(&file.to_string_lossy()).unwrap_or(file);
                WebError::Syntax { file, line, message }
            }
            WebError::Render { name, line, message } => {
                let name = self.loader.origin(&name).map_or(name, |file| file.display().to_string());
                WebError::Render { name, line, message }
            }
            other => other,
        }
    }
}

fn environment(options: &JinjaOptions, loader: Loader) -> Result<Environment<'static>, WebError> {
    let syntax = SyntaxConfig::builder()
        .block_delimiters(options.block.0.clone(), options.block.1.clone())
        .variable_delimiters(options.variable.0.clone(), options.variable.1.clone())
        .comment_delimiters(options.comment.0.clone(), options.comment.1.clone())
        .trim_blocks(options.trim_blocks)
        .lstrip_blocks(options.lstrip_blocks)
        .keep_trailing_newline(options.keep_trailing_newline)
        .build()
        .map_err(|error| WebError::Options(error.to_string()))?;
    let mut env = Environment::new();
    env.set_syntax(syntax);
    let escape = options.autoescape;
    env.set_auto_escape_callback(move |_| match escape {
        true => AutoEscape::Custom(formatting::MODE.into()),
        false => AutoEscape::None,
    });
    env.set_formatter(formatting::format);
    env.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    jinja::add_to(&mut env);
    env.set_auto_reload(options.auto_reload);
    env.set_debug(true);
    env.set_loader(move |name| loader.load(name));
    Ok(env)
}

/// `static_url(path, include_version=True)` of templates.
fn static_url_function(prefix: &Arc<str>) -> Value {
    let prefix = Arc::clone(prefix);
    Value::from_function(move |_state: &State<'_, '_>, path: &str, kwargs: Kwargs| {
        let versioned: Option<bool> = kwargs.get("include_version")?;
        kwargs.assert_all_used()?;
        Ok::<_, minijinja::Error>(match versioned {
            Some(false) => format!("{prefix}{path}"),
            _ => static_url(&prefix, path),
        })
    })
}

#[cfg(test)]
mod tests;
