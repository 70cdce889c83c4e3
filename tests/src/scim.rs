//! A provisioning client, in the words real ones use, and the server we are compared with.

use crate::browser::encoded;
use crate::eventually::within;
use crate::process::Process;
use crate::{Browser, Page, port};
use serde_json::{Value, json};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;
use std::time::Duration;
use tempfile::TempDir;

/// RFC 7643 §4.1.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// RFC 7643 §4.2.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// RFC 7643 §4.3.
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// RFC 7644 §3.5.2.
pub const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// RFC 7644 §3.4.2.
pub const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// RFC 7644 §3.12.
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// How the body of a request is called, as Okta and Entra ID write it.
const MEDIA_TYPE: &str = "application/scim+json; charset=utf-8";

/// One client of `/scim/v2`.
pub struct Scim {
    browser: Browser,
    base: String,
    token: String,
    /// What rides on every address behind `?`.
    rides: String,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Header fields, names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The body; null where there is none.
    pub body: Value,
    /// What was asked, for whoever reads a failure.
    asked: String,
}

impl Scim {
    /// With this token, at the addresses below `base` (`/scim/v2`).
    pub fn new(browser: Browser, base: &str, token: &str) -> Self {
        Self {
            browser,
            base: base.to_owned(),
            token: token.to_owned(),
            rides: String::new(),
        }
    }

    /// The same client, with this behind every address: Entra ID does so with what somebody typed behind its tenant's.
    #[must_use]
    pub fn riding(&self, query: &str) -> Self {
        Self {
            browser: self.browser.another(),
            base: self.base.clone(),
            token: self.token.clone(),
            rides: query.to_owned(),
        }
    }

    /// The same client with another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: token.to_owned(),
            ..self.riding("")
        }
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None)
    }

    /// `POST`.
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, &[], Some(body))
    }

    /// `PUT`.
    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.send("PUT", path, &[], Some(body))
    }

    /// `PATCH` with these operations.
    pub fn patch(&self, path: &str, operations: &Value) -> Reply {
        let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
        self.send("PATCH", path, &[], Some(&body))
    }

    /// `DELETE`.
    pub fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, &[], None)
    }

    /// What `GET` lists with these parameters: a good `ListResponse`.
    pub fn list(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let reply = self.get(&format!("{path}?{}", encoded(parameters)));
        reply.expect(200);
        let said = &reply.body;
        assert_eq!(said["schemas"], json!([LIST]), "{reply:?}");
        for number in ["totalResults", "startIndex", "itemsPerPage"] {
            assert!(said[number].is_u64(), "{number}: {reply:?}");
        }
        let count = said["Resources"].as_array().map(|found| found.len() as u64);
        assert_eq!(count, said["itemsPerPage"].as_u64(), "{reply:?}");
        reply.body
    }

    /// What a filter finds.
    pub fn find(&self, path: &str, filter: &str) -> Vec<Value> {
        let list = self.list(path, &[("filter", filter)]);
        let found = list["Resources"].as_array().cloned().unwrap_or_default();
        assert_eq!(
            list["totalResults"].as_u64(),
            Some(found.len() as u64),
            "{filter}: {list}"
        );
        found
    }

    /// A request; `fields` take the place of the usual header fields of their names.
    pub fn send(&self, method: &str, path: &str, fields: &[(&str, &str)], body: Option<&Value>) -> Reply {
        let body = body.map(Value::to_string).unwrap_or_default();
        self.send_text(method, path, fields, &body)
    }

    /// The same with a body that need not be JSON.
    pub fn send_text(&self, method: &str, path: &str, fields: &[(&str, &str)], body: &str) -> Reply {
        let joint = match (self.rides.is_empty(), path.contains('?')) {
            (true, _) => "",
            (false, true) => "&",
            (false, false) => "?",
        };
        let address = format!("{}{path}{joint}{}", self.base, self.rides);
        let authorization = format!("Bearer {}", self.token);
        let usual = [
            ("Authorization", &*authorization),
            ("Accept", "application/scim+json"),
            ("Accept-Charset", "utf-8"),
            ("Content-Type", MEDIA_TYPE),
        ];
        let given = |name: &str| fields.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        let mut all: Vec<(&str, &str)> = usual.into_iter().filter(|(name, _)| !given(name)).collect();
        all.extend_from_slice(fields);
        let page = self.browser.another().send(method, &address, &all, body.as_bytes());
        Reply::read(page, format!("{method} {address} {body}"))
    }
}

impl Reply {
    fn read(page: Page, asked: String) -> Self {
        let body = if page.body.is_empty() { Value::Null } else { page.json() };
        let reply = Self {
            status: page.status,
            headers: page.headers,
            body,
            asked,
        };
        reply.is_sound();
        reply
    }

    /// Fails the story unless this is the status code.
    #[track_caller]
    pub fn expect(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{} was answered {}", self.asked, self.body);
        self
    }

    /// Fails the story unless it is refused so.
    #[track_caller]
    pub fn expect_refusal(&self, status: u16, scim_type: &str) -> &Self {
        let reply = self.expect(status);
        assert_eq!(
            reply.body["scimType"], *scim_type,
            "{} was answered {}",
            reply.asked, reply.body
        );
        reply
    }

    /// A header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| &**value)
    }

    /// The `id` of what was answered.
    pub fn id(&self) -> String {
        let id = self.body["id"].as_str();
        id.unwrap_or_else(|| panic!("{} was answered without an id: {}", self.asked, self.body))
            .to_owned()
    }

    /// What holds of every answer there is: each story shows it too.
    fn is_sound(&self) {
        let told = || {
            format!(
                "{} was answered {} {:?} {}",
                self.asked, self.status, self.headers, self.body
            )
        };
        if self.body.is_null() {
            assert!(matches!(self.status, 204 | 304), "nothing in it: {}", told());
            return;
        }
        let media_type = self.header("content-type").unwrap_or_default();
        assert!(media_type.starts_with("application/scim+json"), "{}", told());
        expect_no_null(&self.body, &told);
        if self.status >= 400 {
            assert_eq!(self.body["schemas"], json!([ERROR]), "{}", told());
            assert_eq!(self.body["status"], *self.status.to_string(), "{}", told());
            // Where people are kept is nobody's business.
            let detail = self.body["detail"].as_str().unwrap_or_default().to_ascii_lowercase();
            for secret in ["dc=", "127.0.0.1", "ldap"] {
                assert!(!detail.contains(secret), "{}", told());
            }
        }
        if self.status == 201 {
            let place = self.header("location");
            assert!(
                place.is_some() && place == self.body["meta"]["location"].as_str(),
                "{}",
                told()
            );
        }
    }
}

/// RFC 7643 §2.5: what has no value is not there. And a password is in no answer.
fn expect_no_null(value: &Value, told: &dyn Fn() -> String) {
    match value {
        Value::Null => panic!("a null in it: {}", told()),
        Value::Array(values) => values.iter().for_each(|value| expect_no_null(value, told)),
        Value::Object(members) => {
            assert!(!members.contains_key("password"), "a password in it: {}", told());
            members.values().for_each(|value| expect_no_null(value, told));
        }
        _ => {}
    }
}

/// scim2-server: the people of RFC 7643 in memory, on a loopback port, over plain HTTP.
pub struct ReferenceServer {
    process: Process,
    port: u16,
    _folder: TempDir,
}

impl ReferenceServer {
    /// Its only token.
    pub const TOKEN: &'static str = "reference-token";

    /// One with nobody in it.
    pub fn start() -> Self {
        set_up();
        let folder = tempfile::tempdir().unwrap();
        // Another process may take a free port first: then the program ends, and other ports are tried.
        for _ in 0..5 {
            let port = port::free();
            let mut command = Command::new(suites("bin/scim2-server"));
            command.args(["--port", &port.to_string(), "--bearer-token", Self::TOKEN]);
            let mut process = Process::start("scim2-server", &mut command, &folder.path().join("server.log"));
            let up = within(Duration::from_mins(1), || {
                if process.ended().is_some() {
                    return Some(false);
                }
                TcpStream::connect(("127.0.0.1", port)).ok().map(|_| true)
            });
            if up == Some(true) {
                return Self {
                    process,
                    port,
                    _folder: folder,
                };
            }
            assert!(
                process.ended().is_some(),
                "scim2-server does not start: {}",
                process.output()
            );
        }
        panic!("scim2-server finds no free port");
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v2", self.port)
    }

    /// What it has said.
    pub fn output(&self) -> String {
        self.process.output()
    }
}

/// A file of the suites, which are installed.
fn suites(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".setup/scim").join(path)
}

/// The runner of outside suites: `conformance/scim/run`, which are installed.
pub fn runner() -> PathBuf {
    set_up();
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/scim/run")
}

/// Sees that the suites are installed, once a process.
fn set_up() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let setup = concat!(env!("CARGO_MANIFEST_DIR"), "/setup");
        let done = Command::new(setup).arg("scim").status();
        assert!(
            done.is_ok_and(|status| status.success()),
            "`tests/setup scim` could not install the suites; these stories need them"
        );
    });
}
