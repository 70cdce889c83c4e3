//! Self-service that wakes whoever does its work: what was asked for a moment ago is not waited for.

use postern_identity::Secret;
use postern_identity::reset::{
    Answer, By, Caller, Change, Changed, ContextId, Desk, Execution, Holder, Landing, Offer, Opened, Proof, Refused,
    Request, SelfService, SessionKey, TargetResult, View,
};
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

/// The desk, and a bell.
pub(super) struct Waking {
    pub(super) desk: Arc<Desk>,
    pub(super) bell: Arc<Notify>,
    /// Writes under way: the end of the program waits for them.
    pub(super) tasks: TaskTracker,
}

impl Waking {
    /// What writes goes on to its end, whoever still waits for it.
    fn to_its_end<T: Send + 'static>(
        &self,
        write: impl Future<Output = Result<T, Refused>> + Send + 'static,
    ) -> Answer<'_, T> {
        let bell = Arc::clone(&self.bell);
        let task = self.tasks.spawn(async move {
            let done = write.await;
            bell.notify_one();
            done
        });
        Box::pin(async move { task.await.unwrap_or(Err(Refused::Unavailable)) })
    }

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
        let (caller, holder) = (OwnCaller::of(caller), OwnHolder::of(holder));
        let new = execution.new.map(Secret::duplicate);
        let accounts = execution.accounts.to_vec();
        let idempotency = execution.idempotency.map(str::to_owned);
        let desk = Arc::clone(&self.desk);
        self.to_its_end(async move {
            let execution = Execution {
                new: new.as_ref(),
                accounts: &accounts,
                idempotency: idempotency.as_deref(),
            };
            desk.execute(&caller.caller(), holder.holder(), execution).await
        })
    }

    fn renewed<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, Option<SessionKey>> {
        self.desk.renewed(caller, holder)
    }

    fn more_time<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, ()> {
        self.desk.more_time(caller, holder)
    }

    fn cancel<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, ()> {
        self.then(self.desk.cancel(caller, holder))
    }

    fn change<'a>(&'a self, caller: &'a Caller<'a>, change: Change<'a>) -> Answer<'a, Changed> {
        let caller = OwnCaller::of(caller);
        let identifier = change.identifier.clone();
        let (old, new) = (change.old.duplicate(), change.new.duplicate());
        let desk = Arc::clone(&self.desk);
        self.to_its_end(async move {
            let change = Change {
                identifier: &identifier,
                old: &old,
                new: &new,
            };
            desk.change(&caller.caller(), change).await
        })
    }
}

/// Who asks, kept by whoever does it: a client that hangs up does not end a write half way.
struct OwnCaller {
    route: String,
    client: IpAddr,
    language: String,
    token: Option<(String, bool)>,
}

impl OwnCaller {
    fn of(caller: &Caller<'_>) -> Self {
        Self {
            route: caller.route.to_owned(),
            client: caller.client,
            language: caller.language.to_owned(),
            token: match caller.by {
                By::Browser => None,
                By::Program { token, may_vouch } => Some((token.to_owned(), may_vouch)),
            },
        }
    }

    fn caller(&self) -> Caller<'_> {
        Caller {
            route: &self.route,
            client: self.client,
            language: &self.language,
            by: self
                .token
                .as_ref()
                .map_or(By::Browser, |(token, may_vouch)| By::Program {
                    token,
                    may_vouch: *may_vouch,
                }),
        }
    }
}

/// How a context is held, likewise.
enum OwnHolder {
    Browser(SessionKey),
    Program(ContextId),
}

impl OwnHolder {
    fn of(holder: Holder<'_>) -> Self {
        match holder {
            Holder::Browser(key) => Self::Browser(SessionKey {
                context: key.context,
                secret: key.secret.duplicate(),
            }),
            Holder::Program(context) => Self::Program(*context),
        }
    }

    fn holder(&self) -> Holder<'_> {
        match self {
            Self::Browser(key) => Holder::Browser(key),
            Self::Program(context) => Holder::Program(context),
        }
    }
}
