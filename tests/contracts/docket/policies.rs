//! Policies of rooms: the one that holds, their history, and what a case keeps of them.

use live_jury_court::{Brief, Case, LossShare, Terms, subject_key};
use live_jury_protocol::{AskedStep, CaseId, GuardedStep, PolicyChange, RequiredRule, RoomPolicy, Subject};
use live_jury_server::docket::{Docket, PolicyScope};
use uuid::Uuid;

use super::builders::{CLOSES_MS, NOW_MS, decided, entry, file, open, opened, room, sealed};
use super::fixture::DocketFixture;

fn policy(min_open_s: u64) -> RoomPolicy {
    RoomPolicy {
        min_open_s,
        second_moderator: vec![GuardedStep::Void, GuardedStep::Close],
        require: vec![RequiredRule::Blind],
        attempts_max: Some(2),
        counts_from: 7,
    }
}

async fn set(docket: &dyn Docket, scope: &PolicyScope, min_open_s: u64) -> PolicyChange {
    let change = PolicyChange { at_ms: NOW_MS, by: "shop".into(), policy: policy(min_open_s) };
    docket.set_policy(scope, &change).await.unwrap();
    change
}

pub async fn a_rooms_own_policy_comes_before_that_of_all_rooms(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let (own, other) = (PolicyScope::Room(room("live")), PolicyScope::Room(room("other")));
    assert_eq!(docket.policy(&own).await.unwrap(), RoomPolicy::default());
    set(docket, &own, 1).await;
    set(docket, &PolicyScope::AllRooms, 2).await;
    set(docket, &own, 3).await;
    set(docket, &PolicyScope::AllRooms, 4).await;
    let holds = [(&own, 3), (&other, 4), (&PolicyScope::AllRooms, 4)];
    for (scope, min_open_s) in holds {
        assert_eq!(docket.policy(scope).await.unwrap(), policy(min_open_s), "{scope:?}");
    }
    let again = fixture.reopened().await;
    assert_eq!(again.docket.policy(&own).await.unwrap(), policy(3));
}

pub async fn the_history_of_policies_is_paged_and_append_only(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let scope = PolicyScope::Room(room("live"));
    let mut made = Vec::new();
    for n in 0..5 {
        made.push(set(docket, &scope, n).await);
        set(docket, &PolicyScope::AllRooms, n).await;
    }
    let (mut read, mut after) = (Vec::new(), 0);
    loop {
        let page = docket.policy_changes(&scope, after, 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = last.line;
        read.extend(page.into_iter().map(|line| line.change));
    }
    assert_eq!(read, made);
    for sql in ["UPDATE policies SET who = 'mia'", "DELETE FROM policies"] {
        assert!(fixture.execute(sql).await.is_err(), "{sql}");
    }
}

pub async fn the_terms_of_a_case_are_read_back_unchanged(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let terms = Terms { policy: policy(60), attempt: 3, asked: None };
    let case = open(1, "live").under(terms);
    docket.add(&case, &[entry(&case, "mod", "opened")], None).await.unwrap();
    assert_eq!(docket.case(case.id).await.unwrap(), Some(case.clone()));
    let reason = Some("wrong product".to_owned());
    let asked = AskedStep { step: GuardedStep::Void, by_s: None, reason, by: "mia".into(), at_ms: NOW_MS };
    let case = case.ask(asked).unwrap();
    file(docket, &case).await.unwrap();
    assert_eq!(docket.case(case.id).await.unwrap(), Some(case.clone()));
    let case = sealed(case);
    file(docket, &case).await.unwrap();
    assert_eq!(docket.case(case.id).await.unwrap(), Some(case.clone()));
    // A case that an older program opened has no terms.
    fixture.execute("UPDATE cases SET terms = NULL").await.unwrap();
    let read = docket.case(case.id).await.unwrap().unwrap();
    assert_eq!(read.state.opened().unwrap().terms, Terms::default());
}

pub async fn recorded_cases_on_a_subject_are_counted(fixture: DocketFixture) {
    let docket = &*fixture.docket;
    let subject = Subject { order: Some("o-1".into()), ..Subject::default() };
    let key = subject_key(&subject).unwrap();
    let about = |number: u128, in_room: &str| {
        let mut new = live_jury_protocol::NewCase::clone(&open(number, in_room).brief);
        new.subject = subject.clone();
        let draft = Case::draft(CaseId(Uuid::from_u128(number)), room(in_room), Brief::stored(new), NOW_MS);
        draft.open(NOW_MS, CLOSES_MS, "0123456789abcdef".into(), LossShare::default()).unwrap()
    };
    for (number, in_room) in [(1, "live"), (2, "other")] {
        assert_eq!(docket.judged(&key).await.unwrap(), number as u64 - 1);
        let case = about(number, in_room);
        docket.add(&case, &[entry(&case, "mod", "opened")], None).await.unwrap();
        assert_eq!(docket.judged(&key).await.unwrap(), number as u64 - 1, "it is open");
        let case = sealed(case);
        file(docket, &case).await.unwrap();
        file(docket, &decided(case, &[])).await.unwrap();
    }
    opened(docket, 3, "live").await;
    assert_eq!(docket.judged(&key).await.unwrap(), 2);
    let appeal = about(4, "live").appealing(CaseId(Uuid::from_u128(1)));
    docket.add(&appeal, &[entry(&appeal, "mod", "opened")], None).await.unwrap();
    let appeal = sealed(appeal);
    file(docket, &appeal).await.unwrap();
    file(docket, &decided(appeal, &[])).await.unwrap();
    assert_eq!(docket.judged(&key).await.unwrap(), 2, "an appeal is no attempt of its own");
    assert_eq!(docket.judged("order\no-2").await.unwrap(), 0);
}
