//! Lists (RFC 7644 §3.4.2, §3.4.3): by an address, or by a body where that would be too long or tell too much.

use super::{Answered, Asked, At, Door, document, settle};
use crate::error::ScimError;
use crate::json::{Projection, show};
use crate::lists::Cut;
use crate::wire;
use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;
use postern_identity::provisioning::{Query, ResourceKind, Sort};
use postern_web::{Fields, Visit};
use serde_json::{Value, json};

/// RFC 7644 §3.4.2.
pub(super) const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const SEARCH_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// What is asked for, as it was written.
#[derive(Default)]
struct Wish {
    filter: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    start_index: Option<i64>,
    count: Option<i64>,
    attributes: Option<Vec<String>>,
    excluded: Option<Vec<String>>,
}

/// GET.
pub(super) async fn get_list(at: At, kind: ResourceKind, visit: Visit, request: Request) -> Response {
    let answered = async {
        let (asked, _) = Asked::of(&at, &visit, request).await?;
        asked.caller.may_read(Some(kind))?;
        list(
            &at,
            kind,
            &asked,
            Wish::of_query(asked.query.as_deref().unwrap_or_default())?,
        )
        .await
    };
    settle(answered.await)
}

/// POST to `.search`.
pub(super) async fn post_search(at: At, kind: ResourceKind, visit: Visit, request: Request) -> Response {
    let answered = async {
        let (asked, body) = Asked::of(&at, &visit, request).await?;
        asked.caller.may_read(Some(kind))?;
        let wish = Wish::of_body(asked.json(body).await?)?;
        list(&at, kind, &asked, wish).await
    };
    settle(answered.await)
}

async fn list(door: &Door, kind: ResourceKind, asked: &Asked, wish: Wish) -> Answered {
    let types = door.directory.types().of(kind);
    let filter = wish
        .filter
        .as_deref()
        .map(|filter| wire::filter(filter, types))
        .transpose()?;
    let sort = match wish.sort_by.as_deref().filter(|by| !by.is_empty()) {
        None => None,
        Some(by) => Some(Sort {
            path: wire::sort_by(by, types)?,
            descending: descending(wish.sort_order.as_deref())?,
        }),
    };
    let projection = projection(&wish, types)?;
    let cut = Cut {
        // RFC 7644 §3.4.2.4: less than one is one, less than none is none.
        start: usize::try_from(wish.start_index.unwrap_or(1).max(1)).unwrap_or(usize::MAX),
        count: wish.count.map_or(door.settings.page_size, |count| {
            usize::try_from(count.max(0)).unwrap_or(usize::MAX)
        }),
    };
    let query = Query { kind, filter, sort };
    let page = door
        .lists
        .page(&asked.caller, &query, cut, &projection.wanted(types))
        .await?;
    let shown = page.resources.iter().map(|resource| {
        let id = door.directory.id_text(resource.id);
        show(resource, &id, types, &projection, &door.settings.base_url)
    });
    let shown: Vec<Value> = shown.collect();
    Ok(document(
        StatusCode::OK,
        &json!({
            "schemas": [LIST_RESPONSE],
            "totalResults": page.total,
            "startIndex": cut.start,
            "itemsPerPage": shown.len(),
            "Resources": shown,
        }),
    ))
}

fn projection(wish: &Wish, types: &postern_identity::provisioning::TypeSchema) -> Result<Projection, ScimError> {
    fn names(list: Option<&Vec<String>>) -> Option<Vec<&str>> {
        list.map(|list| list.iter().map(String::as_str).collect())
    }
    let (attributes, excluded) = (names(wish.attributes.as_ref()), names(wish.excluded.as_ref()));
    Ok(Projection::new(attributes.as_deref(), excluded.as_deref(), types)?)
}

/// What a caller wants to see of one resource.
pub(super) fn projection_of_query(
    query: Option<&str>,
    types: &postern_identity::provisioning::TypeSchema,
) -> Result<Projection, ScimError> {
    projection(&Wish::of_query(query.unwrap_or_default())?, types)
}

fn descending(order: Option<&str>) -> Result<bool, ScimError> {
    match order {
        None => Ok(false),
        Some(order) if order.eq_ignore_ascii_case("ascending") || order.is_empty() => Ok(false),
        Some(order) if order.eq_ignore_ascii_case("descending") => Ok(true),
        Some(_) => Err(ScimError::bad("invalidValue", "sortOrder is ascending or descending")),
    }
}

impl Wish {
    fn of_query(query: &str) -> Result<Self, ScimError> {
        let known = [
            "filter",
            "sortBy",
            "sortOrder",
            "startIndex",
            "count",
            "attributes",
            "excludedAttributes",
        ];
        let fields = Fields::of_query(query, &known)?;
        let text = |name: &str| fields.text(name).map(str::to_owned);
        let list = |name: &str| text(name).filter(|names| !names.is_empty()).map(|names| vec![names]);
        let number = |name: &'static str| -> Result<Option<i64>, ScimError> {
            match fields.text(name).filter(|number| !number.is_empty()) {
                None => Ok(None),
                Some(number) => number.trim().parse().map(Some).map_err(|_| no_number(name)),
            }
        };
        Ok(Self {
            filter: text("filter").filter(|filter| !filter.is_empty()),
            sort_by: text("sortBy"),
            sort_order: text("sortOrder"),
            start_index: number("startIndex")?,
            count: number("count")?,
            attributes: list("attributes"),
            excluded: list("excludedAttributes"),
        })
    }

    /// Names without regard to case, as everywhere in SCIM (RFC 7643 §2.1).
    fn of_body(body: Value) -> Result<Self, ScimError> {
        let Value::Object(members) = body else {
            return Err(ScimError::bad("invalidSyntax", "a search request is a JSON object"));
        };
        let mut wish = Self::default();
        let mut is_search = false;
        for (name, value) in members {
            if value.is_null() {
                continue;
            }
            match name.to_ascii_lowercase().as_str() {
                "schemas" => is_search = has_schema(&value),
                "filter" => wish.filter = Some(text(&name, value)?),
                "sortby" => wish.sort_by = Some(text(&name, value)?),
                "sortorder" => wish.sort_order = Some(text(&name, value)?),
                "startindex" => wish.start_index = Some(number("startIndex", &value)?),
                "count" => wish.count = Some(number("count", &value)?),
                "attributes" => wish.attributes = Some(names(&name, value)?),
                "excludedattributes" => wish.excluded = Some(names(&name, value)?),
                _ => {}
            }
        }
        if is_search {
            Ok(wish)
        } else {
            Err(ScimError::bad(
                "invalidSyntax",
                format!("schemas has to name {SEARCH_REQUEST}"),
            ))
        }
    }
}

fn has_schema(value: &Value) -> bool {
    let is = |one: &Value| one.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(SEARCH_REQUEST));
    value.as_array().is_some_and(|urns| urns.iter().any(is))
}

fn text(name: &str, value: Value) -> Result<String, ScimError> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(ScimError::bad("invalidSyntax", format!("{name} is text"))),
    }
}

fn number(name: &'static str, value: &Value) -> Result<i64, ScimError> {
    value.as_i64().ok_or_else(|| no_number(name))
}

fn no_number(name: &'static str) -> ScimError {
    ScimError::bad("invalidValue", format!("{name} is a whole number"))
}

fn names(name: &str, value: Value) -> Result<Vec<String>, ScimError> {
    match value {
        Value::String(one) => Ok(vec![one]),
        Value::Array(many) => many.into_iter().map(|one| text(name, one)).collect(),
        _ => Err(ScimError::bad("invalidSyntax", format!("{name} is a list of names"))),
    }
}
