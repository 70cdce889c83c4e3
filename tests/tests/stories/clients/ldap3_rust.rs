//! The Rust crate `ldap3`: the facts of the other clients' scripts.

use super::Scene;
use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::controls::RawControl;
use ldap3::exop::{PasswordModify, PasswordModifyResp, WhoAmI, WhoAmIResp};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapResult, Mod, Scope, SearchEntry, drive};
use postern_tests::gateway::PORTAL;
use postern_tests::people::{ADMINISTRATOR, ADMINISTRATOR_PASSWORD, BASE, PASSWORD, dn};
use postern_tests::wire::trusting;
use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);
const EVERYBODY: &str = "(objectClass=inetOrgPerson)";
const PASSWORD_POLICY: &str = "1.3.6.1.4.1.42.2.27.8.5.1";
const WRONG: &str = "wrong-1234";

pub(super) fn run(scene: &Scene) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        sign_in(scene).await;
        each_state(scene).await;
        transport(scene).await;
        paging(scene).await;
        writing(scene).await;
        abandoning(scene).await;
        changing_a_password(scene).await;
        changing_after_must_change(scene).await;
    });
}

async fn sign_in(scene: &Scene) {
    let mut session = connect(scene).await;
    assert_eq!(code(&mut session, &dn("active"), PASSWORD).await, 0, "a right password");
    assert_eq!(who(&mut session).await, format!("dn:{}", dn("active")));
    assert_eq!(code(&mut session, &dn("active"), WRONG).await, 49, "a wrong password");
    assert_eq!(who(&mut session).await, "", "after a refused sign-in one is nobody");
    assert_eq!(code(&mut session, &dn("nobody"), WRONG).await, 49, "an unknown name");
    assert_eq!(
        code(&mut session, &dn("active"), "").await,
        53,
        "a name without a password"
    );
    assert_eq!(
        code(&mut session, &dn("active"), PASSWORD).await,
        0,
        "the same connection again"
    );
    session.unbind().await.unwrap();
}

/// Code and policy control of every state, octet for octet where no number in it depends on the day.
async fn each_state(scene: &Scene) {
    const EMPTY: &[u8] = &[0x30, 0];
    let error = |number| vec![0x30, 3, 0x81, 1, number];
    let generic = scene.answers == "generic";
    let told = |value: Vec<u8>| if generic { EMPTY.to_vec() } else { value };
    let locked = if scene.answers == "directory" {
        error(1)
    } else {
        EMPTY.to_vec()
    };
    let cases = [
        ("active", 0, Some(EMPTY.to_vec())),
        ("must-change", if generic { 49 } else { 0 }, Some(told(error(2)))),
        ("expired", 49, Some(told(error(0)))),
        ("grace", 0, generic.then(|| EMPTY.to_vec())),
        ("expiring", 0, generic.then(|| EMPTY.to_vec())),
        ("locked-by-administrator", 49, Some(locked)),
    ];
    for (uid, code, value) in cases {
        let mut session = connect(scene).await;
        let asking = RawControl {
            ctype: PASSWORD_POLICY.to_owned(),
            crit: false,
            val: None,
        };
        let answer = session
            .with_controls(vec![asking])
            .simple_bind(&dn(uid), PASSWORD)
            .await
            .unwrap();
        assert_eq!(answer.rc, code, "{uid}: {answer:?}");
        let control = control(&answer);
        match value {
            Some(value) => assert_eq!(control, value, "{uid}"),
            None => assert_eq!(
                (control[2], control[4]),
                (0xa0, if uid == "grace" { 0x81 } else { 0x80 }),
                "{uid}"
            ),
        }
        if generic && matches!(uid, "must-change" | "expired") {
            assert!(answer.text.contains(PORTAL), "{uid}: {answer:?}");
        }
    }
}

async fn transport(scene: &Scene) {
    let (plain, tls) = (
        format!("ldap://{}", scene.address()),
        format!("ldaps://{}", scene.tls_address()),
    );
    for (url, start_tls) in [(&plain, true), (&tls, false)] {
        let mut session = connect_to(url, start_tls, &scene.ca_file()).await.unwrap();
        assert_eq!(code(&mut session, &dn("active"), PASSWORD).await, 0, "{url}");
        assert_eq!(who(&mut session).await, format!("dn:{}", dn("active")), "{url}");
        let doubting = connect_to(url, start_tls, &scene.other_ca_file()).await;
        assert!(
            doubting.is_err(),
            "{url}: a certificate of an unknown authority was trusted"
        );
    }
}

async fn paging(scene: &Scene) {
    let mut session = signed_in(scene, "active").await;
    let pages: Vec<Box<dyn Adapter<'_, &str, Vec<&str>>>> =
        vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(100))];
    let mut found = session
        .streaming_search_with(pages, BASE, Scope::Subtree, EVERYBODY, vec!["uid"])
        .await
        .unwrap();
    let mut names = HashSet::new();
    while let Some(entry) = found.next().await.unwrap() {
        let name = SearchEntry::construct(entry).dn;
        assert!(names.insert(name.clone()), "{name} came twice");
    }
    assert_eq!(found.finish().await.rc, 0);
    assert_eq!(names.len(), Scene::people());
    assert_eq!(count(&mut session).await, Scene::people(), "a plain search afterwards");
}

async fn writing(scene: &Scene) {
    let mut session = connect(scene).await;
    assert_eq!(code(&mut session, ADMINISTRATOR, ADMINISTRATOR_PASSWORD).await, 0);
    let (name, renamed) = (
        format!("cn=made-by-ldap3,{BASE}"),
        format!("cn=renamed-by-ldap3,{BASE}"),
    );
    let set = |value: &'static str| HashSet::from([value]);
    let entry = vec![("objectClass", set("device")), ("cn", set("made-by-ldap3"))];
    assert_eq!(session.add(&name, entry.clone()).await.unwrap().rc, 0);
    assert_eq!(session.add(&name, entry).await.unwrap().rc, 68);
    assert_eq!(
        session
            .modify(&name, vec![Mod::Add("description", set("made"))])
            .await
            .unwrap()
            .rc,
        0
    );
    assert_eq!(
        session
            .modifydn(&name, "cn=renamed-by-ldap3", true, None)
            .await
            .unwrap()
            .rc,
        0
    );
    assert_eq!(session.compare(&renamed, "description", "made").await.unwrap().0.rc, 6);
    assert_eq!(session.compare(&renamed, "description", "other").await.unwrap().0.rc, 5);
    assert_eq!(session.delete(&renamed).await.unwrap().rc, 0);
    assert_eq!(session.delete(&renamed).await.unwrap().rc, 32);
}

async fn abandoning(scene: &Scene) {
    let mut session = signed_in(scene, "active").await;
    for _ in 0..20 {
        let mut search = session
            .streaming_search(BASE, Scope::Subtree, "(objectClass=*)", vec!["*"])
            .await
            .unwrap();
        assert!(search.next().await.unwrap().is_some());
        let number = search.ldap_handle().last_id();
        search.ldap_handle().abandon(number).await.unwrap();
    }
    assert_eq!(
        count(&mut session).await,
        Scene::people(),
        "a search after twenty abandoned ones"
    );
}

async fn changing_a_password(scene: &Scene) {
    let own = dn("user0001");
    let (first, second) = ("ldap3-first-1234", "ldap3-second-1234");
    let mut session = signed_in(scene, "user0001").await;
    assert_eq!(
        change(&mut session, Some(&own), Some(WRONG), Some(first)).await.0,
        53,
        "a wrong old password"
    );
    assert_eq!(
        change(&mut session, None, Some(PASSWORD), Some("short")).await.0,
        19,
        "a short password"
    );
    assert_eq!(change(&mut session, Some(&own), Some(PASSWORD), Some(first)).await.0, 0);
    assert_eq!(who(&mut session).await, format!("dn:{own}"), "the session is as it was");
    let (done, generated) = change(&mut session, None, Some(first), None).await;
    assert_eq!(done, 0, "a generated password");
    assert_eq!(code(&mut connect(scene).await, &own, &generated.unwrap()).await, 0);
    assert_eq!(code(&mut connect(scene).await, &own, first).await, 49);
    let replaced = vec![Mod::Replace("userPassword", HashSet::from([second]))];
    assert_eq!(session.modify(&own, replaced).await.unwrap().rc, 0);
    assert_eq!(code(&mut connect(scene).await, &own, second).await, 0);
}

async fn changing_after_must_change(scene: &Scene) {
    let (own, new) = (dn("must-change"), "ldap3-third-1234");
    let mut session = connect(scene).await;
    let answer = session.simple_bind(&own, PASSWORD).await.unwrap();
    if scene.answers == "generic" {
        assert_eq!(answer.rc, 49, "{answer:?}");
        assert!(answer.text.contains(PORTAL), "{answer:?}");
        assert_eq!(who(&mut session).await, "");
        return;
    }
    assert_eq!(answer.rc, 0, "{answer:?}");
    assert_eq!(who(&mut session).await, format!("dn:{own}"));
    let other = vec![Mod::Replace("description", HashSet::from(["x"]))];
    assert_eq!(found(&mut session, &own).await, 50, "search");
    assert_eq!(
        session.modify(&own, other).await.unwrap().rc,
        50,
        "modify of something else"
    );
    assert_eq!(
        session.compare(&own, "objectClass", "device").await.unwrap().0.rc,
        50,
        "compare"
    );
    assert_eq!(session.delete(&own).await.unwrap().rc, 50, "delete");
    assert_eq!(
        change(&mut session, None, None, Some("short")).await.0,
        19,
        "a short password"
    );
    assert_eq!(found(&mut session, &own).await, 50, "the restriction stays");
    assert_eq!(change(&mut session, None, None, Some(new)).await.0, 0, "the change");
    assert_eq!(
        found(&mut session, &own).await,
        0,
        "the same connection is used as any other"
    );
    assert_eq!(count(&mut session).await, Scene::people());
    assert_eq!(who(&mut session).await, format!("dn:{own}"));
    assert_eq!(code(&mut connect(scene).await, &own, new).await, 0, "the new password");
    assert_eq!(
        code(&mut connect(scene).await, &own, PASSWORD).await,
        49,
        "the old password"
    );
}

// --- the client ------------------------------------------------------------------------------------------------------------------

async fn connect(scene: &Scene) -> Ldap {
    let url = format!("ldap://{}", scene.address());
    connect_to(&url, false, &scene.ca_file()).await.unwrap()
}

async fn connect_to(url: &str, start_tls: bool, ca_file: &Path) -> ldap3::result::Result<Ldap> {
    let settings = LdapConnSettings::new()
        .set_conn_timeout(PATIENCE)
        .set_config(trusting(ca_file))
        .set_starttls(start_tls);
    let (connection, session) = LdapConnAsync::with_settings(settings, url).await?;
    drive!(connection);
    Ok(session)
}

async fn signed_in(scene: &Scene, uid: &str) -> Ldap {
    let mut session = connect(scene).await;
    assert_eq!(code(&mut session, &dn(uid), PASSWORD).await, 0, "{uid} signs in");
    session
}

async fn code(session: &mut Ldap, name: &str, password: &str) -> u32 {
    session
        .with_timeout(PATIENCE)
        .simple_bind(name, password)
        .await
        .unwrap()
        .rc
}

async fn who(session: &mut Ldap) -> String {
    let (answer, _) = session
        .with_timeout(PATIENCE)
        .extended(WhoAmI)
        .await
        .unwrap()
        .success()
        .unwrap();
    if answer.val.is_none() {
        return String::new();
    }
    answer.parse::<WhoAmIResp>().authzid
}

/// How many people a search finds.
async fn count(session: &mut Ldap) -> usize {
    let found = session
        .with_timeout(PATIENCE)
        .search(BASE, Scope::Subtree, EVERYBODY, vec!["uid"])
        .await;
    found.unwrap().success().unwrap().0.len()
}

/// The result of reading one entry.
async fn found(session: &mut Ldap, name: &str) -> u32 {
    session
        .with_timeout(PATIENCE)
        .search(name, Scope::Base, "(objectClass=*)", vec!["uid"])
        .await
        .unwrap()
        .1
        .rc
}

/// The result of a password modify, and the password the server made if none was given.
async fn change(session: &mut Ldap, user: Option<&str>, old: Option<&str>, new: Option<&str>) -> (u32, Option<String>) {
    let request = PasswordModify {
        user_id: user,
        old_pass: old,
        new_pass: new,
    };
    let answer = session.with_timeout(PATIENCE).extended(request).await.unwrap();
    let made = (answer.1.rc == 0 && new.is_none()).then(|| answer.0.parse::<PasswordModifyResp>().gen_pass);
    (answer.1.rc, made)
}

/// The value of the password policy control, empty if there is none.
fn control(answer: &LdapResult) -> Vec<u8> {
    let raw = answer.ctrls.iter().find(|control| control.1.ctype == PASSWORD_POLICY);
    raw.and_then(|control| control.1.val.clone()).unwrap_or_default()
}
