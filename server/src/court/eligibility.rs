//! Who may vote on what: the refusals, in their order; it never looks at what is stored.

use live_jury_protocol::{Refusal, Role, Side};

use super::{Case, State};

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// What a token proved of the one who holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Juror {
    /// The viewer id.
    pub sub: String,
    /// What the token allows.
    pub role: Role,
    /// Whether the token is for watching only.
    pub anonymous: bool,
    /// Which side of the market the juror trades on.
    pub side: Option<Side>,
    /// When the account was created, in Unix seconds.
    pub since_s: Option<u64>,
}

/// Whether this juror's ballot for `option` may go to the tally store, and as which option (its place, from 0).
///
/// `now_ms` is the tally store's clock as far as it is known here; the store has the last word on the deadline.
///
/// # Errors
/// The first [`Refusal`] that applies. What only the store knows (`already_voted`) is not among them.
pub fn admit(case: &Case, juror: &Juror, option: &str, now_ms: u64) -> Result<u8, Refusal> {
    check_standing(juror)?;
    match &case.state {
        State::Draft => Err(Refusal::NotOpen),
        State::Open(open) if now_ms < open.closes_at_ms => check_ballot(case, juror, option, now_ms),
        _ => Err(Refusal::Closed),
    }
}

/// The option of a cast that [`admit`] refused as [`Refusal::Closed`], if it may still be a repeat of a ballot that was
/// recorded in time: such a juror is told that the vote is in.
#[must_use]
pub fn may_repeat(case: &Case, juror: &Juror, option: &str, now_ms: u64) -> Option<u8> {
    check_standing(juror).and_then(|()| check_ballot(case, juror, option, now_ms)).ok()
}

fn check_standing(juror: &Juror) -> Result<(), Refusal> {
    match juror.role {
        Role::Viewer if juror.anonymous => Err(Refusal::Anonymous),
        Role::Viewer => Ok(()),
        Role::Moderator | Role::Host | Role::Overlay | Role::Unknown => Err(Refusal::NotAJuror),
    }
}

fn check_ballot(case: &Case, juror: &Juror, option: &str, now_ms: u64) -> Result<u8, Refusal> {
    let option = case.brief.option_index(option).ok_or(Refusal::UnknownOption)?;
    let rules = &case.brief.rules;
    if rules.recused.iter().flatten().any(|sub| *sub == juror.sub) {
        return Err(Refusal::Recused);
    }
    let age_needed_s = u64::from(rules.min_account_age_days) * SECONDS_PER_DAY;
    let age_s = juror.since_s.map(|since_s| (now_ms / 1_000).saturating_sub(since_s));
    if age_needed_s > 0 && age_s.is_none_or(|age_s| age_s < age_needed_s) {
        return Err(Refusal::AccountTooNew);
    }
    Ok(option)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::case::tests::{NOW_MS, open_case};

    fn juror() -> Juror {
        Juror { sub: "ann".into(), role: Role::Viewer, anonymous: false, side: None, since_s: Some(0) }
    }

    #[test]
    fn the_first_reason_that_applies_is_the_answer() {
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
    fn a_case_takes_ballots_up_to_its_deadline() {
        let case = open_case();
        let State::Open(open) = &case.state else { panic!("open") };
        assert_eq!(admit(&case, &juror(), "buyer", open.closes_at_ms - 1), Ok(0));
        assert_eq!(admit(&case, &juror(), "buyer", open.closes_at_ms), Err(Refusal::Closed));
    }
}
