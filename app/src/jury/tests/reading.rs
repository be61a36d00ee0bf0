//! Tests of what a cast says about the statements: the same at each repeat.

use super::*;

const BUYER: u64 = 1;
const MERCHANT: u64 = 2;

/// The statements that the effects' casts call read.
fn read(effects: &[Effect]) -> Vec<Option<u8>> {
    let cast = |effect: &Effect| match effect {
        Effect::Send(ClientFrame::Cast { read, .. }) => Some(*read),
        _ => None,
    };
    effects.iter().filter_map(cast).collect()
}

fn with_statements(buyer: &str, merchant: &str) -> Case {
    let statements = Statements { buyer: buyer.to_owned(), merchant: merchant.to_owned() };
    Case { statements: Some(statements), ..case("open", 1, true) }
}

fn joined_to(case: Case) -> Jury {
    let mut jury = Jury::default();
    jury.apply(welcome(vec![]), 1_000);
    jury.apply(ServerFrame::Docket { rev: 7, cases: vec![case] }, 1_000);
    jury
}

#[test]
fn a_cast_says_what_was_read_before_it() {
    let said = |statements: &[u64]| {
        let mut jury = joined_to(with_statements("silk", "no silk"));
        statements.iter().for_each(|statement| jury.read(id(), *statement));
        read(&jury.cast(id(), &option("a"), None))
    };
    assert_eq!(said(&[]), [Some(0)]);
    assert_eq!(said(&[BUYER]), [Some(1)]);
    assert_eq!(said(&[MERCHANT, MERCHANT]), [Some(2)]);
    assert_eq!(said(&[MERCHANT, 0, BUYER]), [Some(3)]);
}

#[test]
fn an_empty_statement_counts_as_read() {
    let said = |buyer, merchant| read(&joined_to(with_statements(buyer, merchant)).cast(id(), &option("a"), None));
    assert_eq!([said("", "x"), said("x", ""), said("", "")], [[Some(1)], [Some(2)], [Some(3)]]);
}

#[test]
fn a_repeat_says_the_same_as_the_cast_before() {
    let mut jury = joined_to(with_statements("silk", "no silk"));
    jury.read(id(), BUYER);
    assert_eq!(read(&jury.cast(id(), &option("a"), None)), [Some(1)]);
    jury.read(id(), MERCHANT);
    let (attempt, _) = wake(&jury.apply(refused(Refusal::Busy, Some(700)), 0)).unwrap();
    assert_eq!(read(&jury.due(id(), attempt)), [Some(1)], "after a refusal");

    jury.disconnected();
    jury.apply(welcome(vec![]), 2_000);
    let again = ServerFrame::Docket { rev: 8, cases: vec![with_statements("silk", "no silk")] };
    assert_eq!(read(&jury.apply(again, 2_000)), [Some(1)], "after a reconnection");

    jury.apply(ballot("a", 1, 0), 0);
    let (attempt, _) = wake(&jury.apply(tally(2, 1, 0, None), 0)).unwrap();
    assert_eq!(read(&jury.due(id(), attempt)), [Some(1)], "after a loss");
    jury.apply(ballot("a", 2, 0), 0);
    assert_eq!(read(&jury.cast(id(), &option("b"), None)), [Some(3)], "a changed vote is another cast");
}

#[test]
fn a_repeat_after_a_reload_says_the_same() {
    for is_recorded in [false, true] {
        let mut jury = joined_to(with_statements("silk", "no silk"));
        jury.read(id(), MERCHANT);
        jury.cast(id(), &option("a"), None);
        if is_recorded {
            jury.apply(ballot("a", 1, 0), 0);
        }
        let saved = serde_json::to_string(&jury.ballots().to_save()).unwrap();
        let mut reloaded = Jury::default();
        reloaded.restore(serde_json::from_str(&saved).unwrap());
        reloaded.apply(welcome(vec![]), 2_000);
        let docket = ServerFrame::Docket { rev: 9, cases: vec![with_statements("silk", "no silk")] };
        let effects = reloaded.apply(docket, 2_000);
        let sent = match wake(&effects).filter(|_| is_recorded) {
            Some((attempt, _)) => reloaded.due(id(), attempt),
            None => effects,
        };
        assert_eq!(read(&sent), [Some(2)], "recorded before: {is_recorded}");
    }
}
