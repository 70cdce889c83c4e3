//! One connection of our own: bound, asked, dropped at the first doubt.

use super::request::{Filter, Scope, Search, encode, encode_with};
use crate::transport::Transport;
use crate::upstream::dialect::{BindAnswer, Dialect};
use crate::upstream::entry::Entry;
use crate::upstream::error::ConnectError;
use crate::upstream::exchange::{Exchange, parse};
use crate::upstream::settings::ServiceAccount;
use crate::upstream::write::WriteRequest;
use crate::upstream::{Connection, ServerIndex};
use postern_identity::{Proven, Secret, Standing};
use postern_ldap::control::paged::PagedResults;
use postern_ldap::control::ppolicy;
use postern_ldap::result::LdapResult;
use postern_ldap::{Message, ResultCode, bind, extended, oid, tag};
use std::time::Duration;
use tokio::time::Instant;
use zeroize::Zeroizing;

/// The most octets one search may bring.
const MOST_OCTETS: usize = 1024 * 1024;

/// The most one that is read in pages may bring.
const MOST_PAGED_OCTETS: usize = 16 * MOST_OCTETS;
/// Entries of a page: as many as every product shows at once without being told otherwise.
const PAGE: u32 = 500;

/// A connection with nothing outstanding on it.
pub(in crate::upstream) struct Lane {
    exchange: Exchange<Transport>,
    server: ServerIndex,
}

/// What a search brought.
pub(in crate::upstream) struct Found {
    /// At most as many as were asked for.
    pub(in crate::upstream) entries: Vec<Entry>,
    /// How it ended.
    pub(in crate::upstream) code: ResultCode,
}

/// Why a write has no answer.
pub(in crate::upstream) enum Unanswered {
    /// It never left whole, so nobody can have done it.
    NotSent(ConnectError),
    /// It left, and what came back, if anything, is no answer to it.
    Unknown,
}

impl Lane {
    /// On a fresh connection, without an identity.
    pub(in crate::upstream) fn anonymous(connection: Connection) -> Self {
        Self {
            exchange: Exchange::new(connection.transport),
            server: connection.server,
        }
    }

    /// The connection with whoever is bound on it, if nothing is left unread.
    pub(in crate::upstream) fn into_connection(self) -> Result<Connection, ConnectError> {
        Ok(Connection {
            transport: self.exchange.into_stream()?,
            server: self.server,
        })
    }

    /// Which server it leads to.
    pub(in crate::upstream) fn server(&self) -> ServerIndex {
        self.server
    }

    /// Binds as the service account (RFC 4511 §4.2): never where the password could be read on the way, unless that was allowed.
    pub(in crate::upstream) async fn bind(
        &mut self,
        account: &ServiceAccount,
        allow_plaintext: bool,
        patience: Duration,
    ) -> Result<(), ConnectError> {
        if !allow_plaintext && !self.exchange.stream().is_protected() {
            return Err(ConnectError::PlaintextRefused);
        }
        // RFC 4513 §5.1.2: without a name or password the server would let us in as nobody, and say success.
        if account.dn.is_empty() || account.password.is_empty() {
            return Err(ConnectError::ServiceAccountRefused(ResultCode::UNWILLING_TO_PERFORM));
        }
        let id = self.exchange.next_id();
        let request = Zeroizing::new(bind::simple(id, account.dn.as_bytes(), account.password.expose(), &[]));
        let answer = self.exchange.ask(id, &request, patience).await?;
        let message = parse(&answer)?;
        if message.operation.tag != tag::BIND_RESPONSE {
            return Err(ConnectError::Protocol);
        }
        let result = LdapResult::parse(&message).map_err(|_| ConnectError::Protocol)?;
        if result.code == ResultCode::SUCCESS {
            Ok(())
        } else {
            Err(ConnectError::ServiceAccountRefused(result.code))
        }
    }

    /// Binds as somebody else, and reads what the answer says of them. The password policy control is asked for where the product knows it.
    pub(super) async fn sign_in(
        &mut self,
        dialect: &dyn Dialect,
        (dn, password): (&str, &Secret),
        allow_plaintext: bool,
        patience: Duration,
    ) -> Result<(Standing, Proven), ConnectError> {
        if !allow_plaintext && !self.is_protected() {
            return Err(ConnectError::PlaintextRefused);
        }
        let ppolicy_asked = dialect.knows_ppolicy_control();
        let asked = ppolicy_asked.then(ppolicy::request);
        let controls: Vec<&[u8]> = asked.iter().map(Vec::as_slice).collect();
        let id = self.exchange.next_id();
        // RFC 4513 §5.1.2: without a password it would be nobody's bind, and a success.
        if dn.is_empty() || password.is_empty() {
            return Err(ConnectError::Protocol);
        }
        let request = Zeroizing::new(bind::simple(id, dn.as_bytes(), password.expose(), &controls));
        let answer = self.exchange.ask(id, &request, patience).await?;
        let message = parse(&answer)?;
        if message.operation.tag != tag::BIND_RESPONSE {
            return Err(ConnectError::Protocol);
        }
        let result = LdapResult::parse(&message).map_err(|_| ConnectError::Protocol)?;
        Ok(dialect.read_bind(&BindAnswer {
            code: result.code,
            diagnostic: result.diagnostic,
            controls: message.controls,
            ppolicy_asked,
        }))
    }

    /// The rootDSE (RFC 4512 §5.1).
    pub(in crate::upstream) async fn root_dse(
        &mut self,
        attributes: &[&str],
        patience: Duration,
    ) -> Result<Entry, ConnectError> {
        let search = Search {
            base: "",
            scope: Scope::Base,
            filter: Filter::Any,
            attributes,
            size_limit: 1,
            time_limit: 0,
        };
        let found = self.search(&search, patience).await?;
        match (found.code, found.entries.into_iter().next()) {
            (ResultCode::SUCCESS, Some(entry)) => Ok(entry),
            // Hidden by access rules: a success of no entries, which is "no such object" without saying so.
            (ResultCode::SUCCESS, None) => Err(ConnectError::RootDseRefused(ResultCode::NO_SUCH_OBJECT)),
            (code, _) => Err(ConnectError::RootDseRefused(code)),
        }
    }

    /// Searches. References are left out: what they lead to is another server's to answer. After an error the lane is
    /// of no more use.
    pub(in crate::upstream) async fn search(
        &mut self,
        search: &Search<'_>,
        patience: Duration,
    ) -> Result<Found, ConnectError> {
        let deadline = Instant::now() + patience;
        let id = self.exchange.next_id();
        self.exchange.send(&encode(id, search), deadline).await?;
        let most = usize::try_from(search.size_limit).unwrap_or(usize::MAX);
        let mut entries = Vec::new();
        let mut octets = 0;
        let mut more = false;
        loop {
            let answer = self.exchange.receive(id, deadline).await?;
            octets += answer.len();
            let message = parse(&answer)?;
            match message.operation.tag {
                tag::SEARCH_ENTRY if entries.len() < most && octets <= MOST_OCTETS => {
                    entries.push(Entry::read(&message)?);
                }
                // Samba does not look at the limit.
                tag::SEARCH_ENTRY if octets <= MOST_OCTETS => more = true,
                tag::SEARCH_REFERENCE | tag::INTERMEDIATE_RESPONSE if octets <= MOST_OCTETS => {}
                tag::SEARCH_DONE => {
                    let result = LdapResult::parse(&message).map_err(|_| ConnectError::Protocol)?;
                    let code = match result.code {
                        ResultCode::SUCCESS if more => ResultCode::SIZE_LIMIT_EXCEEDED,
                        code => code,
                    };
                    return Ok(Found { entries, code });
                }
                // More than anybody would send who looks at the limit, or something that does not belong here.
                _ => return Err(ConnectError::Protocol),
            }
        }
    }

    /// Searches in pages (RFC 2696), for more than a server shows at once, and until there are more than `search.size_limit`. A server that
    /// knows no pages is taken as it answers. After more than that, as after an error, the lane is of no more use.
    pub(super) async fn search_all(&mut self, search: &Search<'_>, patience: Duration) -> Result<Found, ConnectError> {
        let most = usize::try_from(search.size_limit).unwrap_or(usize::MAX);
        let (mut entries, mut cookie) = (Vec::new(), Vec::new());
        let mut left = MOST_PAGED_OCTETS;
        loop {
            let page = PagedResults {
                size: PAGE,
                cookie: &cookie,
            };
            let (code, next) = self.page(search, page, &mut entries, &mut left, patience).await?;
            if entries.len() > most {
                let code = ResultCode::SIZE_LIMIT_EXCEEDED;
                return Ok(Found { entries, code });
            }
            if next.is_empty() || code != ResultCode::SUCCESS {
                return Ok(Found { entries, code });
            }
            cookie = next;
        }
    }

    /// The first `search.size_limit` entries or a few more, also where a server looks at no limit. The lane keeps the page that is left: it
    /// is of no use to others.
    pub(super) async fn search_some(&mut self, search: &Search<'_>, patience: Duration) -> Result<Found, ConnectError> {
        let (mut entries, mut left) = (Vec::new(), MOST_OCTETS);
        let page = PagedResults {
            size: search.size_limit,
            cookie: &[],
        };
        let (code, _) = self.page(search, page, &mut entries, &mut left, patience).await?;
        Ok(Found { entries, code })
    }

    /// One page: how it ended, and the cookie for the next one, empty if there is none.
    async fn page(
        &mut self,
        search: &Search<'_>,
        page: PagedResults<'_>,
        entries: &mut Vec<Entry>,
        left: &mut usize,
        patience: Duration,
    ) -> Result<(ResultCode, Vec<u8>), ConnectError> {
        let unlimited = Search {
            size_limit: 0,
            ..*search
        };
        let deadline = Instant::now() + patience;
        let id = self.exchange.next_id();
        let request = encode_with(id, &unlimited, &[&page.control(false)]);
        self.exchange.send(&request, deadline).await?;
        loop {
            let answer = self.exchange.receive(id, deadline).await?;
            *left = left.checked_sub(answer.len()).ok_or(ConnectError::Protocol)?;
            let message = parse(&answer)?;
            match message.operation.tag {
                tag::SEARCH_ENTRY => entries.push(Entry::read(&message)?),
                tag::SEARCH_REFERENCE | tag::INTERMEDIATE_RESPONSE => {}
                tag::SEARCH_DONE => {
                    let result = LdapResult::parse(&message).map_err(|_| ConnectError::Protocol)?;
                    let control = message.controls.find(oid::PAGED_RESULTS);
                    let value = control
                        .map_err(|_| ConnectError::Protocol)?
                        .and_then(|found| found.value);
                    let page = value.map(PagedResults::parse).transpose();
                    let page = page.map_err(|_| ConnectError::Protocol)?;
                    return Ok((result.code, page.map_or_else(Vec::new, |page| page.cookie.to_vec())));
                }
                _ => return Err(ConnectError::Protocol),
            }
        }
    }

    /// A search, or one page of it, whose entries are taken one by one as they come, so that nobody holds them all: at most `most_octets` of them.
    /// Answers how it ended, and the cookie for the next page (RFC 2696), empty if there is none. After an error the lane is of no more use.
    pub(in crate::upstream) async fn pass(
        &mut self,
        search: &Search<'_>,
        page: Option<PagedResults<'_>>,
        most_octets: usize,
        deadline: Instant,
        take: &mut (dyn FnMut(&Message<'_>) -> Result<(), ConnectError> + Send),
    ) -> Result<(ResultCode, Vec<u8>), ConnectError> {
        let id = self.exchange.next_id();
        let control = page.map(|page| page.control(false));
        let controls: Vec<&[u8]> = control.iter().map(Vec::as_slice).collect();
        self.exchange
            .send(&encode_with(id, search, &controls), deadline)
            .await?;
        let mut left = most_octets;
        loop {
            let answer = self.exchange.receive_up_to(most_octets, id, deadline).await?;
            left = left.checked_sub(answer.len()).ok_or(ConnectError::Protocol)?;
            let message = parse(&answer)?;
            match message.operation.tag {
                tag::SEARCH_ENTRY => take(&message)?,
                tag::SEARCH_REFERENCE | tag::INTERMEDIATE_RESPONSE => {}
                tag::SEARCH_DONE => {
                    let result = LdapResult::parse(&message).map_err(|_| ConnectError::Protocol)?;
                    let control = message.controls.find(oid::PAGED_RESULTS);
                    let value = control
                        .map_err(|_| ConnectError::Protocol)?
                        .and_then(|found| found.value);
                    let page = value.map(PagedResults::parse).transpose();
                    let page = page.map_err(|_| ConnectError::Protocol)?;
                    return Ok((result.code, page.map_or_else(Vec::new, |page| page.cookie.to_vec())));
                }
                _ => return Err(ConnectError::Protocol),
            }
        }
    }

    /// Asks for an extended operation without a value.
    pub(super) async fn extended(&mut self, oid: &[u8], patience: Duration) -> Result<Vec<u8>, ConnectError> {
        let id = self.exchange.next_id();
        let request = extended::request(id, oid, None, &[]);
        self.exchange.ask(id, &request, patience).await
    }

    /// Whether what is sent cannot be read on the way.
    pub(in crate::upstream) fn is_protected(&self) -> bool {
        self.exchange.stream().is_protected()
    }

    /// Sends a write and waits for the message that answers it. After an error the lane is of no more use.
    pub(in crate::upstream) async fn write(
        &mut self,
        request: &WriteRequest,
        patience: Duration,
    ) -> Result<Zeroizing<Vec<u8>>, Unanswered> {
        let deadline = Instant::now() + patience;
        let id = self.exchange.next_id();
        // A message of which the last octet was not taken is none, and is done by nobody (RFC 4511 §5.1).
        let sent = self.exchange.send(&request.encode(id), deadline).await;
        sent.map_err(Unanswered::NotSent)?;
        let answer = self.exchange.receive(id, deadline).await;
        answer.map(Zeroizing::new).map_err(|_| Unanswered::Unknown)
    }

    /// Whether a kept lane may be used once more.
    pub(in crate::upstream) async fn is_usable(&mut self) -> bool {
        self.exchange.is_quiet().await
    }
}

#[cfg(test)]
mod tests;
