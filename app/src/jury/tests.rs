//! Tests of one client's state through losses, repeats and restarts. This file has the frames that they share.

mod casting;
mod later_versions;
mod lost_ballots;
mod reading;
mod reasons;
mod reconnecting;
mod view;

use live_jury_protocol::{Counts, Statements};

use super::*;

const CASE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn id() -> CaseId {
    CASE.parse().unwrap()
}

fn option(name: &str) -> OptionId {
    name.parse().unwrap()
}

fn case(state: &str, epoch: u64, allow_change: bool) -> Case {
    let json = serde_json::json!({
        "id": CASE, "room": "r", "kind": "other", "title": "t", "summary": "", "subject": {},
        "options": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}],
        "rules": {"allow_change": allow_change}, "remedy": null, "state": state, "version": 1, "epoch": epoch,
        "duration_s": 60, "created_at_ms": 0, "opened_at_ms": 0, "closes_at_ms": 60_000, "extended_s": 0,
        "closed_by": null, "verdict": null
    });
    serde_json::from_value(json).unwrap()
}

fn welcome(ballots: Vec<OwnBallot>) -> ServerFrame {
    ServerFrame::Welcome(Welcome {
        room: "r".parse().unwrap(),
        role: Role::Viewer,
        server_time_ms: 5_000,
        token_expires_at_ms: 900_000,
        ballots,
        durable: true,
    })
}

fn own(name: &str, epoch: u64, change: u32) -> OwnBallot {
    OwnBallot { case: id(), option: option(name), epoch, change }
}

fn docket(rev: u64, state: &str, epoch: u64) -> ServerFrame {
    ServerFrame::Docket { rev, cases: vec![case(state, epoch, false)] }
}

fn ballot(name: &str, epoch: u64, change: u32) -> ServerFrame {
    let (case, option) = (id(), option(name));
    ServerFrame::Ballot { case, option, status: BallotStatus::Counted, epoch, change, request: None }
}

fn refused(reason: Refusal, retry_after_ms: Option<u64>) -> ServerFrame {
    ServerFrame::Refused { case: CASE.to_owned(), option: "a".to_owned(), reason, request: None, retry_after_ms }
}

fn tally(epoch: u64, rev: u64, ballots: u64, counts: Option<u64>) -> ServerFrame {
    let counts = counts.map(|a| Counts::from([(option("a"), a)]));
    ServerFrame::Tally(Tally { case: id(), epoch, rev, ballots, counts })
}

/// The options that the effects cast, with the ballots' numbers.
fn casts(effects: &[Effect]) -> Vec<(String, Option<u32>)> {
    let cast = |effect: &Effect| match effect {
        Effect::Send(ClientFrame::Cast { option, change, .. }) => Some((option.clone(), *change)),
        _ => None,
    };
    effects.iter().filter_map(cast).collect()
}

fn wake(effects: &[Effect]) -> Option<(u32, Wait)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Wake { attempt, wait, .. } => Some((*attempt, *wait)),
        _ => None,
    })
}

/// A client that joined a room with one open case.
fn joined() -> Jury {
    let mut jury = Jury::default();
    jury.apply(welcome(vec![]), 1_000);
    jury.apply(docket(7, "open", 1), 1_000);
    jury
}

/// A client with a recorded vote for `a`.
fn voted() -> Jury {
    let mut jury = joined();
    jury.cast(id(), &option("a"), None);
    jury.apply(ballot("a", 1, 0), 1_000);
    jury
}

fn reconnect(jury: &mut Jury, ballots: Vec<OwnBallot>, state: &str, epoch: u64) -> Vec<Effect> {
    jury.disconnected();
    let mut effects = jury.apply(welcome(ballots), 2_000);
    effects.extend(jury.apply(docket(8, state, epoch), 2_000));
    effects
}
