//! Clients that never stop: on open connections, on new ones, under TLS. Each answer is looked at.

use postern_tests::people::{PASSWORD, dn};
use postern_tests::request::{Scope, bind, search, unbind};
use postern_tests::{Gateway, Wire, eventually};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a few operations may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(20);
/// So many must succeed before a step counts as gone through.
const A_FEW: u64 = 100;
/// Operations on a connection that is opened anew again and again.
const ON_ONE: u32 = 10;

/// The clients.
pub(super) struct Load {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    stop: AtomicBool,
    succeeded: AtomicU64,
    failures: Mutex<Vec<String>>,
    ldap: SocketAddr,
    ldaps: SocketAddr,
    ca_file: PathBuf,
}

/// What one client does until it is told to stop.
type Client = fn(&Shared) -> Result<(), String>;

const CLIENTS: [(&str, Client); 6] = [
    ("binds on an open connection", binds_again_and_again),
    ("binds on another open connection", binds_again_and_again),
    ("searches on a connection bound once", searches),
    ("searches anonymously", searches_anonymously),
    ("new connections", connects_again_and_again),
    ("new connections under TLS", connects_again_and_again_under_tls),
];

impl Load {
    pub(super) fn start(gateway: &Gateway, ca_file: &Path) -> Self {
        let shared = Arc::new(Shared {
            stop: AtomicBool::new(false),
            succeeded: AtomicU64::new(0),
            failures: Mutex::default(),
            ldap: gateway.address(),
            ldaps: gateway.tls_address(),
            ca_file: ca_file.to_owned(),
        });
        let threads = CLIENTS.map(|(name, client)| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || {
                if let Err(failure) = client(&shared) {
                    shared.failures.lock().unwrap().push(format!("{name}: {failure}"));
                }
            })
        });
        Self {
            shared,
            threads: threads.into(),
        }
    }

    /// Waits until some more operations have succeeded; none may have failed.
    pub(super) fn expect_flawless(&self, step: &str) {
        let from = self.shared.succeeded.load(Ordering::Relaxed);
        eventually(&format!("{step}: clients go on"), DEADLINE, || {
            self.expect_no_failure(step);
            (self.shared.succeeded.load(Ordering::Relaxed) >= from + A_FEW).then_some(())
        });
        // A client that has stopped for another reason than ours has panicked.
        assert!(
            self.threads.iter().all(|thread| !thread.is_finished()),
            "{step}: a client is gone"
        );
    }

    /// Ends the clients.
    pub(super) fn finish(mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            assert!(thread.join().is_ok(), "a client panicked");
        }
        self.expect_no_failure("the end");
    }

    /// Whether any operation has failed.
    pub(super) fn has_failed(&self) -> bool {
        !self.shared.failures.lock().unwrap().is_empty()
    }

    fn expect_no_failure(&self, step: &str) {
        let failures = self.shared.failures.lock().unwrap();
        assert!(failures.is_empty(), "{step}: operations failed: {failures:#?}");
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// A bind that must succeed.
    fn bind(&self, wire: &mut Wire, id: u32) -> Result<(), String> {
        let request = bind(id, &dn("active"), PASSWORD, &[]);
        self.expect(wire, &request, 0)
    }

    /// A search that must find one entry.
    fn search(&self, wire: &mut Wire, id: u32) -> Result<(), String> {
        let request = search(id, &dn("active"), Scope::Base, "objectClass", &["uid"], &[]);
        self.expect(wire, &request, 1)
    }

    fn expect(&self, wire: &mut Wire, request: &[u8], entries: usize) -> Result<(), String> {
        let answers = wire.try_ask(request).map_err(|error| format!("no answer: {error}"))?;
        let last = answers.last().and_then(|answer| answer.code);
        if last != Some(0) || answers.len() != entries + 1 {
            return Err(format!("answered {answers:?}"));
        }
        self.succeeded.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn connect(&self) -> Result<Wire, String> {
        Wire::try_connect(self.ldap).map_err(said("no connection"))
    }
}

fn binds_again_and_again(shared: &Shared) -> Result<(), String> {
    let mut wire = shared.connect()?;
    let mut id = 0;
    while shared.goes_on() {
        id += 2;
        shared.bind(&mut wire, id - 1)?;
        shared.search(&mut wire, id)?;
    }
    Ok(())
}

fn searches(shared: &Shared) -> Result<(), String> {
    let mut wire = shared.connect()?;
    shared.bind(&mut wire, 1)?;
    let mut id = 1;
    while shared.goes_on() {
        id += 1;
        shared.search(&mut wire, id)?;
    }
    Ok(())
}

fn searches_anonymously(shared: &Shared) -> Result<(), String> {
    let mut wire = shared.connect()?;
    let mut id = 0;
    while shared.goes_on() {
        id += 1;
        shared.search(&mut wire, id)?;
    }
    Ok(())
}

fn connects_again_and_again(shared: &Shared) -> Result<(), String> {
    while shared.goes_on() {
        stays_for_a_while(shared, shared.connect()?)?;
    }
    Ok(())
}

fn connects_again_and_again_under_tls(shared: &Shared) -> Result<(), String> {
    while shared.goes_on() {
        let mut wire = Wire::try_connect(shared.ldaps).map_err(said("no connection"))?;
        wire.shake_hands(&shared.ca_file).map_err(said("no TLS"))?;
        stays_for_a_while(shared, wire)?;
    }
    Ok(())
}

fn stays_for_a_while(shared: &Shared, mut wire: Wire) -> Result<(), String> {
    shared.bind(&mut wire, 1)?;
    for id in 2..=ON_ONE {
        shared.search(&mut wire, id)?;
    }
    wire.try_send(&unbind(ON_ONE + 1)).map_err(said("unbind"))
}

fn said(what: &'static str) -> impl Fn(io::Error) -> String {
    move |error| format!("{what}: {error}")
}
