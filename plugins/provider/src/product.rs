//! The products there are: their pages as templates, and what has to be configured of each.
//!
//! A parameter for the sign-in name stands here only where its maker documents it, or behind `hint` where it works without.

use crate::Pages;
use crate::settings::{Mistake, Settings, Wrong};
use crate::template::{Template, encode};
use url::Url;

pub(crate) fn pages(one: &Settings) -> Result<Pages, Mistake> {
    match one.kind.as_str() {
        "entra" => entra(one),
        "google" => google(one),
        "okta" => okta(one),
        "keycloak" => keycloak(one),
        "generic" => generic(one),
        _ => Err(("kind", Wrong::NoKind)),
    }
}

/// Self-service reset unlocks as well. `username` is not documented, and widely used.
fn entra(one: &Settings) -> Result<Pages, Mistake> {
    only(one, &["hint"])?;
    let reset = if one.hint {
        "https://passwordreset.microsoftonline.com/?username={login}"
    } else {
        "https://passwordreset.microsoftonline.com/"
    };
    Ok(Pages {
        reset: known(reset)?,
        change: Some(known("https://mysignins.microsoft.com/security-info/password/change")?),
        unlock: Some(known(reset)?),
    })
}

fn google(one: &Settings) -> Result<Pages, Mistake> {
    only(one, &[])?;
    Ok(Pages {
        reset: known("https://accounts.google.com/signin/recovery")?,
        change: Some(known("https://myaccount.google.com/signinoptions/password")?),
        unlock: None,
    })
}

/// An organisation's own host. It has no address for a change: that is in everybody's settings there.
fn okta(one: &Settings) -> Result<Pages, Mistake> {
    only(one, &["host"])?;
    let host = host(one)?;
    Ok(Pages {
        reset: known(&format!("https://{host}/signin/forgot-password"))?,
        change: None,
        unlock: Some(known(&format!("https://{host}/signin/unlock"))?),
    })
}

/// Both pages want a whole OpenID authentication request; `login_hint` is a parameter of those (OpenID Connect Core §3.1.2.1). Failures lock
/// only for a while there, and nobody can lift that but an administrator.
fn keycloak(one: &Settings) -> Result<Pages, Mistake> {
    only(one, &["host", "realm", "client", "return_url"])?;
    let host = host(one)?;
    let realm = one
        .realm
        .as_deref()
        .filter(|realm| !realm.is_empty())
        .ok_or(("realm", Wrong::Missing))?;
    // The only segments that would not stay one (URL standard: they mean "this" and "the one above").
    if matches!(realm, "." | "..") || realm.chars().any(char::is_control) {
        return Err(("realm", Wrong::NotALine));
    }
    let realm = format!("https://{host}/realms/{}", encode(realm));
    let (client, back) = match (&one.client, &one.return_url) {
        (None, None) => ("account", format!("{realm}/account/")),
        (Some(client), Some(back)) if is_page(back) => (client.as_str(), back.clone()),
        (Some(_), Some(_)) => return Err(("return_url", Wrong::NotAPage)),
        (Some(_), None) => return Err(("return_url", Wrong::Missing)),
        (None, Some(_)) => return Err(("client", Wrong::Missing)),
    };
    let request = format!(
        "client_id={}&redirect_uri={}&response_type=code&scope=openid&login_hint={{login}}",
        encode(client),
        encode(&back)
    );
    let openid = format!("{realm}/protocol/openid-connect");
    Ok(Pages {
        reset: known(&format!("{openid}/forgot-credentials?{request}"))?,
        change: Some(known(&format!("{openid}/auth?{request}&kc_action=UPDATE_PASSWORD"))?),
        unlock: None,
    })
}

/// Addresses as they are configured.
fn generic(one: &Settings) -> Result<Pages, Mistake> {
    only(one, &["reset", "change", "unlock"])?;
    let page = |key, text: &Option<String>| {
        let template = text
            .as_deref()
            .map(|text| Template::parse(text).ok_or((key, Wrong::NotAPage)));
        template.transpose()
    };
    Ok(Pages {
        reset: page("reset", &one.reset)?.ok_or(("reset", Wrong::Missing))?,
        change: page("change", &one.change)?,
        unlock: page("unlock", &one.unlock)?,
    })
}

/// Refuses what the product has no use for: whoever wrote it meant something by it.
fn only(one: &Settings, used: &[&str]) -> Result<(), Mistake> {
    let given = [
        ("host", one.host.is_some()),
        ("realm", one.realm.is_some()),
        ("client", one.client.is_some()),
        ("return_url", one.return_url.is_some()),
        ("reset", one.reset.is_some()),
        ("change", one.change.is_some()),
        ("unlock", one.unlock.is_some()),
        ("hint", one.hint),
    ];
    let stray = given.into_iter().find(|(key, given)| *given && !used.contains(key));
    stray.map_or(Ok(()), |(key, _)| Err((key, Wrong::NotOfThisKind)))
}

/// A host, with a port where there is one, as it stands in an address.
fn host(one: &Settings) -> Result<String, Mistake> {
    let text = one.host.as_deref().ok_or(("host", Wrong::Missing))?;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let url = Some(text)
        .filter(|text| !text.is_empty() && text.chars().all(plain))
        .and_then(|text| Url::parse(&format!("https://{text}/")).ok());
    let url = url.ok_or(("host", Wrong::NotAHost))?;
    let name = url.host_str().ok_or(("host", Wrong::NotAHost))?;
    Ok(match url.port() {
        Some(port) => format!("{name}:{port}"),
        None => name.to_owned(),
    })
}

fn is_page(text: &str) -> bool {
    Template::parse(text).is_some_and(|page| !page.takes_anything())
}

/// A template of ours.
fn known(text: &str) -> Result<Template, Mistake> {
    Template::parse(text).ok_or(("kind", Wrong::NotAPage))
}
