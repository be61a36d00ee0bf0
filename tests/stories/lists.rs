//! Paged lists for consoles and platforms, the export and the OpenAPI document. Tested through the public surface only.

use live_jury_protocol::limits::PAGE_BYTES_MAX;
use live_jury_protocol::{Case, CaseState, Page, Problem};
use live_jury_tests::api::{Api, case};
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, PgConnection, SqliteConnection};

const ROOM: &str = "live-42";

live_jury_tests::on_both! {
    cases_are_paged_newest_first
    a_page_ends_at_its_bytes
    verdicts_are_paged_and_can_be_followed
    the_feed_goes_on_past_a_damaged_row
    the_ballot_export_has_no_names
    the_openapi_document_lists_every_route
}

async fn page(api: &Api, path: &str) -> Page<Case> {
    api.get(path).await.read(200)
}

/// A page ends at 256 KiB, and its `next` goes on from there.
async fn a_page_ends_at_its_bytes(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let statement = "It is not what was shown. ".repeat(70);
    let evidence: Vec<_> = (0..5).map(|_| json!({ "type": "text", "text": statement, "by": "buyer" })).collect();
    let mut made = Vec::new();
    for n in 0..60 {
        let made_case = moderator.create(ROOM, case(json!({ "evidence": evidence, "open": n % 2 == 0 }))).await;
        if n % 2 == 0 {
            moderator.close(made_case.id).await;
        }
        made.push((made_case.id, n % 2 == 0));
    }
    let recorded: Vec<_> = made.iter().filter(|(_, closed)| *closed).map(|(id, _)| *id).collect();
    let backwards = |ids: Vec<_>| ids.into_iter().rev().collect::<Vec<_>>();
    let all = backwards(made.iter().map(|(id, _)| *id).collect());
    let everywhere = node.moderator("*");
    for (api, path, cursor, must) in [
        (&moderator, format!("/rooms/{ROOM}/cases?limit=100"), "before", all),
        (&moderator, format!("/rooms/{ROOM}/verdicts?limit=100"), "before", backwards(recorded.clone())),
        (&everywhere, "/verdicts?limit=100".to_owned(), "after", recorded),
    ] {
        let (mut read, mut pages, mut next) = (Vec::new(), 0, String::new());
        loop {
            let reply = api.get(&format!("{path}{next}")).await;
            assert!(reply.text.len() <= PAGE_BYTES_MAX, "{} bytes", reply.text.len());
            let found: Page<Case> = reply.read(200);
            let is_last = found.items.is_empty() || found.next.is_none();
            read.extend(found.items.into_iter().map(|case| case.id));
            let Some(cursor_value) = found.next.filter(|_| !is_last) else { break };
            pages += 1;
            next = format!("&{cursor}={cursor_value}");
        }
        assert_eq!(read, must, "{path}");
        assert!(pages >= 1, "{path} has more than one page");
    }
}

async fn cases_are_paged_newest_first(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let mut made = Vec::new();
    for n in 0..7 {
        made.push(moderator.create(ROOM, case(json!({ "title": format!("Case {n}"), "open": n % 2 == 0 }))).await.id);
    }
    made.reverse();
    node.moderator("live-43").create("live-43", case(json!({}))).await;

    let mut read = Vec::new();
    let mut path = format!("/rooms/{ROOM}/cases?limit=3");
    loop {
        let found = page(&moderator, &path).await;
        assert!(found.items.len() <= 3);
        read.extend(found.items.into_iter().map(|case| case.id));
        let Some(next) = found.next else { break };
        path = format!("/rooms/{ROOM}/cases?limit=3&before={next}");
    }
    assert_eq!(read, made);
    let drafts = page(&moderator, &format!("/rooms/{ROOM}/cases?state=draft")).await;
    assert_eq!(drafts.items.iter().map(|case| case.id).collect::<Vec<_>>(), [made[1], made[3], made[5]]);
    let public = page(&node.api(&tokens::viewer(ROOM, "ann")), &format!("/rooms/{ROOM}/cases")).await;
    assert!(public.items.len() == 4 && public.items.iter().all(|case| case.state == CaseState::Open));
    let open_or_void = page(&moderator, &format!("/rooms/{ROOM}/cases?state=open,void")).await;
    assert_eq!(open_or_void.items.len(), 4);
}

async fn verdicts_are_paged_and_can_be_followed(stores: Stores) {
    let node = stores.node().await;
    let platform = node.api(&tokens::moderator("*", "platform"));
    let start = page(&platform, "/verdicts").await;
    let from_start = format!("/verdicts?after={}", start.next.expect("there is always a place to go on from"));
    assert_eq!(start.items.len(), 0);
    let mut recorded = Vec::new();
    for (n, room) in ["live-1", "live-2", "live-1", "live-1"].into_iter().enumerate() {
        let moderator = node.moderator(room);
        let id = moderator.create(room, case(json!({}))).await.id;
        if n == 2 {
            moderator.void(id, "no").await
        } else {
            moderator.close(id).await
        };
        recorded.push(id);
    }
    let ids = |found: &Page<Case>| found.items.iter().map(|case| case.id).collect::<Vec<_>>();
    let first = page(&platform, &format!("{from_start}&limit=3")).await;
    assert_eq!(ids(&first), recorded[..3]);
    assert_eq!(page(&platform, "/verdicts?limit=3").await, first, "a reader without a cursor starts at the first");
    let rest = page(&platform, &format!("/verdicts?after={}&limit=3", first.next.unwrap())).await;
    assert_eq!(ids(&rest), recorded[3..]);
    let end = rest.next.unwrap();
    let nothing = page(&platform, &format!("/verdicts?after={end}")).await;
    assert_eq!((nothing.items.len(), nothing.next), (0, Some(end)));
    assert_eq!(platform.get("/verdicts?after=what").await.problem(422), ("invalid_field".into(), "after".into()));
    let number = platform.get("/verdicts?after=2").await;
    assert_eq!(number.problem(410).0, "cursor_gone", "a number names no incarnation");
    let next = number.read::<Problem>(410).next.unwrap();
    assert_eq!(ids(&page(&platform, &format!("/verdicts?after={next}")).await), recorded);

    let viewer = node.api(&tokens::viewer("live-1", "ann"));
    let newest = page(&viewer, "/rooms/live-1/verdicts?limit=2").await;
    assert_eq!(ids(&newest), [recorded[3], recorded[2]]);
    let older = page(&viewer, &format!("/rooms/live-1/verdicts?limit=2&before={}", newest.next.unwrap())).await;
    assert_eq!((ids(&older), older.next), (vec![recorded[0]], None));
}

/// Changes a row under the running node.
async fn damage(stores: &Stores, sql: &'static str) {
    match stores.try_database() {
        None => {
            let options = SqliteConnectOptions::new().filename(stores.file());
            let mut db = SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::query(sql).execute(&mut db).await.unwrap();
        }
        Some(database) => {
            let mut db = PgConnection::connect(database).await.unwrap();
            sqlx::query(sql).execute(&mut db).await.unwrap();
        }
    }
}

async fn the_feed_goes_on_past_a_damaged_row(stores: Stores) {
    let node = stores.node().await;
    let platform = node.api(&tokens::moderator("*", "platform"));
    let moderator = node.moderator(ROOM);
    let mut ended = Vec::new();
    for title in ["first", "damaged", "last"] {
        let id = moderator.create(ROOM, case(json!({ "title": title }))).await.id;
        ended.push(moderator.close(id).await.id);
    }
    damage(&stores, "UPDATE cases SET brief = '{' WHERE verdict_seq = 2").await;

    let damaged = json!({ "id": ended[1], "place": 2, "unreadable": true });
    let page: Page<Value> = platform.get("/verdicts").await.read(200);
    let ids: Vec<_> = page.items.iter().map(|item| item["id"].clone()).collect();
    assert_eq!((json!(ids), &page.items[1]), (json!(ended), &damaged));
    let mut next = String::new();
    for item in &page.items {
        let one: Page<Value> = platform.get(&format!("/verdicts?limit=1{next}")).await.read(200);
        assert_eq!(one.items, std::slice::from_ref(item), "the feed goes on from the damaged item");
        next = format!("&after={}", one.next.unwrap());
    }
    let viewer = node.api(&tokens::viewer(ROOM, "ann"));
    let of_room: Page<Value> = viewer.get(&format!("/rooms/{ROOM}/verdicts")).await.read(200);
    assert_eq!((of_room.items.len(), &of_room.items[1]), (3, &damaged));
    let cases: Page<Value> = moderator.get(&format!("/rooms/{ROOM}/cases")).await.read(200);
    assert!(cases.items.contains(&damaged));

    // The room joins and judges on; a node that starts now shows it without the damaged case.
    let open = moderator.create(ROOM, case(json!({}))).await.id;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.vote(open, "buyer").await;
    node.kill().await;
    let node = stores.node().await;
    node.viewer(ROOM, "bob").await.vote(open, "buyer").await;
    assert_eq!(node.moderator(ROOM).close(open).await.id, open);
}

async fn the_ballot_export_has_no_names(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let options = json!([{ "id": "-1", "label": "Against" }, { "id": "b", "label": "For" }]);
    let first = moderator.create(ROOM, case(json!({ "options": options }))).await.id;
    let second = moderator.create(ROOM, case(json!({}))).await.id;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.vote(first, "-1").await;
    ann.vote(second, "buyer").await;
    moderator.close(first).await;
    moderator.close(second).await;
    let (first, second) = (moderator.ballots(first).await, moderator.ballots(second).await);
    let cell = |line: &str, column: usize| line.split(',').nth(column).unwrap().to_owned();
    assert_eq!((cell(&first[0], 1).as_str(), cell(&second[0], 1).as_str()), ("'-1", "buyer"), "no cell is a formula");
    assert_ne!(cell(&first[0], 0), cell(&second[0], 0), "one person is another in another case");
}

async fn the_openapi_document_lists_every_route(stores: Stores) {
    let node = stores.node().await;
    let document: Value = Api::new(node.address, None).get("/api/v1/openapi.json").await.read(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    for (path, method) in [
        ("/rooms/{room}/cases", "post"),
        ("/rooms/{room}/cases", "get"),
        ("/rooms/{room}/verdicts", "get"),
        ("/cases/{id}", "get"),
        ("/cases/{id}", "patch"),
        ("/cases/{id}", "delete"),
        ("/cases/{id}/open", "post"),
        ("/cases/{id}/extend", "post"),
        ("/cases/{id}/close", "post"),
        ("/cases/{id}/void", "post"),
        ("/cases/{id}/tally", "get"),
        ("/cases/{id}/ballots.csv", "get"),
        ("/cases/{id}/audit", "get"),
        ("/verdicts", "get"),
        ("/revocations", "post"),
        ("/rooms/{room}/policy", "get"),
        ("/rooms/{room}/policy", "put"),
        ("/rooms/{room}/policy/audit", "get"),
    ] {
        assert!(document["paths"][format!("/api/v1{path}")][method].is_object(), "{method} {path}");
    }
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(document["components"]["schemas"][reference].is_object(), "{reference} is not described");
    }
}
