//! A mail server (RFC 5321, as much of it as a sender needs) that tells each code to whoever waits for it and keeps nothing.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};

/// The mail server.
pub struct Mail {
    port: u16,
    waiting: Mutex<HashMap<String, Sender<(String, String)>>>,
}

impl Mail {
    /// On a port of this machine, until the process ends.
    pub fn listen() -> std::io::Result<Arc<Self>> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let mail = Arc::new(Self {
            port: listener.local_addr()?.port(),
            waiting: Mutex::default(),
        });
        let server = Arc::clone(&mail);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = Arc::clone(&server);
                std::thread::spawn(move || server.session(&stream));
            }
        });
        Ok(mail)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The next code for this address goes there.
    pub fn tell(&self, address: &str, whom: &Sender<(String, String)>) {
        self.waiting
            .lock()
            .expect("nobody panicked")
            .insert(address.to_owned(), whom.clone());
    }

    /// One connection to its end, however it ends: a sender that goes away is the sender's affair.
    fn session(&self, stream: &TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        let mut lines = BufReader::new(stream);
        let say = |text: &str| (&*stream).write_all(text.as_bytes()).ok();
        say("220 load\r\n")?;
        let (mut recipient, mut line) = (String::new(), String::new());
        loop {
            line.clear();
            if lines.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
                "EHLO" => say("250-load\r\n250 8BITMIME\r\n")?,
                "RCPT" => {
                    recipient = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    say("250 well\r\n")?;
                }
                "DATA" => {
                    say("354 go on\r\n")?;
                    let code = read_code(&mut lines)?;
                    if let Some(code) = code {
                        let whom = self.waiting.lock().expect("nobody panicked").remove(&recipient);
                        // Nobody may wait for it: messages of other requests come here too.
                        let _ = whom.map(|whom| whom.send((recipient.clone(), code)));
                    }
                    say("250 kept\r\n")?;
                }
                "QUIT" => return say("221 bye\r\n"),
                _ => say("250 well\r\n")?,
            }
        }
    }
}

/// A mail to its end, and the code in it, if one is: four characters, a space, four characters, alone on an indented line.
fn read_code(lines: &mut impl std::io::BufRead) -> Option<Option<String>> {
    let (mut code, mut line) = (None, String::new());
    loop {
        line.clear();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == ".\r\n" {
            return Some(code);
        }
        let plain = line.replace("=20", " ");
        let indented = plain
            .strip_prefix("    ")
            .map(str::trim_end)
            .filter(|word| word.len() == 9);
        let is_code = |word: &&str| {
            let mut letters = word.bytes().enumerate();
            letters.all(|(place, letter)| {
                if place == 4 {
                    letter == b' '
                } else {
                    letter.is_ascii_digit() || letter.is_ascii_uppercase()
                }
            })
        };
        code = code.or(indented.filter(is_code).map(str::to_owned));
    }
}
