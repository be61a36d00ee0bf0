//! The rules that hold in every statement: limits, lines that stand exactly where they apply, and sums that agree.

use super::{COHORT_MIN, GROUP_MIN, Outcome, PARTS, Raid, SealedBy, Statement, Sums};
use crate::error::{Error, require};
use crate::row::{ROWS_PER_LEAF, Stratum};
use crate::text::is_name;

/// Limits a room's name, in bytes.
const ROOM_BYTES_MAX: usize = 64;
/// Limits an option's id, in bytes.
const OPTION_ID_BYTES_MAX: usize = 32;
/// The options of a case.
const OPTIONS: std::ops::RangeInclusive<usize> = 2..=5;
/// The seats of a stratum that has any.
const SEATS: std::ops::RangeInclusive<u64> = 7..=101;
/// The jurors who are called for each seat.
const CALL: std::ops::RangeInclusive<u64> = 1..=4;
/// The fewest deciding ballots that a rule may ask of each side.
const MIN_PER_SIDE: std::ops::RangeInclusive<u64> = 5..=1_000_000;
/// The numbers of reasons.
const REASONS: std::ops::RangeInclusive<u8> = 1..=6;
/// Limits the signature of a beacon's round, in bytes: two points of its curve.
const BEACON_SIGNATURE_BYTES_MAX: usize = 192;

impl Statement {
    /// Checks what holds in every statement.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.check_head()?;
        self.check_rule()?;
        self.check_draw()?;
        let is_void = self.outcome.is_void();
        // A moderator may also void a case that was sealed in another way and whose tally is missing.
        let may_be_void = self.sealed_by == SealedBy::Void || self.lost.is_some_and(|lost| lost.found.is_some());
        let fits = match self.outcome {
            Outcome::VoidByModerator => may_be_void,
            _ => self.sealed_by != SealedBy::Void,
        };
        require(fits, "the seal's cause is not the outcome's")?;
        require(
            self.sums.is_none() == is_void && self.rows.is_none() == is_void,
            "a void case, and no other, has no sums",
        )?;
        require(self.seals.size == self.ballots, "the seals are not as many as the ballots")?;
        if let Outcome::Decided(place) = self.outcome {
            let deciding = self.options.get(place).is_some_and(|option| !option.abstains);
            require(deciding, "the option that won abstains")?;
        }
        if let Some(rows) = &self.rows {
            let leaves = self.ballots.div_ceil(ROWS_PER_LEAF as u64);
            require(rows.size == leaves, "the leaves of rows are not as many as the ballots need")?;
        }
        self.sums.as_ref().map_or(Ok(()), |sums| self.check_sums(sums))
    }

    fn check_head(&self) -> Result<(), Error> {
        require(is_name(&self.room, ROOM_BYTES_MAX), "the room's name is malformed")?;
        require(self.recused.is_none_or(|recused| recused.count > 0), "nobody is recused")?;
        require(self.epoch > 0, "the epoch is 0")?;
        require(self.lost.is_none_or(|lost| lost.share <= PARTS), "the share after a loss is more than one")?;
        require(OPTIONS.contains(&self.options.len()), "the options are not two to five")?;
        let named = self.options.iter().all(|option| is_name(&option.id, OPTION_ID_BYTES_MAX));
        let id = |at: usize| &self.options[at].id;
        let distinct = (0..self.options.len()).all(|at| (0..at).all(|other| id(at) != id(other)));
        require(named && distinct, "an option's id is malformed or there twice")?;
        let deciding = self.options.iter().filter(|option| !option.abstains).count();
        require(deciding >= 2, "fewer than two options do not abstain")
    }

    fn check_rule(&self) -> Result<(), Error> {
        let rule = &self.rule;
        require(rule.quorum > 0, "the quorum is 0")?;
        require(rule.threshold < PARTS && rule.band <= PARTS, "a share of the rules is too large")?;
        if let Some(sides) = &rule.sides {
            let within = MIN_PER_SIDE.contains(&sides.min_per_side) && sides.threshold < PARTS;
            require(within, "what each side must reach is beyond its limits")?;
        }
        let Some(panel) = &rule.panel else { return Ok(()) };
        require(rule.raid != Raid::Hang, "a panel is not compared with those who came late")?;
        let within = panel.seats.iter().all(|seats| *seats == 0 || SEATS.contains(seats)) && CALL.contains(&panel.call);
        require(within && panel.seats.iter().any(|seats| *seats > 0), "the panel's seats are beyond their limits")
    }

    fn check_draw(&self) -> Result<(), Error> {
        let Some(panel) = &self.rule.panel else {
            let none = self.draw.is_none() && self.beacon.is_none() && self.called.is_empty();
            return require(none, "a draw is stated without a panel");
        };
        require(self.draw.is_some(), "the draw of the panel is missing")?;
        let signature = self.beacon.as_ref().and_then(|beacon| beacon.signature.as_ref());
        let is_short = |signature: &Vec<u8>| (1..=BEACON_SIGNATURE_BYTES_MAX).contains(&signature.len());
        require(signature.is_none_or(is_short), "the beacon's signature is too long")?;
        if self.called.is_empty() {
            return Ok(());
        }
        let with_seats = Stratum::ALL.into_iter().filter(|stratum| panel.seats_of(*stratum) > 0);
        let strata = self.called.iter().map(|called| called.stratum);
        require(strata.eq(with_seats), "the called are not stated for each stratum with seats")?;
        let within = self.called.iter().all(|called| {
            let seats = panel.seats_of(called.stratum);
            called.seats == seats
                && called.called <= seats * panel.call
                && (called.called > 0 || called.last_ticket == 0)
        });
        require(within, "more were called than the rules allow")
    }

    fn check_sums(&self, sums: &Sums) -> Result<(), Error> {
        self.check_counts(&sums.counts)?;
        require(total(&sums.counts) == Some(self.ballots), "the counts are not as many as the ballots")?;
        self.check_panel(sums)?;
        self.check_sides(sums)?;
        for cohort in [&sums.present, &sums.older].into_iter().flatten() {
            self.check_part(&sums.counts, &cohort.counts)?;
            let own = self.deciding(&cohort.counts);
            let large = own >= COHORT_MIN && self.deciding(&sums.counts) - own >= COHORT_MIN;
            require(self.rule.raid != Raid::Off && large, "a cohort is stated that is too small or not compared")?;
        }
        if let Some(informed) = &sums.informed {
            let own = self.check_part(&sums.counts, informed)?;
            let large = own >= GROUP_MIN && self.ballots - own >= GROUP_MIN;
            require(large, "too few have read the statements, or have not, to be stated apart")?;
        }
        let ascending = sums.reasons.is_sorted_by(|(left, _), (right, _)| left < right);
        require(
            ascending && sums.reasons.iter().all(|(reason, _)| REASONS.contains(reason)),
            "a reason has no number",
        )?;
        let mut by_reason = vec![0; self.options.len()];
        for (_, counts) in &sums.reasons {
            require(self.check_part(&sums.counts, counts)? >= GROUP_MIN, "too few chose a reason to be stated apart")?;
            add(&mut by_reason, counts);
        }
        let given = self.check_part(&sums.counts, &by_reason)?;
        let rest_is_hidden = matches!(self.ballots - given, 0 | GROUP_MIN..);
        require(sums.reasons.is_empty() || rest_is_hidden, "the rest of the reasons is too small a group")
    }

    fn check_panel(&self, sums: &Sums) -> Result<(), Error> {
        let strata = sums.panel.iter().map(|panel| panel.stratum);
        require(
            strata.eq(self.called.iter().map(|called| called.stratum)),
            "the panel is not stated for each stratum",
        )?;
        let mut together = vec![0; self.options.len()];
        for (panel, called) in sums.panel.iter().zip(&self.called) {
            let within = panel.counted <= called.seats.min(called.called);
            require(within, "more panel ballots are counted than seats or called jurors are there")?;
            require(panel.counts.is_some() == (panel.counted >= GROUP_MIN), "a panel's small group is stated apart")?;
            let Some(counts) = &panel.counts else { continue };
            require(self.check_part(&sums.counts, counts)? == panel.counted, "a panel's counts do not add up")?;
            add(&mut together, counts);
        }
        self.check_part(&sums.counts, &together).map(|_| ())
    }

    fn check_sides(&self, sums: &Sums) -> Result<(), Error> {
        let rule = &self.rule;
        let by_side = rule.panel.is_none() && (rule.sides.is_some() || rule.balanced);
        let stated = by_side || (rule.panel.is_none() && rule.band > 0);
        require(sums.sides.is_some() == stated, "the sides are not stated exactly where a rule needs them")?;
        let large = sums.sides.is_some_and(|sides| sides.iter().all(|side| *side >= GROUP_MIN));
        let complete = sums.side.is_some() == (by_side && large);
        require(complete, "the sides' counts are not stated exactly where a rule needs them")?;
        let Some(sides) = sums.sides else { return Ok(()) };
        let together = sides[0].checked_add(sides[1]);
        let within = together.is_some_and(|sides| sides <= self.deciding(&sums.counts));
        require(within, "the sides have more deciding ballots than there are")?;
        let Some([buyer, merchant]) = &sums.side else { return Ok(()) };
        self.check_part(&sums.counts, buyer)?;
        self.check_part(&sums.counts, merchant)?;
        require([self.deciding(buyer), self.deciding(merchant)] == sides, "the sides' counts do not add up")?;
        let mut together = buyer.clone();
        add(&mut together, merchant);
        self.check_part(&sums.counts, &together).map(|_| ())
    }

    fn check_counts(&self, counts: &[u64]) -> Result<(), Error> {
        require(counts.len() == self.options.len(), "the counts are not one for each option")
    }

    /// Checks that a group's counts are within all counts, and returns how many it has.
    fn check_part(&self, all: &[u64], part: &[u64]) -> Result<u64, Error> {
        self.check_counts(part)?;
        let within = part.iter().zip(all).all(|(part, all)| part <= all);
        require(within, "a group has more ballots of an option than there are")?;
        total(part).ok_or(Error("a group has too many ballots"))
    }
}

fn total(counts: &[u64]) -> Option<u64> {
    counts.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count))
}

/// Adds counts to a sum by option. A sum that is too large stays at the largest number, and fails the check after it.
fn add(sums: &mut [u64], counts: &[u64]) {
    sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum = sum.saturating_add(*count));
}
