//! The fields of a drawn panel as text, and the rule that they make. The server checks the limits, this file does not.

use live_jury_protocol::Panel;

use super::FieldError;
use super::case::number;

/// The seats of each stratum that a panel begins with: an odd number, so that two options cannot share it.
const SEATS: u64 = 15;

/// The fields of a panel as typed. They stay while the panel is off, and are not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PanelFields {
    /// Whether a panel decides.
    pub is_on: bool,
    /// The seats of buyers.
    pub buyer: String,
    /// The seats of merchants.
    pub merchant: String,
    /// The seats of jurors of no known side.
    pub other: String,
    /// The jurors called for each seat.
    pub call: String,
    /// The time for which they must have been there, in seconds.
    pub present_s: String,
    /// Whether the case ends once the rest of the panel cannot change the result.
    pub stop_early: bool,
    /// The level that a juror needs. It has no field.
    min_level: u8,
}

impl PanelFields {
    /// The fields of a case's rule; those of a new panel, off, of a case without one.
    #[must_use]
    pub fn of(rule: Option<&Panel>) -> Self {
        let new = Panel { buyer: SEATS, merchant: SEATS, ..Panel::default() };
        let Panel { buyer, merchant, other, call, present_s, min_level, stop_early } = *rule.unwrap_or(&new);
        let text = |number: u64| number.to_string();
        Self {
            is_on: rule.is_some(),
            buyer: text(buyer),
            merchant: text(merchant),
            other: text(other),
            call: text(call),
            present_s: text(present_s),
            stop_early,
            min_level,
        }
    }

    /// The rule; none while the panel is off.
    pub(super) fn rule(&self) -> Result<Option<Panel>, FieldError> {
        if !self.is_on {
            return Ok(None);
        }
        Ok(Some(Panel {
            buyer: number(&self.buyer, "rules.panel.buyer")?,
            merchant: number(&self.merchant, "rules.panel.merchant")?,
            other: number(&self.other, "rules.panel.other")?,
            call: number(&self.call, "rules.panel.call")?,
            present_s: number(&self.present_s, "rules.panel.present_s")?,
            min_level: self.min_level,
            stop_early: self.stop_early,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fault;
    use super::*;

    #[test]
    fn a_panel_is_sent_as_it_was_read() {
        let panel = Panel { other: 31, call: 4, present_s: 0, min_level: 2, stop_early: true, ..Panel::default() };
        assert_eq!(PanelFields::of(Some(&panel)).rule(), Ok(Some(panel)));
        let mut new = PanelFields::of(None);
        assert_eq!(new.rule(), Ok(None));
        new.is_on = true;
        assert_eq!(new.rule(), Ok(Some(Panel { buyer: 15, merchant: 15, ..Panel::default() })));
        new.call = "two".to_owned();
        let wrong = FieldError { field: "rules.panel.call".to_owned(), fault: Fault::Number };
        assert_eq!(new.rule(), Err(wrong));
    }
}
