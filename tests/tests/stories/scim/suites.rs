//! Suites that others wrote, run against the program, and what is known of their failures: `conformance/scim`.

use super::program;
use super::scene::{Product, Scene};
use postern_tests::gateway::SCIM_TOKEN;
use postern_tests::scim::ReferenceServer;
use std::fs;
use std::path::Path;

/// Runs both against the gateway before a directory of its own.
fn are_content(product: Product, directory: &str) {
    let scene = Scene::new(product);
    let words = [
        format!("directory={directory}"),
        format!("ca={}", scene.gateway.ca_file().display()),
    ];
    let (content, said) = program("suites", &scene.gateway.scim_url(), SCIM_TOKEN, &words);
    assert!(content, "{said}");
}

#[test]
fn the_suites_are_content_with_openldap() {
    are_content(Product::OpenLdap, "openldap");
}

#[test]
fn the_suites_are_content_with_a_389_directory_server() {
    are_content(Product::Ds389, "389ds");
}

#[test]
fn the_suites_are_content_with_a_samba_domain() {
    are_content(Product::Samba, "samba");
}

#[test]
fn the_suites_are_content_with_the_embedded_directory() {
    are_content(Product::Embedded, "embedded");
}

#[test]
fn the_suites_are_content_with_the_reference_server_and_notice_what_was_not_written_down() {
    let server = ReferenceServer::start();
    let run = |token, words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        program("suites", &server.url(), token, &words)
    };
    let (content, said) = run(ReferenceServer::TOKEN, &["directory=scim2-server"]);
    assert!(content, "{said}");
    // What is known of it is not known of another one.
    let (content, said) = run(ReferenceServer::TOKEN, &["directory=another"]);
    let unknown = "scim-sanity: PATCH /Users/{id}: fail Expected HTTP 200, got 204";
    assert!(!content && said.contains(unknown), "{said}");
    let (content, said) = run("another-token", &["directory=scim2-server"]);
    assert!(!content && said.contains("scim2-tester never came to"), "{said}");
    // What is written down and does not happen is a failure too.
    let folder = tempfile::tempdir().unwrap();
    let known = folder.path().join("known.toml");
    let written =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/scim/known-failures.toml"));
    let more = "[[known]]\nsuite = \"scim2-tester\"\ncheck = \"random_url\"\nreason = \"none\"\n";
    fs::write(&known, format!("{}\n{more}", written.unwrap())).unwrap();
    let (content, said) = run(
        ReferenceServer::TOKEN,
        &["directory=scim2-server", &format!("known={}", known.display())],
    );
    let idle = "known-failures.toml has scim2-tester: random_url , and nothing fails so: take it out";
    assert!(!content && said.contains(idle), "{said}");
}
