//! Random walks over everything a door, a worker, an administrator and a power cut can do. Whatever they come to: no password is written without the
//! proofs that the rules of the start and of the moment ask for, none twice in one context, none that is a provider's; and whoever has proven
//! nothing is told nothing.

use super::doubles::{Phone, lock};
use super::world::{NEW, World, asking, from, program};
use crate::reset::asked::{Action, ContextId, Execution, Holder, Method, Proof, Request, SessionKey};
use crate::reset::desk::Desk;
use crate::reset::keys::Purpose;
use crate::reset::service::SelfService as _;
use crate::reset::told::{Ending, Refused, Stage};
use crate::secret::Secret;
use futures_util::FutureExt as _;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;

const NAMES: [&str; 6] = ["alice", "bob", "erin", "nobody", "bob@example.org", "carol"];
const POINTS: [&str; 14] = [
    "request:before-commit",
    "request:committed",
    "resolve:before-commit",
    "resolve:committed",
    "letter:sent",
    "prove:before-commit",
    "prove:committed",
    "execute:before-claim",
    "execute:claimed",
    "execute:before-write",
    "execute:between",
    "execute:written",
    "execute:committed",
    "recover:looked",
];

#[derive(Debug, Clone)]
enum Do {
    Ask(u8, usize, bool),
    AskAsProgram(usize, bool),
    Work,
    Again(usize),
    Follow(usize, u8),
    TypeCode(usize, usize),
    Guess(usize),
    Look(usize),
    Execute(usize, bool, bool),
    Cancel(usize),
    NotMe(usize),
    Gates(u8),
    Switch(bool),
    BobIsAProvider(bool),
    SomebodyElseWrites(usize),
    Down(bool),
    Silent(bool),
    Pass(u64),
    Recover,
    KillAt(usize),
}

fn step() -> impl Strategy<Value = Do> {
    let one = 0..64_usize;
    prop_oneof![
        6 => (0..3_u8, 0..NAMES.len(), any::<bool>()).prop_map(|(browser, name, unlock)| Do::Ask(browser, name, unlock)),
        2 => (0..NAMES.len(), any::<bool>()).prop_map(|(name, vouched)| Do::AskAsProgram(name, vouched)),
        8 => Just(Do::Work),
        1 => one.clone().prop_map(Do::Again),
        5 => (one.clone(), 0..3_u8).prop_map(|(letter, browser)| Do::Follow(letter, browser)),
        5 => (one.clone(), one.clone()).prop_map(|(holder, letter)| Do::TypeCode(holder, letter)),
        2 => one.clone().prop_map(Do::Guess),
        2 => one.clone().prop_map(Do::Look),
        8 => (one.clone(), any::<bool>(), any::<bool>()).prop_map(|(holder, all, key)| Do::Execute(holder, all, key)),
        1 => one.clone().prop_map(Do::Cancel),
        1 => one.clone().prop_map(Do::NotMe),
        1 => (1..3_u8).prop_map(Do::Gates),
        1 => any::<bool>().prop_map(Do::Switch),
        1 => any::<bool>().prop_map(Do::BobIsAProvider),
        1 => (0..2_usize).prop_map(Do::SomebodyElseWrites),
        1 => any::<bool>().prop_map(Do::Down),
        1 => any::<bool>().prop_map(Do::Silent),
        2 => prop_oneof![Just(1_u64), Just(70), Just(400), Just(700), Just(3600)].prop_map(Do::Pass),
        2 => Just(Do::Recover),
        2 => (0..POINTS.len()).prop_map(Do::KillAt),
    ]
}

/// Who holds what, and what has been shown.
struct Walk {
    world: World,
    desk: Desk,
    holders: Vec<Held>,
    /// The kinds of proof whose secret has ever been shown in a context.
    shown: BTreeMap<ContextId, BTreeSet<&'static str>>,
    vouched: BTreeSet<ContextId>,
    /// A program has shown a proof in its own context, and goes on holding it by its name.
    by_program: BTreeSet<ContextId>,
    /// The fewest gates that held while a context may have been looked at first.
    gates_at_start: BTreeMap<ContextId, u8>,
    unresolved: BTreeSet<ContextId>,
    gates: u8,
    written: BTreeSet<(ContextId, String)>,
    writes: usize,
}

struct Held {
    key: SessionKey,
    by_program: bool,
    /// It was given for a proof.
    proven: bool,
}

impl Walk {
    fn new() -> Self {
        let mut world = World::new();
        world.factors.push(Arc::new(Phone));
        for name in ["alice", "bob"] {
            world
                .people
                .change(name, |entry| entry.person.phones = vec![format!("+{name}")]);
        }
        world.with_rules(|rules| {
            rules.factors = vec!["mail".into(), "phone".into()];
            rules.limits.per_name = 50;
            rules.limits.per_network = 500;
            rules.limits.per_mailbox = 50;
            rules.limits.resets = 50;
        });
        let desk = world.desk();
        Self {
            world,
            desk,
            holders: Vec::new(),
            shown: BTreeMap::new(),
            vouched: BTreeSet::new(),
            by_program: BTreeSet::new(),
            gates_at_start: BTreeMap::new(),
            unresolved: BTreeSet::new(),
            gates: 1,
            written: BTreeSet::new(),
            writes: 0,
        }
    }

    fn holder(&self, number: usize) -> Option<&Held> {
        // The later ones oftener: what is old is over.
        let count = self.holders.len();
        (count > 0).then(|| &self.holders[count - 1 - (number % count.min(8))])
    }

    fn letter(&self, number: usize) -> Option<super::doubles::Read> {
        let letters = self.world.letters();
        let count = letters.len();
        (count > 0).then(|| letters[count - 1 - (number % count.min(6))].clone())
    }

    fn all_writes(&self) -> Vec<String> {
        let mut writes = self.world.people.writes();
        writes.extend(self.world.others.writes());
        writes.into_iter().map(|(login, _)| login).collect()
    }

    /// The context a letter leads to.
    async fn context_of(&self, letter: &super::doubles::Read) -> Option<ContextId> {
        letter.not_me.as_ref()?;
        let found = self.desk.by_token(Purpose::NotMe, &letter.not_me_token()).await;
        found.ok().flatten().map(|context| context.base.id)
    }

    async fn show(&mut self, letter: &super::doubles::Read, context: ContextId) {
        if self.context_of(letter).await == Some(context) {
            let kind = if letter.to.starts_with('+') { "phone" } else { "mail" };
            self.shown.entry(context).or_default().insert(kind);
        }
    }

    async fn take(&mut self, step: Do) {
        let before = self.all_writes();
        let mut executing = None;
        match step {
            Do::Ask(browser, name, unlock) => {
                let action = if unlock { Action::Unlock } else { Action::Reset };
                let (caller, request) = (from(browser), asking(action, NAMES[name]));
                let opened = survived(self.desk.request(&caller, &request)).await;
                match opened {
                    Some(Ok(opened)) => {
                        self.unresolved.insert(opened.context);
                        self.hold(opened.session, false, false);
                    }
                    Some(Err(refused)) => assert_eq!(refused, Refused::NotOffered),
                    None => {}
                }
            }
            Do::AskAsProgram(name, vouched) => {
                let request = Request {
                    method: vouched.then(|| Method::Vouched { reason: "known".into() }),
                    ..asking(Action::Reset, NAMES[name])
                };
                let caller = program(true);
                if let Some(Ok(opened)) = survived(self.desk.request(&caller, &request)).await {
                    if vouched {
                        self.vouched.insert(opened.context);
                    } else {
                        self.unresolved.insert(opened.context);
                    }
                    self.hold(opened.session, true, vouched);
                }
            }
            Do::Work => {
                for context in &self.unresolved {
                    let least = self.gates_at_start.entry(*context).or_insert(self.gates);
                    *least = self.gates.min(*least);
                }
                let _ = survived(self.desk.work()).await;
            }
            Do::Again(number) => {
                if let Some(held) = self.holder(number) {
                    let _ = survived(self.desk.again(&caller_of(held), holder_of(held))).await;
                }
            }
            Do::Follow(number, browser) => {
                if let Some(letter) = self.letter(number).filter(|letter| letter.link.is_some())
                    && let Some(context) = self.context_of(&letter).await
                {
                    self.show(&letter, context).await;
                    let caller = from(browser);
                    let token = letter.token();
                    if let Some(Ok(key)) = survived(self.desk.follow(&caller, &token)).await {
                        assert_eq!(key.context, context);
                        self.hold(key, false, true);
                    }
                }
            }
            Do::TypeCode(number, of) => self.type_code(number, of).await,
            Do::Guess(number) => {
                if let Some(held) = self.holder(number) {
                    let code = Secret::new("00000000");
                    let proof = Proof::Code {
                        factor: "mail",
                        code: &code,
                    };
                    let told = survived(self.desk.prove(&caller_of(held), holder_of(held), proof)).await;
                    assert!(!matches!(told, Some(Ok(_))), "a guess is no proof");
                }
            }
            Do::Look(number) => self.look(number).await,
            Do::Execute(number, all, key) => executing = self.execute(number, all, key).await,
            Do::Cancel(number) => {
                if let Some(held) = self.holder(number) {
                    let _ = survived(self.desk.cancel(&caller_of(held), holder_of(held))).await;
                }
            }
            Do::NotMe(number) => {
                if let Some(letter) = self.letter(number).filter(|letter| letter.not_me.is_some()) {
                    let token = letter.not_me_token();
                    let _ = survived(self.desk.not_me(&from(1), &token)).await;
                }
            }
            Do::Gates(gates) => {
                self.gates = gates;
                self.world.with_rules(|rules| rules.gates = gates);
            }
            Do::Switch(on) => self.world.switch.on.store(on, Ordering::Relaxed),
            Do::BobIsAProvider(is) => self
                .world
                .people
                .change("bob", |entry| entry.provider = is.then_some("sso")),
            Do::SomebodyElseWrites(whom) => self.world.people.change(NAMES[whom], |entry| entry.written += 1),
            Do::Down(down) => self.world.people.down.store(down, Ordering::Relaxed),
            Do::Silent(silent) => self.world.people.silent.store(silent, Ordering::Relaxed),
            Do::Pass(seconds) => self.world.pass(seconds),
            Do::Recover => {
                let _ = survived(self.desk.recover()).await;
            }
            Do::KillAt(point) => *lock(&self.world.switch.crash_at) = Some(POINTS[point]),
        }
        // Whoever was killed is another one from now on.
        self.desk = self.world.desk();
        self.judge(&before, executing);
    }

    async fn type_code(&mut self, number: usize, of: usize) {
        let Some(held) = self.holder(number) else { return };
        let (context, by_program) = (held.key.context, held.by_program);
        let mut letter = self.letter(of);
        if of.is_multiple_of(2) {
            // More often than not people have the right one at hand.
            for one in self.world.letters().into_iter().rev().take(12) {
                if self.context_of(&one).await == Some(context) {
                    letter = Some(one);
                    break;
                }
            }
        }
        let Some(letter) = letter.filter(|letter| letter.code.is_some()) else {
            return;
        };
        let factor = if letter.to.starts_with('+') { "phone" } else { "mail" };
        let code = letter.code();
        let is_its_own = self.context_of(&letter).await == Some(context);
        let told = {
            let proof = Proof::Code { factor, code: &code };
            let held = self.holder(number).unwrap();
            survived(self.desk.prove(&caller_of(held), holder_of(held), proof)).await
        };
        self.show(&letter, context).await;
        if is_its_own && by_program {
            self.by_program.insert(context);
        }
        if let Some(Ok(key)) = told {
            assert!(is_its_own, "another context's code is no proof");
            self.hold(key, by_program, true);
        }
    }

    async fn look(&self, number: usize) {
        let Some(held) = self.holder(number) else { return };
        let told = survived(self.desk.view(&caller_of(held), holder_of(held))).await;
        if let Some(Ok(view)) = told
            && !held.proven
            && !held.by_program
        {
            assert!(view.accounts.is_empty() && view.results.is_empty() && view.directory_rules.is_empty());
            let own = [Ending::Expired, Ending::Locked, Ending::Cancelled];
            let fits = match view.stage {
                Stage::Asked => true,
                Stage::Over(ending) => own.contains(&ending),
                _ => false,
            };
            assert!(fits, "{:?}", view.stage);
        }
    }

    async fn execute(&self, number: usize, all: bool, key: bool) -> Option<(ContextId, bool)> {
        let held = self.holder(number)?;
        let caller = caller_of(held);
        let view = self.desk.view(&caller, holder_of(held)).await.ok();
        let is_reset = view.as_ref().is_none_or(|view| view.action == Action::Reset);
        let accounts: Vec<usize> = match &view {
            Some(view) if all => {
                let eligible = view.accounts.iter().enumerate().filter(|(_, account)| account.eligible);
                eligible.map(|(number, _)| number).collect()
            }
            _ => Vec::new(),
        };
        let new = Secret::new(NEW);
        let execution = Execution {
            new: is_reset.then_some(&new),
            accounts: &accounts,
            idempotency: key.then_some("key"),
        };
        let told = survived(self.desk.execute(&caller, holder_of(held), execution)).await;
        if let Some(Err(refused)) = told {
            assert!(!matches!(
                refused,
                Refused::WrongProof { .. } | Refused::NotSignedIn | Refused::NotAllowed
            ));
        }
        let context = held.key.context;
        let proven = held.proven || held.by_program && self.by_program.contains(&context);
        Some((context, proven))
    }

    fn hold(&mut self, key: SessionKey, by_program: bool, proven: bool) {
        self.holders.push(Held {
            key,
            by_program,
            proven,
        });
    }

    fn judge(&mut self, before: &[String], executing: Option<(ContextId, bool)>) {
        let after = self.all_writes();
        if after.len() == before.len() {
            return;
        }
        let mut new: Vec<String> = after;
        for old in before {
            let at = new.iter().position(|login| login == old).unwrap();
            new.remove(at);
        }
        self.writes += new.len();
        let (context, proven) = executing.expect("nobody writes but who executes");
        assert!(proven, "whoever writes holds a key that was given for a proof");
        assert!(self.world.switch.on.load(Ordering::Relaxed), "the switch is on");
        let kinds = self.shown.get(&context).map_or(0, BTreeSet::len);
        if !self.vouched.contains(&context) {
            // Of a context whose opening was killed nobody knows since when it is there.
            let at_start = self.gates_at_start.get(&context).copied().unwrap_or(1);
            assert!(
                kinds >= usize::from(self.gates),
                "{kinds} of {} proofs that hold now",
                self.gates
            );
            assert!(
                kinds >= usize::from(at_start),
                "{kinds} of {at_start} proofs of the start"
            );
        }
        for login in new {
            assert_ne!(login, "erin", "a provider's");
            if login == "bob" {
                self.world
                    .people
                    .change("bob", |entry| assert_eq!(entry.provider, None, "a provider's"));
            }
            assert!(self.written.insert((context, login)), "twice in one context");
        }
    }
}

fn caller_of(held: &Held) -> crate::reset::Caller<'static> {
    if held.by_program { program(true) } else { from(1) }
}

fn holder_of(held: &Held) -> Holder<'_> {
    if held.by_program {
        Holder::Program(&held.key.context)
    } else {
        Holder::Browser(&held.key)
    }
}

/// `None`: it was killed. Only that; a mistake of ours is none.
async fn survived<T>(run: impl Future<Output = T>) -> Option<T> {
    match AssertUnwindSafe(run).catch_unwind().await {
        Ok(told) => Some(told),
        Err(cause) if cause.is::<&'static str>() && POINTS.contains(cause.downcast_ref::<&'static str>().unwrap()) => {
            None
        }
        Err(cause) => std::panic::resume_unwind(cause),
    }
}

fn walk(steps: Vec<Do>) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut walk = Walk::new();
        for step in steps {
            Box::pin(walk.take(step)).await;
        }
        // In the end nothing is left under way.
        *lock(&walk.world.switch.crash_at) = None;
        walk.world.people.down.store(false, Ordering::Relaxed);
        walk.world.pass(400);
        while walk.desk.recover().await.unwrap() > 0 {}
        for number in 0..walk.holders.len() {
            let held = &walk.holders[number];
            let told = walk.desk.view(&caller_of(held), holder_of(held)).await;
            assert!(!told.is_ok_and(|view| view.stage == Stage::Executing));
        }
        walk.writes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, max_shrink_iters: 2_000,
        failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_walk_comes_to_a_password_without_the_proofs(steps in prop::collection::vec(step(), 1..120)) {
        walk(steps);
    }
}

/// The walks above would show nothing if none of them ever came to a write.
#[test]
fn walks_do_come_to_passwords() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let steps = prop::collection::vec(step(), 100..120);
    let writes: usize = (0..60)
        .map(|_| walk(steps.new_tree(&mut runner).unwrap().current()))
        .sum();
    assert!(writes > 10, "{writes}");
}
