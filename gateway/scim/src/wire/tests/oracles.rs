//! What other parsers accept means the same to ours.

use super::super::parse::{self, Literal, Syntax};
use super::*;
use proptest::prelude::*;
use scim_v2::filter as other;

/// Their tree in our words, names as they were typed; chains of `and` and of `or` flat, as theirs are.
fn of_filter(theirs: &other::Filter) -> String {
    match theirs {
        other::Filter::Attr(expression) => of_expression(expression),
        other::Filter::ValuePath(path) => format!("{}[{}]", path.attr, of_val_filter(&path.filter)),
        other::Filter::Not(inner) => format!("not({})", of_filter(inner)),
        other::Filter::And(all) => joined("and", all.iter().map(of_filter)),
        other::Filter::Or(any) => joined("or", any.iter().map(of_filter)),
    }
}

fn of_val_filter(theirs: &other::ValFilter) -> String {
    match theirs {
        other::ValFilter::Attr(expression) => of_expression(expression),
        other::ValFilter::Not(inner) => format!("not({})", of_val_filter(inner)),
        other::ValFilter::And(all) => joined("and", all.iter().map(of_val_filter)),
        other::ValFilter::Or(any) => joined("or", any.iter().map(of_val_filter)),
    }
}

fn of_expression(theirs: &other::AttrExp) -> String {
    match theirs {
        other::AttrExp::Present(path) => format!("{path} pr"),
        other::AttrExp::Comparison(path, operator, value) => format!("{path} {operator} {value}"),
    }
}

fn joined(word: &str, parts: impl Iterator<Item = String>) -> String {
    format!("{word}({})", parts.collect::<Vec<_>>().join(", "))
}

fn ours(syntax: &Syntax<'_>) -> String {
    match syntax {
        Syntax::And(_) => joined("and", flat(syntax, true).into_iter()),
        Syntax::Or(_) => joined("or", flat(syntax, false).into_iter()),
        Syntax::Not(inner) => format!("not({})", ours(inner)),
        Syntax::Present(name) => format!("{} pr", name.text),
        Syntax::Compare {
            name,
            operator,
            literal,
            ..
        } => {
            let literal = match literal {
                Literal::Text(text) => serde_json::to_string(text).unwrap(),
                Literal::Number(number) => number.to_string(),
                Literal::Boolean(value) => value.to_string(),
                Literal::Null => "null".into(),
            };
            format!("{} {} {literal}", name.text, format!("{operator:?}").to_lowercase())
        }
        Syntax::Element { name, filter } => format!("{}[{}]", name.text, ours(filter)),
    }
}

fn flat(syntax: &Syntax<'_>, and: bool) -> Vec<String> {
    match syntax {
        Syntax::And(parts) if and => parts.iter().flat_map(|part| flat(part, and)).collect(),
        Syntax::Or(parts) if !and => parts.iter().flat_map(|part| flat(part, and)).collect(),
        one => vec![ours(one)],
    }
}

fn same(text: &str) {
    if let Ok(theirs) = text.parse::<other::Filter>() {
        let read = parse::filter(text, Leniency::default()).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        assert_eq!(ours(&read), of_filter(&theirs), "{text}");
    }
    if let Ok(theirs) = text.parse::<other::PatchPath>() {
        let read = parse::path(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        let filter = read.filter.as_ref().map(ours);
        let sub = read.sub.map(|sub| sub.text.to_owned());
        match theirs {
            other::PatchPath::Attr(path) => assert_eq!((read.name.text.to_owned(), filter), (path.to_string(), None)),
            other::PatchPath::Value(path) => {
                assert_eq!(read.name.text, path.attr.to_string());
                assert_eq!((filter, sub), (Some(of_val_filter(&path.filter)), path.sub_attr));
            }
        }
    }
}

#[test]
fn examples_of_the_rfc_mean_the_same_to_scim_v2() {
    for text in [
        r#"userName eq "bjensen""#,
        r#"name.familyName co "O'Malley""#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
        "title pr",
        r#"meta.lastModified gt "2011-05-13T04:42:34Z""#,
        r#"title pr and userType eq "Employee""#,
        r#"title pr or userType eq "Intern""#,
        r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#,
        r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
        r#"userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")"#,
        r#"userType eq "Employee" and emails[type eq "work" and value co "@example.com"]"#,
        r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#,
        "members",
        "name.familyName",
        r#"addresses[type eq "work"]"#,
        r#"members[value eq "2819c223"].displayName"#,
        "n eq 1.5e-3",
        "age gt -1",
        "not (not (title pr))",
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "x""#,
    ] {
        assert!(
            text.parse::<other::Filter>().is_ok() || text.parse::<other::PatchPath>().is_ok(),
            "{text}: the oracle reads none of it"
        );
        same(text);
    }
}

proptest! {
    #[test]
    fn what_scim_v2_accepts_means_the_same_to_us(
        pieces in proptest::collection::vec(proptest::sample::select(vec![
            "title pr", "a.b eq \"x\"", "n lt -1.5", "c eq null", "d ne false", "emails[type eq \"w\" or value pr]", "e ew \"\\\"\\\\\"",
            " and ", " or ", " AND ", "not (", "not(", "(", ")", " ", "urn:x:2.0:y:z pr", "].value", "a[b pr].c", "userName", "x.y",
        ]), 1..9)
    ) {
        same(&pieces.concat());
    }

    #[test]
    fn chains_mean_the_same(
        terms in proptest::collection::vec((
            proptest::sample::select(vec!["a pr", "not (b pr)", "(c pr or d pr)", "(e pr and f pr)", "g[h eq 1 and not (i pr)]"]),
            proptest::sample::select(vec![" and ", " or "]),
        ), 1..8)
    ) {
        let text = terms.iter().enumerate().map(|(place, (term, word))| {
            if place == 0 { (*term).to_owned() } else { format!("{word}{term}") }
        }).collect::<String>();
        prop_assert!(text.parse::<other::Filter>().is_ok());
        same(&text);
    }
}
