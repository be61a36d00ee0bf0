//! The statement of a recorded case: all inputs to its verdict, and all that is shown of it, as lines of ASCII. It
//! names nobody and decides nothing.

mod build;
mod check;
mod parse;

use crate::merkle::Tree;
use crate::row::Stratum;
use crate::text::parts;
use crate::{CaseBytes, Hash};

/// Limits a statement, in bytes. The largest is below 2,600.
pub const STATEMENT_BYTES_MAX: usize = 4_096;
/// The fewest ballots of a group that is published apart. Fewer would tell how single people voted.
pub const GROUP_MIN: u64 = 5;
/// The fewest deciding ballots of a cohort, and of its rest, that are compared.
pub const COHORT_MIN: u64 = 30;
/// The parts of one in which shares are written: ten-thousandths.
pub const PARTS: u32 = 10_000;

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The case.
    pub case: CaseBytes,
    /// The room.
    pub room: String,
    /// The SHA-256 of the public brief.
    pub brief: Hash,
    /// The recused viewers; none if nobody is.
    pub recused: Option<Recused>,
    /// The time of the opening, in Unix milliseconds.
    pub opened_ms: u64,
    /// The time of the seal, in Unix milliseconds.
    pub sealed_ms: u64,
    /// The cause of the seal.
    pub sealed_by: SealedBy,
    /// The sum of all extensions, in seconds.
    pub extended_s: u64,
    /// The epoch.
    pub epoch: u64,
    /// The loss of the tally, if there was one.
    pub lost: Option<Lost>,
    /// The audit lines.
    pub audit: Audit,
    /// The fingerprint of the ballot key.
    pub key: [u8; 8],
    /// The options.
    pub options: Vec<StatedOption>,
    /// The rules that decide.
    pub rule: Rule,
    /// The draw of a panel.
    pub draw: Option<Draw>,
    /// The beacon of a draw.
    pub beacon: Option<Beacon>,
    /// The jurors who were called, by stratum with seats; empty where nobody was.
    pub called: Vec<Called>,
    /// The outcome.
    pub outcome: Outcome,
    /// All ballots of the case.
    pub ballots: u64,
    /// The sums; none for a void case.
    pub sums: Option<Sums>,
    /// The tree over the seals.
    pub seals: Tree,
    /// The tree over the rows; none for a void case.
    pub rows: Option<Tree>,
    /// The case whose verdict this one reviews.
    pub appeal_of: Option<AppealOf>,
}

/// The recused viewers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recused {
    /// Their number.
    pub count: u64,
    /// The SHA-256 of their pseudonyms in this case, ascending.
    pub hash: Hash,
}

/// The cause of a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedBy {
    /// The deadline passed.
    Deadline,
    /// A moderator closed the case.
    Moderator,
    /// The panel's result could no longer change.
    Settled,
    /// A moderator voided the case.
    Void,
}

/// A loss of the tally.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The most ballots before it.
    pub ballots: u64,
    /// The share of them that must come again, in parts.
    pub share: u32,
    /// The moment of a loss that no new epoch answered.
    pub found: Option<LossFound>,
}

/// A loss that no new epoch answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossFound {
    /// Long after the deadline.
    Late,
    /// After the seal, and the tally did not come back.
    Gone,
}

/// The audit lines before the recording one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Their number.
    pub lines: u64,
    /// The SHA-256 of each line's stored JSON with LF.
    pub hash: Hash,
}

/// An option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedOption {
    /// The id.
    pub id: String,
    /// Whether a vote for it decides nothing.
    pub abstains: bool,
}

/// The rules that decide, shares in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The fewest ballots.
    pub quorum: u64,
    /// The share that the winner must exceed.
    pub threshold: u32,
    /// The band of the lead; 0 for none.
    pub band: u32,
    /// Whether the winner must also lead where buyers and merchants weigh the same.
    pub balanced: bool,
    /// The numbers that each side must reach.
    pub sides: Option<TwoSided>,
    /// The panel.
    pub panel: Option<PanelRule>,
    /// The use of the comparison of cohorts.
    pub raid: Raid,
}

/// The numbers that each side must reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TwoSided {
    /// The fewest deciding ballots of each side.
    pub min_per_side: u64,
    /// The share that the winner must exceed in each side, in parts.
    pub threshold: u32,
}

/// The seats of a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PanelRule {
    /// The seats of buyers, merchants and others.
    pub seats: [u64; 3],
    /// The jurors who are called for each seat.
    pub call: u64,
}

impl PanelRule {
    /// The seats of a stratum.
    #[must_use]
    pub const fn seats_of(&self, stratum: Stratum) -> u64 {
        self.seats[stratum as usize - 1]
    }
}

/// The use of the comparison of cohorts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Raid {
    /// They are not compared.
    Off,
    /// They are compared and shown.
    Show,
    /// A difference may hang the case.
    Hang,
}

/// A draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The hash that was told before the opening.
    pub commitment: Hash,
    /// The nonce behind it.
    pub nonce: [u8; 32],
}

/// A beacon's round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beacon {
    /// The hash of the chain.
    pub chain: Hash,
    /// The round.
    pub round: u64,
    /// Its signature; none if it could not be had in time.
    pub signature: Option<Vec<u8>>,
}

/// The called jurors of a stratum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Called {
    /// The stratum.
    pub stratum: Stratum,
    /// Its seats.
    pub seats: u64,
    /// The number of called jurors.
    pub called: u64,
    /// The highest ticket among them; 0 where nobody was called.
    pub last_ticket: u64,
}

/// The outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The option at this place won.
    Decided(usize),
    /// No option won.
    Hung(Option<Why>),
    /// Too few voted.
    NoQuorum(Option<Why>),
    /// A moderator voided the case.
    VoidByModerator,
    /// The tally was lost.
    TallyLost,
}

impl Outcome {
    /// Whether the case is void.
    #[must_use]
    pub const fn is_void(self) -> bool {
        matches!(self, Outcome::VoidByModerator | Outcome::TallyLost)
    }
}

/// The rule that kept a case from being decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The beacon's round could not be had in time.
    NoBeacon,
    /// Too few of the called voted.
    PanelShort,
    /// The side of most voters is not known.
    SidesUnknown,
    /// Too few of one side voted.
    SidesShort,
    /// The sides do not agree.
    SidesDisagree,
    /// With equal weights of the sides another option leads.
    NotBalanced,
    /// The lead is within the band.
    ThinMargin,
    /// Those present at the opening decided otherwise.
    LateCohort,
}

impl Why {
    /// All reasons of a hung case.
    pub const HUNG: [Why; 6] =
        [Why::SidesUnknown, Why::SidesShort, Why::SidesDisagree, Why::NotBalanced, Why::ThinMargin, Why::LateCohort];
    /// All reasons of a case without a quorum.
    pub const NO_QUORUM: [Why; 2] = [Why::NoBeacon, Why::PanelShort];

    /// The name on the wire and in a statement.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Why::NoBeacon => "no_beacon",
            Why::PanelShort => "panel_short",
            Why::SidesUnknown => "sides_unknown",
            Why::SidesShort => "sides_short",
            Why::SidesDisagree => "sides_disagree",
            Why::NotBalanced => "not_balanced",
            Why::ThinMargin => "thin_margin",
            Why::LateCohort => "late_cohort",
        }
    }
}

/// Ballots by option, in the order of the options.
pub type Counts = Vec<u64>;

/// The sums of a case that is not void.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// All ballots.
    pub counts: Counts,
    /// The panel's ballots, by stratum with seats; empty without a called panel.
    pub panel: Vec<PanelSum>,
    /// The deciding ballots of buyers and of merchants, where a rule of lines 6 to 10 needs them and no panel decides.
    pub sides: Option<[u64; 2]>,
    /// The ballots of buyers and of merchants, where a rule of lines 8 and 9 needs them, no panel decides, and both
    /// sides have [`GROUP_MIN`] deciding ballots.
    pub side: Option<[Counts; 2]>,
    /// The ballots of those who were present at the opening.
    pub present: Option<Cohort>,
    /// The ballots of older accounts.
    pub older: Option<Cohort>,
    /// The ballots of those who read both statements.
    pub informed: Option<Counts>,
    /// The ballots by reason, 1 to 6, ascending.
    pub reasons: Vec<(u8, Counts)>,
}

/// The panel's ballots of a stratum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PanelSum {
    /// The stratum.
    pub stratum: Stratum,
    /// The counted ballots.
    pub counted: u64,
    /// The ballots by option; none where fewer than [`GROUP_MIN`] are counted.
    pub counts: Option<Counts>,
}

/// A cohort's ballots and its comparison with the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// The ballots by option.
    pub counts: Counts,
    /// A hundred times the logarithm of the evidence against "they vote alike", rounded.
    pub e: i64,
}

/// An earlier case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppealOf {
    /// The case.
    pub case: CaseBytes,
    /// The index of its entry in the log.
    pub index: u64,
}

/// The words after `name` of the first line that begins with it. A browser reads a few lines of a statement whose hash
/// the log signed in this way, as [`Statement::parse`] is too large for its budget.
#[must_use]
pub fn line<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    parts(text, "\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
}

impl Statement {
    /// The deciding ballots among counts by option: those of options that do not abstain.
    #[must_use]
    pub fn deciding(&self, counts: &[u64]) -> u64 {
        let deciding = self.options.iter().zip(counts).filter(|(option, _)| !option.abstains);
        deciding.map(|(_, count)| *count).fold(0, u64::saturating_add)
    }
}
