//! Passwords tested by other operations than a bind: each counts, and what the guard holds is answered in that operation's words.

use super::{Scene, here};
use postern_tests::people::{PASSWORD, dn};
use postern_tests::request::{self, Change};
use postern_tests::{Answer, Slapd, SlapdSettings, Wire};

const NEW: &str = "another-secret-5678";

type Request = fn(u32, &str, &str) -> Vec<u8>;

/// Each tests `password` of `name`, whose session it is.
const TESTS: [(&str, Request); 5] = [
    ("RFC 3062", |id, _, password| {
        request::password_modify(id, None, Some(password), Some(NEW), &[])
    }),
    ("RFC 3062 for a DN", |id, name, password| {
        request::password_modify(id, Some(&name.to_uppercase()), Some(password), Some(NEW), &[])
    }),
    ("delete and add", |id, name, password| {
        let changes: [(Change, &str, &[&str]); 2] = [
            (Change::Delete, "userPassword", &[password]),
            (Change::Add, "2.5.4.35", &[NEW]),
        ];
        request::modify(id, name, &changes, &[])
    }),
    ("delete and add, asked for the control", |id, name, password| {
        let changes: [(Change, &str, &[&str]); 2] = [
            (Change::Delete, "userPassword;x-a", &[password]),
            (Change::Add, "userPassword", &[NEW]),
        ];
        let changes = [(changes[0].0, "userPassword", changes[0].2), changes[1]];
        request::modify(id, name, &changes, &[&request::password_policy()])
    }),
    ("compare", |id, name, password| {
        request::compare(id, name, "userPassword", password)
    }),
];

#[test]
fn an_old_password_is_guessed_no_oftener_than_by_signing_in_and_the_answers_are_alike() {
    let scene = Scene::new();
    for (number, (word, request)) in TESTS.iter().enumerate() {
        let uid = format!("user{:04}", number + 1);
        let name = dn(&uid);
        let mut direct = Wire::connect(scene.slapd.address());
        assert_eq!(direct.bind(1, &dn("user0030"), PASSWORD).code, Some(0));
        let by_slapd = direct.ask(&request(7, &dn("user0030"), "not it")).remove(0);
        let mut wire = scene.gateway.client();
        assert_eq!(wire.bind(1, &name, PASSWORD).code, Some(0), "{word}");
        let answers: Vec<Answer> = (0..10)
            .map(|guess| wire.ask(&request(7, &name, &format!("guess-{guess}"))).remove(0))
            .collect();
        for (guess, answer) in answers.iter().enumerate() {
            assert_eq!(answer, &by_slapd, "{word}, guess {guess}");
        }
        let held = scene
            .gateway
            .metrics()
            .sum("postern_guard_held_total", &[("reason", "spent")]);
        #[allow(clippy::cast_precision_loss, reason = "a handful")]
        // Six of ten each time, and the sign-in after each.
        let wanted = ((number + 1) * 6 + number) as f64;
        assert!((held - wanted).abs() < 0.5, "{word}: {held} of {wanted} were held");
        scene.expect_unlocked(&uid);
        // The same budget: no sign-in is left either, and none is locked.
        assert_eq!(scene.sign_in(here(), &name, "another guess").code, Some(49), "{word}");
        scene.expect_unlocked(&uid);
    }
}

/// Where slapd may not look at the old password for somebody, it says of the right one what it says of a wrong one.
#[test]
fn a_right_password_that_the_directory_would_not_verify_for_a_change_still_signs_in() {
    let scene = Scene::of(Slapd::start_with(&SlapdSettings {
        users: 40,
        database: "access to attrs=userPassword by self =w by anonymous auth by * none".to_owned(),
        ..SlapdSettings::default()
    }));
    let name = dn("user0001");
    let mut wire = scene.gateway.client();
    assert_eq!(wire.bind(1, &name, PASSWORD).code, Some(0));
    // Again and again the same costs once.
    for id in 2..9 {
        let change = request::password_modify(id, None, Some(PASSWORD), Some(NEW), &[]);
        assert_eq!(wire.ask(&change).remove(0).code, Some(53));
    }
    assert_eq!(scene.sign_in(here(), &name, PASSWORD).code, Some(0));
}

#[test]
fn a_password_change_with_the_right_old_one_works_and_clears_what_was_wrong() {
    let scene = Scene::new();
    let name = dn("user0001");
    scene.guess(&name, NEW);
    let mut wire = scene.gateway.client();
    assert_eq!(wire.bind(1, &name, PASSWORD).code, Some(0));
    let change = request::password_modify(2, None, Some(PASSWORD), Some(NEW), &[]);
    assert_eq!(wire.ask(&change).remove(0).code, Some(0));
    // It was wrong a moment ago, and is right now.
    assert_eq!(scene.sign_in(here(), &name, NEW).code, Some(0));
}

#[test]
fn an_administrators_new_password_may_be_one_that_was_wrong_a_moment_ago() {
    let scene = Scene::new();
    let name = dn("user0001");
    scene.guess(&name, NEW);
    let mut wire = scene.gateway.client();
    let administrator = postern_tests::people::ADMINISTRATOR;
    let password = postern_tests::people::ADMINISTRATOR_PASSWORD;
    assert_eq!(wire.bind(1, administrator, password).code, Some(0));
    let replace = request::modify(2, &name, &[(Change::Replace, "userPassword", &[NEW])], &[]);
    assert_eq!(wire.ask(&replace).remove(0).code, Some(0));
    let answer = scene.sign_in(here(), &name, NEW);
    assert_eq!(answer.code, Some(0), "{answer:?}");
}

#[test]
fn requests_sent_at_once_with_a_guess_among_them_are_answered_each() {
    let scene = Scene::new();
    let name = dn("user0001");
    scene.guess(&name, "wrong once");
    let mut wire = scene.gateway.client();
    assert_eq!(wire.bind(1, &name, PASSWORD).code, Some(0));
    let mut all = Vec::new();
    for id in 2..12 {
        all.extend(request::compare(2 * id, &name, "userPassword", &format!("guess-{id}")));
        all.extend(request::who_am_i(2 * id + 1));
    }
    wire.send(&all);
    let mut codes = std::collections::BTreeMap::new();
    for _ in 0..20 {
        let answer = wire.answer();
        codes.insert(answer.id, answer.code);
    }
    for id in 2..12 {
        assert_eq!((codes[&(2 * id)], codes[&(2 * id + 1)]), (Some(5), Some(0)), "{id}");
    }
    scene.expect_unlocked("user0001");
}
