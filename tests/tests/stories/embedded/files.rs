//! LDIF out of one directory and into another.

use super::with;
use postern_tests::gateway::program;
use postern_tests::people::{self, PASSWORD};
use postern_tests::{Gateway, GatewaySettings};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What LDIF has to be careful with.
const ODD: &str = "\
dn: cn=a\\, b\\+c \\22q\\22,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
cn: a, b+c \"q\"
sn:: w4lsw6lub3Jl
description: a line that goes on and on and on and on and on and on and on and on and on and on and on and on and on
description:: IGJsYW5r
userPassword: {SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g7jZg1YWJjZA==

dn: cn=crew,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: crew
member: uid=active,ou=people,dc=example,dc=org

";

#[test]
fn what_one_directory_exports_another_takes_and_exports_alike() {
    let first = Gateway::start_with(&with("generic", ODD));
    let out = export(&first, "first.ldif");
    assert!(out.contains("entryUUID: ") && out.contains("pwdPolicySubentry: ") && out.contains("$argon2id$"));
    let second = Gateway::start_with(&GatewaySettings {
        ldif: Some(fs::read_to_string(first.folder().join("first.ldif")).unwrap()),
        ..GatewaySettings::embedded("generic")
    });
    let again = export(&second, "second.ldif");
    assert!(out.len() > 10_000);
    let (one, other) = (sorted(&out), sorted(&again));
    let missing: Vec<_> = one.iter().filter(|entry| !other.contains(entry)).take(3).collect();
    assert!(one == other, "for instance {missing:#?}");
    // People sign in there with what they had.
    for uid in ["active", "expiring"] {
        assert_eq!(
            second.tls_client().bind(1, &people::dn(uid), PASSWORD).code,
            Some(0),
            "{uid}"
        );
    }
    assert_eq!(
        second
            .tls_client()
            .bind(1, &people::dn("locked-by-administrator"), PASSWORD)
            .code,
        Some(49)
    );
}

/// What `postern export` writes of a gateway that runs.
fn export(gateway: &Gateway, file: &str) -> String {
    let mut command = Command::new(program());
    command
        .args(["export", "--config", "gateway.toml", file])
        .current_dir(gateway.folder());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let path: &Path = &gateway.folder().join(file);
    fs::read_to_string(path).unwrap()
}

/// The entries of an LDIF with their lines in order.
fn sorted(ldif: &str) -> Vec<Vec<String>> {
    let unfolded = ldif.replace("\n ", "");
    let mut entries: Vec<Vec<String>> = unfolded
        .split("\n\n")
        .map(|entry| {
            let mut lines: Vec<String> = entry.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        })
        .filter(|lines| !lines.is_empty())
        .collect();
    entries.sort();
    entries
}
