//! A client that sends octets and reads whole messages, with a deadline on every read.

use crate::certificates::ServerCertificate;
use crate::request;
use postern_ldap::result::LdapResult;
use postern_ldap::{Message, frame, oid, tag};
use rustls::client::WantsClientCert;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ConfigBuilder, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long an answer may take before the story fails.
const DEADLINE: Duration = Duration::from_secs(20);
/// Larger messages are a fault.
const LARGEST: usize = 64 * 1024 * 1024;

/// A connection.
pub struct Wire {
    stream: Stream,
    buffer: Vec<u8>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// A message a server sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// All of it.
    pub octets: Vec<u8>,
    /// Its message id.
    pub id: u32,
    /// The tag of its operation.
    pub operation: u8,
    /// The result code, where it has one.
    pub code: Option<u32>,
    /// The matched DN, where it has a result.
    pub matched: String,
    /// The text, where it has a result.
    pub text: String,
    /// What follows the result: the name and value of an extended response.
    pub rest: Vec<u8>,
    /// OID and value of each control.
    pub controls: Vec<(String, Option<Vec<u8>>)>,
}

impl Wire {
    /// A plain connection.
    pub fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).unwrap_or_else(|error| panic!("no connection to {address}: {error}"))
    }

    /// A plain connection, if there can be one.
    pub fn try_connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, DEADLINE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.set_write_timeout(Some(DEADLINE))?;
        Ok(Self {
            stream: Stream::Plain(stream),
            buffer: Vec::new(),
        })
    }

    /// A plain connection from an address of this machine.
    pub fn connect_from(address: SocketAddr, from: IpAddr) -> Self {
        let domain = socket2::Domain::for_address(address);
        let connected = socket2::Socket::new(domain, socket2::Type::STREAM, None).and_then(|socket| {
            socket.bind(&SocketAddr::new(from, 0).into())?;
            socket.connect_timeout(&address.into(), DEADLINE)?;
            socket.set_tcp_nodelay(true)?;
            socket.set_read_timeout(Some(DEADLINE))?;
            socket.set_write_timeout(Some(DEADLINE))?;
            Ok(socket)
        });
        let socket = connected.unwrap_or_else(|error| panic!("no connection from {from} to {address}: {error}"));
        Self {
            stream: Stream::Plain(socket.into()),
            buffer: Vec::new(),
        }
    }

    /// A connection under TLS from the first octet, to a server whose certificate is for localhost and of this authority.
    pub fn connect_tls(address: SocketAddr, ca_file: &Path) -> Self {
        let mut wire = Self::connect(address);
        wire.shake_hands(ca_file)
            .unwrap_or_else(|error| panic!("no TLS with {address}: {error}"));
        wire
    }

    /// Asks for StartTLS and shakes hands. The answer is returned; it must be a success.
    pub fn start_tls(&mut self, id: u32, ca_file: &Path) -> Answer {
        let answer = self.ask(&request::start_tls(id)).remove(0);
        assert_eq!(answer.code, Some(0), "StartTLS is refused: {}", answer.text);
        self.shake_hands(ca_file)
            .unwrap_or_else(|error| panic!("no TLS after StartTLS: {error}"));
        answer
    }

    /// The handshake of TLS over what is a plain connection now.
    pub fn shake_hands(&mut self, ca_file: &Path) -> io::Result<()> {
        self.shake_hands_as(trusting(ca_file), "localhost")
    }

    /// The same with a configuration of one's own, asking for a server of this name.
    pub fn shake_hands_as(&mut self, config: Arc<ClientConfig>, name: &str) -> io::Result<()> {
        let Stream::Plain(socket) = &self.stream else {
            panic!("TLS is on already")
        };
        assert!(self.buffer.is_empty(), "octets before the handshake");
        let socket = socket.try_clone()?;
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
        let mut stream = Box::new(StreamOwned::new(connection, socket));
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        self.stream = Stream::Tls(stream);
        Ok(())
    }

    /// The certificate the server showed, if TLS is on.
    pub fn peer_certificate(&self) -> Option<Vec<u8>> {
        match &self.stream {
            Stream::Plain(_) => None,
            Stream::Tls(stream) => stream.conn.peer_certificates()?.first().map(|der| der.to_vec()),
        }
    }

    /// For each read from now on.
    pub fn set_deadline(&self, deadline: Duration) {
        self.socket().set_read_timeout(Some(deadline)).expect("a timeout");
    }

    /// The socket below.
    pub fn socket(&self) -> &TcpStream {
        match &self.stream {
            Stream::Plain(socket) => socket,
            Stream::Tls(stream) => &stream.sock,
        }
    }

    /// Sends octets.
    pub fn send(&mut self, octets: &[u8]) {
        self.try_send(octets)
            .unwrap_or_else(|error| panic!("cannot send: {error}"));
    }

    /// Sends octets, if the other side takes them.
    pub fn try_send(&mut self, octets: &[u8]) -> io::Result<()> {
        match &mut self.stream {
            Stream::Plain(socket) => socket.write_all(octets),
            Stream::Tls(stream) => stream.write_all(octets).and_then(|()| stream.flush()),
        }
    }

    /// Sends nothing more; still reads.
    pub fn half_close(&self) {
        self.socket().shutdown(Shutdown::Write).expect("an open connection");
    }

    /// The next whole message, or nothing at the end of the stream. An end within a message and a deadline are errors.
    pub fn receive(&mut self) -> io::Result<Option<Answer>> {
        loop {
            let header =
                frame::walk(&self.buffer, LARGEST).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
            if let Some(header) = header.filter(|header| self.buffer.len() >= header.length) {
                let rest = self.buffer.split_off(header.length);
                return Answer::read(std::mem::replace(&mut self.buffer, rest)).map(Some);
            }
            let mut octets = [0; 16 * 1024];
            let count = match &mut self.stream {
                Stream::Plain(socket) => socket.read(&mut octets),
                Stream::Tls(stream) => stream.read(&mut octets),
            };
            match count {
                Ok(0) if self.buffer.is_empty() => return Ok(None),
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.buffer.extend_from_slice(&octets[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Servers close without TLS's goodbye.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof && self.buffer.is_empty() => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// The next message; the story fails without one.
    pub fn answer(&mut self) -> Answer {
        match self.receive() {
            Ok(Some(answer)) => answer,
            Ok(None) => panic!("the connection was closed where an answer was due"),
            Err(error) => panic!("no answer: {error}"),
        }
    }

    /// Sends a request and reads its answers to the last one.
    pub fn ask(&mut self, request: &[u8]) -> Vec<Answer> {
        self.try_ask(request)
            .unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    /// As [`Wire::ask`]. A notice of disconnection is an answer too, the last; a close without one is an error.
    pub fn try_ask(&mut self, request: &[u8]) -> io::Result<Vec<Answer>> {
        let id = Message::parse(request).expect("a request of ours").id.0;
        self.try_send(request)?;
        let mut answers = Vec::new();
        loop {
            let answer = self.receive()?.ok_or(ErrorKind::ConnectionAborted)?;
            let last = (answer.id == id && tag::ends_operation(answer.operation)) || answer.is_notice();
            assert!(
                answer.id == id || answer.is_notice(),
                "an answer to message {} nobody sent",
                answer.id
            );
            answers.push(answer);
            if last {
                return Ok(answers);
            }
        }
    }

    /// A simple bind without controls: its answer.
    pub fn bind(&mut self, id: u32, name: &str, password: &str) -> Answer {
        self.ask(&request::bind(id, name, password, &[])).remove(0)
    }

    /// Whether the connection is closed without another octet; fails when the deadline passes or a message comes.
    pub fn expect_closed(&mut self) {
        match self.receive() {
            Ok(None) => {}
            Err(error) if is_close(&error) => {}
            Ok(Some(answer)) => panic!("a message where the end was due: {}", answer.hex()),
            Err(error) => panic!("the connection is not closed: {error}"),
        }
    }

    /// The notice of disconnection and then the end.
    pub fn expect_notice(&mut self) -> Answer {
        let notice = self.answer();
        assert!(notice.is_notice(), "not a notice of disconnection: {}", notice.hex());
        self.expect_closed();
        notice
    }
}

/// Whether this is how a connection ends, and not a deadline that passed.
pub fn is_close(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof
    )
}

/// A TLS configuration that trusts this authority alone.
pub fn trusting(ca_file: &Path) -> Arc<ClientConfig> {
    Arc::new(trusting_builder(ca_file).with_no_client_auth())
}

/// The same, showing a certificate where one is asked for.
pub fn showing(ca_file: &Path, own: &ServerCertificate) -> Arc<ClientConfig> {
    let chain = CertificateDer::pem_slice_iter(own.certificate.as_bytes()).map(|der| der.expect("a certificate"));
    let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).expect("a key");
    let config = trusting_builder(ca_file).with_client_auth_cert(chain.collect(), key);
    Arc::new(config.expect("a certificate and its key"))
}

fn trusting_builder(ca_file: &Path) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca_file).expect("a file of certificates") {
        roots.add(certificate.expect("a certificate")).expect("an authority");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_root_certificates(roots)
}

impl Answer {
    /// From the octets of one message.
    fn read(octets: Vec<u8>) -> io::Result<Self> {
        let fault = |error| io::Error::new(ErrorKind::InvalidData, error);
        let message = Message::parse(&octets).map_err(fault)?;
        let result = LdapResult::parse(&message).ok();
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        let mut controls = Vec::new();
        for control in message.controls {
            let control = control.map_err(fault)?;
            controls.push((text(control.oid), control.value.map(<[u8]>::to_vec)));
        }
        Ok(Self {
            id: message.id.0,
            operation: message.operation.tag,
            code: result.map(|result| result.code.0),
            matched: result.map_or_else(String::new, |result| text(result.matched_dn)),
            text: result.map_or_else(String::new, |result| text(result.diagnostic)),
            rest: result.map_or_else(Vec::new, |result| result.rest.to_vec()),
            controls,
            octets,
        })
    }

    /// Whether it is a notice of disconnection (RFC 4511 §4.4.1).
    pub fn is_notice(&self) -> bool {
        self.id == 0
            && self.operation == tag::EXTENDED_RESPONSE
            && self
                .rest
                .windows(oid::NOTICE_OF_DISCONNECTION.len())
                .any(|part| part == oid::NOTICE_OF_DISCONNECTION)
    }

    /// The value of the password policy control, if it has one.
    pub fn password_policy(&self) -> Option<&[u8]> {
        self.control(oid::PASSWORD_POLICY)
    }

    /// The value of a control.
    pub fn control(&self, oid: &[u8]) -> Option<&[u8]> {
        let (_, value) = self.controls.iter().find(|(known, _)| known.as_bytes() == oid)?;
        value.as_deref()
    }

    /// All of it in hexadecimal.
    pub fn hex(&self) -> String {
        hex(&self.octets)
    }
}

/// Two digits an octet.
pub fn hex(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    octets.iter().fold(String::new(), |mut hex, octet| {
        let _ = write!(hex, "{octet:02x}");
        hex
    })
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "message {} tag {:02x} code {:?} text {:?}: {}",
            self.id,
            self.operation,
            self.code,
            self.text,
            self.hex()
        )
    }
}
