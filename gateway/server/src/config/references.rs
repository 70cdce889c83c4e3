//! What sections of the file say of each other: names that must be there, and what is named must be able to do what it is named for.

use super::applicants::Applicants;
use super::reading::Reading;
use super::route::Route;
use super::{listener, shown_as};
use crate::settings::{Value, self_service_reset};
use postern_directory::NameRules;
use postern_directory::upstream::settings::Settings;
use postern_policy::problem::quoted;
use std::ops::Range;

/// Listeners name routes and routes name directories: each must be there, and be able to do what it is named for.
pub(super) fn check(
    reading: &mut Reading<'_>,
    listeners: &[listener::Read],
    directories: &[Settings],
    routes: &[(Route, Range<usize>)],
) {
    for (route, span) in listeners.iter().flat_map(|(_, routes)| routes) {
        reading.reference("route", route, span);
    }
    for (route, span) in routes {
        reading.reference("directory", &route.directory, span);
        let known = directories.iter().find(|known| known.name.0 == route.directory);
        // Its standing is read, and its requests are made, by the service account.
        if route.sign_in.certificate_identity.is_some() && known.is_some_and(|known| !known.has_service_account()) {
            reading.problem(
                span,
                format!(
                    "certificate_identity needs a service account in {}",
                    quoted(&route.directory)
                ),
                "[directory.service_account], which the directory lets act for these accounts (RFC 4370)",
            );
        }
        if let (Some(shape), Some(known)) = (&route.shown_as.shape, known) {
            shown_as::check_shape(shape, known, span, reading);
        }
        let looks = route.names.as_ref().is_some_and(NameRules::looks_for_accounts);
        if looks && known.is_some_and(|settings| !settings.has_service_account()) {
            let what = format!(
                "names are looked for in {}, which has no service account",
                quoted(&route.directory)
            );
            reading.problem(
                span,
                what,
                "[directory.service_account] in it, or a template in [route.names]",
            );
        }
    }
}

/// Where people of several directories may help themselves, something has to say which accounts are one person's.
pub(super) fn check_links(
    reading: &mut Reading<'_>,
    applicants: &[(Applicants, Range<usize>)],
    values: &[(String, Value)],
) {
    let helped = |of: &Applicants| {
        let switch = self_service_reset(&of.directory);
        let is_on = values
            .iter()
            .any(|(name, value)| *name == switch && *value == Value::Switch(true));
        is_on || !of.bases.is_empty() || of.link.is_some()
    };
    let helped: Vec<_> = applicants.iter().filter(|(of, _)| helped(of)).collect();
    if helped.len() < 2 {
        return;
    }
    for (of, span) in helped.iter().filter(|(of, _)| of.link.is_none()) {
        let what = format!(
            "people of {} help themselves, and nothing links their accounts here to those in other directories",
            quoted(&of.directory)
        );
        reading.problem(
            span,
            what,
            "link = \"employeeNumber\", or another attribute with the same value in all accounts of a person",
        );
    }
}
