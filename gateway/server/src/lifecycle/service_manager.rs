//! What systemd is told over the socket named in `NOTIFY_SOCKET` (sd_notify(3)); nothing without one.

use rustix::time::{ClockId, clock_gettime};
use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// The service manager, if there is one.
pub struct ServiceManager(Option<UnixDatagram>);

impl ServiceManager {
    /// `socket` is a path, or a name that begins with `@` for Linux' abstract ones.
    pub fn at(socket: Option<&OsStr>) -> Self {
        Self(socket.and_then(|socket| {
            let address = match socket.as_bytes().strip_prefix(b"@") {
                Some(name) => SocketAddr::from_abstract_name(name).ok()?,
                None => SocketAddr::from_pathname(socket).ok()?,
            };
            let datagrams = UnixDatagram::unbound().ok()?;
            // A manager that does not read must not hold the program up.
            datagrams.set_nonblocking(true).ok()?;
            datagrams.connect_addr(&address).ok()?;
            Some(datagrams)
        }))
    }

    /// Clients are served.
    pub fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={status}"));
    }

    /// Something is read again; [`ServiceManager::ready`] follows.
    pub fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let micros = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1000;
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
    }

    /// The end has begun.
    pub fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=Stopping");
    }

    fn tell(&self, state: &str) {
        if let Some(socket) = &self.0 {
            // A manager that went away is not the program's trouble.
            let _ = socket.send(state.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(socket: &UnixDatagram) -> String {
        let mut octets = [0; 256];
        let length = socket.recv(&mut octets).unwrap();
        String::from_utf8(octets[..length].to_vec()).unwrap()
    }

    #[test]
    fn the_manager_hears_of_ready_reloading_and_stopping() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let manager = ServiceManager::at(Some(path.as_os_str()));
        manager.ready("Serving");
        assert_eq!(next(&socket), "READY=1\nSTATUS=Serving");
        manager.reloading();
        let told = next(&socket);
        let micros: u64 = told
            .strip_prefix("RELOADING=1\nMONOTONIC_USEC=")
            .unwrap()
            .parse()
            .unwrap();
        assert!(micros > 0);
        manager.stopping();
        assert_eq!(next(&socket), "STOPPING=1\nSTATUS=Stopping");
    }

    #[test]
    fn an_abstract_name_is_understood() {
        let name = format!("postern-test-{}", std::process::id());
        let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        ServiceManager::at(Some(OsStr::new(&format!("@{name}")))).ready("x");
        assert_eq!(next(&socket), "READY=1\nSTATUS=x");
    }

    #[test]
    fn without_a_manager_nothing_happens() {
        for socket in [None, Some(OsStr::new("")), Some(OsStr::new("/no/such/socket"))] {
            ServiceManager::at(socket).ready("x");
        }
    }
}
