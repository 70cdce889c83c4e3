//! Opening a connection without waiting for it, and the process's limit of open files.

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::socket::{
    self, AddressFamily, SockFlag, SockType, SockaddrIn, SockaddrStorage, setsockopt,
    sockopt::{IpBindAddressNoPort, TcpNoDelay},
};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;

/// Begins a connection to `address`; writable once it stands.
///
/// To a loopback server and with a `spread`, the source address is turned through 127.1.0.1 .. 127.1.0.`spread`:
/// connections left in TIME_WAIT would else use up the ports of one address, and the kernel's search for a free one
/// then costs more than the LDAP does.
pub fn open(address: &SocketAddr, spread: u8, turn: u64) -> io::Result<TcpStream> {
    let family = if address.is_ipv4() {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    };
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let fd = socket::socket(family, SockType::Stream, flags, None)?;
    setsockopt(&fd, TcpNoDelay, &true)?;
    if spread > 0 && address.is_ipv4() && address.ip().is_loopback() {
        setsockopt(&fd, IpBindAddressNoPort, &true)?;
        let last = 1 + (turn % u64::from(spread)) as u8;
        socket::bind(fd.as_raw_fd(), &SockaddrIn::new(127, 1, 0, last, 0))?;
    }
    match socket::connect(fd.as_raw_fd(), &SockaddrStorage::from(*address)) {
        Ok(()) | Err(Errno::EINPROGRESS) => Ok(TcpStream::from(fd)),
        Err(error) => Err(error.into()),
    }
}

/// As many connections as the hard limit allows.
pub fn raise_descriptor_limit() -> io::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}
