//! A mail server of our own that keeps what it is given (RFC 5321), as much of it as a client needs, on loopback and in plain text.

use crate::eventually;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a mail may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The server.
pub struct Mailbox {
    address: SocketAddr,
    kept: Arc<Kept>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Kept {
    mails: Mutex<Vec<Mail>>,
    connections: AtomicUsize,
    refuses: AtomicBool,
    ends: AtomicBool,
}

/// One mail.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Envelope recipients.
    pub recipients: Vec<String>,
    /// Headers, names in lower case, unfolded.
    pub headers: Vec<(String, String)>,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
    /// All of it.
    pub raw: String,
}

impl Mailbox {
    /// On a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let kept = Arc::<Kept>::default();
        let theirs = Arc::clone(&kept);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if theirs.ends.load(Ordering::Relaxed) {
                    break;
                }
                let (Ok(stream), kept) = (stream, Arc::clone(&theirs)) else {
                    continue;
                };
                kept.connections.fetch_add(1, Ordering::Relaxed);
                std::thread::spawn(move || converse(&stream, &kept));
            }
        });
        Self {
            address,
            kept,
            thread: Some(thread),
        }
    }

    /// `smtp://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// From now on every mail is put off (451), or taken again.
    pub fn refuse(&self, refuses: bool) {
        self.kept.refuses.store(refuses, Ordering::Relaxed);
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.kept.connections.load(Ordering::Relaxed)
    }

    /// Everything that came.
    pub fn mails(&self) -> Vec<Mail> {
        self.kept.mails.lock().unwrap().clone()
    }

    /// Those to this address.
    pub fn to(&self, address: &str) -> Vec<Mail> {
        let is_to = |mail: &Mail| mail.recipients.iter().any(|to| to == address);
        self.mails().into_iter().filter(is_to).collect()
    }

    /// The mail number `number` (from 0) to this address, once it is there.
    pub fn mail(&self, address: &str, number: usize) -> Mail {
        eventually(&format!("mail {number} to {address}"), PATIENCE, || {
            self.to(address).into_iter().nth(number)
        })
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.kept.ends.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Mail {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| &**value)
    }

    /// The first address in the text whose path begins so: its path.
    pub fn link(&self, path: &str) -> String {
        let links = self.text.split_whitespace().filter(|word| word.starts_with("https://"));
        for link in links {
            let rest = link.trim_start_matches("https://");
            let start = rest.find('/').map_or("/", |at| &rest[at..]);
            if start.starts_with(path) {
                return start.trim_end_matches(['.', ',', ')', '>']).to_owned();
            }
        }
        panic!("no link to {path} in:\n{}", self.text)
    }

    /// The code in it: a line of its own of letters, digits and dashes.
    pub fn code(&self) -> String {
        let is_code = |line: &&str| {
            let plain: String = line
                .chars()
                .filter(|letter| !matches!(letter, '-' | ' ' | '\u{2068}' | '\u{2069}'))
                .collect();
            (6..=16).contains(&plain.len())
                && plain
                    .chars()
                    .all(|letter| letter.is_ascii_digit() || letter.is_ascii_uppercase())
        };
        let found = self.text.lines().map(str::trim).find(is_code);
        found.unwrap_or_else(|| panic!("no code in:\n{}", self.text)).to_owned()
    }
}

fn converse(stream: &TcpStream, kept: &Kept) -> Option<()> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut lines = BufReader::new(stream.try_clone().ok()?);
    let mut out = stream;
    let mut say = |text: &str| out.write_all(format!("{text}\r\n").as_bytes()).ok();
    say("220 mailbox ESMTP")?;
    let mut recipients = Vec::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let word = line.trim_end().to_ascii_uppercase();
        match word.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => say("250-mailbox\r\n250-8BITMIME\r\n250 SMTPUTF8")?,
            "HELO" | "RSET" | "NOOP" => say("250 well")?,
            "MAIL" if kept.refuses.load(Ordering::Relaxed) => say("451 later")?,
            "MAIL" => {
                recipients.clear();
                say("250 well")?;
            }
            "RCPT" => {
                let address = line.split('<').nth(1)?.split('>').next()?;
                recipients.push(address.to_owned());
                say("250 well")?;
            }
            "DATA" => {
                say("354 go on")?;
                let mut raw = String::new();
                loop {
                    let mut line = Vec::new();
                    lines.read_until(b'\n', &mut line).ok()?;
                    let line = String::from_utf8_lossy(&line);
                    let line = line.trim_end_matches(['\r', '\n']);
                    if line == "." {
                        break;
                    }
                    raw.push_str(line.strip_prefix("..").map_or(line, |_| &line[1..]));
                    raw.push('\n');
                }
                let mail = parse(raw, std::mem::take(&mut recipients));
                kept.mails.lock().unwrap().push(mail);
                say("250 kept")?;
            }
            "QUIT" => {
                say("221 bye")?;
                return None;
            }
            _ => say("502 no")?,
        }
    }
}

fn parse(raw: String, recipients: Vec<String>) -> Mail {
    let (headers, body) = split(&raw);
    let mut mail = Mail {
        recipients,
        headers,
        text: String::new(),
        html: String::new(),
        raw: String::new(),
    };
    let kind = mail.header("content-type").unwrap_or("text/plain").to_owned();
    if let Some((_, boundary)) = kind.split_once("boundary=") {
        let boundary = boundary.trim_matches('"').split(['"', ';']).next().unwrap();
        for part in body.split(&format!("--{boundary}")) {
            let (headers, body) = split(part.trim_start_matches('\n'));
            let of = |name: &str| {
                let found = headers.iter().find(|(known, _)| known == name);
                found.map(|(_, value)| value.clone()).unwrap_or_default()
            };
            let decoded = decoded(&body, &of("content-transfer-encoding"));
            if of("content-type").starts_with("text/html") {
                mail.html = decoded;
            } else if of("content-type").starts_with("text/plain") {
                mail.text = decoded;
            }
        }
    } else {
        let encoding = mail.header("content-transfer-encoding").unwrap_or_default().to_owned();
        mail.text = decoded(&body, &encoding);
    }
    mail.raw = raw;
    mail
}

fn split(text: &str) -> (Vec<(String, String)>, String) {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let unfolded = head.replace("\n ", " ").replace("\n\t", " ");
    let headers = unfolded.lines().filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    (headers.collect(), body.to_owned())
}

/// Quoted-printable and base 64 (RFC 2045 §6).
fn decoded(body: &str, encoding: &str) -> String {
    let octets = match encoding.to_ascii_lowercase().as_str() {
        "quoted-printable" => {
            let joined = body.replace("=\n", "");
            let mut octets = Vec::new();
            let mut rest = joined.as_bytes();
            while let Some((first, after)) = rest.split_first() {
                let pair = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
                let octet = pair
                    .filter(|_| *first == b'=')
                    .and_then(|pair| u8::from_str_radix(pair, 16).ok());
                if let Some(octet) = octet {
                    octets.push(octet);
                    rest = &after[2..];
                } else {
                    octets.push(*first);
                    rest = after;
                }
            }
            octets
        }
        "base64" => {
            let mut octets = Vec::new();
            let (mut bits, mut count) = (0_u32, 0);
            for letter in body.bytes().filter(u8::is_ascii) {
                let value = match letter {
                    b'A'..=b'Z' => letter - b'A',
                    b'a'..=b'z' => letter - b'a' + 26,
                    b'0'..=b'9' => letter - b'0' + 52,
                    b'+' => 62,
                    b'/' => 63,
                    _ => continue,
                };
                bits = (bits << 6) | u32::from(value);
                count += 6;
                if count >= 8 {
                    count -= 8;
                    octets.push(u8::try_from((bits >> count) & 0xff).unwrap());
                }
            }
            octets
        }
        _ => body.as_bytes().to_vec(),
    };
    String::from_utf8_lossy(&octets).replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_of_mail_are_read() {
        assert_eq!(decoded("Gr=C3=BC=\n=C3=9Fe=20\n", "quoted-printable"), "Grüße \n");
        assert_eq!(decoded("R3LDvMOf\nZQ==", "base64"), "Grüße");
    }
}
