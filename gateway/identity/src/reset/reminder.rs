//! Forgotten sign-in names: one letter, to the address that stands in the entries, with the names of all of them.

use super::asked::{Action, fold};
use super::context::Base;
use super::desk::Desk;
use super::judge::Wish;
use super::letters::{Sheet, login};
use super::ports::LetterKind;
use super::trouble::Trouble;
use crate::directory::Applicant;
use crate::records::{ResetChange, Spent};

impl Desk {
    /// The letter, if anybody here has that address.
    pub(super) async fn remind(
        &self,
        base: &Base,
        typed: &str,
        at: crate::clock::Timestamp,
    ) -> Result<Vec<ResetChange>, Trouble> {
        let directory = self.directory(&base.opening.directory)?;
        let wish = Wish::Action(Action::Reminder);
        let mut found: Option<(Applicant, String)> = None;
        let mut logins = Vec::new();
        let mut limits = base.opening.rules.limits;
        for applicant in directory.with_mail(typed).await? {
            // R8, R9: the letter goes to what stands in the entry, and only where that is what was typed.
            let own = applicant
                .person
                .mails
                .iter()
                .find(|mail| fold(mail) == fold(typed))
                .cloned();
            let Some(own) = own else { continue };
            let judged = self.judge(base.route(), wish, &**directory, &applicant, at).await?;
            let Some(judged) = judged else { continue };
            if let Some(bar) = &judged.bar {
                self.not_eligible(base, Some(&applicant), bar.as_str(), Some(&judged));
                continue;
            }
            logins.push(login(&applicant.person));
            limits = judged.rules.limits;
            found.get_or_insert((applicant, own));
        }
        let Some((first, to)) = found else {
            self.not_eligible(base, None, "unknown", None);
            return Ok(Vec::new());
        };
        if let Spent::UsedUp { .. } = self.spend(&self.letters(base.route(), &to, &limits), at).await? {
            self.not_eligible(base, Some(&first), "too_many_letters", None);
            return Ok(Vec::new());
        }
        let sheet = Sheet {
            id: self.letter_id(&[b"reminder", &base.id.0]),
            logins,
            ..Sheet::new(base, LetterKind::Reminder, &to, Some(&first.person), at)
        };
        Ok(vec![self.letter_job(&sheet)?])
    }
}
