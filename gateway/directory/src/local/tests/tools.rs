//! OpenLDAP's own tools, over a socket that is copied to and from a lane.

use super::stage::{ADA, ADMIN, BASE, BOB, PASSWORD, Stage};
use std::process::Output;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinSet;

/// Runs a tool against the directory, to its end.
async fn run(stage: &Stage, tool: &str, arguments: &[&str]) -> (i32, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ldap://{}", listener.local_addr().unwrap());
    let directory = Arc::clone(&stage.directory);
    let mut copies = JoinSet::new();
    let command = Command::new(tool)
        .args(["-x", "-H", &url])
        .args(arguments)
        .env("LDAPNOINIT", "1")
        .kill_on_drop(true)
        .output();
    tokio::pin!(command);
    let output: Output = loop {
        tokio::select! {
            output = &mut command => break output.expect("OpenLDAP's tools are installed"),
            accepted = listener.accept() => {
                let (mut socket, _) = accepted.unwrap();
                let mut lane = directory.connect();
                copies.spawn(async move {
                    let _ = tokio::io::copy_bidirectional(&mut socket, &mut lane).await;
                });
            }
        }
    };
    copies.shutdown().await;
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[tokio::test]
async fn ldapsearch_finds_pages_and_sorts() {
    let stage = Stage::new().await;
    for number in 0..20 {
        stage
            .person(&format!("p{number}"), &format!("G{:02}", 19 - number), "Many")
            .await;
    }
    let signed_in = ["-D", ADA, "-w", PASSWORD, "-b", BASE, "-LLL"];
    let search = async |more: &[&str]| run(&stage, "ldapsearch", &[&signed_in[..], more].concat()).await;

    let (code, said) = search(&["(uid=bob)", "mail"]).await;
    assert_eq!(
        (code, said.as_str()),
        (0, &*format!("dn: {BOB}\nmail: bob@example.org\n\n"))
    );

    let (code, said) = search(&["-E", "pr=7/noprompt", "(sn=Many)", "givenName"]).await;
    assert_eq!((code, said.matches("givenName: ").count()), (0, 20), "{said}");

    let (code, said) = search(&["-E", "!sss=givenName", "-E", "pr=6/noprompt", "(sn=Many)", "givenName"]).await;
    let given: Vec<&str> = said
        .lines()
        .filter_map(|line| line.strip_prefix("givenName: "))
        .collect();
    assert!(code == 0 && given.len() == 20 && given.is_sorted(), "{said}");

    let (code, said) = search(&["-z", "3", "(sn=Many)", "1.1"]).await;
    assert_eq!((code, said.matches("dn: ").count()), (4, 3), "{said}");

    let (code, said) = search(&["-s", "base", "-b", "uid=x,ou=people,dc=example,dc=org"]).await;
    assert_eq!(code, 32);
    assert!(said.contains("Matched DN: ou=people,dc=example,dc=org"), "{said}");

    let (code, said) = search(&["(uid=bob)", "+"]).await;
    assert!(
        code == 0 && said.contains("memberOf: cn=staff,ou=groups,dc=example,dc=org"),
        "{said}"
    );

    let (code, said) = search(&["-E", "!1.2.3.4", "(uid=bob)"]).await;
    assert_eq!(code, 12, "{said}");
}

#[tokio::test]
async fn the_other_tools_that_read_work_too() {
    let stage = Stage::new().await;
    let (code, said) = run(&stage, "ldapwhoami", &["-D", ADA, "-w", PASSWORD]).await;
    assert_eq!((code, said.trim()), (0, &*format!("dn:{ADA}")));
    let (code, said) = run(&stage, "ldapwhoami", &["-D", ADA, "-w", "wrong", "-e", "ppolicy"]).await;
    assert_eq!(code, 49, "{said}");
    let (code, said) = run(&stage, "ldapwhoami", &[]).await;
    assert_eq!((code, said.trim()), (0, "anonymous"));
    let (code, said) = run(&stage, "ldapcompare", &["-D", ADMIN, "-w", PASSWORD, BOB, "sn:BUILDER"]).await;
    assert_eq!((code, said.trim()), (6, "TRUE"));
    let root = ["-s", "base", "-b", "", "-LLL", "supportedControl", "subschemaSubentry"];
    let (code, said) = run(&stage, "ldapsearch", &root).await;
    assert!(
        code == 0 && said.contains("supportedControl: 1.2.840.113556.1.4.319"),
        "{said}"
    );
    let schema = [
        "-s",
        "base",
        "-b",
        "cn=Subschema",
        "-LLL",
        "(objectClass=*)",
        "objectClasses",
    ];
    let (code, said) = run(&stage, "ldapsearch", &schema).await;
    assert!(code == 0 && said.contains("inetOrgPerson"), "{said}");
}
