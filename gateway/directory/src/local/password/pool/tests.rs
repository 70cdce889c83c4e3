use super::*;
use crate::local::password::random::NoRandomness;
use std::sync::mpsc;

struct Constant;

impl Randomness for Constant {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoRandomness> {
        buffer.fill(7);
        Ok(())
    }
}

/// Gives randomness when it is told to: so a thread is busy for as long as a test likes.
struct Held {
    asked: mpsc::Sender<()>,
    go: Mutex<mpsc::Receiver<()>>,
}

impl Randomness for Held {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoRandomness> {
        self.asked.send(()).map_err(|_| NoRandomness)?;
        self.go.lock().unwrap().recv().map_err(|_| NoRandomness)?;
        buffer.fill(7);
        Ok(())
    }
}

fn settings(randomness: Arc<dyn Randomness>, queue: usize) -> HasherSettings {
    HasherSettings {
        threads: NonZeroUsize::new(1),
        queue,
        deadline: Duration::from_hours(1),
        cost: Cost::new(64, 1, 1).unwrap(),
        randomness,
    }
}

fn hasher() -> Arc<Hasher> {
    Hasher::start(settings(Arc::new(Constant), 8))
}

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

fn rehash(verified: Verified) -> Option<Vec<u8>> {
    match verified {
        Verified::Right { rehash } => rehash,
        Verified::Wrong => panic!("wrong"),
    }
}

/// One thread that is busy, what tells it to go on, and the caller it works for.
fn busy(queue: usize) -> (Arc<Hasher>, mpsc::Sender<()>, tokio::task::JoinHandle<bool>) {
    let (asked, was_asked) = mpsc::channel();
    let (go, wait) = mpsc::channel();
    let held = Held {
        asked,
        go: Mutex::new(wait),
    };
    let hasher = Hasher::start(settings(Arc::new(held), queue));
    let first = tokio::spawn({
        let hasher = Arc::clone(&hasher);
        async move { hasher.hash(secret("first")).await.is_ok() }
    });
    (hasher, go, {
        tokio::spawn(async move {
            tokio::task::spawn_blocking(move || was_asked.recv().unwrap())
                .await
                .unwrap();
            first.await.unwrap()
        })
    })
}

async fn until_waiting(hasher: &Hasher, count: usize) {
    while hasher.shared.lock().jobs.len() != count {
        tokio::task::yield_now().await;
    }
}

/// Until the thread has taken the first job, and waits.
async fn until_busy(hasher: &Hasher) {
    while hasher.shared.lock().next == 0 || !hasher.shared.lock().jobs.is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_hash_fits_its_password_and_is_left_as_it_is() {
    let hasher = hasher();
    let value = hasher.hash(secret("geheim")).await.unwrap();
    assert!(rehash(hasher.verify(vec![value.clone()], secret("geheim")).await.unwrap()).is_none());
    assert!(hasher.verify(vec![value.clone()], secret("falsch")).await.unwrap() == Verified::Wrong);
    assert!(hasher.matches(value.clone(), secret("geheim")).await.unwrap());
    assert!(!hasher.matches(value, secret("falsch")).await.unwrap());
}

#[tokio::test]
async fn an_imported_password_is_hashed_anew_when_it_is_right() {
    let hasher = hasher();
    for imported in [
        "geheim",
        "{CLEARTEXT}geheim",
        "{SHA}lhZHtJKE2qYtdQiPhN2tS8hvPWM=",
        // Argon2, at another cost.
        "{ARGON2}$argon2id$v=19$m=32,t=1,p=1$BwcHBwcHBwcHBwcHBwcHBw$",
    ] {
        let mut imported = imported.as_bytes().to_vec();
        if imported.ends_with(b"$") {
            let other = Hasher::start(HasherSettings {
                cost: Cost::new(32, 1, 1).unwrap(),
                ..settings(Arc::new(Constant), 8)
            });
            imported = other.hash(secret("geheim")).await.unwrap();
        }
        if imported.starts_with(b"{SHA}") {
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, b"geheim");
            let digest = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest);
            imported = format!("{{SHA}}{digest}").into_bytes();
        }
        let new = rehash(hasher.verify(vec![imported.clone()], secret("geheim")).await.unwrap()).unwrap();
        assert!(new.starts_with(b"{ARGON2}$argon2id$v=19$m=64,t=1,p=1$"));
        assert!(rehash(hasher.verify(vec![new], secret("geheim")).await.unwrap()).is_none());
        assert!(hasher.verify(vec![imported], secret("falsch")).await.unwrap() == Verified::Wrong);
    }
}

#[tokio::test]
async fn nobody_and_whoever_has_no_readable_hash_are_wrong() {
    let hasher = hasher();
    for stored in [
        vec![],
        vec![b"{SASL}alice".to_vec()],
        vec![b"{MD5}PLTnMmMfR+brlh80VUt83g==".to_vec()],
        vec![Vec::new()],
    ] {
        assert!(hasher.verify(stored.clone(), secret("alice")).await.unwrap() == Verified::Wrong);
        assert!(hasher.verify(stored, secret("")).await.unwrap() == Verified::Wrong);
    }
}

#[test]
fn learning_that_a_password_is_wrong_costs_a_hash_of_our_own_whatever_is_stored() {
    let cost = Cost::new(64, 1, 1).unwrap();
    let shared = Shared {
        queue: Mutex::default(),
        changed: Condvar::new(),
        length: 1,
        cost: cost.clone(),
        randomness: Arc::new(Constant),
    };
    let own = hash::write(b"geheim", &cost, &Constant, &mut Memory::for_cost(&cost).unwrap()).unwrap();
    for stored in [
        vec![],
        vec![b"cleartext".to_vec()],
        vec![b"{SSHA}auyXbsf/3BTBWOR+HCR+llGLa8kt25i5".to_vec()],
        vec![b"{SASL}alice".to_vec()],
        vec![own],
    ] {
        let mut memory = Memory::for_cost(&cost).unwrap();
        assert!(shared.verify(&stored, &secret("falsch"), &mut memory) == Verified::Wrong);
        // Argon2 has been over its memory.
        assert!(!memory.is_wiped());
    }
}

#[tokio::test]
async fn of_several_values_each_is_right_and_none_is_replaced() {
    let hasher = hasher();
    let stored = vec![b"one".to_vec(), b"two".to_vec()];
    for given in ["one", "two"] {
        assert!(rehash(hasher.verify(stored.clone(), secret(given)).await.unwrap()).is_none());
    }
    assert!(hasher.verify(stored, secret("three")).await.unwrap() == Verified::Wrong);
    let many = (0..100)
        .map(|number| format!("password {number}").into_bytes())
        .collect::<Vec<_>>();
    assert!(hasher.verify(many, secret("password 99")).await.unwrap() == Verified::Wrong);
}

#[tokio::test]
async fn what_does_not_fit_the_queue_is_turned_away_at_once() {
    let (hasher, go, first) = busy(1);
    until_busy(&hasher).await;
    let waiting = tokio::spawn({
        let hasher = Arc::clone(&hasher);
        async move { hasher.verify(vec![], secret("second")).await }
    });
    until_waiting(&hasher, 1).await;
    assert!(
        hasher
            .verify(vec![], secret("third"))
            .await
            .is_err_and(|busy| busy == HasherBusy)
    );
    go.send(()).unwrap();
    assert!(first.await.unwrap());
    assert!(waiting.await.unwrap().is_ok_and(|verified| verified == Verified::Wrong));
}

#[tokio::test]
async fn no_password_stays_in_the_queue_when_its_caller_is_gone() {
    let (hasher, go, first) = busy(8);
    until_busy(&hasher).await;
    let waiting = (0..3)
        .map(|_| {
            let hasher = Arc::clone(&hasher);
            tokio::spawn(async move { hasher.verify(vec![], secret("geheim")).await })
        })
        .collect::<Vec<_>>();
    until_waiting(&hasher, 3).await;
    waiting[1].abort();
    until_waiting(&hasher, 2).await;
    go.send(()).unwrap();
    assert!(first.await.unwrap());
    for (number, waiting) in waiting.into_iter().enumerate() {
        assert_eq!(waiting.await.is_ok(), number != 1);
    }
}

/// Somebody's wrong password in this share. Whether there was an answer.
fn asks(hasher: &Arc<Hasher>, share: u64) -> tokio::task::JoinHandle<bool> {
    let hasher = Arc::clone(hasher);
    tokio::spawn(async move {
        let asked = hasher.within(Share(share)).verify(vec![], secret("wrong")).await;
        asked.is_ok()
    })
}

#[tokio::test]
async fn who_asks_without_end_gives_place_to_others_and_not_they_to_it() {
    let (hasher, go, first) = busy(3);
    until_busy(&hasher).await;
    let mut flood = Vec::new();
    for count in 1..=3 {
        flood.push(asks(&hasher, 1));
        until_waiting(&hasher, count).await;
    }
    assert!(!asks(&hasher, 1).await.unwrap(), "the queue is full of its own");
    let other = asks(&hasher, 2);
    assert!(!flood.pop().unwrap().await.unwrap(), "the last of the flood goes");
    let third = asks(&hasher, 3);
    assert!(!flood.pop().unwrap().await.unwrap());
    assert!(!asks(&hasher, 4).await.unwrap(), "nobody has more than it");
    assert!(!asks(&hasher, 1).await.unwrap());
    go.send(()).unwrap();
    assert!(first.await.unwrap() && other.await.unwrap() && third.await.unwrap());
    assert!(
        flood.pop().unwrap().await.unwrap(),
        "what waited first of it has its turn"
    );
}

#[tokio::test]
async fn each_share_has_its_turn_whoever_came_first() {
    let (hasher, go, first) = busy(8);
    until_busy(&hasher).await;
    let mut all = Vec::new();
    for (count, share) in (1..).zip([1, 1, 1, 1, 2, 2, 3]) {
        all.push(asks(&hasher, share));
        until_waiting(&hasher, count).await;
    }
    let mut taken = Vec::new();
    {
        let mut queue = hasher.shared.lock();
        let jobs: Vec<u64> = queue.jobs.iter().map(|job| job.number).collect();
        assert!(jobs.is_sorted(), "whoever gives up is found by it");
        while let Some(job) = queue.take() {
            taken.push(job.share.0);
        }
    }
    assert_eq!(taken, [1, 2, 3, 1, 2, 1, 1]);
    for one in all {
        assert!(!one.await.unwrap());
    }
    go.send(()).unwrap();
    assert!(first.await.unwrap());
}

#[tokio::test]
async fn nobody_waits_longer_than_the_deadline() {
    let (asked, _asked) = mpsc::channel();
    let (go, wait) = mpsc::channel();
    let hasher = Hasher::start(HasherSettings {
        deadline: Duration::ZERO,
        ..settings(
            Arc::new(Held {
                asked,
                go: Mutex::new(wait),
            }),
            8,
        )
    });
    assert!(hasher.hash(secret("first")).await.is_err());
    assert!(hasher.hash(secret("second")).await.is_err());
    assert!(hasher.shared.lock().jobs.is_empty());
    drop(go);
}

#[tokio::test]
async fn a_closed_hasher_is_busy_and_has_no_threads() {
    let hasher = hasher();
    hasher.close();
    assert!(hasher.hash(secret("geheim")).await.is_err());
    assert!(hasher.verify(vec![], secret("geheim")).await.is_err());
    assert!(hasher.threads.lock().unwrap().is_empty());
    // The threads held it, too.
    assert_eq!(Arc::strong_count(&hasher.shared), 1);
    hasher.close();
}

#[tokio::test]
async fn what_waits_when_it_closes_is_told_that_it_is_busy() {
    let (hasher, go, _first) = busy(8);
    until_busy(&hasher).await;
    let waiting = tokio::spawn({
        let hasher = Arc::clone(&hasher);
        async move { hasher.verify(vec![], secret("second")).await }
    });
    until_waiting(&hasher, 1).await;
    drop(go);
    let closing = tokio::task::spawn_blocking({
        let hasher = Arc::clone(&hasher);
        move || hasher.close()
    });
    closing.await.unwrap();
    // The second was either dropped from the queue or done before it was closed.
    let waited = waiting.await.unwrap();
    assert!(waited.is_err() || waited.is_ok_and(|verified| verified == Verified::Wrong));
    assert!(hasher.shared.lock().jobs.is_empty());
}

#[tokio::test]
async fn without_randomness_nothing_is_hashed_and_sign_ins_go_on() {
    struct Dry;
    impl Randomness for Dry {
        fn fill(&self, _: &mut [u8]) -> Result<(), NoRandomness> {
            Err(NoRandomness)
        }
    }
    let hasher = Hasher::start(settings(Arc::new(Dry), 8));
    assert!(hasher.hash(secret("geheim")).await.is_err());
    assert!(rehash(hasher.verify(vec![b"geheim".to_vec()], secret("geheim")).await.unwrap()).is_none());
}

#[tokio::test]
async fn a_fault_in_a_hash_function_does_not_end_its_thread() {
    struct Faulty(std::sync::atomic::AtomicBool);
    impl Randomness for Faulty {
        fn fill(&self, buffer: &mut [u8]) -> Result<(), NoRandomness> {
            assert!(
                self.0.swap(true, std::sync::atomic::Ordering::Relaxed),
                "the first time"
            );
            buffer.fill(1);
            Ok(())
        }
    }
    let hasher = Hasher::start(settings(Arc::new(Faulty(false.into())), 8));
    assert!(hasher.hash(secret("geheim")).await.is_err());
    assert!(hasher.hash(secret("geheim")).await.is_ok());
}
