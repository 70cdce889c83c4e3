//! The same of Active Directory.

use super::{Question, RIGHTS, assert_unchanged, contents, may, remedy};
use postern_tests::samba::people::{ADMINISTRATOR, ADMINISTRATOR_PASSWORD, PEOPLE, SERVICE, dn};
use postern_tests::{PASSWORD, Samba};

fn question<'a>(url: &'a str, account: &'a str, password: &'a str) -> Question<'a> {
    Question {
        dialect: "active-directory",
        url,
        base: PEOPLE,
        account,
        password,
        more: "",
    }
}

#[test]
fn a_domain_controller_tells_what_is_lacking_and_is_not_changed() {
    let samba = Samba::start();
    let url = samba.url();
    // But for when the one who signs in has last done so.
    let all = || {
        let mut all = contents(&url, PEOPLE, ADMINISTRATOR, ADMINISTRATOR_PASSWORD);
        all.retain(|entry| !entry.starts_with(&format!("dn: {}\n", dn("active"))));
        all
    };
    let before = all();
    let said = question(&url, SERVICE, PASSWORD).ask();
    assert_eq!(may(&said), RIGHTS.join("; "));
    assert!(
        said.contains("it sees the password policy dc=ad,dc=example,dc=org: "),
        "{said}"
    );
    assert!(
        said.contains("takes the password before the last one for 60 minutes"),
        "{said}"
    );
    assert!(!said.contains("above the rules"), "{said}");

    let said = question(&url, &dn("active"), PASSWORD).ask();
    assert_eq!(may(&said), "");
    for (right, wanted) in RIGHTS
        .into_iter()
        .zip(["Reset Password", "pwdLastSet", "lockoutTime", "userAccountControl"])
    {
        let told = remedy(&said, right);
        assert!(told.contains(wanted) && told.contains(PEOPLE), "{told}");
    }

    let said = question(&url, ADMINISTRATOR, ADMINISTRATOR_PASSWORD).ask();
    let above = "the service account stands above the rules: it is a domain administrator: ";
    assert!(said.contains(above), "{said}");
    assert_unchanged(&before, &all());
}
