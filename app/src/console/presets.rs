//! The presets of a case's rules: standard, fair and strict, and the viewers that the latter two need. It sends
//! nothing.

use live_jury_protocol::limits::QUORUM_DEFAULT;
use live_jury_protocol::{Band, Reveal, SidesPresent, TwoSided};

use super::case_form::CaseForm;

/// The quorum of *fair* and *strict*. The simulation of docs/fairness.md shows that a band of 0.15 keeps juries of this
/// size right.
const FAIR_QUORUM: u64 = 200;
/// The band of *fair* and *strict*, in ten-thousandths.
const FAIR_BAND_PARTS: u32 = 1_500;

/// A choice of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Quorum and threshold alone.
    Standard,
    /// The lead must exceed what favour for one's own side explains, and nobody sees or moves anything before the end.
    Fair,
    /// As fair, and both sides must agree.
    Strict,
}

impl Preset {
    /// All presets, in the order shown.
    pub const ALL: [Preset; 3] = [Preset::Standard, Preset::Fair, Preset::Strict];

    /// The preset's name in the page's markup.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Preset::Standard => "standard",
            Preset::Fair => "fair",
            Preset::Strict => "strict",
        }
    }

    /// The preset whose rules the form has, whatever its quorum is.
    #[must_use]
    pub fn of(form: &CaseForm) -> Option<Self> {
        let applied = |preset: &Preset| {
            let mut like = form.clone();
            preset.apply(&mut like);
            let rules = |form: &CaseForm| {
                let further = &form.further;
                let sides = (further.two_sided, further.hold_when_balanced, further.bias_band);
                (sides, form.blind && form.reveal == Reveal::AfterClose, form.fixed_end)
            };
            rules(&like) == rules(form)
        };
        Self::ALL.into_iter().find(applied)
    }

    /// Sets the rules of this preset in a form. The other rules stay.
    pub fn apply(self, form: &mut CaseForm) {
        let is_fair = self != Preset::Standard;
        form.quorum = if is_fair { FAIR_QUORUM } else { QUORUM_DEFAULT }.to_string();
        form.further.hold_when_balanced = is_fair;
        form.further.bias_band =
            if is_fair { Band::from_parts(FAIR_BAND_PARTS).unwrap_or_default() } else { Band::ZERO };
        form.further.two_sided = (self == Preset::Strict).then(TwoSided::default);
        (form.blind, form.fixed_end) = (is_fair, is_fair);
        if is_fair {
            form.reveal = Reveal::AfterClose;
        }
    }

    /// Whether the room's viewers allow this preset: rules by side hang a case in which most sides are not known.
    #[must_use]
    pub fn is_offered(self, present: Option<SidesPresent>) -> bool {
        self == Preset::Standard || share_with_side(present).is_some_and(|share| share >= 0.5)
    }
}

/// The share of the viewers present whose token names a side; none without viewers, or while it is not known.
#[must_use]
pub fn share_with_side(present: Option<SidesPresent>) -> Option<f64> {
    let SidesPresent { buyer, merchant, none } = present?;
    let all = buyer + merchant + none;
    (all > 0).then(|| (buyer + merchant) as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn present(buyer: u64, merchant: u64, none: u64) -> Option<SidesPresent> {
        Some(SidesPresent { buyer, merchant, none })
    }

    #[test]
    fn each_preset_is_found_again_and_can_be_taken_back() {
        let mut form = CaseForm::empty();
        assert_eq!(Preset::of(&form), Some(Preset::Standard));
        for preset in [Preset::Strict, Preset::Fair, Preset::Standard, Preset::Strict] {
            preset.apply(&mut form);
            assert_eq!(Preset::of(&form), Some(preset));
        }
        form.fixed_end = false;
        assert_eq!(Preset::of(&form), None);
        Preset::Standard.apply(&mut form);
        assert!(!form.to_case().unwrap().rules.has_further_rules());
    }

    #[test]
    fn a_fair_case_is_sent_with_the_rules_of_the_preset() {
        let mut form = CaseForm::empty();
        Preset::Fair.apply(&mut form);
        let rules = form.to_case().unwrap().rules;
        assert_eq!((rules.quorum, rules.bias_band.parts(), rules.hold_when_balanced), (200, 1_500, true));
        assert!(rules.blind && rules.fixed_end && rules.two_sided.is_none());
        assert_eq!(rules.reveal, Reveal::AfterClose);
        Preset::Strict.apply(&mut form);
        assert_eq!(form.to_case().unwrap().rules.two_sided, Some(TwoSided::default()));
    }

    #[test]
    fn rules_by_side_are_offered_where_half_of_the_viewers_have_one() {
        assert!(Preset::ALL.iter().all(|preset| preset.is_offered(present(40, 10, 50))));
        for few in [present(40, 9, 50), present(0, 0, 0), None] {
            assert_eq!(Preset::ALL.map(|preset| preset.is_offered(few)), [true, false, false], "{few:?}");
        }
    }
}
