//! The same requests to the gateway and to scim2-server, made at random, and their answers compared: `conformance/scim`.

use super::program;
use super::scene::{Product, Scene};
use postern_tests::gateway::SCIM_TOKEN;
use postern_tests::scim::ReferenceServer;

/// Compares over inputs that are the same in every run: `POSTERN_ROUNDS` has more of them.
fn means_the_same(product: Product, directory: &str) {
    let scene = Scene::new(product);
    let words = [
        format!("directory={directory}"),
        format!("ca={}", scene.gateway.ca_file().display()),
    ];
    let (content, said) = program("differential", &scene.gateway.scim_url(), SCIM_TOKEN, &words);
    assert!(content, "{said}");
    for looked_at in [
        "filters that find",
        "filters that refuse",
        "pages",
        "changes of users",
        "changes of groups",
        "disagreements that are still there",
    ] {
        assert!(said.contains(looked_at), "no {looked_at}:\n{said}");
    }
}

#[test]
fn filters_pages_and_changes_mean_the_same_before_openldap() {
    means_the_same(Product::OpenLdap, "openldap");
}

#[test]
fn filters_pages_and_changes_mean_the_same_before_the_embedded_directory() {
    means_the_same(Product::Embedded, "embedded");
}

#[test]
fn a_disagreement_that_is_none_any_more_is_noticed() {
    // Of itself the other server disagrees in nothing.
    let server = ReferenceServer::start();
    let words = ["directory=itself".to_owned(), "rounds=2".to_owned()];
    let (content, said) = program("differential", &server.url(), ReferenceServer::TOKEN, &words);
    assert!(!content && said.contains("and not ["), "{said}");
}
