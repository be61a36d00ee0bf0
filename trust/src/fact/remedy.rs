//! The event of a remedy that was given. It stops a clock elsewhere.

use super::fields::Fields;
use super::{Code, Effect, Refusal, RemedyOf};

/// It counts nothing by itself: the clock that it stops does.
pub(super) fn done(fields: &mut Fields, effects: &mut Vec<Effect>) -> Result<(), Refusal> {
    let of = match (fields.maybe_id("case")?, fields.maybe_id("claim")?) {
        (Some(case), None) => RemedyOf::Case(case),
        (None, Some(claim)) => RemedyOf::Claim(claim),
        (None, None) => return Err(Refusal::at(Code::MissingField, "case")),
        (Some(_), Some(_)) => return Err(Refusal::at(Code::InvalidField, "claim")),
    };
    let accepted = fields.maybe_flag("accepted")?;
    effects.push(Effect::RemedyDone { of, accepted });
    Ok(())
}
