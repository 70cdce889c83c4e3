//! A list of writes with the codes slapd gives them. The tests of the whole gateway run the same list against slapd itself.

use super::{BASE, House, add, delete, modify, rename};
use crate::local::session::{Actor, Session};

const LIST: &str = include_str!("as_slapd.ldif");

/// One write of the list.
struct Write<'a> {
    title: &'a str,
    code: u32,
    who: &'a str,
    request: Vec<u8>,
}

#[tokio::test]
async fn every_write_of_the_list_gets_the_code_slapd_gives_it() {
    let house = House::empty(|settings| settings.administrators = vec![format!("uid=boss,ou=writes,{BASE}")]);
    house
        .load(
            BASE,
            &[("objectClass", &["dcObject", "organization"]), ("o", &["Example"])],
        )
        .await;
    let writes: Vec<Write<'_>> = LIST.split("\n\n").skip(1).map(read).collect();
    assert!(writes.len() > 90);
    let mut wrong = Vec::new();
    for write in &writes {
        let session = match write.who {
            "root" => Session::new(Actor::Root),
            "nobody" => Session::new(Actor::Anonymous),
            uid => house.session(&format!("uid={uid},ou=writes,{BASE}")),
        };
        let said = house.ask(&session, &write.request).await;
        if said.code != write.code {
            wrong.push(format!(
                "{}: {} instead of {}, {:?}",
                write.title, said.code, write.code, said.text
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn read(block: &str) -> Write<'_> {
    let (head, ldif) = block.trim().split_once('\n').unwrap();
    let (codes, rest) = head.strip_prefix("# ").unwrap().split_once(' ').unwrap();
    let (who, title) = rest.split_once(": ").unwrap();
    let code = codes.split('/').next().unwrap().parse().unwrap();
    let lines: Vec<(&str, &str)> = ldif
        .lines()
        .filter(|line| *line != "-")
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name, value.trim()))
        .collect();
    let [("dn", dn), ("changetype", kind), rest @ ..] = lines.as_slice() else {
        panic!("{title}: no change")
    };
    let find = |wanted: &str| rest.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    let request = match *kind {
        "add" => {
            let mut given: Vec<(&str, Vec<&str>)> = Vec::new();
            for (name, value) in rest {
                match given.iter_mut().find(|(known, _)| known == name) {
                    Some((_, values)) => values.push(value),
                    None => given.push((name, vec![value])),
                }
            }
            let given: Vec<(&str, &[&str])> = given.iter().map(|(name, values)| (*name, values.as_slice())).collect();
            add(dn, &given, &[])
        }
        "modify" => {
            let mut changes: Vec<(u32, &str, Vec<&str>)> = Vec::new();
            for (name, value) in rest {
                let operation = match *name {
                    "add" => 0,
                    "delete" => 1,
                    "replace" => 2,
                    "increment" => 3,
                    _ => {
                        changes.last_mut().unwrap().2.push(value);
                        continue;
                    }
                };
                changes.push((operation, value, Vec::new()));
            }
            let changes: Vec<(u32, &str, &[&str])> = changes
                .iter()
                .map(|(operation, name, values)| (*operation, *name, values.as_slice()))
                .collect();
            modify(dn, &changes, &[])
        }
        "modrdn" => rename(
            dn,
            find("newrdn").unwrap(),
            find("deleteoldrdn") == Some("1"),
            find("newsuperior"),
            &[],
        ),
        "delete" => delete(dn, &[]),
        other => panic!("{title}: {other}"),
    };
    Write {
        title,
        code,
        who,
        request,
    }
}
