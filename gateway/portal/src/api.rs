//! `/api/v1`: self-service for programs, over the same use-cases as the pages. Which route it is follows from the host, as for people.
//!
//! **The walk.** A token says which program it is and what it may do; the body is read strictly; a key that was sent before gets the answer
//! it got; then [`SelfService`] is asked, and what it tells becomes JSON, or a problem document by the one table in `problems`. Before
//! the first proof nothing in an answer depends on whom it is about.
//!
//! **To add an endpoint:** its body in `asked`, its answer in `told`, a handler with its scope, a line in [`routes`] and in `openapi`.

mod asked;
mod openapi;
mod problems;
mod replay;
mod told;

use asked::{Authenticate, Execute, Open};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, HeaderMap, HeaderValue};
use postern_identity::records::ResetRecords;
use postern_identity::reset::asked::Method as Proving;
use postern_identity::reset::{By, Caller, ContextId, Execution, Holder, Proof, Refused, SelfService, Stage};
use postern_identity::{Clock, Secret};
use postern_web::{Bearers, Fault, Problem, Token, Visit, body, problem};
use problems::{Trouble, of_refusal};
use replay::{Claimed, Replays};
use serde::Serialize;
use std::future::Future;
use std::sync::Arc;
use told::{Described, Done, Opened, Standing};

/// What a token needs to open contexts and go on with them.
pub const REQUEST: &str = "reset:request";
/// What it needs to say itself that a person is who they are.
pub const VOUCHED: &str = "reset:vouched";
/// What it needs to see how its contexts stand.
pub const READ: &str = "reset:read";

/// What the API asks.
pub struct ApiPorts {
    /// Everything that is done.
    pub service: Arc<dyn SelfService>,
    /// Who may ask.
    pub bearers: Arc<Bearers>,
    /// Where answers are kept for requests that are sent again.
    pub records: Arc<dyn ResetRecords>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// One of all nodes that serve a site, so that a request can be sent again to another. At least 32 octets.
    pub secret: Secret,
}

struct Api {
    service: Arc<dyn SelfService>,
    bearers: Arc<Bearers>,
    replays: Replays,
    description: String,
}

/// The API's routes, to be merged with those of the pages. One of them may serve several sites.
pub fn routes(ports: ApiPorts) -> Router {
    let ApiPorts {
        service,
        bearers,
        records,
        clock,
        secret,
    } = ports;
    let api = Api {
        service,
        bearers,
        replays: Replays::new(records, clock, &secret),
        description: openapi::description(),
    };
    Router::new()
        .route("/api/v1/resets", post(open))
        .route("/api/v1/resets/{id}", get(look).delete(give_up))
        .route("/api/v1/resets/{id}/authenticate", post(authenticate))
        .route("/api/v1/resets/{id}/execute", post(execute))
        .route("/api/openapi.json", get(describe))
        .route("/api/problems/{name}", get(problem_kind))
        .with_state(Arc::new(api))
}

type Answered = Result<Response, Trouble>;
type At = State<Arc<Api>>;

/// Opens a context for a person. The answer is the same whether there is such a person or not.
#[utoipa::path(post, path = "/api/v1/resets", tag = "resets", request_body = Open,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body gets the same answer; with another body, 422")),
    responses(
        (status = 202, description = "It is open. `state` and `next` depend on the route alone, unless the caller has vouched for the person", body = Opened),
        (status = "4XX", description = "A problem document (RFC 9457); see `/api/problems/{name}`", content_type = "application/problem+json", body = Described),
    ), security(("token" = ["reset:request"])))]
async fn open(State(api): At, visit: Visit, request: Request) -> Response {
    let answered = async {
        let asked = Asked::of(&api, &visit, request, "open").await?;
        let wanted: Open = body::json_of(asked.octets.expose())?;
        let request = wanted.read().map_err(|refused| of_refusal(&refused))?;
        asked.token.needs(match request.method {
            Some(Proving::Vouched { .. }) => VOUCHED,
            _ => REQUEST,
        })?;
        once(&api, &asked, "", async {
            let caller = asked.caller();
            let opened = api.service.request(&caller, &request).await?;
            let view = api.service.view(&caller, Holder::Program(&opened.context)).await?;
            let opened = Opened::of(&view, opened.provider.as_ref());
            json(StatusCode::ACCEPTED, &opened)
        })
        .await
    };
    settle(&visit, answered.await)
}

/// Proves who the person is: the code of the message they got.
#[utoipa::path(post, path = "/api/v1/resets/{id}/authenticate", tag = "resets", request_body = Authenticate,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "The proof is right. `state` is `ready` where nothing more is needed", body = Opened),
        (status = "4XX", description = "A problem document", content_type = "application/problem+json", body = Described),
    ), security(("token" = ["reset:request"])))]
async fn authenticate(State(api): At, visit: Visit, id: Path<String>, request: Request) -> Response {
    let answered = async {
        let asked = Asked::of(&api, &visit, request, "authenticate").await?;
        asked.may_go_on()?;
        let context = context(&id)?;
        let wanted: Authenticate = body::json_of(asked.octets.expose())?;
        once(&api, &asked, &id, async {
            let caller = asked.caller();
            let proof = Proof::Code {
                factor: &wanted.factor,
                code: &wanted.response.0,
            };
            api.service.prove(&caller, Holder::Program(&context), proof).await?;
            let view = api.service.view(&caller, Holder::Program(&context)).await?;
            json(StatusCode::OK, &Opened::of(&view, None))
        })
        .await
    };
    settle(&visit, answered.await)
}

/// Does what was asked for. Done again, it tells how it went, and never a credential.
#[utoipa::path(post, path = "/api/v1/resets/{id}/execute", tag = "resets", request_body = Execute,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "What became of each account", body = Done),
        (status = "4XX", description = "A problem document. `password-refused` keeps the proof for another try", content_type = "application/problem+json", body = Described),
    ), security(("token" = ["reset:request"])))]
async fn execute(State(api): At, visit: Visit, id: Path<String>, request: Request) -> Response {
    let answered = async {
        let asked = Asked::of(&api, &visit, request, "execute").await?;
        asked.may_go_on()?;
        let context = context(&id)?;
        let wanted: Execute = body::json_of(asked.octets.expose())?;
        let accounts = wanted.accounts().map_err(|refused| of_refusal(&refused))?;
        let execution = Execution {
            new: wanted.new_credential_value.as_ref().map(|value| &value.0),
            accounts,
            idempotency: asked.key.as_deref(),
        };
        let caller = asked.caller();
        let holder = Holder::Program(&context);
        let executed = api.service.execute(&caller, holder, execution).await;
        match executed {
            Ok(results) => {
                let view = api.service.view(&caller, holder).await;
                let stage = view.map_or_else(|_| told::stage_of(&results), |view| view.stage);
                json(StatusCode::OK, &Done::of(stage, &results))
            }
            // It is over: perhaps because it is done.
            Err(over @ Refused::Over(_)) => match api.service.view(&caller, holder).await {
                Ok(view) if matches!(view.stage, Stage::Done | Stage::Partial) => {
                    json(StatusCode::OK, &Done::of(view.stage, &view.results))
                }
                _ => Err(of_refusal(&over).into()),
            },
            Err(refused) => Err(of_refusal(&refused).into()),
        }
    };
    settle(&visit, answered.await)
}

/// How a context stands. A program sees those it opened.
#[utoipa::path(get, path = "/api/v1/resets/{id}", tag = "resets", params(("id" = String, Path)),
    responses(
        (status = 200, description = "How it stands. Nothing of a person before they have proven who they are", body = Standing),
        (status = "4XX", description = "A problem document", content_type = "application/problem+json", body = Described),
    ), security(("token" = ["reset:read"])))]
async fn look(State(api): At, visit: Visit, id: Path<String>, headers: HeaderMap) -> Response {
    let answered = async {
        let token = api.bearers.of(&headers).await?;
        token.needs(READ)?;
        let context = context(&id)?;
        let language = language(&headers);
        let caller = caller(&visit, &token, &language);
        let view = api.service.view(&caller, Holder::Program(&context)).await?;
        json(StatusCode::OK, &Standing::of(&view))
    };
    settle(&visit, answered.await)
}

/// Gives a context up.
#[utoipa::path(delete, path = "/api/v1/resets/{id}", tag = "resets", params(("id" = String, Path)),
    responses(
        (status = 204, description = "It is given up"),
        (status = "4XX", description = "A problem document", content_type = "application/problem+json", body = Described),
    ), security(("token" = ["reset:request"])))]
async fn give_up(State(api): At, visit: Visit, id: Path<String>, headers: HeaderMap) -> Response {
    let answered = async {
        let token = api.bearers.of(&headers).await?;
        may_go_on(&token)?;
        let context = context(&id)?;
        let language = language(&headers);
        let caller = caller(&visit, &token, &language);
        api.service.cancel(&caller, Holder::Program(&context)).await?;
        let mut gone = Response::new(Body::empty());
        *gone.status_mut() = StatusCode::NO_CONTENT;
        Ok(gone)
    };
    settle(&visit, answered.await)
}

/// What the API is, for programs that write programs. For everybody.
async fn describe(State(api): At) -> Response {
    whole(StatusCode::OK, api.description.clone())
}

/// What a kind of problem is. For everybody.
#[utoipa::path(get, path = "/api/problems/{name}", tag = "problems", params(("name" = String, Path)),
    responses((status = 200, description = "What this `type` of problem is", body = Described)), security(()))]
async fn problem_kind(visit: Visit, name: Path<String>) -> Response {
    let kind = problem::KINDS
        .iter()
        .chain(problems::KINDS)
        .find(|kind| kind.name == *name);
    let described = kind.ok_or(Fault::NotFound).map_err(Trouble::from);
    settle(
        &visit,
        described.map(|kind| whole(StatusCode::OK, problem::described(*kind).to_string())),
    )
}

/// A request with a body, of a program that we know.
struct Asked<'a> {
    visit: &'a Visit,
    token: Arc<Token>,
    operation: &'static str,
    language: String,
    key: Option<String>,
    octets: Secret,
}

impl<'a> Asked<'a> {
    /// Who asks comes first: strangers' bodies are not read.
    async fn of(api: &Api, visit: &'a Visit, request: Request, operation: &'static str) -> Result<Self, Trouble> {
        let (parts, sent) = request.into_parts();
        let token = api.bearers.of(&parts.headers).await?;
        let key = replay::key(&parts.headers)?;
        let octets = body::json_octets(&parts.headers, sent).await?;
        Ok(Self {
            visit,
            token,
            operation,
            language: language(&parts.headers),
            key,
            octets,
        })
    }

    fn caller(&self) -> Caller<'_> {
        caller(self.visit, &self.token, &self.language)
    }

    fn may_go_on(&self) -> Result<(), Fault> {
        may_go_on(&self.token)
    }
}

/// Whoever may open contexts, in one way or the other, may go on with their own.
fn may_go_on(token: &Token) -> Result<(), Fault> {
    if token.may(VOUCHED) {
        Ok(())
    } else {
        token.needs(REQUEST)
    }
}

fn caller<'a>(visit: &'a Visit, token: &'a Token, language: &'a str) -> Caller<'a> {
    Caller {
        route: visit.site.name(),
        client: visit.client,
        language,
        by: By::Program {
            token: token.name(),
            may_vouch: token.may(VOUCHED),
        },
    }
}

/// What is not written like a context's name is no context.
fn context(id: &str) -> Result<ContextId, Trouble> {
    id.parse().map_err(|_| of_refusal(&Refused::NoContext).into())
}

/// The first language a program's user prefers, where it is one (BCP 47); otherwise the one everything exists in.
fn language(headers: &HeaderMap) -> String {
    let listed = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let first = listed
        .and_then(|listed| listed.split([',', ';']).next())
        .unwrap_or_default()
        .trim();
    let sound = (2..=35).contains(&first.len())
        && first
            .split('-')
            .all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|octet| octet.is_ascii_alphanumeric()));
    if sound { first.to_owned() } else { "en".to_owned() }
}

/// Does it, unless it was done before under the same key: then the answer is the one it had.
async fn once(api: &Api, asked: &Asked<'_>, id: &str, doing: impl Future<Output = Answered>) -> Answered {
    let Some(key) = &asked.key else {
        return doing.await;
    };
    let about = replay::About {
        site: asked.visit.site.name(),
        token: asked.token.name(),
        operation: asked.operation,
        context: id,
        body: asked.octets.expose(),
    };
    match api.replays.claim(key, &about).await? {
        Claimed::Kept(answer) => Ok(answer),
        Claimed::First(claim) => {
            let answer = settle(asked.visit, doing.await);
            Ok(api.replays.keep(claim, answer).await)
        }
    }
}

fn json(status: StatusCode, answer: &impl Serialize) -> Answered {
    let text = serde_json::to_string(answer).map_err(|_| Fault::Broken)?;
    Ok(whole(status, text))
}

fn whole(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn settle(visit: &Visit, answered: Answered) -> Response {
    answered.unwrap_or_else(|trouble| Problem::from(trouble).answer(visit.id))
}

#[cfg(test)]
mod tests;
