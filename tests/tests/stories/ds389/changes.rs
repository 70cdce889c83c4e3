//! Password changes that fail: the server's words reach the client, byte for byte on every route.

use super::direct::{NOT_ALLOWED, of_poor_quality};
use super::directory;
use crate::golden::changes::changes_on;
use postern_tests::golden::{captured, rows};
use postern_tests::{Ds389, Gateway};

#[test]
fn a_failed_password_change_is_told_in_the_servers_words_on_every_route() {
    let server = Ds389::start();
    // One of these changes works, and changes what the next route would find.
    for (preset, own) in [("generic", true), ("transparent", false), ("sssd", false)] {
        let gateway = Gateway::start_with(&directory(preset, &server));
        let connect = || gateway.tls_client();
        let poor = of_poor_quality(preset, &connect);
        assert_eq!(poor.rows(), rows(&captured("389ds", "change-quality")), "{preset}");
        if own {
            let (table, _) = changes_on(preset, &connect, NOT_ALLOWED);
            assert_eq!(table.rows(), rows(&captured("389ds", "change-direct")), "{preset}");
        }
    }
}
