//! The view of a room: each part is encoded once for all its readers and carries a number that only grows.

use std::sync::Arc;

use live_jury_court::{Audience, Case, counts_by_option};
use live_jury_protocol::{CaseId, Reveal, Role, ServerFrame, Stats, Tally};

use super::PanelView;
use crate::docket::RoomRecord;
use crate::frame::EncodedFrame;
use crate::tally::TallyState;

/// Everything that a room shows to its sockets. Views share the parts that did not change between them.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The cases; none until the record is read.
    pub docket: Option<Arc<EncodedView>>,
    /// The tallies of open and sealed cases.
    pub tallies: Vec<Arc<EncodedTally>>,
    /// The number of viewers.
    pub presence: Option<Arc<EncodedView>>,
    /// Statistics for moderators.
    pub stats: Option<Arc<EncodedView>>,
    /// The panels that are being drawn, or are called.
    pub panels: Vec<Arc<PanelView>>,
}

/// A message, encoded for the public and for moderators.
#[derive(Debug)]
pub struct EncodedView {
    /// Grows with each message of its kind in this room.
    pub rev: u64,
    public: EncodedFrame,
    moderator: EncodedFrame,
}

impl EncodedView {
    /// The message as this role reads it.
    #[must_use]
    pub fn frame(&self, role: Role) -> EncodedFrame {
        if role == Role::Moderator { self.moderator.clone() } else { self.public.clone() }
    }

    /// The room's cases.
    #[must_use]
    pub fn docket(record: &RoomRecord) -> Self {
        Self {
            rev: record.rev,
            public: encode_docket(record, Audience::Public),
            moderator: encode_docket(record, Audience::Moderator),
        }
    }

    /// The number of viewers.
    #[must_use]
    pub fn presence(rev: u64, viewers: u64) -> Self {
        let frame = EncodedFrame::encode(&ServerFrame::Presence { viewers });
        Self { rev, public: frame.clone(), moderator: frame }
    }

    /// Statistics. Only moderators are sent them, so the public's frame is empty.
    #[must_use]
    pub fn stats(rev: u64, stats: Stats) -> Self {
        let moderator = EncodedFrame::encode(&ServerFrame::Stats(stats));
        Self { rev, public: EncodedFrame::default(), moderator }
    }
}

fn encode_docket(record: &RoomRecord, audience: Audience) -> EncodedFrame {
    let whole = record.live.iter().map(|case| case.to_wire(audience));
    let short = record.ended.iter().map(|case| case.to_wire_short(audience));
    EncodedFrame::encode(&ServerFrame::Docket { rev: record.rev, cases: whole.chain(short).collect() })
}

/// A case's tally, encoded with its counts and without.
#[derive(Debug)]
pub struct EncodedTally {
    /// The case.
    pub case: CaseId,
    /// Epoch and rev. A tally of a higher order replaces one of a lower order.
    pub order: (u64, u64),
    reveal: Reveal,
    /// Whether nobody may see the counts now.
    blind: bool,
    shown: EncodedFrame,
    hidden: EncodedFrame,
}

impl EncodedTally {
    /// The tally of `case` as the store has it.
    #[must_use]
    pub fn new(case: &Case, state: &TallyState) -> Self {
        let shown = tally_of(case, state);
        let hidden = Tally { counts: None, ..shown.clone() };
        Self {
            case: case.id,
            order: (state.epoch, state.rev),
            reveal: case.brief.rules.reveal,
            blind: shown.counts.is_none(),
            shown: EncodedFrame::encode(&ServerFrame::Tally(shown)),
            hidden: EncodedFrame::encode(&ServerFrame::Tally(hidden)),
        }
    }

    /// Whether this reader may see counts before the case is decided.
    ///
    /// `voted` is whether a ballot of the reader is acknowledged in the tally's epoch. After a loss the juror casts
    /// again, and counts must not sway that cast either.
    #[must_use]
    pub fn is_shown_to(&self, role: Role, voted: bool) -> bool {
        if self.blind {
            return false;
        }
        match (role, self.reveal) {
            (Role::Moderator, _) | (_, Reveal::Live) => true,
            (Role::Viewer, Reveal::AfterVote) => voted,
            _ => false,
        }
    }

    /// The message, with its counts or without.
    #[must_use]
    pub fn frame(&self, shown: bool) -> EncodedFrame {
        if shown { self.shown.clone() } else { self.hidden.clone() }
    }
}

/// The tally of a case, with its counts unless nobody may see them now.
#[must_use]
pub fn tally_of(case: &Case, state: &TallyState) -> Tally {
    Tally {
        case: case.id,
        epoch: state.epoch,
        rev: state.rev,
        ballots: state.ballots(),
        counts: (!case.hides_counts(state.ballots())).then(|| counts_by_option(&case.brief, &state.counts)),
    }
}
