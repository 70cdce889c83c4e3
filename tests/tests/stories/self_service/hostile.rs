//! Requests that mean harm: whatever they say, a mail goes to the address of the entry alone and leads to our own page alone.

use super::{NEW, NEWER, Scene, ask, await_record, bind, changes, choose, expect, expect_done, follow};
use postern_tests::browser::encoded;
use postern_tests::gateway::API_TOKEN;
use serde_json::json;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const OURS: (&str, &str) = ("Origin", "https://reset.example.org");

#[test]
fn a_form_that_is_not_as_it_should_be_is_refused_before_anybody_is_looked_for() {
    let scene = Scene::start();
    let mut browser = scene.gateway.browser();
    let form = browser.get("/reset").form("/reset");
    let token = form.fields.iter().find(|(name, _)| name == "form").unwrap().1.clone();
    let token = encoded(&[("form", &token)]);
    for fields in [
        "name=active&name=expiring",
        "name[]=active&name[]=expiring",
        "name=active&mail=thief@example.net",
        "name=active&name[0]=thief@example.net",
        "name=%FF%FE",
        "name=%zz",
        "name=active%00expiring",
        "name=active%0Aexpiring",
        "name=active%0D%0ABcc:%20thief@example.net",
        "name=",
    ] {
        let body = format!("{token}&{fields}");
        let page = browser.send("POST", "/reset", &[FORM, OURS], body.as_bytes());
        assert!(
            matches!(page.status, 400 | 422),
            "{fields}: {} {}",
            page.status,
            page.text()
        );
    }
    let raw = [token.as_bytes(), b"&name=act\xffive"].concat();
    assert_eq!(browser.send("POST", "/reset", &[FORM, OURS], &raw).status, 400);
    let long = format!("{token}&name={}", "a".repeat(513));
    assert_eq!(
        browser.send("POST", "/reset", &[FORM, OURS], long.as_bytes()).status,
        422
    );
    // Its length is enough to know that it is too long.
    let cookies: Vec<String> = browser
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let head = format!(
        "POST /reset HTTP/1.1\r\nHost: reset.example.org\r\nConnection: close\r\nCookie: {}\r\n{}: {}\r\n{}: {}\r\nContent-Length: 10485760\r\n\r\n",
        cookies.join("; "),
        FORM.0,
        FORM.1,
        OURS.0,
        OURS.1
    );
    assert_eq!(browser.exchange(head.as_bytes(), "/reset").status, 413);
    let body = format!("{token}&name=active");
    let kind = ("Content-Type", "application/json");
    assert_eq!(
        browser
            .send("POST", "/reset", &[kind, OURS], b"{\"name\":\"active\"}")
            .status,
        415
    );
    // From another site, without a token, with another browser's.
    let theirs = [
        FORM,
        ("Origin", "https://evil.example.net"),
        ("Sec-Fetch-Site", "cross-site"),
    ];
    assert_eq!(browser.send("POST", "/reset", &theirs, body.as_bytes()).status, 403);
    assert_eq!(
        browser.send("POST", "/reset", &[FORM, OURS], b"name=active").status,
        403
    );
    assert_eq!(
        scene
            .gateway
            .browser()
            .send("POST", "/reset", &[FORM, OURS], body.as_bytes())
            .status,
        403
    );
    // The browser's own, to see that it was the rest.
    assert_eq!(
        browser.send("POST", "/reset", &[FORM, OURS], body.as_bytes()).status,
        303
    );
    scene.mailbox.mail("active@example.org", 0);
    assert_eq!(scene.mailbox.mails().len(), 1);
    for body in [
        json!({"user": ["active", "expiring"]}),
        json!({"user": {"$ne": null}}),
        json!({"user": 7}),
        json!({"user": "active", "mail": "thief@example.net"}),
        json!({"user": "active", "delivery": "mail"}),
    ] {
        let answer = browser.json("POST", "/api/v1/resets", API_TOKEN, &body);
        assert!(
            (400..500).contains(&answer.status),
            "{body}: {} {}",
            answer.status,
            answer.body
        );
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{body}"
        );
    }
    assert_eq!(scene.mailbox.mails().len(), 1);
}

#[test]
fn a_name_is_a_name_and_no_filter() {
    let scene = Scene::start();
    let names = [
        "*",
        "act*",
        "active)(uid=*",
        "active)(|(mail=*",
        "\\2a",
        "active\\00",
        "(uid=active)",
        "uid=active,ou=people,dc=example,dc=org,",
        "active,expiring",
        "active expiring",
        "ａｃｔｉｖｅ\u{200b}",
        "act\u{131}ve",
        "active@example.org,thief@example.net",
        "active@example.org thief@example.net",
        "active@example.org%0abcc:thief@example.net",
    ];
    for (number, name) in names.into_iter().enumerate() {
        ask(&mut scene.gateway.browser(), "/reset", name);
        await_record(&scene.gateway, "reset.not_eligible", None, number + 1);
    }
    assert!(scene.mailbox.mails().is_empty(), "{:?}", scene.mailbox.mails());
    // In whatever case and width, it is theirs.
    scene.ask(&mut scene.gateway.browser(), "/reset", "ACTIVE".to_lowercase().as_str());
    ask(&mut scene.gateway.browser(), "/reset", "Active@Example.org");
    scene.mailbox.mail("active@example.org", 1);
}

#[test]
fn no_header_of_a_request_gets_into_a_mail() {
    let scene = Scene::start();
    let mut browser = scene.gateway.browser();
    browser.headers = [
        ("X-Forwarded-Host", "evil.example.net"),
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Port", "8080"),
        ("X-Forwarded-Server", "evil.example.net"),
        ("X-Forwarded-Prefix", "/evil"),
        ("X-Original-URL", "/evil"),
        ("X-Rewrite-URL", "/evil"),
        ("X-Host", "evil.example.net"),
        ("Forwarded", "for=192.0.2.7;host=evil.example.net;proto=http"),
        ("X-Forwarded-For", "192.0.2.7"),
        ("Referer", "https://evil.example.net/"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    let mail = scene.ask(&mut browser, "/reset", "active");
    for word in mail.text.split_whitespace().filter(|word| word.contains("://")) {
        assert!(word.starts_with("https://reset.example.org/"), "{word}");
    }
    for evil in ["evil", "192.0.2.7", "http://", "8080"] {
        assert!(
            !mail.raw.contains(evil) && !mail.html.contains(evil),
            "{evil} in {}",
            mail.raw
        );
    }
    // Another host is nobody's page, also with a port, a dot, or as an absolute target.
    for host in [
        "evil.example.net",
        "reset.example.org.evil.example.net",
        "reset.example.org:8080",
        "localhost",
        "",
    ] {
        let page = browser.send("GET", "/reset", &[("Host", host)], b"");
        assert!(matches!(page.status, 400 | 421), "{host:?}: {}", page.status);
        assert!(!page.body.contains("evil"), "{host:?}: {}", page.body);
    }
    let twice =
        b"GET /reset HTTP/1.1\r\nHost: reset.example.org\r\nHost: evil.example.net\r\nConnection: close\r\n\r\n";
    let page = browser.exchange(twice, "/reset");
    assert!(matches!(page.status, 400 | 421), "{}", page.status);
}

#[test]
fn a_form_sent_again_does_nothing_again() {
    let scene = Scene::start();
    let mut browser = scene.gateway.browser();
    let mail = scene.ask(&mut browser, "/reset", "active");
    let before = browser.cookies.clone();
    let page = follow(&mut browser, &mail);
    // The cookie from before the proof is good for nothing.
    let mut fixed = scene.gateway.browser();
    fixed.cookies = before;
    let none = fixed.get("/reset/password");
    assert_ne!(
        (none.status, none.path.as_str()),
        (200, "/reset/password"),
        "{}",
        none.text()
    );
    let none = choose(&mut fixed, &page, NEWER);
    assert_ne!(none.path, "/reset/done", "{}", none.text());
    expect_done(&choose(&mut browser, &page, NEW));
    // The same again, and another password with the same form and with another.
    expect_done(&choose(&mut browser, &page, NEW));
    for values in [
        [("new", NEWER), ("confirm", NEWER), ("attempt", "")],
        [("new", NEWER), ("confirm", NEWER), ("attempt", "another")],
    ] {
        browser.submit(&page.form("/reset/password"), &values);
    }
    assert_eq!(changes(&scene.slapd, "active"), 1);
    assert_eq!(bind(&scene.gateway, "active", NEW).code, Some(0));
    let used = browser.get(&mail.link("/reset/l/"));
    expect(&used, 410, &used.path.clone(), "This has been used");
}
