//! One thread's share of the load: an epoll loop that keeps each connection at its work. What an answer means, and
//! what follows it, is in `answers`.

mod answers;

use crate::arguments::{Settings, Work};
use crate::ber;
use crate::connection::{Connection, Kind, Outstanding, Received};
use crate::report::Tally;
use crate::socket;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use nix::time::{ClockId, clock_gettime};
use std::fmt::Write as _;
use std::sync::{Barrier, OnceLock};
use std::time::{Duration, Instant};

/// Connections that are being opened at once: more would overflow a server's queue of new ones.
const OPENING: usize = 64;

/// Runs to the end of the measured span. Waits at `start` for the other workers once its connections stand; `go` is
/// the moment from which all count.
pub fn run(settings: &Settings, thread: usize, start: &Barrier, go: &OnceLock<Instant>) -> Tally {
    let mut worker = Worker::new(settings, thread);
    let mut scratch = vec![0u8; 1 << 16];
    let mut events = vec![EpollEvent::empty(); 256];
    let timeout = Duration::from_secs_f64(settings.timeout);
    let connects = settings.work == Work::Connect;
    let (mut started, mut cpu_before, mut cpu_read) = (false, None, false);
    let mut last_scan = Instant::now();
    loop {
        worker.open_more();
        let now = Instant::now();
        if !started && (connects || worker.all_ready() || worker.fatal) {
            started = true;
            start.wait();
            let zero = *go.get_or_init(Instant::now);
            worker.measure_from = zero + Duration::from_secs_f64(settings.warmup);
            worker.measure_to = worker.measure_from + Duration::from_secs_f64(settings.seconds);
        }
        if worker.fatal {
            break;
        }
        if started && cpu_before.is_none() && now >= worker.measure_from {
            cpu_before = Some(thread_cpu());
        }
        if now >= worker.measure_to {
            if !cpu_read {
                cpu_read = true;
                worker.tally.cpu_nanoseconds = thread_cpu() - cpu_before.unwrap_or(0);
            }
            if worker.connections.iter().all(|c| c.outstanding.is_empty()) {
                break;
            }
        }
        if now - last_scan > Duration::from_millis(500) {
            last_scan = now;
            worker.drop_overdue(now, timeout);
        }
        let count = worker.epoll.wait(&mut events, 100u16).unwrap_or(0);
        for event in &events[..count] {
            let at = event.data() as usize;
            let kinds = event.events();
            if kinds.contains(EpollFlags::EPOLLOUT) {
                worker.flush(at);
            }
            if kinds.intersects(EpollFlags::EPOLLIN | EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR) {
                worker.readable(at, &mut scratch);
                worker.flush(at);
            }
        }
    }
    worker.tally
}

struct Worker<'a> {
    settings: &'a Settings,
    epoll: Epoll,
    connections: Vec<Connection>,
    random: u64,
    tally: Tally,
    measure_from: Instant,
    measure_to: Instant,
    /// Too many errors, or one that leaves nothing to wait for: stop.
    fatal: bool,
    unready: usize,
    next_open: usize,
    /// The text made last from a template with `{n}`.
    filled: String,
}

impl<'a> Worker<'a> {
    fn new(settings: &'a Settings, thread: usize) -> Self {
        let share =
            settings.connections / settings.threads + usize::from(thread < settings.connections % settings.threads);
        let now = Instant::now();
        let far = now + Duration::from_secs(1 << 30);
        let mut worker = Worker {
            settings,
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).expect("epoll"),
            connections: (0..share).map(|_| Connection::unopened(now)).collect(),
            random: 0x9e37_79b9_7f4a_7c15u64.wrapping_mul(thread as u64 + 1) ^ u64::from(std::process::id()),
            tally: Tally::default(),
            measure_from: far,
            measure_to: far,
            fatal: false,
            unready: share,
            next_open: 0,
            filled: String::new(),
        };
        for _ in 0..8 {
            worker.random_user(); // the first numbers of this generator resemble its seed
        }
        worker
    }

    fn open_more(&mut self) {
        let share = self.connections.len();
        while self.next_open < share && self.unready - (share - self.next_open) < OPENING && !self.fatal {
            self.next_open += 1;
            self.open(self.next_open - 1);
            self.flush(self.next_open - 1);
        }
    }

    fn all_ready(&self) -> bool {
        self.next_open == self.connections.len() && self.unready == 0
    }

    fn open(&mut self, at: usize) {
        let user = self.random_user();
        let connection = &mut self.connections[at];
        connection.reset(user, Instant::now(), self.settings.preface);
        if let Some(config) = &self.settings.tls {
            match rustls::ClientConnection::new(config.clone(), self.settings.host.clone()) {
                Ok(tls) => connection.tls = Some(Box::new(tls)),
                Err(error) => return self.give_up(&format!("tls: {error}")),
            }
        }
        let opened = socket::open(&self.settings.address, self.settings.source_spread, self.tally.opened);
        let socket = match opened {
            Ok(socket) => socket,
            Err(error) => return self.give_up(&format!("connect: {error}")),
        };
        let both = EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT, at as u64);
        if let Err(error) = self.epoll.add(&socket, both) {
            return self.give_up(&format!("epoll: {error}"));
        }
        connection.wants_write = true;
        connection.socket = Some(socket);
        self.tally.opened += 1;
        match self.settings.work {
            // anonymous: ready when the connection stands, see `flush`
            Work::Search | Work::Idle if self.settings.anonymous => {}
            Work::Search | Work::Idle => self.send(at, Kind::SetupBind, user, None),
            Work::Bind | Work::BindSearch | Work::Connect => self.begin_work(at),
        }
    }

    /// The connection is ready: its first request.
    fn begin_work(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        if !connection.ready {
            connection.ready = true;
            self.unready -= 1;
        }
        let (own_user, born) = (connection.user, connection.born);
        match self.settings.work {
            Work::Idle => {}
            Work::Search => (0..self.settings.pipeline).for_each(|_| self.send_for_any(at, Kind::Search)),
            Work::Bind | Work::BindSearch => self.send_for_any(at, Kind::Bind),
            Work::Connect => self.send(at, Kind::Bind, own_user, Some(born)),
        }
    }

    fn send_for_any(&mut self, at: usize, kind: Kind) {
        let user = self.random_user();
        self.send(at, kind, user, None);
    }

    /// Appends a request to what the connection has to send. `started`: when the operation began that it belongs to.
    fn send(&mut self, at: usize, kind: Kind, user: u64, started: Option<Instant>) {
        let settings = self.settings;
        let now = Instant::now();
        let id = self.connections[at].take_id();
        match (kind, &settings.bind_dn) {
            (Kind::SetupBind, Some(dn)) => {
                let password = settings.bind_password.as_ref().unwrap_or(&settings.password);
                let out = &mut self.connections[at].to_send;
                ber::bind(out, id, dn.as_bytes(), password.as_bytes(), &settings.controls);
            }
            (Kind::SetupBind | Kind::Bind, _) => {
                self.fill(&settings.dn, user);
                let dn = std::mem::take(&mut self.filled);
                self.fill(&settings.password, user);
                let out = &mut self.connections[at].to_send;
                ber::bind(out, id, dn.as_bytes(), self.filled.as_bytes(), &settings.controls);
            }
            (Kind::Search, _) => {
                let filter = settings.fixed_filter.clone().unwrap_or_else(|| {
                    self.fill(&settings.filter, user);
                    ber::filter(&self.filled).expect("checked with the arguments")
                });
                self.fill(&settings.base, user);
                let out = &mut self.connections[at].to_send;
                ber::search(
                    out,
                    id,
                    self.filled.as_bytes(),
                    settings.scope,
                    &filter,
                    &settings.attributes,
                );
            }
        }
        let started = started.unwrap_or(now);
        self.connections[at].outstanding.push(Outstanding {
            id,
            kind,
            user,
            started,
            sent: now,
            entries: 0,
        });
    }

    fn flush(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        let left = match connection.flush() {
            Ok(left) => left,
            Err(error) => return self.broken(at, &format!("write: {error}")),
        };
        let Some(socket) = connection.socket.as_ref() else {
            return;
        };
        let connecting = !connection.ready && self.settings.anonymous;
        if connecting && socket.peer_addr().is_ok() && connection.connected() {
            self.begin_work(at);
            return self.flush(at);
        }
        // while the connection is being made, writable is what tells that it stands
        let wants = left || (connecting && socket.peer_addr().is_err());
        if wants != connection.wants_write {
            connection.wants_write = wants;
            let kinds = if wants {
                EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT
            } else {
                EpollFlags::EPOLLIN
            };
            if let Err(error) = self.epoll.modify(socket, &mut EpollEvent::new(kinds, at as u64)) {
                self.give_up(&format!("epoll: {error}"));
            }
        }
    }

    fn readable(&mut self, at: usize, scratch: &mut [u8]) {
        loop {
            let more = match self.connections[at].receive(scratch) {
                Ok(Received::Nothing) => return,
                Ok(Received::Closed) => return self.broken(at, "closed by the server"),
                Ok(Received::Bytes { count, more }) => {
                    self.tally.bytes_in += count as u64;
                    more
                }
                Err(error) => return self.broken(at, &format!("read: {error}")),
            };
            if !self.replies(at) {
                return;
            }
            self.flush(at);
            if !more {
                return;
            }
        }
    }

    fn drop_overdue(&mut self, now: Instant, timeout: Duration) {
        for at in 0..self.next_open {
            let connection = &self.connections[at];
            let opening = connection.socket.is_some() && !connection.ready && now - connection.born > timeout;
            if opening
                || connection
                    .outstanding
                    .iter()
                    .any(|request| now - request.sent > timeout)
            {
                self.broken(at, "timeout");
                self.flush(at);
            }
        }
    }

    /// The connection is lost: one error, and a new connection in its place.
    fn broken(&mut self, at: usize, why: &str) {
        self.error(why);
        let connection = &mut self.connections[at];
        self.unready += usize::from(connection.ready);
        connection.ready = false;
        connection.outstanding.clear();
        connection.drop_socket();
        if !self.fatal && Instant::now() < self.measure_to {
            self.open(at);
        }
    }

    fn error(&mut self, what: &str) {
        self.tally.errors.add(what);
        self.fatal |= self.tally.errors.total() >= self.settings.max_errors;
    }

    fn give_up(&mut self, why: &str) {
        self.tally.errors.add(why);
        self.fatal = true;
    }

    /// xorshift64: quick, and the same from run to run but for the process id.
    fn random_user(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        1 + self.random % self.settings.users
    }

    fn fill(&mut self, template: &str, user: u64) {
        self.filled.clear();
        let mut parts = template.split("{n}");
        self.filled.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let _ = write!(self.filled, "{user:05}{part}");
        }
    }
}

fn thread_cpu() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)
        .map(Duration::from)
        .unwrap_or_default();
    now.as_nanos() as u64
}
