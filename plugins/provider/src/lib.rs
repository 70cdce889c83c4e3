//! The pages of providers that keep a password themselves: the heart's port `Provider`, made of data.
//!
//! **Owns** which page of which product resets, changes or unlocks, and how a link to it is written: [`Providers`], made of [`Settings`].
//!
//! **Never knows** whose password is whose, where settings are written, what anybody asked for. No page is ever fetched.
//!
//! **The walk.** Settings name a product and what differs from one installation to another → `product` has its pages as templates → `template`
//! reads them, once, and fills them: each value percent-encoded, in a place of its own.
//!
//! **What holds whatever is configured and whoever is named:** a page is https, and its host is the one that is configured.
//!
//! **To add a product:** its variant and its rows in `product`.

mod product;
mod settings;
mod template;
#[cfg(test)]
mod tests;

pub use settings::{Settings, SettingsError, Wrong};

use postern_identity::reset::{Action, Page, Provider};
use std::collections::HashMap;
use std::sync::Arc;
use template::Template;

/// What somebody wants to do with a password that is a provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// A new one without the old one.
    Reset,
    /// A new one with the old one.
    Change,
    /// A lock lifted.
    Unlock,
}

/// The providers that are configured.
#[derive(Default)]
pub struct Providers {
    all: Vec<One>,
    /// By name, as configured.
    by_name: HashMap<Arc<str>, usize>,
    /// By domain, as DNS knows it.
    by_domain: HashMap<String, usize>,
}

struct One {
    name: Arc<str>,
    title: Arc<str>,
    offered: bool,
    pages: Pages,
}

/// What a product has a page for.
struct Pages {
    reset: Template,
    change: Option<Template>,
    unlock: Option<Template>,
}

impl Providers {
    /// Reads them all, or says of the first that is wrong what it is.
    pub fn new(settings: Vec<Settings>) -> Result<Self, SettingsError> {
        let mut read = Self::default();
        for (place, one) in settings.into_iter().enumerate() {
            let wrong = |(key, what)| SettingsError { place, key, what };
            let domains = settings::domains(&one.domains).map_err(wrong)?;
            let one = settings::parse(&one).map_err(wrong)?;
            if read.by_name.insert(Arc::clone(&one.name), place).is_some() {
                return Err(wrong(("name", Wrong::Twice)));
            }
            for domain in domains {
                if read.by_domain.insert(domain, place).is_some() {
                    return Err(wrong(("domains", Wrong::Twice)));
                }
            }
            read.all.push(one);
        }
        Ok(read)
    }

    /// The page of this provider for that; `login` is put in where the product is known to take it.
    pub fn page_for(&self, provider: &str, wish: Wish, login: Option<&str>) -> Option<Page> {
        let one = self.by_name.get(provider).and_then(|place| self.all.get(*place))?;
        one.page(wish, login)
    }
}

impl One {
    fn page(&self, wish: Wish, login: Option<&str>) -> Option<Page> {
        let template = match wish {
            Wish::Reset => Some(&self.pages.reset),
            Wish::Change => self.pages.change.as_ref(),
            Wish::Unlock => self.pages.unlock.as_ref(),
        }?;
        Some(Page {
            provider: Arc::clone(&self.name),
            title: Arc::clone(&self.title),
            host: template.host(),
            url: template.fill(login)?.into(),
        })
    }
}

impl Provider for Providers {
    fn page(&self, provider: &str, action: Action, login: Option<&str>) -> Option<Page> {
        let wish = match action {
            Action::Reset => Wish::Reset,
            Action::Unlock => Wish::Unlock,
            // Providers know their own people's names; none is known to have a page for it.
            Action::Reminder => return None,
        };
        self.page_for(provider, wish, login)
    }

    fn of_domain(&self, typed: &str) -> Option<Arc<str>> {
        let (person, domain) = typed.trim().split_once('@')?;
        if person.is_empty() {
            return None;
        }
        let place = self.by_domain.get(&settings::domain(domain)?)?;
        self.all.get(*place).map(|one| Arc::clone(&one.name))
    }

    fn offered(&self) -> Vec<Page> {
        let offered = self.all.iter().filter(|one| one.offered);
        offered.filter_map(|one| one.page(Wish::Reset, None)).collect()
    }
}
