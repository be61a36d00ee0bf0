//! New cases: repeated requests, limits of a room, and unusual text.

use live_jury_court::{Brief, Case, EvidenceUrlPolicy, LossShare, SealedBy};
use live_jury_protocol::CaseState;
use live_jury_protocol::limits::{DRAFTS_PER_ROOM_MAX, LIVE_CASES_PER_ROOM_MAX, REQUEST_KEPT_MS};
use live_jury_protocol::record::EventKind;
use live_jury_server::docket::{Added, CaseQuery, DocketError};
use serde_json::json;
use tokio::task::JoinSet;

use super::builders::{self, NOW_MS, draft, entry, open, opened, request, room, sealed_in};
use super::fixture::DocketFixture;

pub async fn a_new_case_is_read_back_unchanged(fixture: DocketFixture) {
    let docket = &fixture.docket;
    let case = draft(1, "live");
    let created = entry(&case, "mod", "created");
    assert_eq!(docket.add(&case, std::slice::from_ref(&created), None).await.unwrap(), Added::Created);
    assert_eq!(docket.case(case.id).await.unwrap(), Some(case.clone()));
    assert_eq!(docket.audit(case.id).await.unwrap(), std::slice::from_ref(&created));

    let at_once = open(2, "live");
    let entries = [created, entry(&at_once, "mod", "opened")];
    assert_eq!(docket.add(&at_once, &entries, None).await.unwrap(), Added::Created);
    assert_eq!(docket.case(at_once.id).await.unwrap(), Some(at_once.clone()));
    assert_eq!(docket.audit(at_once.id).await.unwrap(), entries);
    assert_eq!(docket.case(draft(3, "live").id).await.unwrap(), None);
}

/// A program that does not know a rule would decide without it, so it must not read the case.
pub async fn a_case_with_a_further_rule_has_format_two(fixture: DocketFixture) {
    let docket = &fixture.docket;
    let reasons = json!([{"id": "late", "label": "It came late"}]);
    let cases = [
        (json!({}), 1),
        (json!({"quorum": 9, "threshold": 0.6, "reveal": "after_close", "allow_change": true, "recused": ["ann"]}), 1),
        (json!({"blind": true, "reveal": "after_close"}), 2),
        (json!({"fixed_end": true}), 2),
        (json!({"two_sided": {}}), 2),
        (json!({"hold_when_balanced": true}), 2),
        (json!({"bias_band": 0.15}), 2),
        (json!({"raid": "off"}), 2),
        (json!({"raid": "hang"}), 2),
        (json!({"reasons": reasons}), 2),
    ];
    for (number, (rules, format)) in (1..).zip(cases) {
        let mut brief = (*builders::brief("a case")).clone();
        brief.rules = serde_json::from_value(rules.clone()).unwrap();
        let brief = Brief::new(brief, EvidenceUrlPolicy::Https).unwrap();
        let case = Case { brief, ..draft(number, "live") };
        docket.add(&case, &[entry(&case, "mod", "created")], None).await.unwrap();
        assert_eq!(docket.case(case.id).await.unwrap(), Some(case));
        let sql = "SELECT format FROM cases ORDER BY id DESC LIMIT 1";
        assert_eq!(fixture.number(sql).await, format, "{rules}");
    }
}

/// A program that does not know a policy would record the verdict without saying what follows.
pub async fn a_case_with_a_consequence_has_format_four(fixture: DocketFixture) {
    let docket = &fixture.docket;
    let options = |upholds| json!([{"id": "a", "label": "A", "upholds": upholds}, {"id": "b", "label": "B"}]);
    let shop = json!({"merchant": "shop"});
    let cases = [
        (json!({"options": options(false)}), 1),
        (json!({"options": options(true)}), 4),
        (json!({"options": options(true), "subject": shop, "policy": "not_as_described"}), 4),
        (json!({"remedy": "Refund", "remedy_kind": "refund"}), 4),
        (json!({"remedy": "Refund", "remedy_due_h": 48}), 4),
    ];
    for (number, (change, format)) in (1..).zip(cases) {
        let mut brief = serde_json::to_value(&*builders::brief("a case")).unwrap();
        brief.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let brief = Brief::new(serde_json::from_value(brief).unwrap(), EvidenceUrlPolicy::Https).unwrap();
        let case = Case { brief, ..draft(number, "live") };
        docket.add(&case, &[entry(&case, "mod", "created")], None).await.unwrap();
        assert_eq!(docket.case(case.id).await.unwrap(), Some(case));
        let sql = "SELECT format FROM cases ORDER BY id DESC LIMIT 1";
        assert_eq!(fixture.number(sql).await, format, "{change}");
    }
}

pub async fn the_same_id_is_not_added_twice(fixture: DocketFixture) {
    let case = opened(&*fixture.docket, 1, "live").await;
    let other = Case { brief: builders::brief("another"), ..case.clone() };
    let again = fixture.docket.add(&other, &[entry(&other, "mod", "opened")], None).await;
    assert!(matches!(again, Err(DocketError::Conflict(id)) if id == case.id));
    assert_eq!(fixture.docket.case(case.id).await.unwrap(), Some(case.clone()));
    assert_eq!(fixture.docket.audit(case.id).await.unwrap().len(), 1);
    assert_eq!(fixture.docket.room(&case.room).await.unwrap().rev, 1);
}

pub async fn a_repeated_request_creates_one_case(fixture: DocketFixture) {
    let docket = &fixture.docket;
    let first = request("live", "key", "digest", "first");
    assert_eq!(docket.answered(&first).await.unwrap(), None);
    assert_eq!(docket.add(&open(1, "live"), &[], Some(&first)).await.unwrap(), Added::Created);

    let again = request("live", "key", "digest", "second");
    assert_eq!(docket.add(&open(2, "live"), &[], Some(&again)).await.unwrap(), Added::Replayed("first".into()));
    assert_eq!(docket.answered(&again).await.unwrap(), Some("first".into()));
    assert_eq!(docket.case(open(2, "live").id).await.unwrap(), None);
    assert_eq!(docket.room(&room("live")).await.unwrap().rev, 1);

    // A key belongs to one room.
    let elsewhere = request("other", "key", "another", "third");
    assert_eq!(docket.answered(&elsewhere).await.unwrap(), None);
    assert_eq!(docket.add(&open(3, "other"), &[], Some(&elsewhere)).await.unwrap(), Added::Created);
}

pub async fn an_idempotency_key_belongs_to_one_request(fixture: DocketFixture) {
    let docket = &fixture.docket;
    docket.add(&open(1, "live"), &[], Some(&request("live", "key", "digest", "first"))).await.unwrap();
    let other = request("live", "key", "another digest", "second");
    assert!(matches!(docket.answered(&other).await, Err(DocketError::KeyReused)));
    assert!(matches!(docket.add(&open(2, "live"), &[], Some(&other)).await, Err(DocketError::KeyReused)));
    assert_eq!(docket.case(open(2, "live").id).await.unwrap(), None);
}

pub async fn an_idempotency_key_expires_after_a_day(fixture: DocketFixture) {
    let docket = &fixture.docket;
    let at = |number, created_at_ms| Case { created_at_ms, ..draft(number, "live") };
    let (old, young) = (request("live", "old", "digest", "first"), request("live", "young", "digest", "first"));
    docket.add(&at(1, NOW_MS), &[], Some(&old)).await.unwrap();
    docket.add(&at(2, NOW_MS + 1), &[], Some(&young)).await.unwrap();
    let later = request("other", "later", "digest", "answer");
    docket.add(&at(3, NOW_MS + REQUEST_KEPT_MS + 1), &[], Some(&later)).await.unwrap();
    assert_eq!(docket.answered(&old).await.unwrap(), None);
    assert_eq!(docket.answered(&young).await.unwrap(), Some("first".into()));
    assert_eq!(docket.answered(&later).await.unwrap(), Some("answer".into()));
}

pub async fn the_number_of_drafts_in_a_room_is_limited(fixture: DocketFixture) {
    let dockets = [fixture.docket.clone(), fixture.neighbour().await];
    let most = DRAFTS_PER_ROOM_MAX as u128;
    let mut adding = JoinSet::new();
    for number in 0..most + 10 {
        let docket = dockets[usize::try_from(number % 2).unwrap()].clone();
        adding.spawn(async move { docket.add(&draft(number, "live"), &[], None).await });
    }
    let (added, refused): (Vec<_>, Vec<_>) = adding.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!((added.len(), refused.len()), (DRAFTS_PER_ROOM_MAX, 10));
    assert!(refused.iter().all(|refused| matches!(refused, Err(DocketError::TooManyDrafts(_)))), "{refused:?}");

    // Open cases and other rooms do not count. An opened draft makes room for another.
    let docket = &fixture.docket;
    opened(&**docket, 1_000, "live").await;
    docket.add(&draft(1_001, "other"), &[], None).await.unwrap();
    let drafts = CaseQuery { room: room("live"), states: vec![CaseState::Draft], limit: 1, before: None };
    let one = builders::cases(&**docket, &drafts).await.remove(0);
    let one = one.open(NOW_MS, builders::CLOSES_MS, "0123456789abcdef".into(), LossShare::default()).unwrap();
    builders::file(&**docket, &one).await.unwrap();
    assert_eq!(docket.add(&draft(1_002, "live"), &[], None).await.unwrap(), Added::Created);
    let refused = docket.add(&draft(1_003, "live"), &[], None).await;
    assert!(matches!(refused, Err(DocketError::TooManyDrafts(name)) if name == room("live")));
}

pub async fn concurrent_repeats_of_a_request_create_one_case(fixture: DocketFixture) {
    let dockets = [fixture.docket.clone(), fixture.neighbour().await];
    let mut adding = JoinSet::new();
    for number in 0..12_u128 {
        let docket = dockets[usize::try_from(number % 2).unwrap()].clone();
        adding.spawn(async move {
            let request = request("live", "key", "digest", &number.to_string());
            docket.add(&open(number, "live"), &[], Some(&request)).await.unwrap()
        });
    }
    let answers = adding.join_all().await;
    let live = fixture.docket.room(&room("live")).await.unwrap().live;
    assert_eq!(live.len(), 1);
    let kept = live[0].id.0.as_u128().to_string();
    assert_eq!(answers.iter().filter(|answer| **answer == Added::Created).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Added::Replayed(kept.clone())).count(), 11);
}

pub async fn a_discarded_draft_is_gone_but_for_its_trail(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let drafted = draft(1, "live");
    docket.add(&drafted, &[entry(&drafted, "mod", "created")], None).await.unwrap();
    let edited = drafted.clone().edit(builders::brief("edited")).unwrap();
    let early = edited.clone().discard().unwrap();
    let line = entry(&early, "mod", "discarded");
    assert!(matches!(docket.discard(&early, &line).await, Err(DocketError::Conflict(id)) if id == early.id));
    builders::file(docket, &edited).await.unwrap();
    docket.discard(&early, &line).await.unwrap();

    assert_eq!(docket.case(drafted.id).await.unwrap(), None);
    let all = CaseQuery { room: room("live"), states: CaseState::ALL.into(), limit: 10, before: None };
    assert_eq!(docket.cases(&all).await.unwrap(), []);
    assert_eq!(docket.room(&room("live")).await.unwrap().rev, 0, "the public saw none of it");
    let trail: Vec<_> = docket.audit(drafted.id).await.unwrap().iter().map(|line| line.version).collect();
    assert_eq!(trail, [1, 2, 3]);
    let kinds: Vec<_> =
        docket.events(0, 10).await.unwrap().into_iter().map(|event| event.record.unwrap().kind).collect();
    assert_eq!(kinds, [EventKind::Drafted, EventKind::Edited, EventKind::Discarded]);

    // Whoever read it before comes too late, also with the version after it.
    let late = edited.open(NOW_MS, builders::CLOSES_MS, "key".into(), LossShare::default()).unwrap();
    assert!(matches!(builders::file(docket, &late).await, Err(DocketError::Conflict(_))));
    assert!(matches!(docket.discard(&early, &line).await, Err(DocketError::Conflict(_))));
    let live = opened(docket, 2, "live").await;
    let wrong = live.clone().edit(builders::brief("x"));
    assert!(wrong.is_err() && live.discard().is_err());
}

pub async fn a_room_holds_at_most_eight_live_cases(fixture: DocketFixture) {
    let docket = &fixture.docket;
    let sealed = sealed_in(&**docket, 0, "live").await;
    let most = LIVE_CASES_PER_ROOM_MAX as u128;
    for number in 1..most {
        opened(&**docket, number, "live").await;
    }
    let full = docket.room(&room("live")).await.unwrap();
    assert_eq!(full.live.len(), LIVE_CASES_PER_ROOM_MAX);

    let one_more = open(most, "live");
    let kept = request("live", "key", "digest", "answer");
    let refused = docket.add(&one_more, &[entry(&one_more, "mod", "opened")], Some(&kept)).await;
    assert!(matches!(refused, Err(DocketError::TooManyLive(name)) if name == room("live")));
    assert_eq!(docket.case(one_more.id).await.unwrap(), None);
    assert_eq!(docket.audit(one_more.id).await.unwrap(), []);
    assert_eq!(docket.answered(&kept).await.unwrap(), None);
    assert_eq!(docket.room(&room("live")).await.unwrap(), full);

    // Drafts and other rooms do not count. A recorded case makes room for another.
    docket.add(&draft(100, "live"), &[], None).await.unwrap();
    opened(&**docket, 101, "other").await;
    builders::record(&**docket, &sealed, &[]).await.unwrap();
    assert_eq!(docket.add(&one_more, &[], Some(&kept)).await.unwrap(), Added::Created);
}

pub async fn concurrent_openings_do_not_exceed_the_live_case_limit(fixture: DocketFixture) {
    let dockets = [fixture.docket.clone(), fixture.neighbour().await];
    let mut adding = JoinSet::new();
    for number in 0..24_u128 {
        let docket = dockets[usize::try_from(number % 2).unwrap()].clone();
        adding.spawn(async move { docket.add(&open(number, "live"), &[], None).await });
    }
    let (added, refused): (Vec<_>, Vec<_>) = adding.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!(added.len(), LIVE_CASES_PER_ROOM_MAX);
    assert!(refused.iter().all(|refused| matches!(refused, Err(DocketError::TooManyLive(_)))), "{refused:?}");
    let record = fixture.docket.room(&room("live")).await.unwrap();
    assert_eq!((record.live.len(), record.rev), (LIVE_CASES_PER_ROOM_MAX, 8));
}

pub async fn unusual_text_is_stored_unchanged_and_nul_is_refused(fixture: DocketFixture) {
    let docket = &fixture.docket;
    let odd = "“纯丝绸”? \u{202e}عربى\u{202c} 👩🏽‍⚖️ \u{ffff} ' \" \\ \\u0000 %s $1 ?1 \n\t\r; DROP TABLE cases;--";
    // An id has no control characters.
    let id: String = odd.chars().filter(|c| !c.is_control()).collect();
    let new = serde_json::json!({
        "title": odd, "summary": odd, "duration_s": 60, "statements": {"buyer": odd, "merchant": odd}, "remedy": odd,
        "subject": {"merchant": id}, "rules": {"recused": [id], "threshold": 0.3333},
        "evidence": [{"type": "link", "url": "http://localhost:8080/a?b=%C3%BC", "caption": odd, "by": "platform"}],
        "options": [{"id": "a", "label": "'"}, {"id": "b", "label": "\\"}]
    });
    let brief = Brief::new(serde_json::from_value(new).unwrap(), EvidenceUrlPolicy::HttpsAndLoopback).unwrap();
    let by = SealedBy::Void { sub: format!("{odd}\0"), reason: odd.into() };
    let case = Case { brief, ..draft(1, "live") }.open(NOW_MS, NOW_MS, odd.into(), LossShare::default()).unwrap();
    let mut line = entry(&case, odd, odd);
    line.detail = Some(odd.into());
    let kept = request("live", odd, odd, odd);
    docket.add(&case, std::slice::from_ref(&line), Some(&kept)).await.unwrap();
    assert_eq!(docket.answered(&kept).await.unwrap().as_deref(), Some(odd));
    assert_eq!(docket.audit(case.id).await.unwrap(), [line.clone()]);
    assert_eq!(docket.case(case.id).await.unwrap().as_ref(), Some(&case));
    let case = case.seal(by, NOW_MS).unwrap();
    builders::file(&**docket, &case).await.unwrap();
    assert_eq!(docket.case(case.id).await.unwrap().as_ref(), Some(&case));

    let other = open(2, "live");
    let with_nul = draft(2, "live").open(NOW_MS, NOW_MS, "a\0b".into(), LossShare::default()).unwrap();
    for spoilt in [
        docket.add(&other, &[entry(&other, "a\0b", "opened")], None).await,
        docket.add(&other, &[], Some(&request("live", "a\0b", "digest", "answer"))).await,
        docket.add(&with_nul, &[], None).await,
    ] {
        assert!(matches!(spoilt, Err(DocketError::Malformed(_))), "{spoilt:?}");
    }
    assert_eq!(docket.case(other.id).await.unwrap(), None);
}

pub async fn a_number_above_the_column_limit_is_refused(fixture: DocketFixture) {
    let largest = Case { created_at_ms: i64::MAX.unsigned_abs(), ..draft(1, "live") };
    fixture.docket.add(&largest, &[], None).await.unwrap();
    assert_eq!(fixture.docket.case(largest.id).await.unwrap(), Some(largest));
    let beyond = Case { created_at_ms: i64::MAX.unsigned_abs() + 1, ..draft(2, "live") };
    let refused = fixture.docket.add(&beyond, &[], None).await;
    assert!(matches!(refused, Err(DocketError::Malformed(why)) if why.contains("created_at_ms")));
    assert_eq!(fixture.docket.case(beyond.id).await.unwrap(), None);
}
