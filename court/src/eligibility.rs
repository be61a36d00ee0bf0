//! Eligibility: decides whether a juror may vote on a case, before any store is read.

use live_jury_protocol::{Refusal, Role, Side, Stratum};

use crate::{Case, State};

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// A token's holder, with the facts that the token proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Juror {
    /// The viewer id.
    pub sub: String,
    /// The role.
    pub role: Role,
    /// Whether the token allows watching only.
    pub anonymous: bool,
    /// The juror's side of the market, if the token names one.
    pub side: Option<Side>,
    /// The time when the account was created, in Unix seconds, if the token names it.
    pub since_s: Option<u64>,
    /// The level that the token names; 0 if it names none.
    pub level: u8,
}

/// Admits a juror's ballot for `option` to the tally store, and returns the option's index.
///
/// `now_ms` is this node's estimate of the tally store's clock. The store itself checks the deadline again.
///
/// # Errors
/// The first [`Refusal`] that applies, in the order of the checks. Only the store can refuse as `already_voted`.
pub fn admit(case: &Case, juror: &Juror, option: &str, now_ms: u64) -> Result<u8, Refusal> {
    check_role(juror)?;
    match &case.state {
        State::Draft => Err(Refusal::NotOpen),
        State::Open(open) if now_ms < open.closes_at_ms => check_ballot(case, juror, option, now_ms),
        _ => Err(Refusal::Closed),
    }
}

/// The stratum in whose pool a juror of an open case is, if the juror may be drawn for its panel, whatever the level:
/// the juror may vote, the stratum has seats, and the socket had joined `present_s` before the opening. Both times are
/// by the tally store's clock.
#[must_use]
pub fn stratum_in_pool(case: &Case, juror: &Juror, joined_at_ms: u64) -> Option<Stratum> {
    let (panel, open) = (case.brief.rules.panel?, case.as_open().ok()?);
    let stratum = Stratum::of(juror.side);
    let was_there = joined_at_ms.saturating_add(panel.present_s * 1_000) <= open.opened_at_ms;
    let may_vote = check_role(juror).and_then(|()| check_juror(case, juror, open.opened_at_ms)).is_ok();
    (was_there && may_vote && panel.seats_of(stratum) > 0).then_some(stratum)
}

/// The option's index of a cast that [`admit`] refused as [`Refusal::Closed`], if it may repeat a ballot that was
/// recorded in time. The juror's answer is then `duplicate`, if the ballot is found.
#[must_use]
pub fn may_repeat(case: &Case, juror: &Juror, option: &str, now_ms: u64) -> Option<u8> {
    check_role(juror).and_then(|()| check_ballot(case, juror, option, now_ms)).ok()
}

fn check_role(juror: &Juror) -> Result<(), Refusal> {
    match juror.role {
        Role::Viewer if juror.anonymous => Err(Refusal::Anonymous),
        Role::Viewer => Ok(()),
        _ => Err(Refusal::NotAJuror),
    }
}

fn check_ballot(case: &Case, juror: &Juror, option: &str, now_ms: u64) -> Result<u8, Refusal> {
    let option = case.brief.option_index(option).ok_or(Refusal::UnknownOption)?;
    check_juror(case, juror, now_ms).map(|()| option)
}

fn check_juror(case: &Case, juror: &Juror, now_ms: u64) -> Result<(), Refusal> {
    let rules = &case.brief.rules;
    if rules.recused.iter().flatten().any(|sub| *sub == juror.sub) {
        return Err(Refusal::Recused);
    }
    let age_needed_s = u64::from(rules.min_account_age_days) * SECONDS_PER_DAY;
    let age_s = juror.since_s.map(|since_s| (now_ms / 1_000).saturating_sub(since_s));
    if age_needed_s > 0 && age_s.is_none_or(|age_s| age_s < age_needed_s) {
        return Err(Refusal::AccountTooNew);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use live_jury_protocol::Panel;

    use super::*;
    use crate::case::tests::{NOW_MS, open_case};

    fn juror() -> Juror {
        Juror { sub: "ann".into(), role: Role::Viewer, anonymous: false, side: None, since_s: Some(0), level: 0 }
    }

    #[test]
    fn the_first_refusal_that_applies_is_returned() {
        let mut case = open_case();
        case.brief = case.brief.with_rules(|rules| {
            rules.recused = Some(vec!["ann".into()]);
            rules.min_account_age_days = 7;
        });
        let mut juror = Juror { role: Role::Host, anonymous: true, since_s: None, ..juror() };
        let late = NOW_MS + 10_000_000;
        assert_eq!(admit(&case, &juror, "nothing", late), Err(Refusal::NotAJuror));
        juror.role = Role::Viewer;
        assert_eq!(admit(&case, &juror, "nothing", late), Err(Refusal::Anonymous));
        juror.anonymous = false;
        assert_eq!(admit(&case, &juror, "nothing", late), Err(Refusal::Closed));
        assert_eq!(admit(&case, &juror, "nothing", NOW_MS), Err(Refusal::UnknownOption));
        assert_eq!(admit(&case, &juror, "buyer", NOW_MS), Err(Refusal::Recused));
        juror.sub = "bob".into();
        assert_eq!(admit(&case, &juror, "buyer", NOW_MS), Err(Refusal::AccountTooNew));
        juror.since_s = Some(NOW_MS / 1_000 - 7 * SECONDS_PER_DAY);
        assert_eq!(admit(&case, &juror, "merchant", NOW_MS), Ok(1));
        juror.since_s = Some(NOW_MS / 1_000 - 7 * SECONDS_PER_DAY + 1);
        assert_eq!(admit(&case, &juror, "merchant", NOW_MS), Err(Refusal::AccountTooNew));
    }

    #[test]
    fn who_was_there_and_may_vote_is_in_the_pool() {
        let mut case = open_case();
        let seats = Panel { buyer: 7, other: 7, present_s: 60, min_level: 2, ..Panel::default() };
        case.brief = case.brief.with_rules(|rules| {
            rules.panel = Some(seats);
            rules.recused = Some(vec!["eve".into()]);
            rules.min_account_age_days = 1;
        });
        let opened_at_ms = case.as_open().unwrap().opened_at_ms;
        let pool = |juror: &Juror, since_ms: u64| stratum_in_pool(&case, juror, opened_at_ms - since_ms);
        let other = juror();
        assert_eq!(pool(&other, 60_000), Some(Stratum::Other), "the level is looked up elsewhere");
        assert_eq!(pool(&other, 59_999), None);
        let buyer = Juror { side: Some(Side::Buyer), ..juror() };
        assert_eq!(pool(&buyer, 60_000), Some(Stratum::Buyer));
        for none in [
            Juror { side: Some(Side::Merchant), ..juror() },
            Juror { sub: "eve".into(), ..juror() },
            Juror { anonymous: true, ..juror() },
            Juror { role: Role::Moderator, ..juror() },
            Juror { since_s: None, ..juror() },
            Juror { since_s: Some(opened_at_ms / 1_000 - SECONDS_PER_DAY + 1), ..juror() },
        ] {
            assert_eq!(pool(&none, 60_000), None, "{none:?}");
        }
    }

    #[test]
    fn a_case_takes_ballots_up_to_its_deadline() {
        let case = open_case();
        let State::Open(open) = &case.state else { panic!("open") };
        assert_eq!(admit(&case, &juror(), "buyer", open.closes_at_ms - 1), Ok(0));
        assert_eq!(admit(&case, &juror(), "buyer", open.closes_at_ms), Err(Refusal::Closed));
    }
}
