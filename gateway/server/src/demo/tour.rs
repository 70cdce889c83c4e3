//! What a demonstration prints when it is ready: where everything is, who is in it, and what to try.

use super::Demo;
use super::people::{ADMINISTRATOR, APPLICATION, Person};
use std::fmt::Write as _;
use std::path::Path;

/// The whole text. The lines of "Try" that begin with `  $ ` are commands, run as they stand by a test.
pub(super) fn text(demo: &Demo, program: &Path, people: &[Person], base: &str) -> String {
    let state = demo.state.display();
    let configuration = demo.configuration.display();
    let ports = demo.ports;
    let https = ports.https;
    // Not localhost: OpenLDAP's tools look for the machine's own name in the certificate then.
    let ldaps = format!("ldaps://127.0.0.1:{}", ports.ldaps);
    let mut text = format!(
        "
Postern is ready, with a directory of its own in {state}.

  LDAP      ldap://127.0.0.1:{} (StartTLS), {ldaps}
  health    http://127.0.0.1:{}/healthz, /readyz, /metrics
  CA        {state}/ca.pem
  pages     https://localhost:{https}/ to reset, change and unlock; mails are shown at https://localhost:{https}/demo/outbox
  API       https://localhost:{https}/api/openapi.json, token demo-api-token
  policies  {state}/policies: edit and save, and the next sign-in goes by them

People under ou=people,{base}, each with the password demo-<name>-Passw0rd:

",
        ports.ldap, ports.metrics,
    );
    for person in people {
        let _ = writeln!(text, "  {:<9} {}", person.uid, person.stands);
    }
    let _ = write!(
        text,
        "
For applications    {APPLICATION}  demo-svc-Passw0rd
For administrators  {ADMINISTRATOR}  demo-directory-Passw0rd

Try, in another terminal:

  $ export LDAPTLS_CACERT='{state}/ca.pem'
"
    );
    let who = |uid: &str| format!("-D uid={uid},ou=people,{base} -w demo-{uid}-Passw0rd");
    for (what, command) in [
        ("alice signs in", format!("ldapwhoami -x -H {ldaps} {}", who("alice"))),
        (
            "bob must change his password, and is told where",
            format!("ldapwhoami -x -H {ldaps} -e ppolicy {}", who("bob")),
        ),
        (
            "bob asks for a new one, as he would in a browser",
            format!(
                "curl -sS --cacert '{state}/ca.pem' -H 'Authorization: Bearer demo-api-token' -H 'Content-Type: application/json' -d '{{\"user\": \"bob\", \"method\": \"mail\"}}' https://localhost:{https}/api/v1/resets"
            ),
        ),
        (
            "and this is the mail he gets: its link leads on",
            format!("curl -sS --cacert '{state}/ca.pem' https://localhost:{https}/demo/outbox.json"),
        ),
        (
            "why carol cannot sign in, which nobody outside is told",
            format!(
                "'{}' explain --config '{configuration}' --route applications --user carol",
                program.display()
            ),
        ),
    ] {
        let _ = write!(text, "\n  # {what}\n  $ {command}\n");
    }
    text.push_str("\nCtrl-C ends it. The next start puts these people back as they are listed here.\n");
    text
}
