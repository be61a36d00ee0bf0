//! Events about goods by somebody whose word counts: a brand's owner, or an authority. They grant no claim themselves.

use super::fields::Fields;
use super::{Code, Effect, Refusal};
use crate::counter::Count;
use crate::policy::TrustFile;
use crate::signal::SignalId as S;
use crate::statement::FACTS_CHARS_MAX;

/// The policy of goods that are not genuine.
const COUNTERFEIT: &str = "counterfeit";
/// The kinds of a brand owner's notice, with the signal of each.
const KINDS: [(&str, S); 2] = [("safety", S::Q15), (IP, S::X14)];
/// The kind of notice that says that goods are not genuine.
const IP: &str = "ip";

/// A notice by the owner of a brand.
pub(super) fn brand(fields: &mut Fields, effects: &mut Vec<Effect>, at_ms: u64) -> Result<(), Refusal> {
    let (kind, signal) = KINDS[fields.choice("kind", &KINDS.map(|(name, _)| name))?];
    let is_upheld = fields.flag("upheld")?;
    let order = fields.maybe_id("order")?;
    if is_upheld {
        effects.push(Effect::Count { signal, count: Count::new(0.0, 1.0), at_ms });
        effects.extend((kind == IP).then_some(Effect::NotGenuine { order }));
    }
    Ok(())
}

/// What an authority found.
pub(super) fn finding(fields: &mut Fields, effects: &mut Vec<Effect>, file: &TrustFile) -> Result<(), Refusal> {
    let policy = fields.text("policy")?;
    if file.policy(&policy).is_none() {
        return Err(Refusal::at(Code::InvalidField, "policy"));
    }
    let text = fields.words("text", FACTS_CHARS_MAX)?;
    let order = fields.maybe_id("order")?;
    let is_counterfeit = policy == COUNTERFEIT;
    effects.push(Effect::Finding { policy, text });
    effects.extend(is_counterfeit.then_some(Effect::NotGenuine { order }));
    Ok(())
}
