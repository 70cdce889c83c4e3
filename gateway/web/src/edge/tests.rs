use super::*;
use crate::body;
use crate::site::Site;
use axum::routing::{get, post};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST};
use http_body_util::BodyExt as _;
use postern_identity::reset::PublicUrl;

const PEER: &str = "192.0.2.7";

struct Pages;
impl FaultPages for Pages {
    fn answer(&self, fault: Fault, request: &Faulty<'_>) -> Response {
        let mut page = Response::new(Body::from(format!("page of {fault} ({})", request.visit.id)));
        page.headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        page
    }
}

async fn broken() -> &'static str {
    panic!("a secret")
}

fn router() -> Router {
    Router::new()
        .route(
            "/",
            get(|visit: Visit| async move { format!("{} {}", visit.site.name(), visit.client) }),
        )
        .route(
            "/form",
            post(|request: Request| async move {
                let (parts, body) = request.into_parts();
                let fields = body::form(&parts.headers, body, &["name"]).await?;
                Ok::<_, Fault>(format!("<{}>", fields.text("name").unwrap_or_default()))
            }),
        )
        .route("/l/{token}", get(|| async { "landing" }))
        .route("/broken", get(broken))
        .route("/slow", get(|| async { std::future::pending::<&'static str>().await }))
        .route(
            "/number/{number}",
            get(|axum::extract::Path(number): axum::extract::Path<u8>| async move { number.to_string() }),
        )
        .route(
            "/fault",
            get(|| async {
                Fault::TooMany {
                    after: Duration::from_millis(1500),
                }
            }),
        )
}

fn edge_with(rate: Rate) -> Edge {
    let mut sites = Sites::default();
    for (name, url) in [
        ("people", "https://id.example.org"),
        ("school", "https://School.example.org:8443"),
    ] {
        let site = Arc::new(Site::new(name, PublicUrl::from_configuration(url).unwrap()));
        sites.add(site, router(), Arc::new(Pages)).unwrap();
    }
    let proxy: IpAddr = "10.0.0.1".parse().unwrap();
    Edge::new(
        sites,
        Arc::new(move |address| address == proxy),
        rate,
        Duration::from_secs(30),
        &[7; 32],
    )
}

fn edge() -> Edge {
    edge_with(Rate::default())
}

fn request(method: &str, target: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> http::Request<Body> {
    let mut request = http::Request::builder().method(method).uri(target);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header(HOST, "id.example.org");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).unwrap()
}

async fn ask(edge: &Edge, request: http::Request<Body>) -> (StatusCode, HeaderMap, String) {
    let response = edge.answer(PEER.parse().unwrap(), request).await;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

async fn get_of(target: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, String) {
    ask(&edge(), request("GET", target, headers, Body::empty())).await
}

#[tokio::test]
async fn the_host_alone_says_which_site_it_is() {
    assert_eq!(get_of("/", &[]).await.2, "people 192.0.2.7");
    assert_eq!(
        get_of("/", &[("host", "SCHOOL.example.org:8443")]).await.2,
        "school 192.0.2.7"
    );
    let hostile = [
        ("x-forwarded-host", "school.example.org:8443"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-port", "80"),
        ("forwarded", "host=evil.example;for=198.51.100.1"),
        ("x-forwarded-for", "198.51.100.1"),
        ("x-original-url", "/broken"),
        ("x-rewrite-url", "/broken"),
        ("x-http-method-override", "POST"),
    ];
    assert_eq!(get_of("/", &hostile).await.2, "people 192.0.2.7");
}

#[tokio::test]
async fn an_unknown_host_is_misdirected_and_no_site_at_all_is_not_guessed() {
    for host in [
        "evil.example",
        "id.example.org.evil.example",
        "id.example.org:8443",
        "192.0.2.1",
        "id.example.org.",
    ] {
        let (status, headers, _) = get_of("/", &[("host", host)]).await;
        assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{host}");
        assert_eq!(headers[CACHE_CONTROL], "no-store");
    }
    for target in ["https://id.example.org/", "https://evil.example/"] {
        assert_eq!(get_of(target, &[]).await.0, StatusCode::BAD_REQUEST, "{target}");
    }
    assert_eq!(
        get_of("/", &[("host", "id.example.org, evil.example")]).await.0,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        get_of("/", &[("host", "id.example.org"), ("host", "evil.example")])
            .await
            .0,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn behind_a_proxy_of_ours_the_client_is_the_one_it_names() {
    let edge = edge();
    let asked = request(
        "GET",
        "/",
        &[("x-forwarded-for", "198.51.100.1, 203.0.113.9")],
        Body::empty(),
    );
    let response = edge.answer("10.0.0.1".parse().unwrap(), asked).await;
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "people 203.0.113.9");
}

#[tokio::test]
async fn an_address_that_reads_in_two_ways_is_refused_before_its_door() {
    for target in [
        "//",
        "/;/",
        "/l/..;/broken",
        "/%2e%2e/broken",
        "/l/%2f",
        "/l/a%5cb",
        "/l/%00",
        "/l/../broken",
        "/broken;x",
    ] {
        let (status, _, body) = get_of(target, &[]).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{target}");
        assert!(body.starts_with("page of the address cannot be read"), "{target}");
    }
    assert_eq!(
        get_of(&format!("/l/{}", "a".repeat(17_000)), &[]).await.0,
        StatusCode::URI_TOO_LONG
    );
}

#[tokio::test]
async fn every_answer_bears_its_headers_and_its_number() {
    let edge = edge();
    let mut numbers = Vec::new();
    for target in ["/", "/nowhere", "/broken", "/fault", "//", "/l/aToken"] {
        let (_, headers, _) = ask(&edge, request("GET", target, &[], Body::empty())).await;
        assert_eq!(headers[CACHE_CONTROL], "no-store", "{target}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{target}");
        assert!(
            headers.contains_key(CONTENT_SECURITY_POLICY) && headers.contains_key("strict-transport-security"),
            "{target}"
        );
        numbers.push(headers[REQUEST_ID].clone());
    }
    let all = numbers.len();
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), all);
}

#[tokio::test]
async fn ten_megabytes_are_refused_whether_they_are_announced_or_not() {
    let form = ("content-type", "application/x-www-form-urlencoded");
    let much = vec![b'a'; 10 << 20];
    let (status, _, _) = ask(&edge(), request("POST", "/form", &[form], much)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let pieces =
        futures_util::stream::iter((0..160).map(|_| Ok::<_, std::io::Error>(bytes::Bytes::from(vec![b'a'; 1 << 16]))));
    let (status, _, body) = ask(&edge(), request("POST", "/form", &[form], Body::from_stream(pieces))).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(body.starts_with("page of the request is too large"));
}

/// A door that does not look at the size itself cannot read more either.
#[tokio::test]
async fn no_door_reads_beyond_the_limit() {
    let pieces =
        futures_util::stream::iter((0..160).map(|_| Ok::<_, std::io::Error>(bytes::Bytes::from(vec![b'a'; 1 << 16]))));
    let mut sites = Sites::default();
    let site = Arc::new(Site::new(
        "people",
        PublicUrl::from_configuration("https://id.example.org").unwrap(),
    ));
    let router = Router::new().route(
        "/",
        post(|body: Body| async move { body.collect().await.map(|_| "all").map_err(|_| Fault::TooLarge) }),
    );
    sites.add(site, router, Arc::new(ProblemsAlone)).unwrap();
    let edge = Edge::new(
        sites,
        Arc::new(|_| false),
        Rate::default(),
        Duration::from_secs(30),
        &[7; 32],
    );
    let (status, _, _) = ask(&edge, request("POST", "/", &[], Body::from_stream(pieces))).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn what_is_wrong_is_told_in_the_words_of_the_site_and_in_none_of_anybody_else_s() {
    for (method, target, status, words) in [
        ("GET", "/nowhere", 404, "page of nothing is here"),
        ("POST", "/", 405, "page of this cannot be done here"),
        ("GET", "/number/many", 400, "page of the request cannot be read"),
        ("GET", "/broken", 500, "page of something went wrong"),
        ("GET", "/fault", 429, "page of too many requests"),
        ("POST", "/form", 415, "page of the content cannot be read in this form"),
    ] {
        let (answered, headers, body) = ask(&edge(), request(method, target, &[], Body::empty())).await;
        assert_eq!(answered.as_u16(), status, "{target}");
        let number = headers[REQUEST_ID].to_str().unwrap();
        assert_eq!(body, format!("{words} ({number})"), "{target}");
    }
    let (_, headers, _) = ask(&edge(), request("POST", "/", &[], Body::empty())).await;
    assert_eq!(headers[ALLOW], "GET,HEAD");
    let (_, headers, _) = get_of("/fault", &[]).await;
    assert_eq!(headers["retry-after"], "2");
}

#[tokio::test]
async fn a_repeated_field_is_refused_with_a_page() {
    let form = ("content-type", "application/x-www-form-urlencoded");
    let post = |body: &'static str| async move { ask(&edge(), request("POST", "/form", &[form], body)).await };
    assert_eq!(post("name=bob").await.2, "<bob>");
    for body in ["name=bob&name=eve", "name[]=bob", "name=%ff", "name=bob&x=y"] {
        assert_eq!(post(body).await.0, StatusCode::BAD_REQUEST, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_door_that_does_not_answer_is_not_waited_for() {
    assert_eq!(get_of("/slow", &[]).await.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn a_network_that_asks_too_often_is_told_when_to_come_back() {
    let edge = edge_with(Rate {
        at_once: 2,
        each_second: 1,
    });
    let ask_once = || ask(&edge, request("GET", "/", &[], Body::empty()));
    assert_eq!(ask_once().await.0, StatusCode::OK);
    assert_eq!(ask_once().await.0, StatusCode::OK);
    let (status, headers, _) = ask_once().await;
    assert_eq!(
        (status, headers["retry-after"].to_str().unwrap()),
        (StatusCode::TOO_MANY_REQUESTS, "1")
    );
    let other = edge
        .answer("192.0.2.8".parse().unwrap(), request("GET", "/", &[], Body::empty()))
        .await;
    assert_eq!(other.status(), StatusCode::OK);
}

#[tokio::test]
async fn asking_for_the_head_alone_gets_no_body() {
    for target in ["/", "/nowhere", "/fault", "//"] {
        let (_, _, body) = ask(&edge(), request("HEAD", target, &[], Body::empty())).await;
        assert_eq!(body, "", "{target}");
    }
}

#[test]
fn two_sites_have_two_addresses() {
    let site = |name: &str, url| Arc::new(Site::new(name, PublicUrl::from_configuration(url).unwrap()));
    let mut sites = Sites::default();
    sites
        .add(site("a", "https://id.example.org"), router(), Arc::new(Pages))
        .unwrap();
    let again = sites.add(site("b", "https://ID.example.org:443"), router(), Arc::new(Pages));
    assert_eq!(again, Err(SameAddress("id.example.org".to_owned())));
}

#[tokio::test]
async fn a_log_line_tells_the_route_and_the_network_and_nothing_that_was_sent() {
    let edge = edge();
    let line_of = async |request| {
        let (_, line) = edge.answered(PEER.parse().unwrap(), request).await;
        line.write();
        format!("{line:?}")
    };
    let sent = [
        ("cookie", "__Host-postern-reset=TOPSECRET"),
        ("authorization", "Bearer TOPSECRET"),
        ("referer", "https://TOPSECRET"),
    ];
    let mut lines = String::new();
    for target in ["/TOPSECRET", "/broken?TOPSECRET", "/number/TOPSECRET", "//TOPSECRET"] {
        lines += &line_of(request("GET", target, &sent, Body::empty())).await;
    }
    let form = [sent[0], ("content-type", "application/x-www-form-urlencoded")];
    lines += &line_of(request("POST", "/form", &form, "name=TOPSECRET")).await;
    lines += &line_of(request("TOPSECRET", "/", &[("host", "TOPSECRET")], Body::empty())).await;
    let landing = line_of(request("GET", "/l/TOPSECRET?token=TOPSECRET", &sent, Body::empty())).await;
    assert!(!(lines + &landing).to_lowercase().contains("secret"), "{landing}");
    for part in ["\"GET\"", "\"people\"", "/l/{token}", "status: 200", "192.0.2.0/24"] {
        assert!(landing.contains(part), "{part}: {landing}");
    }
}

#[tokio::test]
async fn requests_are_counted_by_site_address_and_class_and_by_nothing_that_was_sent() {
    let counts = Arc::new(crate::RequestCounts::of(["people", "school"]));
    let edge = edge().counted_in(Arc::clone(&counts));
    for target in [
        "/",
        "/l/TOPSECRET",
        "/l/another",
        "/TOPSECRET",
        "/broken",
        "//TOPSECRET",
    ] {
        ask(&edge, request("GET", target, &[], Body::empty())).await;
    }
    let nowhere = [("host", "TOPSECRET")];
    ask(&edge, request("TOPSECRET", "/", &nowhere, Body::empty())).await;
    let mut told = Vec::new();
    counts.each(|site, route, class, count| told.push(format!("{site} {route} {class} {count}")));
    assert_eq!(
        told,
        [
            "- - 4xx 1",
            "people - 2xx 0",
            "people - 4xx 2",
            "people - 5xx 1",
            "people / 2xx 1",
            "people /l/{token} 2xx 2",
            "school - 2xx 0",
        ]
    );
}
