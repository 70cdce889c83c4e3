//! Pages and sorting.

use super::stage::{ADA, Asked, Client, Stage, Told};
use postern_ldap::ResultCode;
use postern_ldap::control::paged::PagedResults;
use postern_ldap::control::sort::{self, SortKey};
use postern_ldap::{control, oid};

const SORT_RESPONSE: &[u8] = b"1.2.840.113556.1.4.474";
const EVERYBODY: &str = "(objectClass=person)";

fn page(size: u32, cookie: &[u8]) -> Vec<u8> {
    PagedResults { size, cookie }.control(true)
}

fn asked<'a>(filter: &'a str, controls: &'a [&'a [u8]]) -> Asked<'a> {
    Asked {
        controls,
        ..Asked::all(filter)
    }
}

fn cookie(told: &Told) -> Vec<u8> {
    let value = told.control(oid::PAGED_RESULTS).expect("a response control");
    PagedResults::parse(&value).unwrap().cookie.to_vec()
}

fn by(attribute: &str, reverse: bool, critical: bool) -> Vec<u8> {
    let key = SortKey {
        attribute: attribute.as_bytes(),
        ordering_rule: None,
        reverse,
    };
    sort::control(&[key], critical)
}

async fn crowd() -> Stage {
    let stage = Stage::new().await;
    for number in 0..40 {
        // Neither in the order of names nor in that of making.
        let given = format!("{:02}", (number * 7) % 40);
        stage
            .person(&format!("p{number}"), &given, &format!("Family{}", number % 3))
            .await;
    }
    stage
}

async fn all_pages(client: &mut Client, size: u32, more: &[&[u8]], filter: &str) -> (Vec<String>, Vec<usize>) {
    let (mut names, mut sizes, mut at) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        let paged = page(size, &at);
        let controls: Vec<&[u8]> = std::iter::once(paged.as_slice()).chain(more.iter().copied()).collect();
        let told = client
            .search(Asked {
                controls: &controls,
                ..Asked::all(filter)
            })
            .await;
        assert_eq!(told.code, ResultCode::SUCCESS, "{}", told.text);
        sizes.push(told.entries.len());
        at = cookie(&told);
        names.extend(told.entries.into_iter().map(|entry| entry.name));
        if at.is_empty() {
            return (names, sizes);
        }
    }
}

#[tokio::test]
async fn pages_together_are_the_whole_whatever_their_size() {
    let stage = crowd().await;
    let mut client = stage.signed_in(ADA).await;
    let whole = client.found(EVERYBODY).await;
    for filter in [
        EVERYBODY,
        "(|(cn=*)(uid=ada))",
        "(&(objectClass=person)(!(uid=nobody)))",
    ] {
        for size in [1, 7, 42, 43, 44, 1000] {
            let (mut names, sizes) = all_pages(&mut client, size, &[], filter).await;
            names.sort();
            names.retain(|name| name.starts_with("uid"));
            assert_eq!(names, whole, "{filter} {size}");
            assert!(
                sizes.iter().rev().skip(1).all(|count| *count == size as usize),
                "{sizes:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_cookie_is_good_once_on_its_connection_for_its_search() {
    let stage = crowd().await;
    let mut client = stage.signed_in(ADA).await;
    let first = page(5, b"");
    let told = client.search(asked(EVERYBODY, &[&first])).await;
    let next = page(5, &cookie(&told));
    let mut other = stage.signed_in(ADA).await;
    assert_eq!(
        other.search(asked(EVERYBODY, &[&next])).await.code,
        ResultCode::UNWILLING_TO_PERFORM
    );
    let told = client.search(asked(EVERYBODY, &[&next])).await;
    assert_eq!((told.code, told.entries.len()), (ResultCode::SUCCESS, 5));
    assert_eq!(
        client.search(asked(EVERYBODY, &[&next])).await.code,
        ResultCode::UNWILLING_TO_PERFORM,
        "used"
    );
    let third = page(5, &cookie(&told));
    assert_eq!(
        client.search(asked("(uid=*)", &[&third])).await.code,
        ResultCode::UNWILLING_TO_PERFORM
    );
    assert_eq!(
        client.search(asked(EVERYBODY, &[&third])).await.code,
        ResultCode::UNWILLING_TO_PERFORM,
        "gone"
    );

    let told = client.search(asked(EVERYBODY, &[&first])).await;
    let next = page(5, &cookie(&told));
    client.bind(ADA, super::stage::PASSWORD).await;
    assert_eq!(
        client.search(asked(EVERYBODY, &[&next])).await.code,
        ResultCode::UNWILLING_TO_PERFORM,
        "a bind"
    );
}

#[tokio::test]
async fn the_client_may_end_a_paged_search_and_not_keep_too_many() {
    let stage = crowd().await;
    let mut client = stage.signed_in(ADA).await;
    let first = page(5, b"");
    let told = client.search(asked(EVERYBODY, &[&first])).await;
    let ends = page(0, &cookie(&told));
    let told = client.search(asked(EVERYBODY, &[&ends])).await;
    assert_eq!(
        (told.code, told.entries.len(), cookie(&told)),
        (ResultCode::SUCCESS, 0, Vec::new())
    );
    let mut cookies = Vec::new();
    for _ in 0..9 {
        let told = client.search(asked(EVERYBODY, &[&first])).await;
        cookies.push(page(5, &cookie(&told)));
    }
    assert_eq!(
        client.search(asked(EVERYBODY, &[&cookies[0]])).await.code,
        ResultCode::UNWILLING_TO_PERFORM
    );
    assert_eq!(
        client.search(asked(EVERYBODY, &[&cookies[8]])).await.code,
        ResultCode::SUCCESS
    );
}

#[tokio::test]
async fn sorting_is_by_the_keys_in_both_directions_and_with_pages() {
    let stage = crowd().await;
    let mut client = stage.signed_in(ADA).await;
    let told = client
        .search(Asked {
            controls: &[&by("givenName", false, true)],
            attributes: &["givenName"],
            ..Asked::all("(sn=Family*)")
        })
        .await;
    let given: Vec<&str> = told.entries.iter().map(|entry| entry.values("givenName")[0]).collect();
    assert!(given.len() == 40 && given.is_sorted(), "{given:?}");
    assert_eq!(told.control(SORT_RESPONSE), Some(vec![0x30, 3, 0x0a, 1, 0]));

    let sorted = by("givenName", true, true);
    let (names, sizes) = all_pages(&mut client, 7, &[&sorted], "(sn=Family*)").await;
    assert_eq!(sizes, [7, 7, 7, 7, 7, 5]);
    let mut expected: Vec<(String, String)> = Vec::new();
    for entry in &told.entries {
        expected.push((entry.values("givenName")[0].to_owned(), entry.name.clone()));
    }
    expected.reverse();
    assert_eq!(names, expected.into_iter().map(|(_, name)| name).collect::<Vec<_>>());

    let both = sort::control(
        &[
            SortKey {
                attribute: b"sn",
                ordering_rule: None,
                reverse: false,
            },
            SortKey {
                attribute: b"givenName",
                ordering_rule: None,
                reverse: true,
            },
        ],
        true,
    );
    let told = client
        .search(Asked {
            controls: &[&both],
            ..Asked::all("(sn=Family*)")
        })
        .await;
    let keys: Vec<(&str, std::cmp::Reverse<&str>)> = told
        .entries
        .iter()
        .map(|entry| (entry.values("sn")[0], std::cmp::Reverse(entry.values("givenName")[0])))
        .collect();
    assert!(keys.is_sorted(), "{keys:?}");
}

#[tokio::test]
async fn what_has_no_key_comes_last_and_first_in_reverse() {
    let stage = Stage::new().await;
    let mut client = stage.signed_in(ADA).await;
    for reverse in [false, true] {
        let told = client
            .search(Asked {
                controls: &[&by("uid", reverse, true)],
                attributes: &["uid"],
                ..Asked::all("(|(objectClass=person)(ou=people))")
            })
            .await;
        let mut uids: Vec<Vec<&str>> = told.entries.iter().map(|entry| entry.values("uid")).collect();
        if reverse {
            uids.reverse();
        }
        assert_eq!(uids, [vec!["ada"], vec!["bob"], vec!["root"], vec![]]);
    }
}

#[tokio::test]
async fn what_cannot_be_sorted_is_refused_or_comes_unsorted() {
    let stage = Stage::with(|settings| settings.limits.sorted = 2).await;
    let mut client = stage.signed_in(ADA).await;
    for (attribute, result) in [("nosuch", 16), ("userPassword", 18), ("uid", 11)] {
        let told = client
            .search(Asked {
                controls: &[&by(attribute, false, true)],
                ..Asked::all(EVERYBODY)
            })
            .await;
        assert_eq!(
            (told.code, told.entries.len()),
            (ResultCode::UNAVAILABLE_CRITICAL_EXTENSION, 0),
            "{attribute}"
        );
        assert_eq!(told.control(SORT_RESPONSE), Some(vec![0x30, 3, 0x0a, 1, result]));
        let told = client
            .search(Asked {
                controls: &[&by(attribute, false, false)],
                ..Asked::all(EVERYBODY)
            })
            .await;
        assert_eq!((told.code, told.entries.len()), (ResultCode::SUCCESS, 3), "{attribute}");
        assert_eq!(told.control(SORT_RESPONSE), Some(vec![0x30, 3, 0x0a, 1, result]));
    }
}

#[tokio::test]
async fn unknown_critical_controls_and_two_of_a_kind_are_refused() {
    let stage = Stage::new().await;
    let mut client = stage.signed_in(ADA).await;
    let unknown = control::encode(b"1.2.3.4", true, None);
    let harmless = control::encode(b"1.2.3.4", false, None);
    let manage = control::encode(oid::MANAGE_DSA_IT, true, None);
    let paged = page(5, b"");
    for (controls, code) in [
        (&[unknown.as_slice()][..], 12),
        (&[harmless.as_slice(), harmless.as_slice()], 0),
        (&[manage.as_slice()], 0),
        (&[paged.as_slice(), paged.as_slice()], 2),
    ] {
        let told = client
            .search(Asked {
                controls,
                ..Asked::all("(uid=ada)")
            })
            .await;
        assert_eq!(told.code.0, code, "{controls:?}");
    }
}

#[tokio::test]
async fn what_is_found_twice_is_sorted_once_and_given_up_without_loss() {
    let stage = Stage::with(|settings| settings.limits.sorted = 100).await;
    for number in 0..90 {
        stage
            .person(&format!("p{number}"), &format!("{:02}", (number * 7) % 90), "Many")
            .await;
    }
    let mut client = stage.signed_in(ADA).await;
    for (filter, count) in [("(|(sn=Many)(cn=*)(uid=p1))", 95), ("(|(objectClass=*)(sn=Many))", 99)] {
        let told = client.search(asked(filter, &[&by("givenName", false, false)])).await;
        let mut names = told.names();
        names.sort_unstable();
        names.dedup();
        assert_eq!(
            (told.code, told.entries.len(), names.len()),
            (ResultCode::SUCCESS, count, count),
            "{filter}"
        );
    }
    let stage = Stage::with(|settings| settings.limits.sorted = 20).await;
    for number in 0..90 {
        stage
            .person(&format!("p{number}"), &format!("{:02}", (number * 7) % 90), "Many")
            .await;
    }
    let mut client = stage.signed_in(ADA).await;
    let told = client
        .search(asked("(|(sn=Many)(cn=*)(uid=p1))", &[&by("givenName", false, false)]))
        .await;
    let mut names = told.names();
    names.sort_unstable();
    names.dedup();
    assert_eq!((told.entries.len(), names.len()), (95, 95));
}

#[tokio::test]
async fn each_page_has_the_time_and_the_patience_of_a_request_of_its_own() {
    let stage = Stage::with(|settings| settings.limits.look_through = 30).await;
    for number in 0..80 {
        let given = if number % 20 == 19 { "Wanted" } else { "Other" };
        stage.person(&format!("p{number:02}"), given, "Family").await;
    }
    let mut client = stage.signed_in(ADA).await;
    client.found("(uid=ada)").await;
    tokio::time::pause();
    let (mut found, mut at) = (0, Vec::new());
    loop {
        let paged = page(1, &at);
        let told = client
            .search(asked(
                "(&(objectClass=person)(!(givenName=Other))(!(uid=ada)))",
                &[&paged],
            ))
            .await;
        assert_eq!(told.code, ResultCode::SUCCESS, "after {found}: {}", told.text);
        found += told.entries.len();
        at = cookie(&told);
        if at.is_empty() {
            break;
        }
        tokio::time::advance(std::time::Duration::from_secs(40)).await;
    }
    assert_eq!(found, 6, "four of them, Bob and Ruth");
}
