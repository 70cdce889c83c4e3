//! T16: the last step is answered with another key, and the one before is good for nothing but to be told the same answer once more.
//!
//! The next key is worked out of the one before: whoever sends the same last step twice, because the first answer was lost or a button was pressed
//! twice, is given the same one. Who has neither our keys nor the answer cannot work it out.

use super::asked::{By, Caller, Holder, SessionKey};
use super::context::Base;
use super::desk::Desk;
use super::keys::{Digest, Keys, Purpose};
use super::told::Refused;
use crate::secret::Secret;

impl Desk {
    /// The last step is about to be taken with this key: which one is to follow it.
    pub(super) fn name_successor(&self, base: &mut Base, holder: Holder<'_>) {
        let Holder::Browser(key) = holder else { return };
        let digest = |secret: &Secret| {
            let parts: [&[u8]; 2] = [&base.id.0, secret.expose()];
            Digest(self.parts.keys.hash(Purpose::Session, &parts))
        };
        let own = digest(&key.secret);
        let next = successors(&self.parts.keys, key).into_iter().next();
        let next = next.as_ref().map(digest);
        base.holder = Some(own);
        base.successor = next;
    }

    /// The key that has taken the place of this one, or is about to.
    pub(super) async fn renew(&self, caller: &Caller<'_>, holder: Holder<'_>) -> Result<Option<SessionKey>, Refused> {
        let (Holder::Browser(key), By::Browser) = (holder, caller.by) else {
            return Ok(None);
        };
        let (context, _) = self.held_context(caller, holder).await?;
        let base = &context.base;
        let live = successors(&self.parts.keys, key).into_iter().find(|secret| {
            let parts: [&[u8]; 2] = [&base.id.0, secret.expose()];
            let is = |digest: &Digest| self.parts.keys.matches(Purpose::Session, &parts, &digest.0);
            base.holder.as_ref().is_some_and(is) || base.successor.as_ref().is_some_and(is)
        });
        Ok(live.map(|secret| SessionKey {
            context: base.id,
            secret,
        }))
    }
}

impl Base {
    /// The last step is answered: from now on the next key alone holds it.
    pub(super) fn renew(&mut self) {
        if let Some(next) = self.successor.take() {
            self.former = self.holder.replace(next);
        }
    }
}

/// What may follow this key: by the present master key, and by the one before.
fn successors(keys: &Keys, key: &SessionKey) -> Vec<Secret> {
    let hashes = keys.hashes(Purpose::Successor, &[&key.context.0, key.secret.expose()]);
    hashes.iter().map(Secret::new).collect()
}
