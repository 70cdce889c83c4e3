//! What one request costs the directory: searches and modifies as they are counted on the way, and no bind for any of them.

use postern_ldap::tag;
use postern_tests::people::{BASE, SERVICE};
use postern_tests::{Gateway, GatewaySettings, Scim, Slapd, SlapdSettings, Tally};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Users besides those of every story: some pages of them.
const USERS: usize = 320;

/// What was asked of the directory for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cost {
    searches: usize,
    modifies: usize,
    others: usize,
}

const ONE_SEARCH: Cost = Cost {
    searches: 1,
    modifies: 0,
    others: 0,
};

struct Scene {
    // In the order in which they end.
    scim: Scim,
    _gateway: Gateway,
    tally: Tally,
    _slapd: Slapd,
}

/// A slapd that lets the service account write, with groups of 10 and of 10,000, behind a relay that counts.
fn scene() -> Scene {
    let mut ldif = String::new();
    for size in [10, 10_000] {
        let _ = write!(
            ldif,
            "dn: cn=crew {size},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: crew {size}\n"
        );
        for number in 0..size {
            let _ = writeln!(ldif, "member: uid=member{number},ou=people,{BASE}");
        }
        ldif.push('\n');
    }
    let slapd = Slapd::start_with(&SlapdSettings {
        users: USERS,
        ldif,
        database: format!(
            "index entryUUID eq
sortvals member
access to attrs=userPassword by dn.exact={SERVICE} write by anonymous auth by * none
access to * by dn.exact={SERVICE} write by * read"
        ),
        ..SlapdSettings::default()
    });
    let tally = Tally::before(slapd.address());
    let gateway = Gateway::start_with(&GatewaySettings {
        scim: Some(String::new()),
        ..GatewaySettings::new("generic", &[tally.url()])
    });
    Scene {
        scim: gateway.scim(),
        _gateway: gateway,
        tally,
        _slapd: slapd,
    }
}

impl Scene {
    /// What a request costs that is asked again and again: the least of it, since whether the server is well is asked beside it now and then.
    /// The first of them may open connections and learn what is remembered, and does not count.
    fn cost(&self, mut request: impl FnMut(usize)) -> Cost {
        request(0);
        let costs = (1..6).map(|number| {
            let _ = self.tally.take();
            request(number);
            let mut counts = self.tally.take();
            let mut of = |tag| counts.remove(&tag).unwrap_or_default();
            Cost {
                searches: of(tag::SEARCH_REQUEST),
                modifies: of(tag::MODIFY_REQUEST),
                others: counts.into_values().sum(),
            }
        });
        costs
            .min_by_key(|cost| cost.searches + cost.modifies + cost.others)
            .unwrap()
    }

    /// The ids of some users, a different one for each request.
    fn users(&self) -> Vec<String> {
        let page = self.scim.list("/Users", &[("attributes", "userName"), ("count", "20")]);
        ids(&page)
    }
}

fn ids(page: &Value) -> Vec<String> {
    let resources = page["Resources"].as_array().unwrap();
    resources
        .iter()
        .map(|resource| resource["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn reading_and_finding_a_user_is_one_search_without_a_bind_and_its_groups_are_another() {
    let scene = scene();
    let users = scene.users();
    let by_id = scene.cost(|number| {
        let path = format!("/Users/{}?excludedAttributes=groups", users[number]);
        scene.scim.get(&path).expect(200);
    });
    assert_eq!(by_id, ONE_SEARCH);
    // slapd's entries do not say which groups they are in.
    let with_groups = scene.cost(|number| {
        scene.scim.get(&format!("/Users/{}", users[number])).expect(200);
    });
    assert_eq!(
        with_groups,
        Cost {
            searches: 2,
            ..ONE_SEARCH
        }
    );
    let by_name = scene.cost(|number| {
        let filter = format!("userName eq \"user{:04}\"", number + 1);
        let found = scene
            .scim
            .list("/Users", &[("filter", &filter), ("excludedAttributes", "groups")]);
        assert_eq!(found["totalResults"], 1, "{found}");
    });
    assert_eq!(by_name, ONE_SEARCH);
}

#[test]
fn a_later_page_is_one_search_for_all_its_users() {
    let scene = scene();
    let page = |number: usize| {
        let start = (100 * (number % 3) + 2).to_string();
        let parameters = [
            ("startIndex", &*start),
            ("count", "100"),
            ("excludedAttributes", "groups"),
        ];
        let page = scene.scim.list("/Users", &parameters);
        assert_eq!(ids(&page).len(), 100, "{page}");
    };
    assert_eq!(scene.cost(page), ONE_SEARCH);
}

#[test]
fn a_member_comes_and_goes_by_one_modify_however_large_the_group_is() {
    let scene = scene();
    let users = scene.users();
    for size in [10, 10_000] {
        let filter = format!("displayName eq \"crew {size}\"");
        let groups = scene
            .scim
            .list("/Groups", &[("filter", &filter), ("attributes", "displayName")]);
        let group = format!("/Groups/{}", ids(&groups)[0]);
        // Who that is has to be found once; then it is known for a while.
        let one_modify = |searches| Cost {
            searches,
            modifies: 1,
            others: 0,
        };
        let comes = scene.cost(|number| {
            let add = json!([{ "op": "add", "path": "members", "value": [{ "value": users[number] }] }]);
            scene.scim.patch(&group, &add).expect(204);
        });
        assert!(comes == one_modify(0) || comes == one_modify(1), "{size}: {comes:?}");
        let goes = scene.cost(|number| {
            let path = format!("members[value eq \"{}\"]", users[number]);
            scene
                .scim
                .patch(&group, &json!([{ "op": "remove", "path": path }]))
                .expect(204);
        });
        assert!(goes == one_modify(0) || goes == one_modify(1), "{size}: {goes:?}");
    }
}
