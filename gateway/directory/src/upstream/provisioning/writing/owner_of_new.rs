//! Whose the password of an account is that is yet to be made: judged by what it will hold.

use super::super::Provisioner;
use super::create::{blank, container};
use super::difference;
use super::encode::Encoded;
use crate::upstream::error::LookUpError;
use crate::upstream::service::facts::FactsWanted;
use postern_identity::authority::{AuthorityRules, Credential, Decision, Fact, without_rules};
use postern_identity::provisioning::{Draft, ProvisioningError, Reach};

pub(super) async fn owner_of_new(
    provisioner: &Provisioner,
    reach: &Reach,
    draft: &Draft,
    rules: Option<&AuthorityRules>,
) -> Result<Decision, ProvisioningError> {
    let Some(rules) = rules else {
        return Ok(without_rules(provisioner.upstream().name(), Credential::Here));
    };
    let mapping = provisioner.mapping().of(draft.kind);
    let encoded = Encoded::of(mapping, &draft.attributes)?;
    let blank = blank(provisioner, mapping, &encoded, &container(mapping, reach)?);
    let names = provisioner.names(reach, encoded.users()).await?;
    let wanted = FactsWanted {
        server: None,
        name: blank.dn.as_bytes(),
        reads: rules.reads(),
        credential: false,
        below: false,
    };
    let read = provisioner.service.facts_of_new(&wanted).await;
    let mut facts = read.map_err(unread)?.facts;
    let rows = encoded.rows.iter().map(|(row, values)| {
        let values = values.iter().filter_map(|value| difference::octets(value, &names));
        (row.attribute.as_str(), values.collect::<Vec<_>>())
    });
    let besides = blank
        .attributes
        .iter()
        .map(|(attribute, values)| (attribute.as_str(), values.clone()));
    let will_hold: Vec<(&str, Vec<Vec<u8>>)> = rows.chain(besides).collect();
    for read in &rules.reads().attributes {
        facts.set(read.clone(), Fact::Absent);
        for (_, values) in will_hold
            .iter()
            .filter(|(attribute, _)| read.matches(attribute.as_bytes()))
        {
            facts.add(read, values.iter().map(|value| Box::from(value.as_slice())));
        }
        // It may get another value of what names it than the one it would have.
        let is_made_up = mapping.naming_row().is_none();
        if is_made_up && facts.name.as_ref().is_none_or(|name| name.is_named_by(read)) {
            facts.forget(read);
        }
    }
    // The entry comes first, and the password, if there is one, to an entry without.
    facts.credential = Credential::Absent;
    Ok(rules.decide(&facts))
}

fn unread(fault: LookUpError) -> ProvisioningError {
    match fault {
        LookUpError::Connect(_) => ProvisioningError::Unavailable,
        LookUpError::TooMany => ProvisioningError::TooMany,
        _ => ProvisioningError::OwnerUnknown,
    }
}
