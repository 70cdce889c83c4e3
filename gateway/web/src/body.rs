//! Bodies of requests, read whole and strictly. They may hold passwords: what is read is wiped when it is dropped.

use crate::fault::Fault;
use crate::fields::Fields;
use axum::body::Body;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use http_body_util::{BodyExt as _, LengthLimitError};
use hyper::body::Body as _;
use postern_identity::Secret;
use serde::de::DeserializeOwned;
use std::error::Error;

/// The largest body that is read, in octets.
pub const LARGEST_BODY: usize = 64 * 1024;

/// A form: exactly the known fields, each at most once.
pub async fn form(headers: &HeaderMap, body: Body, known: &[&'static str]) -> Result<Fields, Fault> {
    typed(headers, "application/x-www-form-urlencoded")?;
    Fields::of_form(whole(body).await?.expose(), known)
}

/// One JSON object. Whatever is read into derives `Deserialize` with `deny_unknown_fields`: then a name that stands there twice is refused too.
pub async fn json<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Fault> {
    json_of(json_octets(headers, body).await?.expose())
}

/// The octets of a body that says it is JSON.
pub async fn json_octets(headers: &HeaderMap, body: Body) -> Result<Secret, Fault> {
    typed(headers, "application/json")?;
    whole(body).await
}

/// See [`json`].
pub fn json_of<T: DeserializeOwned>(octets: &[u8]) -> Result<T, Fault> {
    // A list would be read as the values of the fields, in their order.
    if !octets.trim_ascii_start().starts_with(b"{") {
        return Err(Fault::Malformed("the JSON object"));
    }
    // What the reader says may hold pieces of what was sent.
    serde_json::from_slice(octets).map_err(|_| Fault::Malformed("the JSON object"))
}

/// All of it, as large as anything is that pages send.
pub async fn whole(body: Body) -> Result<Secret, Fault> {
    whole_up_to(body, LARGEST_BODY).await
}

/// All of it, for a door that takes more ([`ForPrograms`](crate::ForPrograms)).
pub async fn whole_up_to(mut body: Body, largest: usize) -> Result<Secret, Fault> {
    let announced = body.size_hint().upper().and_then(|length| usize::try_from(length).ok());
    if announced.is_some_and(|length| length > largest) {
        return Err(Fault::TooLarge);
    }
    // Room for all of it at once: growing would leave copies behind.
    let mut octets = Vec::with_capacity(announced.unwrap_or(LARGEST_BODY.min(largest)));
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|error| why(&error))?.into_data() else {
            continue;
        };
        if octets.len() + data.len() > largest {
            return Err(Fault::TooLarge);
        }
        octets.extend_from_slice(&data);
    }
    Ok(Secret::new(octets))
}

/// Whether a body broke off or was cut at the limit.
fn why(error: &axum::Error) -> Fault {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return Fault::TooLarge;
        }
        cause = error.source();
    }
    Fault::Malformed("the body")
}

/// One type, this one, in UTF-8, as it is.
fn typed(headers: &HeaderMap, wanted: &str) -> Result<(), Fault> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(said), None) = (types.next(), types.next()) else {
        return Err(Fault::WrongMediaType);
    };
    let said = said.to_str().map_err(|_| Fault::WrongMediaType)?;
    let (kind, parameters) = said.split_once(';').unwrap_or((said, ""));
    let parameters = parameters.trim().to_ascii_lowercase();
    let readable = matches!(parameters.as_str(), "" | "charset=utf-8" | "charset=\"utf-8\"");
    let fits = kind.trim().eq_ignore_ascii_case(wanted) && readable && !headers.contains_key(CONTENT_ENCODING);
    if fits { Ok(()) } else { Err(Fault::WrongMediaType) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        user: String,
        method: Option<String>,
    }

    fn of_type(kind: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers
    }

    #[test]
    fn one_object_with_known_names_is_read() {
        let asked: Asked = json_of(b" {\"user\": \"bob\"} ").unwrap();
        assert_eq!(asked.user, "bob");
    }

    #[test]
    fn lists_repetitions_unknown_names_and_other_types_are_refused() {
        for octets in [
            "[\"bob\", null]",
            "[{\"user\":\"bob\"}]",
            "{\"user\":[\"bob\"]}",
            "{\"user\":[\"bob\",\"eve\"]}",
            "{\"user\":{\"a\":\"bob\"}}",
            "{\"user\":null}",
            "{\"user\":1}",
            "{\"user\":true}",
            "{\"user\":\"bob\",\"user\":\"eve\"}",
            "{\"user\":\"bob\",\"us\\u0065r\":\"eve\"}",
            "{\"user\":\"bob\",\"admin\":true}",
            "{\"user\":\"bob\"} {}",
            "{\"user\":\"bob\"",
            "{\"user\":\"\\ud800\"}",
            "",
            "null",
            "\"bob\"",
            "\u{feff}{\"user\":\"bob\"}",
        ] {
            assert!(json_of::<Asked>(octets.as_bytes()).is_err(), "{octets}");
        }
        assert!(json_of::<Asked>(b"{\"user\":\"\xff\"}").is_err());
        assert!(json_of::<Asked>("{\"user\":".repeat(20_000).as_bytes()).is_err());
    }

    #[test]
    fn only_what_says_what_it_is_is_read() {
        let wanted = "application/json";
        for good in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
        ] {
            assert!(typed(&of_type(good), wanted).is_ok(), "{good}");
        }
        for bad in [
            "text/plain",
            "application/json; charset=utf-16",
            "application/jsonp",
            "multipart/form-data; boundary=x",
            "",
        ] {
            assert_eq!(typed(&of_type(bad), wanted), Err(Fault::WrongMediaType), "{bad}");
        }
        assert!(typed(&HeaderMap::new(), wanted).is_err());
        let mut twice = of_type("application/json");
        twice.append(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        assert!(typed(&twice, wanted).is_err());
        let mut packed = of_type("application/json");
        packed.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert!(typed(&packed, wanted).is_err());
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_the_limit_and_no_octet_beyond() {
        let all = whole(Body::from(vec![b'x'; LARGEST_BODY])).await.unwrap();
        assert_eq!(all.expose().len(), LARGEST_BODY);
        assert_eq!(
            whole(Body::from(vec![b'x'; LARGEST_BODY + 1])).await.err(),
            Some(Fault::TooLarge)
        );
    }

    proptest! {
        #[test]
        fn any_octets_are_an_object_or_refused(octets in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = json_of::<Asked>(&octets);
        }
    }
}
