//! What every page has around its content.

use super::around::{Around, THEME};
use super::halt::Halt;
use crate::brand::Brand;
use crate::words::Words;
use askama::Template;
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_LANGUAGE, CONTENT_TYPE, HeaderValue, VARY};
use postern_web::{Fault, FormToken};
use std::sync::Arc;

/// See the module.
pub(crate) struct Page<'a> {
    pub(crate) words: &'a Words,
    pub(crate) brand: &'a Brand,
    /// Its heading.
    pub(crate) title: String,
    pub(crate) theme: Theme,
    pub(crate) form: FormToken,
    /// Where the forms of the foot lead back to.
    pub(crate) back: String,
    pub(crate) step: Option<(String, String)>,
    pub(crate) errors: Vec<FieldError>,
    help_desk: Option<Arc<str>>,
}

/// Something to be put right, and where.
pub(crate) struct FieldError {
    pub(crate) field: &'static str,
    pub(crate) text: String,
}

/// The colours somebody chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Theme(&'static str);

impl Theme {
    pub(crate) fn of(text: Option<&str>) -> Self {
        Self(
            ["light", "dark"]
                .into_iter()
                .find(|known| Some(*known) == text)
                .unwrap_or("auto"),
        )
    }

    pub(crate) fn as_str(self) -> &'static str {
        self.0
    }

    pub(crate) fn is(self, name: &str) -> bool {
        self.0 == name
    }
}

impl<'a> Page<'a> {
    pub(crate) fn new(around: &'a Around, title: String) -> Result<Self, Halt> {
        let form = around
            .portal
            .forms
            .token(&around.headers, &around.visit.site)
            .map_err(Halt::Fault)?;
        Ok(Self {
            words: around.words(),
            brand: &around.portal.brand,
            title,
            theme: Theme::of(THEME.read(&around.headers)),
            form,
            back: around.uri.path().to_owned(),
            step: None,
            errors: Vec::new(),
            help_desk: None,
        })
    }

    /// Which step of how many.
    pub(crate) fn step(mut self, step: u32, steps: u32) -> Self {
        self.step = Some((step.to_string(), steps.to_string()));
        self
    }

    /// What the route's policy says to whoever cannot go on.
    pub(crate) fn help_desk(mut self, text: Option<Arc<str>>) -> Self {
        self.help_desk = text;
        self
    }

    /// Where the foot leads back to, if this page can only be come to by a form.
    pub(crate) fn back_to(mut self, path: &str) -> Self {
        path.clone_into(&mut self.back);
        self
    }

    pub(crate) fn error(&mut self, field: &'static str, text: String) {
        self.errors.push(FieldError { field, text });
    }

    pub(crate) fn document_title(&self) -> String {
        if self.errors.is_empty() {
            self.words.page_title(&self.title, self.brand.name())
        } else {
            self.words.page_title_with_error(&self.title, self.brand.name())
        }
    }

    pub(crate) fn help_desk_text(&self) -> String {
        let own = self.help_desk.as_deref().or(self.brand.help_desk().text.as_deref());
        own.map_or_else(|| self.words.help_desk_text(), str::to_owned)
    }

    /// All there is to say of a field.
    pub(crate) fn error_of(&self, field: &str) -> Option<String> {
        let texts: Vec<&str> = self
            .errors
            .iter()
            .filter(|error| error.field == field)
            .map(|error| error.text.as_str())
            .collect();
        (!texts.is_empty()).then(|| texts.join(" "))
    }

    pub(crate) fn described_by(&self, field: &str, hint: bool) -> Option<String> {
        match (hint, self.error_of(field).is_some()) {
            (true, true) => Some(format!("{field}-error {field}-hint")),
            (true, false) => Some(format!("{field}-hint")),
            (false, true) => Some(format!("{field}-error")),
            (false, false) => None,
        }
    }
}

/// A page, written out.
pub(crate) fn write(status: StatusCode, page: &Page<'_>, template: &impl Template) -> Result<Response, Halt> {
    let html = template.render().map_err(|_| Halt::Fault(Fault::Broken))?;
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(page.words.language().tag()));
    headers.insert(VARY, HeaderValue::from_static("Accept-Language, Cookie"));
    page.form.keep(headers);
    Ok(response)
}

/// A page that says something and leads on.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct Message<'a> {
    pub(crate) page: &'a Page<'a>,
    pub(crate) texts: Vec<String>,
    /// The request's, for whoever asks for help.
    pub(crate) number: Option<String>,
    /// What stands on each link, and where it leads; the first is the main one.
    pub(crate) links: Vec<(String, &'static str)>,
}
