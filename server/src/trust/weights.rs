//! Weights of identities: estimated anew each night from what moderators decided, and shown. The law is in `trust`.

use live_jury_protocol::trust::{FieldWeights, IdentityWeights};
use live_jury_trust::identity::weigh::bits;
use live_jury_trust::identity::weights::{Counts, DECIDED_MIN, SAMPLE_MAX, Weights, estimate, strangers};
use live_jury_trust::identity::{Field, Level};
use live_jury_trust::{DAY_MS, three_decimals};

use super::Trust;
use crate::ledger::LedgerError;
use crate::ledger::identities::FiledWeights;
use crate::ledger::night::Night;

impl Trust {
    /// Estimates the weights of identities and files them. Returns false if the claim is lost.
    pub(super) async fn file_weights(&self, night: &Night) -> Result<bool, LedgerError> {
        let Some(key) = self.identity.keys.first() else { return Ok(true) };
        let (mut decided, mut same, mut after) = (0, Counts::default(), None);
        loop {
            let pairs = self.ledger.decided_pairs(after).await?;
            let Some(last) = pairs.last() else { break };
            after = Some(last.application);
            decided += pairs.len() as u64;
            pairs.iter().filter(|pair| pair.is_same).for_each(|pair| same.add(&pair.levels));
        }
        let weights = if decided < DECIDED_MIN {
            Weights::default()
        } else {
            let sample = self.ledger.identity_sample(key.id(), SAMPLE_MAX).await?;
            // It takes about a second, in which this thread serves others.
            let counts = tokio::task::spawn_blocking(move || strangers(&sample)).await;
            let counts = counts.unwrap_or_else(|error| {
                tracing::warn!(%error, "pairs of strangers were not counted; the table's probabilities stay");
                None
            });
            estimate(decided, &same, counts.as_ref())
        };
        self.ledger.file_weights(night, &weights, self.clock.now_ms()).await
    }
}

/// Probabilities and bits of all fields, as their readers get them.
#[must_use]
pub fn shown_weights(filed: &FiledWeights) -> IdentityWeights {
    let field = |field: Field| {
        let row = filed.weights.row(field);
        let bits = |level: Level| {
            let exists = level != Level::Close || row.u1 > 0.0;
            exists.then(|| three_decimals(bits(&row, level, row.u2)))
        };
        FieldWeights {
            field: field.as_str().to_owned(),
            group: field.group().as_str().to_owned(),
            m: row.m.map(rounded).to_vec(),
            u: vec![rounded(row.u2), rounded(row.u1), rounded(1.0 - row.u2 - row.u1)],
            bits: Level::ALL.map(bits).to_vec(),
        }
    };
    IdentityWeights {
        estimated_at_ms: filed.day.map(|day| day * DAY_MS),
        fields: Field::ALL.into_iter().map(field).collect(),
    }
}

/// A probability with six decimals.
fn rounded(probability: f64) -> f64 {
    (probability * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_without_an_estimate_is_the_table() {
        let shown = shown_weights(&FiledWeights::default());
        assert_eq!((shown.estimated_at_ms, shown.fields.len()), (None, Field::ALL.len()));
        let phone = shown.fields.iter().find(|one| one.field == "phone").unwrap();
        assert_eq!((phone.m.as_slice(), phone.u.as_slice()), (&[0.2, 0.0, 0.8][..], &[0.0001, 0.0, 0.9999][..]));
        assert_eq!(phone.bits, [Some(10.966), None, Some(-0.322)]);
    }

    #[test]
    fn an_estimate_is_shown_with_its_day() {
        let weights = Weights::from_iter([(Field::Phone, ([0.5, 0.0, 0.5], 0.01, 0.0))]);
        let shown = shown_weights(&FiledWeights { weights, day: Some(3) });
        let phone = shown.fields.iter().find(|one| one.field == "phone").unwrap();
        assert_eq!(shown.estimated_at_ms, Some(3 * DAY_MS));
        assert_eq!(phone.bits, [Some(5.644), None, Some(-0.986)]);
    }
}
