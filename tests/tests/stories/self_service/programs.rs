//! Programs that provision, and people who sign in and help themselves: what the one does is what the others see.

use super::{NEW, NEWER, SOON, Scene, bind, expect_done};
use postern_tests::people::{PASSWORD, dn};
use postern_tests::request::{self, Scope};
use postern_tests::{Browser, Scim, eventually, policies};
use serde_json::{Value, json};

/// How the account's password stands (draft-hunt-scim-password-mgmt-00).
const STATE: &str = "urn:ietf:params:scim:schemas:extension:account:2.0:Password";
/// Whose it is, and what the directory says.
const ACCOUNT: &str = "urn:postern:params:scim:schemas:extension:2.0:Account";

fn start() -> (Scene, Scim) {
    let scene = Scene::start_with("", |settings| {
        settings.scim = Some(String::new());
        settings.policy = Some(policies::with_self_service(
            "\n[[self_service]]\nroute = \"*\"\nfeatures = { reminder = true }\n",
        ));
    });
    let scim = scene.gateway.scim();
    (scene, scim)
}

fn user(scim: &Scim, uid: &str) -> Value {
    let mut found = scim.find("/Users", &format!("userName eq \"{uid}\""));
    assert_eq!(found.len(), 1, "{uid}");
    found.remove(0)
}

fn path_of(user: &Value) -> String {
    format!("/Users/{}", user["id"].as_str().unwrap())
}

/// One replacement, and the user that comes of it.
fn set(scim: &Scim, path: &str, attribute: &str, value: &Value) -> Value {
    let operations = json!([{ "op": "replace", "path": attribute, "value": value }]);
    scim.patch(path, &operations).expect(200).body.clone()
}

#[test]
fn whoever_a_program_makes_change_is_out_at_once_and_must_change_at_the_next_sign_in() {
    let (scene, scim) = start();
    let active = user(&scim, "active");
    assert_eq!(active[ACCOUNT]["standing"], "ok");
    let path = path_of(&active);
    let must_change = format!("{STATE}:passwordState.passwordMustChange");
    let mut signed_in = scene.gateway.client();
    let mut another = scene.gateway.client();
    assert_eq!(signed_in.bind(1, &dn("active"), PASSWORD).code, Some(0));
    assert_eq!(another.bind(1, &dn("expiring"), PASSWORD).code, Some(0));
    let flagged = set(&scim, &path, &must_change, &json!(true));
    assert_eq!(flagged[STATE]["passwordState"]["passwordMustChange"], true, "{flagged}");
    assert_eq!(flagged[ACCOUNT]["standing"], "mustChange");
    let search = request::search(2, &dn("active"), Scope::Base, "objectClass", &["cn"], &[]);
    eventually("whoever was signed in is out", SOON, || {
        match signed_in.try_ask(&search) {
            Ok(answers) => answers.last().unwrap().is_notice().then_some(()),
            Err(_) => Some(()),
        }
    });
    assert_eq!(
        another.ask(&search).last().unwrap().code,
        Some(0),
        "somebody else is out"
    );
    // The preset lets nobody in who must change, and says where that is done.
    let answer = bind(&scene.gateway, "active", PASSWORD);
    assert_eq!(answer.code, Some(49));
    let withdrawn = set(&scim, &path, &must_change, &json!(false));
    assert_eq!(withdrawn[ACCOUNT]["standing"], "ok");
    assert_eq!(bind(&scene.gateway, "active", PASSWORD).code, Some(0));
}

#[test]
fn a_lock_by_a_program_holds_until_a_program_lifts_it_and_is_not_the_same_as_being_switched_off() {
    let (scene, scim) = start();
    let path = path_of(&user(&scim, "active"));
    let on = format!("{STATE}:locked.on");
    for _ in 0..2 {
        let locked = set(&scim, &path, &on, &json!(true));
        assert_eq!(
            (&locked[STATE]["locked"]["on"], &locked[STATE]["locked"]["reason"]),
            (&json!(true), &json!(1))
        );
        assert_eq!(bind(&scene.gateway, "active", PASSWORD).code, Some(49));
    }
    let open = set(&scim, &path, &on, &json!(false));
    assert_eq!(open[STATE]["locked"]["on"], false, "{open}");
    assert_eq!(bind(&scene.gateway, "active", PASSWORD).code, Some(0));
    for _ in 0..2 {
        let off = set(&scim, &path, "active", &json!(false));
        assert_eq!(off["active"], false, "{off}");
        assert_eq!(bind(&scene.gateway, "active", PASSWORD).code, Some(49));
    }
    assert_eq!(set(&scim, &path, "active", &json!(true))["active"], true);
    assert_eq!(bind(&scene.gateway, "active", PASSWORD).code, Some(0));
}

#[test]
fn a_password_comes_after_the_rest_and_takes_the_rest_back_where_it_is_refused() {
    let (scene, scim) = start();
    let before = user(&scim, "active");
    let path = path_of(&before);
    let refused = json!([{ "op": "replace", "value": { "title": "Dr.", "password": "short" } }]);
    scim.patch(&path, &refused).expect_refusal(400, "invalidValue");
    let after = user(&scim, "active");
    assert_eq!(after["title"], before["title"], "half of it was done");
    assert_eq!(bind(&scene.gateway, "active", PASSWORD).code, Some(0));
    let taken = json!([{ "op": "replace", "value": { "title": "Dr.", "password": NEW } }]);
    let changed = scim.patch(&path, &taken).expect(200).body.clone();
    assert_eq!(changed["title"], "Dr.");
    // What a program brings need not be changed, unless it says so.
    assert_eq!(
        changed[STATE]["passwordState"]["passwordMustChange"], false,
        "{changed}"
    );
    assert_eq!(bind(&scene.gateway, "active", NEW).code, Some(0));
    let flagged = json!([{ "op": "replace", "value": {
        "password": NEWER, STATE: { "passwordState": { "passwordMustChange": true } }
    } }]);
    let changed = scim.patch(&path, &flagged).expect(200).body.clone();
    assert_eq!(changed[STATE]["passwordState"]["passwordMustChange"], true, "{changed}");
    assert_eq!(bind(&scene.gateway, "active", NEWER).code, Some(49));
    let password = scene
        .gateway
        .audit()
        .iter()
        .any(|line| line.to_string().contains(NEWER));
    assert!(!password, "a password is on record");
}

#[test]
fn a_request_for_a_reset_is_answered_alike_for_everybody_and_brings_its_owner_a_mail_that_works() {
    let (scene, scim) = start();
    let ask = |name: &str| {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:password:PasswordResetRequest"],
            "userName": name
        });
        let reply = scim.post("/PasswordResetRequests", &body);
        reply.expect(200);
        reply.body.to_string().replace(name, "…")
    };
    let known = ask("active");
    for name in ["nobody-at-all", "disabled", "locked-by-administrator"] {
        assert_eq!(ask(name), known, "{name}");
    }
    let mail = scene.mailbox.mail("active@example.org", 0);
    // With SCIM the pages are at the name in the certificate.
    let address = scene.gateway.https_address();
    let mut browser = Browser::new(
        address,
        &format!("localhost:{}", address.port()),
        &scene.gateway.ca_file(),
    );
    let page = super::follow(&mut browser, &mail);
    assert_eq!((page.status, &*page.path), (200, "/reset/password"), "{}", page.text());
    let passwords = [("new", NEW), ("confirm", NEW)];
    expect_done(&browser.submit(&page.form("/reset/password"), &passwords));
    assert_eq!(bind(&scene.gateway, "active", NEW).code, Some(0));
    let path = path_of(&user(&scim, "active"));
    let status = scim
        .get(&format!("{path}?attributes={ACCOUNT}:resetStatus"))
        .expect(200)
        .body
        .clone();
    assert_eq!(status[ACCOUNT]["resetStatus"], "done", "{status}");
    assert!(
        user(&scim, "active")[ACCOUNT].get("resetStatus").is_none(),
        "shown without being asked for"
    );
}

#[test]
fn a_forgotten_name_goes_to_its_owner_s_mailbox_and_not_to_the_program() {
    let (scene, scim) = start();
    let ask = |mail: &str| {
        let reply = scim.post("/UsernameRecoverRequests", &json!({ "email": mail }));
        reply.expect(200);
        reply.body.to_string().replace(mail, "…")
    };
    let known = ask("active@example.org");
    assert_eq!(known, ask("nobody@example.org"));
    assert!(!known.contains("userName"));
    let mail = scene.mailbox.mail("active@example.org", 0);
    assert!(mail.text.contains("active"), "{}", mail.text);
}

#[test]
fn a_password_is_looked_at_without_being_written() {
    let (scene, scim) = start();
    let of = path_of(&user(&scim, "active"));
    let ask = |password: &str| {
        scim.post(
            "/PasswordValidateRequests",
            &json!({ "$ref": of, "password": password }),
        )
    };
    ask("x").expect_refusal(400, "invalidValue");
    let fine = ask(NEW);
    fine.expect(200);
    assert!(
        fine.body["detail"].as_str().unwrap().contains("partial"),
        "{}",
        fine.body
    );
    assert_eq!(bind(&scene.gateway, "active", PASSWORD).code, Some(0), "it was written");
}
