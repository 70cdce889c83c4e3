//! A person at a browser without scripts, and a program: requests over TLS, cookies kept as RFC 6265 says, forms filled in.

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// One browser, or one program.
pub struct Browser {
    address: SocketAddr,
    /// As the address bar has it.
    host: String,
    tls: Arc<ClientConfig>,
    /// What is kept of cookies.
    pub cookies: BTreeMap<String, String>,
    /// Sent with every request.
    pub headers: Vec<(String, String)>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Page {
    /// The status code.
    pub status: u16,
    /// Header fields, names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// Where it was found.
    pub path: String,
}

/// A form of a page.
#[derive(Debug, Clone)]
pub struct Form {
    /// Where it goes.
    pub action: String,
    /// Its fields with the values they have.
    pub fields: Vec<(String, String)>,
}

impl Browser {
    /// At a server whose certificate this authority issued for `localhost`; `host` (with its port) is what the address bar has.
    pub fn new(address: SocketAddr, host: &str, ca_file: &Path) -> Self {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(ca_file).unwrap() {
            roots.add(certificate.unwrap()).unwrap();
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            address,
            host: host.to_owned(),
            tls: Arc::new(tls),
            cookies: BTreeMap::new(),
            headers: Vec::new(),
        }
    }

    /// Another one at the same place, that has been nowhere yet.
    #[must_use]
    pub fn another(&self) -> Self {
        Self {
            address: self.address,
            host: self.host.clone(),
            tls: Arc::clone(&self.tls),
            cookies: BTreeMap::new(),
            headers: Vec::new(),
        }
    }

    /// A page.
    pub fn get(&mut self, path: &str) -> Page {
        let fields = [("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate")];
        self.send("GET", path, &fields, b"")
    }

    /// A page, and the pages it sends on to, at most five.
    pub fn visit(&mut self, path: &str) -> Page {
        let page = self.get(path);
        self.follow(page)
    }

    /// Goes where an answer sends us, as long as it stays here.
    pub fn follow(&mut self, mut page: Page) -> Page {
        for _ in 0..5 {
            let Some(place) = page.header("location").filter(|_| (300..400).contains(&page.status)) else {
                break;
            };
            if !place.starts_with('/') {
                break;
            }
            let place = place.to_owned();
            page = self.get(&place);
        }
        page
    }

    /// Sends a form filled in with these values, and goes where the answer sends us.
    pub fn submit(&mut self, form: &Form, values: &[(&str, &str)]) -> Page {
        let page = self.submit_only(form, values);
        self.follow(page)
    }

    /// Sends a form filled in with these values.
    pub fn submit_only(&mut self, form: &Form, values: &[(&str, &str)]) -> Page {
        let mut fields: Vec<(String, String)> = form.fields.clone();
        for (name, value) in values {
            match fields.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => (*value).clone_into(known),
                None => fields.push(((*name).to_owned(), (*value).to_owned())),
            }
        }
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        self.post(&form.action, &pairs)
    }

    /// Sends fields as a form of the same site does.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = encoded(fields);
        let origin = format!("https://{}", self.host);
        let sent = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Origin", &*origin),
            ("Sec-Fetch-Site", "same-origin"),
            ("Sec-Fetch-Mode", "navigate"),
        ];
        self.send("POST", path, &sent, body.as_bytes())
    }

    /// Sends JSON as a program does, with this token.
    pub fn json(&mut self, method: &str, path: &str, token: &str, body: &serde_json::Value) -> Page {
        let authorization = format!("Bearer {token}");
        let sent = [("Authorization", &*authorization), ("Content-Type", "application/json")];
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.send(method, path, &sent, body.as_bytes())
    }

    /// Sends a request as it stands. `Host` is ours unless `fields` says another.
    pub fn send(&mut self, method: &str, path: &str, fields: &[(&str, &str)], body: &[u8]) -> Page {
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            let _ = write!(head, "Host: {}\r\n", self.host);
        }
        let own = self.headers.iter().map(|(name, value)| (&**name, &**value));
        for (name, value) in own.chain(fields.iter().copied()) {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let _ = write!(head, "Cookie: {}\r\n", cookies.join("; "));
        }
        if !body.is_empty() || method == "POST" {
            let _ = write!(head, "Content-Length: {}\r\n", body.len());
        }
        head.push_str("\r\n");
        let mut octets = head.into_bytes();
        octets.extend_from_slice(body);
        let page = self.exchange(&octets, path);
        self.keep_cookies(&page);
        page
    }

    /// Octets as they stand, and what is answered.
    pub fn exchange(&self, octets: &[u8], path: &str) -> Page {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        // The certificate is for this machine, whatever the address bar has.
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::clone(&self.tls), name).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        // Who is refused early may be hung up on before everything is sent.
        let _ = stream.write_all(octets);
        let _ = stream.flush();
        let mut answer = Vec::new();
        let mut part = [0; 16 * 1024];
        loop {
            match stream.read(&mut part) {
                Ok(0) | Err(_) => break,
                Ok(count) => answer.extend_from_slice(&part[..count]),
            }
        }
        read(&answer, path).unwrap_or_else(|| panic!("{path}: no answer in {:?}", String::from_utf8_lossy(&answer)))
    }

    fn keep_cookies(&mut self, page: &Page) {
        for (_, cookie) in page.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (pair, rest) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').unwrap();
            let rest = rest.to_ascii_lowercase();
            if name.starts_with("__Host-") {
                assert!(
                    rest.contains("secure") && rest.contains("path=/") && !rest.contains("domain="),
                    "no browser would keep {cookie}"
                );
            }
            if rest.contains("max-age=0") || value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Page {
    /// A header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| &**value)
    }

    /// The form whose action begins so.
    pub fn form(&self, action: &str) -> Form {
        let forms = self.forms();
        let found = forms.iter().find(|form| form.action.starts_with(action));
        found
            .unwrap_or_else(|| panic!("{} has no form {action}, it has {forms:?}:\n{}", self.path, self.body))
            .clone()
    }

    /// Every form.
    pub fn forms(&self) -> Vec<Form> {
        let mut forms = Vec::new();
        for part in self.body.split("<form").skip(1) {
            let (open, rest) = part.split_once('>').unwrap();
            let inside = rest.split("</form>").next().unwrap();
            let mut fields = Vec::new();
            for input in inside.split("<input").skip(1) {
                let tag = input.split('>').next().unwrap();
                let kind = attribute(tag, "type").unwrap_or_default();
                let Some(name) = attribute(tag, "name") else { continue };
                let is_choice = kind == "checkbox" || kind == "radio";
                if is_choice
                    && !tag
                        .split_whitespace()
                        .any(|word| word.trim_end_matches('/') == "checked" || word.starts_with("checked="))
                {
                    continue;
                }
                let value =
                    attribute(tag, "value").unwrap_or_else(|| if is_choice { "on".into() } else { String::new() });
                fields.push((name, value));
            }
            let action = attribute(open, "action").unwrap_or_else(|| self.path.clone());
            forms.push(Form { action, fields });
        }
        forms
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{}: {error}: {}", self.path, self.body))
    }

    /// What a reader sees: without tags, white space made one.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut inside = false;
        for letter in self.body.chars() {
            match letter {
                '<' => inside = true,
                '>' => {
                    inside = false;
                    text.push(' ');
                }
                // Isolates of names (U+2068, U+2069) are there for the eye.
                '\u{2068}' | '\u{2069}' => {}
                letter if !inside => text.push(letter),
                _ => {}
            }
        }
        let text = unescaped(&text);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// `application/x-www-form-urlencoded`.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", percent(name), percent(value)))
        .collect();
    pairs.join("&")
}

fn percent(text: &str) -> String {
    let mut encoded = String::new();
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-_.~".contains(&octet) {
            encoded.push(char::from(octet));
        } else {
            let _ = write!(encoded, "%{octet:02X}");
        }
    }
    encoded
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag
        .find(&format!(" {name}=\""))
        .or_else(|| tag.find(&format!("\n{name}=\"")))?;
    let rest = &tag[start + name.len() + 3..];
    Some(unescaped(rest.split('"').next()?))
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}

fn read(answer: &[u8], path: &str) -> Option<Page> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let chunked = headers
        .iter()
        .any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = &answer[end + 4..];
    let body = if chunked { joined(body)? } else { body.to_vec() };
    Some(Page {
        status,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
        path: path.to_owned(),
    })
}

fn joined(mut chunks: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = chunks.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&chunks[..end]).ok()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        let from = end + 2;
        body.extend_from_slice(chunks.get(from..from + size)?);
        chunks = chunks.get(from + size + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_with_the_values_they_have() {
        let page = Page {
            status: 200,
            headers: Vec::new(),
            body: "<form method=\"post\" action=\"/a\"><input type=\"hidden\" name=\"x\" value=\"a&amp;b\">\
                   <input name=\"y\"><input type=\"checkbox\" name=\"c\" value=\"1\" checked>\
                   <input type=\"checkbox\" name=\"d\" value=\"1\"></form>"
                .to_owned(),
            path: "/".to_owned(),
        };
        let form = page.form("/a");
        let pairs = [("x", "a&b"), ("y", ""), ("c", "1")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(form.fields, pairs);
    }
}
