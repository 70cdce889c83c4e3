//! The requests of a file: one a line, METHOD, path, expected status, what must stand in the answer, body, with tabs between them.

use crate::Settings;

/// A request as it is sent, and what its answer has to be.
pub struct Request {
    /// All its octets.
    pub octets: Vec<u8>,
    /// The status that is right.
    pub status: u16,
    /// What a right answer has in it.
    pub said: String,
}

/// All of them; at least one.
pub fn read(settings: &Settings) -> Result<Vec<Request>, String> {
    let file = settings.requests.display();
    let text = std::fs::read_to_string(&settings.requests).map_err(|error| format!("{file}: {error}"))?;
    let all: Option<Vec<Request>> = text.lines().map(|line| parse(line, settings)).collect();
    all.filter(|all| !all.is_empty())
        .ok_or_else(|| format!("{file}: a line is no request, or there is none"))
}

fn parse(line: &str, settings: &Settings) -> Option<Request> {
    let mut fields = line.splitn(5, '\t');
    let mut next = || fields.next();
    let (method, path, status, said) = (next()?, next()?, next()?.parse().ok()?, next()?.to_owned());
    let body = next()?;
    let (server, token) = (settings.server, &settings.token);
    let host = if settings.over_tls {
        format!("localhost:{}", server.port())
    } else {
        server.to_string()
    };
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n");
    if !body.is_empty() {
        head += &format!(
            "Content-Type: application/scim+json\r\nContent-Length: {}\r\n",
            body.len()
        );
    }
    Some(Request {
        octets: format!("{head}\r\n{body}").into_bytes(),
        status,
        said,
    })
}
