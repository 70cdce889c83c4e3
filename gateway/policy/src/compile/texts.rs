//! The text a route shows for each state, out of the messages of the tables that speak of it.

use super::RouteFacts;
use super::layer::Layer;
use crate::document::Step;
use crate::message::{Message, Template};
use crate::problem::{Problem, Problems, one_of, quoted};
use postern_identity::StateName;
use postern_identity::decide::{RuleName, Ruled, Surface, Surfaces};

/// Where the texts of one route come from.
pub(super) struct Texts<'a> {
    facts: &'a RouteFacts,
    layers: &'a [&'a Layer],
    surface: Surfaces,
    /// Whether a message that is not there can only be missing.
    all_read: bool,
}

impl<'a> Texts<'a> {
    pub(super) fn new(facts: &'a RouteFacts, layers: &'a [&'a Layer], surface: Surfaces, all_read: bool) -> Self {
        Self {
            facts,
            layers,
            surface,
            all_read,
        }
    }

    /// The text for a state; `None` on surfaces that show none. What is told as a wrong password has its text, whatever another table
    /// names.
    pub(super) fn of(
        &self,
        state: StateName,
        told_as: Option<StateName>,
        problems: &mut Problems,
    ) -> Option<Ruled<Message>> {
        let named = self.layers.iter().find_map(|layer| {
            let table = layer.table.standing.of(state)?;
            table.message.as_deref().map(|name| (*layer, name))
        });
        let chosen = named.filter(|_| told_as != Some(StateName::Unknown));
        let own = told_as.unwrap_or(state);
        let name = chosen.map_or(own.as_str(), |(_, name)| name);
        let found = self
            .layers
            .iter()
            .find_map(|layer| layer.messages.get(name).map(|template| (*layer, template)));
        match found {
            Some((layer, Some(template))) => self.written(layer, name, template, state, problems),
            // Its own words are wrong, which has been reported where it stands.
            Some((_, None)) => None,
            None => {
                if let Some(of_state) = StateName::from_name(name) {
                    return self.built_in(of_state, state);
                }
                if let Some((layer, name)) = chosen
                    && self.all_read
                {
                    problems.add(|| self.missing(layer, name, state));
                }
                None
            }
        }
    }

    fn written(
        &self,
        layer: &Layer,
        name: &str,
        template: &Template,
        state: StateName,
        problems: &mut Problems,
    ) -> Option<Ruled<Message>> {
        if !self.surface.contains(Surface::Text) {
            return None;
        }
        match template.ready(state, self.facts.portal_url.as_deref()) {
            Ok(message) => Some(Ruled::new(message, layer.rule(&format!("messages.{name}")))),
            Err(mistake) => {
                problems.add(|| {
                    layer.problem_at(
                        &[Step::Key("messages"), Step::Key(name)],
                        format!("{} (route {})", mistake.what, quoted(&self.facts.name)),
                        mistake.remedy,
                    )
                });
                None
            }
        }
    }

    /// Postern's own text for `of_state`, shown in `state`: a file may say that locked is told as unknown is.
    fn built_in(&self, of_state: StateName, state: StateName) -> Option<Ruled<Message>> {
        if !self.surface.contains(Surface::Text) {
            return None;
        }
        let portal_url = self.facts.portal_url.as_deref();
        let message = Template::built_in(of_state, portal_url.is_some())
            .ready(state, portal_url)
            .ok()?;
        Some(Ruled::new(message, RuleName::built_in(&format!("messages.{of_state}"))))
    }

    fn missing(&self, layer: &Layer, name: &str, state: StateName) -> Problem {
        let written = self
            .layers
            .iter()
            .flat_map(|layer| layer.messages.keys().map(String::as_str));
        let built_in = StateName::ALL.iter().map(|state| state.as_str());
        layer.problem_at(
            &[Step::Key("standing"), Step::Key(state.as_str()), Step::Key("message")],
            format!("there is no message called {}", quoted(name)),
            one_of(name, written.chain(built_in)),
        )
    }
}
