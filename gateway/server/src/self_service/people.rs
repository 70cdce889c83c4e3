//! The people of each directory, as the configuration says who they are.

use crate::config::Applicants;
use postern_directory::names::{Finding, NameSearch};
use postern_directory::{
    ApplicantSettings, NameForm, NameRules, People, PeopleSettings, PersonAttributes, SearchBase, ServiceLanes,
    Upstream,
};
use std::sync::Arc;

/// The people of this directory. Without search bases everybody below its base is found by login name and mail address.
pub(crate) fn of(upstream: &Arc<Upstream>, configured: Option<&Applicants>) -> People {
    let attributes = attributes(upstream, configured);
    let login = upstream.dialect().login_attributes();
    let link = configured.and_then(|configured| configured.link.clone());
    let names = vec![login.uid.to_owned(), login.mail.to_owned()];
    let mut applicants = ApplicantSettings::usual(names);
    if let Some(bases) = configured
        .map(|configured| &configured.bases)
        .filter(|bases| !bases.is_empty())
    {
        applicants.bases = bases.iter().map(SearchBase::clone).collect();
    }
    // Whoever says how accounts are linked wants whoever comes in to be linked.
    applicants.link_required = link.is_some();
    let names = NameRules {
        accept: NameForm::ALL.to_vec(),
        domains: Vec::new(),
        upn_suffixes: Vec::new(),
        finding: Finding::Search(NameSearch::default()),
    };
    let settings = PeopleSettings {
        names,
        attributes,
        applicants,
    };
    People::new(Arc::new(ServiceLanes::new(Arc::clone(upstream))), settings)
}

/// Which attributes tell of a person there.
pub(crate) fn attributes(upstream: &Upstream, configured: Option<&Applicants>) -> PersonAttributes {
    let mut attributes = upstream.dialect().person_attributes();
    if let Some(mails) = configured.and_then(|configured| configured.mail.clone()) {
        attributes.mails = mails;
    }
    if let Some(configured) = configured {
        attributes.self_asserted.clone_from(&configured.self_asserted);
    }
    attributes.link = configured.and_then(|configured| configured.link.clone());
    attributes
}
