//! The guard and its own few connections to the directory.

use super::*;
use postern_directory::{ServerUrl, ServiceAccount, Settings};
use postern_identity::clock::FixedClock;
use postern_identity::{DirectoryName, Secret, Timestamp};
use postern_ldap::{ResultCode, answer, frame, tag};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// Takes binds, and says that a search has come instead of answering it.
async fn serve(mut stream: TcpStream, searched: UnboundedSender<()>) {
    let mut held = Vec::new();
    while stream.read_buf(&mut held).await.unwrap_or(0) > 0 {
        while let Ok(Some(header)) = frame::walk(&held, 1 << 16)
            && header.length <= held.len()
        {
            held.drain(..header.length);
            if header.operation == tag::BIND_REQUEST {
                let taken = answer::result(header.id, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[]);
                stream.write_all(&taken).await.unwrap();
            } else {
                searched.send(()).unwrap();
            }
        }
    }
}

async fn ask(guard: Arc<Guard>, name: &'static str, patience: Duration) -> Asked {
    let attempt = Attempt {
        name: name.as_bytes(),
        password: b"secret",
        by: TestedBy::SignIn,
        client: IpAddr::from([192, 0, 2, 1]),
        rules: &GuardRules::default(),
    };
    guard.ask(&attempt, patience).await
}

#[tokio::test]
async fn our_own_lanes_in_use_do_not_mean_that_the_directory_is_away() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = ServerUrl::parse(&format!("ldap://{}", listener.local_addr().unwrap())).unwrap();
    let mut settings = Settings::new(DirectoryName("people".into()), vec![url]);
    settings.base_dn = Some("dc=example".to_owned());
    settings.service_account = Some(ServiceAccount {
        dn: "cn=service".to_owned(),
        password: Secret::new("secret"),
    });
    let upstream = Upstream::new(settings, Arc::new(FixedClock(Timestamp::UNIX_EPOCH))).unwrap();
    let guard = Guard::new(
        &upstream,
        &GuardSettings {
            seed: GuardSeed([1; 32]),
            nodes: NonZeroU32::MIN,
        },
        Arc::new(Ticker::default()),
    );
    let (searched, mut searches) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, searched.clone()));
        }
    });
    let long = Duration::from_mins(1);
    // Odd names, of which the directory must be asked whose they are.
    tokio::spawn(ask(Arc::clone(&guard), "employeeNumber=1,dc=example", long));
    tokio::spawn(ask(Arc::clone(&guard), "employeeNumber=2,dc=example", long));
    searches.recv().await.unwrap();
    searches.recv().await.unwrap();
    // From here on the nearest end of a wait is the next thing that happens.
    tokio::time::pause();
    let third = ask(
        Arc::clone(&guard),
        "employeeNumber=3,dc=example",
        Duration::from_millis(2),
    )
    .await;
    assert!(matches!(third, Asked::Late));
    assert_eq!(guard.away_until.load(Ordering::Relaxed), 0);
    // Those who asked in vain do know it.
    let fourth = ask(Arc::clone(&guard), "employeeNumber=4,dc=example", long).await;
    assert!(matches!(fourth, Asked::Late));
    assert!(guard.away_until.load(Ordering::Relaxed) > 0);
}
