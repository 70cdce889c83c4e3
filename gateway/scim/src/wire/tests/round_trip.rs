//! A filter that is written down and read is the same filter.

use super::*;
use crate::fixture::STATE;
use proptest::prelude::*;
use proptest::sample::select;

/// As a client would write it.
fn print(filter: &Filter) -> String {
    let inside = |filter: &Filter| match filter {
        Filter::And(_) | Filter::Or(_) => format!("({})", print(filter)),
        other => print(other),
    };
    let joined = |parts: &[Filter], word: &str| parts.iter().map(inside).collect::<Vec<_>>().join(word);
    match filter {
        Filter::And(parts) => joined(parts, " and "),
        Filter::Or(parts) => joined(parts, " or "),
        Filter::Not(inner) => format!("not ({})", print(inner)),
        Filter::Present(path) => format!("{} pr", name(path)),
        Filter::Compare {
            path,
            operator,
            operand,
        } => format!(
            "{} {} {}",
            name(path),
            format!("{operator:?}").to_lowercase(),
            literal(operand)
        ),
        Filter::Element { attribute, filter } => {
            let attribute = name(&Path {
                key: attribute.clone(),
                sub: None,
            });
            format!("{attribute}[{}]", print(filter).replace(&format!("{attribute}."), ""))
        }
        Filter::Never => unreachable!("none is made"),
    }
}

fn name(path: &Path) -> String {
    let urn = path
        .key
        .extension
        .as_ref()
        .map_or_else(String::new, |urn| format!("{urn}:"));
    let sub = path.sub.as_ref().map_or_else(String::new, |sub| format!(".{sub}"));
    format!("{urn}{}{sub}", path.key.name)
}

fn literal(operand: &Operand) -> String {
    match operand {
        Operand::Text(text) => serde_json::to_string(text).unwrap(),
        Operand::Boolean(value) => value.to_string(),
        Operand::Integer(value) => value.to_string(),
        Operand::Decimal(value) => serde_json::to_string(value).unwrap(),
        Operand::Moment(at) => format!("\"{at}\""),
        Operand::Null => "null".into(),
    }
}

fn path_in(extension: Option<&str>, name: &str, sub: Option<&str>) -> Path {
    let key = extension.map_or_else(|| Key::core(name), |urn| Key::of(urn, name));
    Path {
        key,
        sub: sub.map(Into::into),
    }
}

fn comparison() -> impl Strategy<Value = Filter> {
    let texts = select(vec![
        path_in(None, "userName", None),
        path_in(None, "id", None),
        path_in(None, "name", Some("givenName")),
        path_in(None, "emails", Some("value")),
        path_in(Some(ENTERPRISE), "manager", Some("value")),
        path_in(Some(ENTERPRISE), "department", None),
    ]);
    let operators = select(vec![
        Operator::Eq,
        Operator::Ne,
        Operator::Co,
        Operator::Sw,
        Operator::Ew,
        Operator::Gt,
        Operator::Ge,
        Operator::Lt,
        Operator::Le,
    ]);
    let ordering = select(vec![
        Operator::Eq,
        Operator::Ne,
        Operator::Gt,
        Operator::Ge,
        Operator::Lt,
        Operator::Le,
    ]);
    // Letters that mean something to this grammar, to JSON and to LDAP among them; names of attributes are not, for the printer's sake.
    let operand = r#"[a-m()\[\]*\\"&|! äß\n]{0,12}"#;
    prop_oneof![
        (texts, operators, operand).prop_map(|(path, operator, text)| compare(path, operator, Operand::Text(text))),
        (any::<bool>(), select(vec![Operator::Eq, Operator::Ne])).prop_map(|(value, operator)| compare(
            at("active", None),
            operator,
            Operand::Boolean(value)
        )),
        (any::<i64>(), ordering.clone()).prop_map(|(value, operator)| compare(
            path_in(Some(STATE), "size", None),
            operator,
            Operand::Integer(value)
        )),
        (
            any::<i32>().prop_map(|eighths| f64::from(eighths) / 8.0),
            ordering.clone()
        )
            .prop_map(|(value, operator)| compare(
                path_in(Some(STATE), "score", None),
                operator,
                Operand::Decimal(value)
            )),
        (0..4_000_000_000_i64, ordering).prop_map(|(seconds, operator)| {
            let moment = Operand::Moment(postern_identity::Timestamp::from_second(seconds).unwrap());
            compare(at("meta", Some("created")), operator, moment)
        }),
        select(vec![
            at("title", None),
            at("emails", None),
            at("meta", Some("lastModified"))
        ])
        .prop_map(Filter::Present),
    ]
}

fn of_an_element() -> impl Strategy<Value = Filter> {
    let term = (select(vec!["value", "type"]), "[a-m]{0,5}").prop_map(|(sub, text)| equals("emails", Some(sub), &text));
    combined(term.boxed()).prop_map(|filter| Filter::Element {
        attribute: key("emails"),
        filter: Box::new(filter),
    })
}

fn combined(term: BoxedStrategy<Filter>) -> impl Strategy<Value = Filter> {
    term.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::Or),
            inner.prop_map(not),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_down_is_read_as_the_same(filter in combined(prop_oneof![4 => comparison(), 1 => of_an_element()].boxed())) {
        let text = print(&filter);
        prop_assume!(text.len() < super::super::parse::LONGEST);
        prop_assert_eq!(super::filter(&text, &user()).map_err(|fault| format!("{text}: {fault}")), Ok(filter.clone()));
        // However it is typed.
        let shouted = text.split('"').enumerate().map(|(place, part)| {
            if place % 2 == 0 && !text.contains('\\') { part.to_uppercase() } else { part.to_owned() }
        }).collect::<Vec<_>>().join("\"");
        prop_assert_eq!(super::filter(&shouted, &user()).map_err(|fault| format!("{shouted}: {fault}")), Ok(filter));
    }
}
