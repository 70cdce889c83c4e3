use crate::given::{Given, POLICY, Program, directory, get, metric, nobody};
use rustix::process::Signal;
use std::fs::OpenOptions;
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

#[test]
fn it_is_ready_when_the_directory_answers_and_ends_with_0_when_told_to() {
    let given = Given::new(directory());
    let mut program = given.serve();
    let address = program.started();
    assert_eq!(get(address, "/healthz").0, 200);
    while get(address, "/readyz").0 != 200 {
        std::thread::yield_now();
    }
    assert_eq!(metric(address, "postern_policy_generation"), 1);
    assert_eq!(metric(address, "postern_log_lines_lost_total"), 0);
    let (_, page) = get(address, "/metrics");
    assert!(
        page.contains("postern_certificate_expires_timestamp_seconds{listener=\"ldap\"}"),
        "{page}"
    );
    assert!(given.path(".state/ca.pem").exists());
    program.signal(Signal::TERM);
    program.said("stopped");
    assert_eq!(program.exit_code(), 0);
}

#[test]
fn it_serves_before_the_directory_answers_but_is_not_ready() {
    let given = Given::new(nobody());
    let program = given.serve();
    let address = program.started();
    assert_eq!(get(address, "/healthz").0, 200);
    assert_eq!(
        get(address, "/readyz"),
        (503, "not ready: no answer from directory people\n".to_owned())
    );
}

#[test]
fn a_policy_takes_effect_as_it_is_saved_and_a_broken_one_does_not() {
    let given = Given::new(nobody());
    let program = given.serve();
    let address = program.started();
    given.write("policies/p.toml", &POLICY.replace("text", "plain"));
    assert_eq!(program.said("new policies are in force")["generation"], 2);
    given.write("policies/p.toml", &POLICY.replace("text", "loud"));
    let mistake = program.said("a mistake in the policies; those in force stay");
    assert_eq!((&mistake["line"], &mistake["column"]), (&4.into(), &11.into()));
    given.write("policies/p.toml", POLICY);
    assert_eq!(program.said("new policies are in force")["generation"], 3);
    assert_eq!(metric(address, "postern_policy_generation"), 3);
    assert_eq!(metric(address, "postern_policy_reloads_total{result=\"succeeded\"}"), 2);
    assert_eq!(metric(address, "postern_policy_reloads_total{result=\"failed\"}"), 1);
}

#[test]
fn a_hangup_reloads_and_a_changed_configuration_waits_for_a_restart() {
    let given = Given::new(nobody());
    let program = given.serve();
    program.started();
    given.edit("drain_seconds = 1", "drain_seconds = 2");
    program.signal(Signal::HUP);
    program.said(
        "the configuration file has changed; a restart puts it in force (postern check tells what is wrong with it)",
    );
}

#[test]
fn a_second_stop_ends_clients_at_once() {
    let given = Given::new(nobody());
    given.edit("drain_seconds = 1", "drain_seconds = 3600");
    let mut program = given.serve();
    let address = program.said("listening")["address"].as_str().unwrap().to_owned();
    program.said("serving");
    let client = TcpStream::connect(address).unwrap();
    program.signal(Signal::TERM);
    program.said("stopping: clients may finish");
    program.signal(Signal::TERM);
    assert_eq!(program.exit_code(), 0);
    drop(client);
}

#[test]
fn the_service_manager_hears_of_every_turn() {
    let given = Given::new(nobody());
    let socket = UnixDatagram::bind(given.path("notify")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let next = || {
        let mut octets = [0; 256];
        let length = socket.recv(&mut octets).unwrap();
        String::from_utf8(octets[..length].to_vec()).unwrap()
    };
    let mut command = given.command(&["serve", "--config", "gateway.toml"]);
    command.env("NOTIFY_SOCKET", given.path("notify"));
    let mut program = Program::start(command);
    assert_eq!(next(), "READY=1\nSTATUS=Serving");
    program.signal(Signal::HUP);
    assert!(next().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    assert_eq!(next(), "READY=1\nSTATUS=Serving");
    program.signal(Signal::TERM);
    assert_eq!(next(), "STOPPING=1\nSTATUS=Stopping");
    assert_eq!(program.exit_code(), 0);
}

#[test]
fn a_log_on_a_full_disk_is_counted_and_ends_nothing() {
    let given = Given::new(nobody());
    let port = nobody();
    given.edit(
        "metrics_address = \"127.0.0.1:0\"",
        &format!("metrics_address = \"{port}\""),
    );
    let mut command = given.command(&["serve", "--config", "gateway.toml"]);
    command.stdout(OpenOptions::new().write(true).open("/dev/full").unwrap());
    let mut child = command.spawn().unwrap();
    while TcpStream::connect(port).is_err() {
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        std::thread::yield_now();
    }
    while metric(port, "postern_log_lines_lost_total") == 0 {
        std::thread::yield_now();
    }
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_renewed_certificate_is_shown_without_a_restart() {
    let given = Given::new(nobody());
    let write = |certified: &rcgen::CertifiedKey<rcgen::KeyPair>| {
        use std::os::unix::fs::PermissionsExt;
        given.write("key.pem", &certified.signing_key.serialize_pem());
        std::fs::set_permissions(given.path("key.pem"), std::fs::Permissions::from_mode(0o600)).unwrap();
        given.write("certificate.pem", &certified.cert.pem());
    };
    let made = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    write(&made());
    given.edit(
        "route = \"applications\"\n[[directory]]",
        "route = \"applications\"\ncertificate_file = \"certificate.pem\"\nkey_file = \"key.pem\"\n[[directory]]",
    );
    let program = given.serve();
    program.started();
    write(&made());
    program.said("a new certificate is in force");
}
