//! Two sites with all pages and a play behind them: one as people have it, one as a login screen has it.

use crate::staged::{Always, Staged};
use postern_identity::clock::Timestamp;
use postern_identity::reset::{Chance, PublicUrl};
use postern_identity::{Clock, Secret};
use postern_portal::{
    Brand, BrandParts, Colour, HelpDesk, Language, LegalLink, Logo, Portal, Ports, ProofSettings, Settings,
};
use postern_web::{Bounds, Rate, Site, Sites, WebSettings, serve};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Where the sites of a listener are: `localhost`, and `127.0.0.1` for the login screen.
pub(crate) fn addresses(listener: &TcpListener) -> Result<[String; 2], std::io::Error> {
    let port = listener.local_addr()?.port();
    Ok([format!("https://localhost:{port}"), format!("https://127.0.0.1:{port}")])
}

/// Serves both until it is told to stop.
pub(crate) async fn both(listener: TcpListener, stop: CancellationToken) -> Result<(), Box<dyn Error>> {
    let [people, screen] = addresses(&listener)?;
    let mut sites = Sites::default();
    add(&mut sites, "people", &people, brand()?)?;
    add(&mut sites, "screen", &screen, brand()?.for_kiosk())?;
    let settings = WebSettings {
        certificates: certificate()?,
        trusted: Arc::new(|_| false),
        rate: Rate {
            at_once: 100_000,
            each_second: 100_000,
        },
        counts: Arc::default(),
        bounds: Bounds::default(),
        seed: [7; 32],
    };
    serve(listener, settings, sites, stop).await?;
    Ok(())
}

fn add(sites: &mut Sites, name: &'static str, url: &str, brand: Brand) -> Result<(), Box<dyn Error>> {
    let site = Arc::new(Site::new(name, PublicUrl::from_configuration(url)?));
    let clock: Arc<dyn Clock> = Arc::new(Since(Instant::now()));
    let portal = Portal::new(
        Settings {
            site: Arc::clone(&site),
            brand: Arc::new(brand),
            proof: ProofSettings {
                bits: 12,
                free_per_network: 0,
                wait: Duration::from_secs(2),
                waits_per_network: 1_000,
            },
        },
        Ports {
            service: Arc::new(Staged::new(Arc::clone(&clock))),
            clock,
            chance: Arc::new(Octets),
            uses: Arc::new(Always),
            secret: Secret::new([1; 32]),
        },
    );
    sites.add(site, portal.router(), Arc::new(portal.clone()))?;
    Ok(())
}

fn brand() -> Result<Brand, Box<dyn Error>> {
    let logo = |colour: &str| {
        format!(
            "<svg viewBox=\"0 0 40 40\"><path fill=\"{colour}\" d=\"M6 38V18a14 14 0 0 1 28 0v20z\"/><circle cx=\"27\" cy=\"26\" r=\"2.5\" fill=\"#888888\"/></svg>"
        )
    };
    Ok(Brand::new(BrandParts {
        name: "Example".into(),
        logo: Some(Logo::from_svg(logo("#0b57a4").as_bytes())?),
        logo_dark: Some(Logo::from_svg(logo("#8ac2ff").as_bytes())?),
        accent: Colour::BLUE,
        accent_dark: Colour::LIGHT_BLUE,
        help_desk: HelpDesk {
            text: None,
            phone: Some("+1 555 0100".into()),
            url: Some("https://help.example.org/".into()),
        },
        legal: vec![LegalLink {
            title: "Imprint".into(),
            url: "https://www.example.org/imprint".into(),
        }],
        languages: Language::ALL.to_vec(),
        kiosk: false,
        sign_in: Some("https://www.example.org/".into()),
        time_zone: jiff::tz::TimeZone::UTC,
    })?)
}

/// Runs from the same moment on at each start, so that two walks see the same pages.
struct Since(Instant);

impl Clock for Since {
    fn now(&self) -> Timestamp {
        let began = 1_795_359_600; // 2026-11-22T15:00:00Z
        let elapsed = i64::try_from(self.0.elapsed().as_secs()).unwrap_or_default();
        Timestamp::from_second(began + elapsed).unwrap_or_default()
    }
}

struct Octets;

impl Chance for Octets {
    fn fill(&self, octets: &mut [u8]) -> bool {
        aws_lc_rs::rand::fill(octets).is_ok()
    }
}

#[derive(Debug)]
struct One(Arc<CertifiedKey>);

impl ResolvesServerCert for One {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

fn certificate() -> Result<Arc<One>, Box<dyn Error>> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
    let certified = CertifiedKey::new(vec![made.cert.der().clone()], any_supported_type(&key)?);
    Ok(Arc::new(One(Arc::new(certified))))
}
