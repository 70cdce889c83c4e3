use super::client::{self, CallError};
use super::settings::{Answer, Asked};
use super::*;
use crate::self_service::{self, Onboarding};
use crate::settings::{SettingsBook, of_directory};
use postern_directory::{ServiceAccount, Transport};
use postern_identity::{Clock, Secret, Timestamp};
use postern_records::{SqliteSettings, Store, StoreSettings};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// A directory that says everything back.
fn echo() -> Transport {
    let (ours, theirs) = tokio::io::duplex(64);
    tokio::spawn(async move {
        let (mut from, mut to) = tokio::io::split(theirs);
        let _ = tokio::io::copy(&mut from, &mut to).await;
    });
    Transport::InProcess(Box::new(ours))
}

struct Running {
    folder: TempDir,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Running {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let control = Control::listen(folder.path()).unwrap();
        let stop = CancellationToken::new();
        let file = SqliteSettings::new(folder.path().join("store.db"));
        let store = Store::open(&StoreSettings::Sqlite(file))
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let offered = Offered {
            directories: vec![OfferedDirectory {
                name: "people".into(),
                as_root: Box::new(echo),
                service_account: Box::new(|| ServiceAccount {
                    dn: "cn=postern".to_owned(),
                    password: Secret::new(b"6d616465".as_slice()),
                }),
            }],
            settings: Arc::new(SettingsBook::new(of_directory("people", true), &[], None)),
            onboarding: Onboarding {
                records: Arc::new(store),
                directories: Vec::new(),
                most: Vec::new(),
                clock: Arc::new(Noon),
            },
            clock: Arc::new(Noon),
        };
        let serving = tokio::spawn(control.serve(Arc::new(offered), stop.clone()));
        Self { folder, stop, serving }
    }

    /// Callers block, so they have a thread of their own.
    async fn call<T: Send + 'static>(&self, calling: impl FnOnce(&Path) -> T + Send + 'static) -> T {
        let folder = self.folder.path().to_owned();
        tokio::task::spawn_blocking(move || calling(&folder)).await.unwrap()
    }
}

#[tokio::test]
async fn octets_go_to_the_directory_that_was_named_and_come_back() {
    let running = Running::start().await;
    // Calling blocks, and the one called is on this thread otherwise.
    let inside = tokio::runtime::Handle::current();
    let directory = running.call(move |folder| {
        let _inside = inside.enter();
        client::ldap(folder, "people")
    });
    let directory = directory.await.unwrap().unwrap();
    let (mut from, mut to) = tokio::io::split(directory);
    let sent = tokio::spawn(async move { to.write_all(&vec![7; 100_000]).await.map(|()| to) });
    let mut back = vec![0; 100_000];
    from.read_exact(&mut back).await.unwrap();
    sent.await.unwrap().unwrap();
    assert!(back.iter().all(|octet| *octet == 7));
    let refused = running
        .call(|folder| client::service_account(folder, "persons").err())
        .await;
    let why = "there is no embedded directory of that name".to_owned();
    assert_eq!(refused, Some(CallError::Refused(why)));
}

#[tokio::test]
async fn whoever_may_call_is_told_the_gateways_own_account() {
    let running = Running::start().await;
    let account = running.call(|folder| client::service_account(folder, "people")).await;
    let account = account.unwrap().unwrap();
    assert_eq!(
        (&*account.dn, account.password.expose()),
        ("cn=postern", b"6d616465".as_slice())
    );
}

#[tokio::test]
async fn who_is_onboarded_is_asked_for_line_by_line() {
    let running = Running::start().await;
    let all = self_service::Asked::List { directory: None };
    let told = running.call(move |folder| client::onboarding(folder, &all)).await;
    assert_eq!(told, Ok(Some(self_service::Answer::Onboarded(Vec::new()))));
    let nowhere = self_service::Asked::List {
        directory: Some("nowhere".to_owned()),
    };
    let told = running.call(move |folder| client::onboarding(folder, &nowhere)).await;
    assert!(
        matches!(told, Ok(Some(self_service::Answer::Error { asked: true, .. }))),
        "{told:?}"
    );
}

#[tokio::test]
async fn settings_are_asked_for_line_by_line() {
    let running = Running::start().await;
    let told = running.call(|folder| client::settings(folder, &Asked::List)).await;
    let Ok(Some(Answer::Settings(settings))) = told else {
        unreachable!("{told:?}");
    };
    let names: Vec<_> = settings.iter().map(|shown| (&*shown.name, &*shown.origin)).collect();
    assert_eq!(names[1], ("directories.people.self_service_reset", "default"));
    let asked = Asked::Get {
        name: "directories.people.pasword".to_owned(),
    };
    let told = running.call(move |folder| client::settings(folder, &asked)).await;
    assert!(matches!(told, Ok(Some(Answer::Error { asked: true, .. }))), "{told:?}");
}

#[tokio::test]
async fn the_socket_is_its_owners_alone_and_goes_with_its_gateway() {
    let running = Running::start().await;
    let socket = path(running.folder.path());
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        fs::metadata(&socket).unwrap().uid(),
        rustix::process::geteuid().as_raw()
    );
    let open = tokio::net::UnixStream::connect(&socket).await.unwrap();
    running.stop.cancel();
    running.serving.await.unwrap();
    assert!(!socket.exists());
    drop(open);
    // Nobody is there: no error, but nobody.
    let told = client::settings(running.folder.path(), &Asked::List);
    assert_eq!(told, Ok(None));
}

#[tokio::test]
async fn a_second_gateway_is_refused_and_what_a_dead_one_left_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let first = Control::listen(folder.path()).unwrap();
    let refused = Control::listen(folder.path()).err();
    assert_eq!(refused, Some(ControlError::InUse(path(folder.path()))));
    // As one that is killed leaves it: the socket stays, the lock does not.
    drop(first);
    assert!(path(folder.path()).exists());
    assert_eq!(client::settings(folder.path(), &Asked::List), Ok(None));
    let second = Control::listen(folder.path()).unwrap();
    tokio::net::UnixStream::connect(path(folder.path())).await.unwrap();
    drop(second);
}

#[tokio::test]
async fn a_folder_that_is_none_or_too_deep_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a".repeat(120));
    assert_eq!(Control::listen(&deep).err(), Some(ControlError::TooLong(path(&deep))));
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(Control::listen(&file).err(), Some(ControlError::Io(path(&file))));
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_or_too_much_is_sent_away() {
    let running = Running::start().await;
    let socket = path(running.folder.path());
    let mut silent = tokio::net::UnixStream::connect(&socket).await.unwrap();
    assert_eq!(silent.read(&mut [0; 1]).await.unwrap(), 0);
    let mut long = tokio::net::UnixStream::connect(&socket).await.unwrap();
    // The other end may be closed before all of it is written.
    let _ = long.write_all(&[b'x'; 2 * LONGEST_LINE]).await;
    assert_eq!(long.read(&mut [0; 1]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn there_are_never_more_callers_than_places() {
    let running = Running::start().await;
    let socket = path(running.folder.path());
    let mut callers = Vec::new();
    for _ in 0..MOST_CALLERS {
        let mut caller = tokio::net::UnixStream::connect(&socket).await.unwrap();
        caller.write_all(b"settings\n").await.unwrap();
        let mut said = [0; 3];
        caller.read_exact(&mut said).await.unwrap();
        callers.push(caller);
    }
    let mut more = tokio::net::UnixStream::connect(&socket).await.unwrap();
    assert_eq!(more.read(&mut [0; 1]).await.unwrap_or(0), 0);
    callers.pop();
}
