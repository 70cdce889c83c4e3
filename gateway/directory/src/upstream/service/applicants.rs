//! Accounts as self-service looks for them: in the search bases that were configured for it, by the attributes configured for each, and nowhere
//! else. Every search base is asked, whatever the ones before it brought.

use super::people::Amount;
use super::{Account, LookUpError, Scope, ServiceLanes};
use crate::upstream::applicants::{ApplicantSettings, SearchBase};
use crate::upstream::entry::Entry;
use crate::upstream::person::PersonAttributes;
use postern_identity::directory::{Admittance, Applicant, MOST_REMINDED};
use postern_identity::reset::asked::fold;
use postern_identity::{AccountKey, DistinguishedName, Person};
use postern_ldap::{ResultCode, filter};
use std::sync::Arc;

/// Of these together can be told that a password was written meanwhile: each product shows one or some.
const MARKS: [&str; 5] = [
    "pwdChangedTime",
    "pwdLastSet",
    "krbLastPwdChange",
    "pwdUpdateTime",
    "passwordExpirationTime",
];
/// Set by Active Directory on accounts in its protected groups.
const PROTECTED: &str = "adminCount";
/// The most entries one search base may bring for one name: two are as bad as a thousand.
const ENOUGH: u32 = 2;
/// Whoever has one of so many accounts with the same value is told by none of them.
const MOST_WITH_ONE_MAIL: u32 = 64;

/// How accounts are looked for.
#[derive(Clone, Copy)]
pub(in crate::upstream) struct Looking<'a> {
    pub(in crate::upstream) settings: &'a ApplicantSettings,
    pub(in crate::upstream) attributes: &'a PersonAttributes,
}

/// An entry that was found, and where.
struct Claimant<'a> {
    base: &'a SearchBase,
    entry: Entry,
    person: Person,
}

impl ServiceLanes {
    /// The one account that a name means.
    pub(in crate::upstream) async fn applicant(
        &self,
        looking: Looking<'_>,
        name: &str,
    ) -> Result<Applicant, LookUpError> {
        let spellings = spellings(name);
        let mut claimants: Vec<Claimant<'_>> = Vec::new();
        let mut too_many = false;
        for base in &looking.settings.bases {
            let equal: Vec<Vec<u8>> = base
                .names
                .iter()
                .flat_map(|attribute| {
                    spellings
                        .iter()
                        .map(|spelling| filter::equality(attribute.as_bytes(), spelling.as_bytes()))
                })
                .collect();
            let found = self.claimants(looking, base, &filter::any(&equal), ENOUGH).await?;
            too_many |= found.too_many;
            let meant = |claimant: &Claimant<'_>| base.names.iter().any(|name| has(&claimant.entry, name, &spellings));
            claimants.extend(found.claimants.into_iter().filter(meant));
        }
        let first = claimants.first().map(|first| first.person.key.clone());
        let one = first.is_none_or(|first| claimants.iter().all(|claimant| claimant.person.key == first));
        if too_many || !one {
            // As much is asked for a name that is several accounts' as for any other.
            self.standing_of_nobody().await?;
            return Err(LookUpError::Ambiguous);
        }
        if let Some(claimant) = claimants.into_iter().next() {
            self.weigh(looking, claimant).await
        } else {
            self.standing_of_nobody().await?;
            Err(LookUpError::NotFound)
        }
    }

    /// The accounts that have this mail address.
    pub(in crate::upstream) async fn applicants_with_mail(
        &self,
        looking: Looking<'_>,
        mail: &str,
    ) -> Result<Vec<Applicant>, LookUpError> {
        let spellings = spellings(mail);
        let mut applicants: Vec<Applicant> = Vec::new();
        for base in &looking.settings.bases {
            let mails = &looking.attributes.mails;
            let equal: Vec<Vec<u8>> = mails
                .iter()
                .flat_map(|attribute| {
                    spellings
                        .iter()
                        .map(|spelling| filter::equality(attribute.as_bytes(), spelling.as_bytes()))
                })
                .collect();
            let found = self
                .claimants(looking, base, &filter::any(&equal), MOST_WITH_ONE_MAIL)
                .await?;
            if found.too_many {
                return Err(LookUpError::TooMany);
            }
            for claimant in found.claimants {
                let known = applicants.iter().any(|known| known.person.key == claimant.person.key);
                let meant = mails.iter().any(|name| has(&claimant.entry, name, &spellings));
                if known || !meant {
                    continue;
                }
                if applicants.len() >= MOST_REMINDED {
                    return Err(LookUpError::TooMany);
                }
                applicants.push(self.weigh(looking, claimant).await?);
            }
        }
        if applicants.is_empty() {
            self.standing_of_nobody().await?;
        }
        Ok(applicants)
    }

    /// The account with this key, wherever it is now within the search bases.
    pub(in crate::upstream) async fn applicant_again(
        &self,
        looking: Looking<'_>,
        key: &AccountKey,
    ) -> Result<Applicant, LookUpError> {
        let dialect = self.upstream.dialect();
        let value = dialect.stable_id_value(&key.id).ok_or(LookUpError::NotFound)?;
        if key.directory != *self.upstream.name() {
            return Err(LookUpError::NotFound);
        }
        let wanted = filter::equality(dialect.stable_id().as_bytes(), &value);
        for base in &looking.settings.bases {
            let found = self.claimants(looking, base, &wanted, ENOUGH).await?;
            // An id that is compared more loosely than we do is not the one that was asked for.
            let mut same = found.claimants.into_iter().filter(|found| found.person.key == *key);
            if let Some(claimant) = same.next() {
                return self.weigh(looking, claimant).await;
            }
        }
        Err(LookUpError::NotFound)
    }

    async fn claimants<'a>(
        &self,
        looking: Looking<'_>,
        base: &'a SearchBase,
        wanted: &[u8],
        enough: u32,
    ) -> Result<Claimants<'a>, LookUpError> {
        let below = base.base_dn.clone().map_or_else(|| self.base(), Ok)?;
        let mut asked: Vec<&str> = vec![self.upstream.dialect().stable_id(), PROTECTED];
        asked.extend(MARKS);
        asked.extend(looking.attributes.all());
        for name in base.attributes() {
            if !asked.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                asked.push(name);
            }
        }
        let search = self.search(&below, Scope::Subtree, wanted, &asked, enough);
        let found = self.ask(&search, Amount::AtOnce).await?;
        let too_many = match found.code {
            ResultCode::SUCCESS => false,
            ResultCode::SIZE_LIMIT_EXCEEDED => true,
            ResultCode::NO_SUCH_OBJECT => {
                return Ok(Claimants {
                    claimants: Vec::new(),
                    too_many: false,
                });
            }
            other => return Err(LookUpError::SearchRefused(other)),
        };
        let claimants = found.entries.into_iter().map(|entry| {
            let key = self.key(&entry).ok_or(LookUpError::NoStableId)?;
            let person = looking.attributes.read(&entry, key);
            Ok(Claimant { base, entry, person })
        });
        Ok(Claimants {
            claimants: claimants.collect::<Result<_, LookUpError>>()?,
            too_many,
        })
    }

    /// The entry as it is now, and how it stands.
    async fn weigh(&self, looking: Looking<'_>, claimant: Claimant<'_>) -> Result<Applicant, LookUpError> {
        let Claimant { base, entry, person } = claimant;
        let account: Account = self.look_up_bind_name(&person.dn, self.patience()).await?;
        if account.key != person.key {
            // Somebody else has that name by now.
            return Err(LookUpError::NotFound);
        }
        let has_link = !looking.settings.link_required || person.link.is_some();
        Ok(Applicant {
            entry: base.admittance(&entry, has_link),
            password_mark: mark(&entry),
            standing: account.standing,
            protected: entry.text(PROTECTED).is_some_and(|count| count != "0"),
            person,
        })
    }

    /// What looking at somebody costs, where there is nobody.
    async fn standing_of_nobody(&self) -> Result<(), LookUpError> {
        let nobody = format!("{},{}", super::who::NOBODY, self.base()?);
        match self.look_up_bind_name(&nobody, self.patience()).await {
            Ok(_) | Err(LookUpError::NotFound) => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

struct Claimants<'a> {
    claimants: Vec<Claimant<'a>>,
    too_many: bool,
}

/// As typed, and in the form in which names are compared.
fn spellings(name: &str) -> Vec<String> {
    let folded = fold(name);
    if folded == name {
        vec![folded]
    } else {
        vec![name.to_owned(), folded]
    }
}

/// Whether a value is the name, compared by us: directories compare more loosely.
fn has(entry: &Entry, attribute: &str, spellings: &[String]) -> bool {
    let Some(folded) = spellings.last() else {
        return false;
    };
    entry
        .values(attribute)
        .filter_map(|value| std::str::from_utf8(value).ok())
        .any(|value| fold(value) == *folded)
}

fn mark(entry: &Entry) -> Option<Arc<str>> {
    let told: Vec<String> = MARKS
        .iter()
        .filter_map(|name| Some(format!("{name}={}", entry.text(name)?)))
        .collect();
    (!told.is_empty()).then(|| told.join(";").into())
}

impl SearchBase {
    /// Every attribute it looks at.
    fn attributes(&self) -> impl Iterator<Item = &str> {
        let lists = [&self.names, &self.disabled_by, &self.enabled_by, &self.locked_by];
        lists.into_iter().flatten().map(String::as_str)
    }

    fn admittance(&self, entry: &Entry, has_link: bool) -> Admittance {
        let shut = |attribute: &String| Admittance::Shut {
            attribute: attribute.as_str().into(),
        };
        for attribute in &self.disabled_by {
            if boolean(entry, attribute) != Some(Some(false)) && entry.has(attribute) {
                return shut(attribute);
            }
        }
        for attribute in &self.enabled_by {
            let enabled = match boolean(entry, attribute) {
                None => self.absent_is_enabled,
                Some(value) => value == Some(true),
            };
            if !enabled {
                return shut(attribute);
            }
        }
        for attribute in &self.locked_by {
            match boolean(entry, attribute) {
                None | Some(Some(false)) => {}
                Some(Some(true)) => {
                    return Admittance::Locked {
                        attribute: attribute.as_str().into(),
                    };
                }
                Some(None) => return shut(attribute),
            }
        }
        if has_link { Admittance::Open } else { Admittance::NoLink }
    }
}

/// `None`: it is absent. `Some(None)`: it is no Boolean (RFC 4517 §3.3.3), or several.
#[allow(clippy::option_option, reason = "absent and unreadable are two things")]
fn boolean(entry: &Entry, attribute: &str) -> Option<Option<bool>> {
    let mut values = entry.values(attribute);
    let first = values.next()?;
    if values.next().is_some() {
        return Some(None);
    }
    Some(match first {
        value if value.eq_ignore_ascii_case(b"TRUE") => Some(true),
        value if value.eq_ignore_ascii_case(b"FALSE") => Some(false),
        _ => None,
    })
}

/// What the directory tells of a DN, for whoever names a base.
pub(in crate::upstream) fn is_base(dn: &str) -> bool {
    DistinguishedName::parse(dn.as_bytes()).is_ok_and(|name| !name.is_root())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> SearchBase {
        SearchBase {
            base_dn: None,
            names: vec!["uid".to_owned()],
            disabled_by: vec!["locked".to_owned(), "disabled".to_owned()],
            enabled_by: vec!["active".to_owned(), "enabled".to_owned()],
            locked_by: vec!["lockedOut".to_owned()],
            absent_is_enabled: false,
        }
    }

    fn of(attributes: &[(&str, &[&str])]) -> Admittance {
        base().admittance(&Entry::new("uid=a", attributes), true)
    }

    fn shut(attribute: &str) -> Admittance {
        Admittance::Shut {
            attribute: attribute.into(),
        }
    }

    #[test]
    fn any_true_of_disabled_by_and_any_false_of_enabled_by_shuts_the_door() {
        let on: [(&str, &[&str]); 2] = [("active", &["TRUE"]), ("enabled", &["true"])];
        assert_eq!(of(&on), Admittance::Open);
        assert_eq!(of(&[on[0], on[1], ("disabled", &["FALSE"])]), Admittance::Open);
        assert_eq!(of(&[on[0], on[1], ("disabled", &["TRUE"])]), shut("disabled"));
        assert_eq!(of(&[on[0], ("enabled", &["FALSE"])]), shut("enabled"));
    }

    #[test]
    fn an_absent_enabled_by_and_whatever_is_no_boolean_fail_closed() {
        let on: [(&str, &[&str]); 2] = [("active", &["TRUE"]), ("enabled", &["TRUE"])];
        assert_eq!(of(&[on[0]]), shut("enabled"));
        assert_eq!(of(&[on[0], ("enabled", &["yes"])]), shut("enabled"));
        assert_eq!(of(&[on[0], on[1], ("locked", &["no"])]), shut("locked"));
        assert_eq!(of(&[on[0], on[1], ("lockedOut", &["1"])]), shut("lockedOut"));
        assert_eq!(of(&[on[0], on[1], ("disabled", &["FALSE", "TRUE"])]), shut("disabled"));
        let mut lenient = base();
        lenient.absent_is_enabled = true;
        assert_eq!(lenient.admittance(&Entry::new("uid=a", &[]), true), Admittance::Open);
        assert_eq!(lenient.admittance(&Entry::new("uid=a", &[]), false), Admittance::NoLink);
    }

    #[test]
    fn a_lock_is_not_an_administrators_withdrawal() {
        let on: [(&str, &[&str]); 2] = [("active", &["TRUE"]), ("enabled", &["TRUE"])];
        let locked = Admittance::Locked {
            attribute: "lockedOut".into(),
        };
        assert_eq!(of(&[on[0], on[1], ("lockedOut", &["TRUE"])]), locked);
        assert_eq!(
            of(&[on[0], on[1], ("lockedOut", &["TRUE"]), ("disabled", &["TRUE"])]),
            shut("disabled")
        );
    }

    #[test]
    fn names_are_compared_by_us_and_look_alikes_stay_apart() {
        let entry = Entry::new("uid=a", &[("uid", &["Mike"])]);
        assert!(has(&entry, "uid", &spellings("ＭＩＫＥ")));
        assert!(!has(&entry, "uid", &spellings("mıke")));
    }
}
