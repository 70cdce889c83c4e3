use super::*;
use proptest::prelude::*;

const GOOD: &str = r##"<?xml version="1.0"?><!-- made by hand --><svg viewBox="0 0 24 24" fill='none'>
  <title>Example</title><defs><linearGradient id="a"><stop offset="0" stop-color="#0b57a4"/></linearGradient></defs>
  <path d="M4 22V10a8 8 0 0 1 16 0v12z" fill="url(#a)"/></svg>"##;

#[test]
fn a_logo_of_shapes_is_taken_and_written_anew() {
    let logo = Logo::from_svg(GOOD.as_bytes()).unwrap();
    assert_eq!(
        logo.as_svg(),
        "<svg viewBox=\"0 0 24 24\" fill=\"none\" xmlns=\"http://www.w3.org/2000/svg\"><title>Example</title><defs><linearGradient id=\"a\">\
         <stop offset=\"0\" stop-color=\"#0b57a4\"/></linearGradient></defs><path d=\"M4 22V10a8 8 0 0 1 16 0v12z\" fill=\"url(#a)\"/></svg>"
    );
    // What was written is taken again, as it is.
    assert_eq!(Logo::from_svg(logo.as_svg().as_bytes()).unwrap(), logo);
}

#[test]
fn what_runs_loads_or_leads_elsewhere_is_refused() {
    for inside in [
        "<script>alert(1)</script>",
        "<SCRIPT/>",
        "<path onload=\"alert(1)\"/>",
        "<path OnClick='x'/>",
        "<a href=\"https://evil.example\"><path/></a>",
        "<use xlink:href=\"https://evil.example#a\"/>",
        "<image href=\"data:image/png;base64,AA\"/>",
        "<foreignObject><b xmlns=\"http://www.w3.org/1999/xhtml\"/></foreignObject>",
        "<style>@import url(https://evil.example)</style>",
        "<path style=\"fill:url(https://evil.example)\"/>",
        "<path fill=\"url(https://evil.example/a.svg#b)\"/>",
        "<path fill=\"url( //evil.example#b)\"/>",
        "<path fill=\"red url(#a)\"/>",
        "<path fill=\"URL(#a) url(x)\"/>",
        "<path fill=\"&#117;rl(x)\"/>",
        "<animate attributeName=\"href\" to=\"javascript:alert(1)\"/>",
        "<set/>",
        "<path d=\"M0 0\" d=\"M1 1\"/>",
        "<path",
        "<path d=M0/>",
        "<g>",
        "</g>",
        "<![CDATA[<script/>]]>",
        "<!DOCTYPE svg>",
        "<svg:script/>",
        "&lt;",
        "<path\u{0}onload='x'/>",
    ] {
        let file = format!("<svg>{inside}</svg>");
        assert!(Logo::from_svg(file.as_bytes()).is_err(), "{inside}");
    }
    for file in [
        "",
        "text",
        "<g/>",
        "<svg/><svg/>",
        "<svg/>text",
        "<!DOCTYPE svg [<!ENTITY a \"b\">]><svg/>",
        "<svg xmlns=\"http://www.w3.org/1999/xhtml\"/>",
        "<html/>",
    ] {
        assert!(Logo::from_svg(file.as_bytes()).is_err(), "{file}");
    }
    assert_eq!(Logo::from_svg(&vec![b' '; LARGEST]).unwrap_err(), NoLogo::TooLarge);
    assert!(Logo::from_svg(format!("<svg>{}{}</svg>", "<g>".repeat(99), "</g>".repeat(99)).as_bytes()).is_err());
}

const LARGEST: usize = logo::LARGEST_LOGO + 1;

#[test]
fn what_is_wrong_with_a_logo_is_said_with_its_remedy() {
    let said = Logo::from_svg(b"<svg><text>a</text></svg>").unwrap_err().to_string();
    assert!(said.contains("<text>") && said.contains("paths"), "{said}");
}

#[test]
fn colours_are_told_apart_as_the_guidelines_count() {
    let contrast = |one: &str, other: &str| one.parse::<Colour>().unwrap().contrast(other.parse().unwrap());
    assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-9);
    assert!((contrast("#777777", "#ffffff") - 4.48).abs() < 0.01);
    assert!((contrast("#ffffff", "#767676") - 4.54).abs() < 0.01);
    for no in ["", "#fff", "red", "#12345g", "#+1+2+3", "#12345678", "#ä1234"] {
        assert!(no.parse::<Colour>().is_err(), "{no}");
    }
}

fn parts() -> BrandParts {
    Brand::plain("Example").parts
}

#[test]
fn the_brand_that_goes_with_anything_can_be_read() {
    assert!(Brand::new(parts()).is_ok());
}

#[test]
fn an_accent_nobody_can_read_is_refused_with_its_contrast() {
    let mut light = parts();
    light.accent = "#777777".parse().unwrap();
    let said = Brand::new(light).err().unwrap().to_string();
    assert!(
        said.starts_with("accent has a contrast of 4.1") && said.contains("darker"),
        "{said}"
    );
    let mut dark = parts();
    dark.accent_dark = "#0b57a4".parse().unwrap();
    assert!(matches!(
        Brand::new(dark).err().unwrap(),
        BrandError::Contrast {
            which: "accent_dark",
            ..
        }
    ));
}

#[test]
fn addresses_of_a_brand_lead_over_tls() {
    for no in [
        "http://a.example",
        "javascript:alert(1)",
        "//a.example",
        "https://",
        "https://u@a.example",
        "",
    ] {
        let mut brand = parts();
        brand.sign_in = Some(no.into());
        assert_eq!(Brand::new(brand).err(), Some(BrandError::NotHttps("sign_in")), "{no}");
        let mut brand = parts();
        brand.legal = vec![LegalLink {
            title: "Imprint".into(),
            url: no.into(),
        }];
        assert!(Brand::new(brand).is_err(), "{no}");
    }
    let mut nameless = parts();
    nameless.name = " \n".into();
    assert_eq!(Brand::new(nameless).err(), Some(BrandError::Name));
}

#[test]
fn at_a_login_screen_nothing_leads_away() {
    let mut brand = parts();
    brand.sign_in = Some("https://sign-in.example.org".into());
    brand.help_desk.url = Some("https://help.example.org".into());
    brand.legal = vec![LegalLink {
        title: "Imprint".into(),
        url: "https://example.org/imprint".into(),
    }];
    let brand = Brand::new(brand).unwrap();
    assert!(brand.sign_in().is_some() && brand.help_desk_url().is_some() && !brand.legal().is_empty());
    let kiosk = brand.for_kiosk();
    assert!(kiosk.sign_in().is_none() && kiosk.help_desk_url().is_none() && kiosk.legal().is_empty());
}

proptest! {
    #[test]
    fn any_file_is_a_logo_without_anything_that_runs_or_refused(text in "(<(svg|g|path|script|a|style)( (fill|href|onload|style)=\"[a-z(:#)/]{0,12}\")*/?>|</(svg|g|a)>|[a-z&;]{0,3}){0,12}") {
        if let Ok(logo) = Logo::from_svg(text.as_bytes()) {
            for never in ["<script", "href", "onload", "style", "<a", "javascript:"] {
                prop_assert!(!logo.as_svg().contains(never), "{}", logo.as_svg());
            }
        }
    }

    #[test]
    fn any_octets_are_a_logo_or_refused(octets in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Logo::from_svg(&octets);
    }
}
