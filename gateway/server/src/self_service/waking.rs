//! Self-service that wakes whoever does its work: what was asked for a moment ago is not waited for.

use postern_identity::Secret;
use postern_identity::reset::{
    Answer, Caller, Change, Changed, Desk, Execution, Holder, Landing, Offer, Opened, Proof, Request, SelfService,
    SessionKey, TargetResult, View,
};
use std::sync::Arc;
use tokio::sync::Notify;

/// The desk, and a bell.
pub(super) struct Waking {
    pub(super) desk: Arc<Desk>,
    pub(super) bell: Arc<Notify>,
}

impl Waking {
    fn then<'a, T: Send + 'a>(&'a self, answer: Answer<'a, T>) -> Answer<'a, T> {
        Box::pin(async move {
            let answered = answer.await;
            self.bell.notify_one();
            answered
        })
    }
}

impl SelfService for Waking {
    fn offer<'a>(&'a self, route: &'a str) -> Answer<'a, Offer> {
        self.desk.offer(route)
    }

    fn request<'a>(&'a self, caller: &'a Caller<'a>, request: &'a Request) -> Answer<'a, Opened> {
        self.then(self.desk.request(caller, request))
    }

    fn again<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, ()> {
        self.then(self.desk.again(caller, holder))
    }

    fn landing<'a>(&'a self, caller: &'a Caller<'a>, token: &'a Secret) -> Answer<'a, Landing> {
        self.desk.landing(caller, token)
    }

    fn follow<'a>(&'a self, caller: &'a Caller<'a>, token: &'a Secret) -> Answer<'a, SessionKey> {
        self.then(self.desk.follow(caller, token))
    }

    fn not_me<'a>(&'a self, caller: &'a Caller<'a>, token: &'a Secret) -> Answer<'a, ()> {
        self.then(self.desk.not_me(caller, token))
    }

    fn prove<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>, proof: Proof<'a>) -> Answer<'a, SessionKey> {
        self.then(self.desk.prove(caller, holder, proof))
    }

    fn view<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, View> {
        self.desk.view(caller, holder)
    }

    fn execute<'a>(
        &'a self,
        caller: &'a Caller<'a>,
        holder: Holder<'a>,
        execution: Execution<'a>,
    ) -> Answer<'a, Vec<TargetResult>> {
        self.then(self.desk.execute(caller, holder, execution))
    }

    fn cancel<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, ()> {
        self.then(self.desk.cancel(caller, holder))
    }

    fn change<'a>(&'a self, caller: &'a Caller<'a>, change: Change<'a>) -> Answer<'a, Changed> {
        self.then(self.desk.change(caller, change))
    }
}
