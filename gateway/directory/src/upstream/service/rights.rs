//! Asking what our own account may do, without doing it.

use super::lane::{Lane, Unanswered};
use super::people::is_name;
use super::{Filter, Scope, Search, ServiceLanes, whole_seconds};
use crate::upstream::choice::Want;
use crate::upstream::entry::Entry;
use crate::upstream::error::{ConnectError, LookUpError};
use crate::upstream::exchange::parse;
use crate::upstream::rights::{Elevated, PolicySeen, Right, RightsProbe, RightsReport, Verdict};
use crate::upstream::write::{WriteAnswer, WriteRequest};
use postern_identity::{DistinguishedName, PasswordRule};
use postern_ldap::control::ppolicy;
use postern_ldap::extended::ExtendedResponse;
use postern_ldap::result::LdapResult;
use postern_ldap::{ResultCode, filter, oid, tag};
use std::time::Duration;

/// How many people are looked at for one who is not ourselves.
const EXAMPLES: u32 = 2;

impl ServiceLanes {
    /// Where people are looked up.
    pub fn people_base(&self) -> Result<String, LookUpError> {
        self.base()
    }

    /// What our own account may do and see where writes go. Nothing is changed: what is asked for can never be done.
    pub async fn rights(&self) -> Result<RightsReport, LookUpError> {
        let patience = self.upstream.settings().answer_timeout;
        let _permit = self.permit(patience).await?;
        let want = Want {
            account: None,
            writes: true,
        };
        let mut lane = self.fresh(None, &want, patience).await?;
        let identity = lane.who_am_i(patience).await?;
        let mut report = RightsReport {
            identity,
            example: None,
            seen: Vec::new(),
            unseen: Vec::new(),
            policy: PolicySeen::NoneNamed,
            rights: Vec::new(),
            elevated: None,
        };
        if let Some(example) = self.example(&mut lane, patience).await? {
            let dialect = self.upstream.dialect();
            for attribute in dialect.standing_attributes() {
                let seen = example.has(attribute) || self.somebody_has(&mut lane, attribute, patience).await?;
                let list = if seen { &mut report.seen } else { &mut report.unseen };
                list.push(attribute);
            }
            report.policy = self.policy_seen(&mut lane, &example, patience).await?;
            for right in Right::ALL {
                let verdict = match dialect.rights_probe(right, &example, self.upstream.now()) {
                    // Windows refuses every password that could be read on the way, and in the same words.
                    Some(_) if right == Right::Password && !lane.is_protected() => {
                        Verdict::CannotTell(ResultCode::CONFIDENTIALITY_REQUIRED)
                    }
                    Some(probe) => self.probe(&mut lane, &example, probe, patience).await?,
                    None => Verdict::NoSuchThing,
                };
                report.rights.push((right, verdict));
            }
            report.example = Some(example.dn().to_owned());
            report.elevated = self.elevated(&mut lane, &example, patience).await?;
        }
        Ok(report)
    }

    /// Somebody who is not ourselves, with what tells how they stand.
    async fn example(&self, lane: &mut Lane, patience: Duration) -> Result<Option<Entry>, LookUpError> {
        let dialect = self.upstream.dialect();
        let wanted = dialect.example_filter();
        let base = self.base()?;
        let mut asked = vec![dialect.stable_id()];
        asked.extend_from_slice(dialect.standing_attributes());
        let search = self.search(&base, Scope::Subtree, &wanted, &asked, EXAMPLES);
        let found = lane.search_some(&search, patience).await?;
        match found.code {
            ResultCode::SUCCESS
            | ResultCode::SIZE_LIMIT_EXCEEDED
            | ResultCode::TIME_LIMIT_EXCEEDED
            | ResultCode::ADMIN_LIMIT_EXCEEDED
            | ResultCode::NO_SUCH_OBJECT
            | ResultCode::INSUFFICIENT_ACCESS_RIGHTS => {}
            other => return Err(LookUpError::SearchRefused(other)),
        }
        let own = self.own_name();
        let is_other = |entry: &Entry| DistinguishedName::parse(entry.dn().as_bytes()).ok() != own;
        Ok(found.entries.into_iter().find(is_other))
    }

    /// Whether an attribute is seen of anybody.
    async fn somebody_has(&self, lane: &mut Lane, attribute: &str, patience: Duration) -> Result<bool, LookUpError> {
        let base = self.base()?;
        let search = Search {
            base: &base,
            scope: Scope::Subtree,
            filter: Filter::Present(attribute),
            attributes: &[attribute],
            size_limit: 1,
            time_limit: whole_seconds(patience),
        };
        let found = lane.search_some(&search, patience).await?;
        Ok(found.entries.iter().any(|entry| entry.has(attribute)))
    }

    async fn policy_seen(
        &self,
        lane: &mut Lane,
        example: &Entry,
        patience: Duration,
    ) -> Result<PolicySeen, LookUpError> {
        let dialect = self.upstream.dialect();
        let own = dialect.policy_reference().and_then(|attribute| example.text(attribute));
        let configured = self.upstream.settings().default_policy_dn.as_deref();
        let named = own.or(configured).map(str::to_owned);
        let Some(dn) = named.or_else(|| dialect.default_policy(example.dn())) else {
            return Ok(PolicySeen::NoneNamed);
        };
        Ok(match self.policy(lane, Some(&dn), example.dn(), patience).await? {
            Some(policy) => PolicySeen::Seen {
                attributes: dialect
                    .policy_attributes()
                    .iter()
                    .copied()
                    .filter(|attribute| policy.has(attribute))
                    .collect(),
                obstacles: dialect.policy_obstacles(&policy),
                dn,
            },
            None => PolicySeen::Hidden(dn),
        })
    }

    async fn probe(
        &self,
        lane: &mut Lane,
        example: &Entry,
        probe: RightsProbe,
        patience: Duration,
    ) -> Result<Verdict, ConnectError> {
        match probe {
            RightsProbe::Listed { by, needed } => {
                let found = self.read(lane, example.dn(), &[by], patience).await?;
                let allowed: Vec<String> = found.iter().flat_map(|entry| entry.texts(by)).collect();
                let has = |name: &&str| allowed.iter().any(|listed| listed.eq_ignore_ascii_case(name));
                Ok(if needed.iter().all(has) {
                    Verdict::May
                } else {
                    Verdict::MayNot
                })
            }
            RightsProbe::Doomed {
                changes,
                control,
                let_in,
            } => {
                let mut request = WriteRequest::modify(example.dn(), &changes);
                if let Some(control) = control {
                    request = request.with_control(control);
                }
                if self.upstream.dialect().knows_ppolicy_control() {
                    request = request.with_control(ppolicy::request());
                }
                let answer = lane.write(&request, patience).await.map_err(|fault| match fault {
                    Unanswered::NotSent(fault) => fault,
                    Unanswered::Unknown => ConnectError::HungUp,
                })?;
                self.judge(&answer, let_in)
            }
        }
    }

    fn judge(&self, answer: &[u8], let_in: &[ResultCode]) -> Result<Verdict, ConnectError> {
        let message = parse(answer)?;
        if message.operation.tag != tag::MODIFY_RESPONSE {
            return Err(ConnectError::Protocol);
        }
        let result = LdapResult::parse(&message).map_err(|_| ConnectError::Protocol)?;
        if let_in.contains(&result.code) {
            return Ok(Verdict::May);
        }
        let refusal = self.upstream.dialect().read_password_refusal(&WriteAnswer {
            code: result.code,
            diagnostic: result.diagnostic,
            controls: message.controls,
            extended: false,
        });
        Ok(match refusal.rule {
            Some(PasswordRule::Forbidden) => Verdict::MayNot,
            None if result.code == ResultCode::INSUFFICIENT_ACCESS_RIGHTS => Verdict::MayNot,
            _ => Verdict::CannotTell(result.code),
        })
    }

    async fn elevated(
        &self,
        lane: &mut Lane,
        example: &Entry,
        patience: Duration,
    ) -> Result<Option<&'static str>, ConnectError> {
        for sign in self.upstream.dialect().elevated() {
            let found = match sign {
                Elevated::May(probe, means) => {
                    let may = self.probe(lane, example, probe, patience).await? == Verdict::May;
                    may.then_some(means)
                }
                Elevated::Named {
                    entry,
                    attribute,
                    means,
                } => {
                    let named = self.is_named(lane, entry, attribute, patience).await?;
                    named.then_some(means)
                }
                Elevated::Token { ids } => self.in_token(lane, ids, patience).await?,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Whether an entry names us, or a group that does.
    async fn is_named(
        &self,
        lane: &mut Lane,
        entry: &str,
        attribute: &str,
        patience: Duration,
    ) -> Result<bool, ConnectError> {
        let Some(own) = self.own_name() else { return Ok(false) };
        for named in self
            .read(lane, entry, &[attribute], patience)
            .await?
            .iter()
            .flat_map(|entry| entry.texts(attribute))
        {
            let is_own = |name: &str| DistinguishedName::parse(name.as_bytes()).is_ok_and(|name| name == own);
            if is_own(&named) {
                return Ok(true);
            }
            if !is_name(&named) {
                continue;
            }
            let members = ["member", "uniqueMember"];
            let group = self.read(lane, &named, &members, patience).await?;
            let mut members = group
                .iter()
                .flat_map(|group| members.into_iter().flat_map(|name| group.texts(name)));
            if members.any(|member| is_own(&member)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The first of our security ids that is one of these ([MS-DTYP] §2.4.2.2; [MS-ADTS] §3.1.1.3.2 for where they are listed).
    async fn in_token(
        &self,
        lane: &mut Lane,
        ids: &[(u32, &'static str)],
        patience: Duration,
    ) -> Result<Option<&'static str>, ConnectError> {
        let found = self.read(lane, "", &["tokenGroups"], patience).await?;
        let own: Vec<u32> = found
            .iter()
            .flat_map(|entry| entry.values("tokenGroups"))
            .filter_map(relative_id)
            .collect();
        Ok(ids.iter().find(|(id, _)| own.contains(id)).map(|(_, means)| *means))
    }

    /// One entry, if it is there and shown.
    async fn read(
        &self,
        lane: &mut Lane,
        dn: &str,
        attributes: &[&str],
        patience: Duration,
    ) -> Result<Option<Entry>, ConnectError> {
        let any = filter::present(b"objectClass");
        let search = self.search(dn, Scope::Base, &any, attributes, 1);
        Ok(lane.search(&search, patience).await?.entries.into_iter().next())
    }

    fn own_name(&self) -> Option<DistinguishedName> {
        let account = self.upstream.settings().service_account.as_ref()?;
        DistinguishedName::parse(account.dn.as_bytes()).ok()
    }
}

/// The relative id of a security id of a domain (S-1-5-21-…) or of BUILTIN (S-1-5-32).
fn relative_id(sid: &[u8]) -> Option<u32> {
    let authority = u32::from_le_bytes(sid.get(8..12)?.try_into().ok()?);
    if !sid.starts_with(&[1]) || sid.get(2..8)? != [0, 0, 0, 0, 0, 5] || !matches!(authority, 21 | 32) {
        return None;
    }
    let at = sid.len().checked_sub(4)?;
    Some(u32::from_le_bytes(sid.get(at..)?.try_into().ok()?))
}

impl Lane {
    /// Who the server says we are (RFC 4532). `None`: it does not say.
    async fn who_am_i(&mut self, patience: Duration) -> Result<Option<String>, ConnectError> {
        let answer = self.extended(oid::WHO_AM_I, patience).await?;
        let message = parse(&answer)?;
        if message.operation.tag != tag::EXTENDED_RESPONSE {
            return Err(ConnectError::Protocol);
        }
        let result = LdapResult::parse(&message).map_err(|_| ConnectError::Protocol)?;
        if result.code != ResultCode::SUCCESS {
            return Ok(None);
        }
        let response = ExtendedResponse::parse(result.rest).map_err(|_| ConnectError::Protocol)?;
        let identity = response.value.and_then(|value| std::str::from_utf8(value).ok());
        let readable = identity.filter(|identity| !identity.is_empty() && !identity.chars().any(char::is_control));
        Ok(readable.map(str::to_owned))
    }
}
