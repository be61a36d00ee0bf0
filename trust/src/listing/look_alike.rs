//! A name that can be taken for a brand's, as a jury may judge it. It knows no case.

use super::brand::Likeness;
use super::{Check, Hit, Outcome};

/// The fewest ballots with which a jury decides whether one name can be taken for another.
pub const LOOK_ALIKE_QUORUM: u64 = 500;

/// The two names that a jury compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookAlike<'h> {
    /// The name that the listing has.
    pub name: &'h str,
    /// The brand's name.
    pub brand: &'h str,
    /// The policy that the listing would break.
    pub policy: Option<&'h str>,
}

/// The names that a jury compares. There are none where anything else stops the listing, or where its name is like
/// several brands: the jury's answer would then release what it was not asked about.
#[must_use]
pub fn look_alike(hits: &[Hit]) -> Option<LookAlike<'_>> {
    let mut counted = hits.iter().filter(|hit| hit.counted() > Outcome::Pass);
    let first = names_of(counted.next()?)?;
    let is_same = |hit: &Hit| names_of(hit).is_some_and(|names| names.brand == first.brand);
    counted.all(is_same).then_some(first)
}

fn names_of(hit: &Hit) -> Option<LookAlike<'_>> {
    let (likeness, brand) = hit.note.split_once(": ")?;
    let is_like = [Likeness::Look, Likeness::Close].iter().any(|one| one.as_str() == likeness);
    let is_name = hit.check == Check::Brand && is_like;
    is_name.then_some(LookAlike { name: &hit.value, brand, policy: hit.policy.as_deref() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(check: Check, note: &str, outcome: Outcome) -> Hit {
        Hit {
            check,
            list: None,
            field: None,
            span: None,
            value: "5amsung".to_owned(),
            note: note.to_owned(),
            outcome,
            shadow: false,
            policy: Some("look_alike_brand".to_owned()),
        }
    }

    #[test]
    fn a_jury_compares_two_names_where_nothing_else_stops_the_listing() {
        let look = hit(Check::Brand, "look: Samsung", Outcome::Hold);
        let close = hit(Check::Brand, "close: Samsung", Outcome::Review);
        let fact = hit(Check::Price, "below_median", Outcome::Pass);
        let quiet = Hit { shadow: true, ..hit(Check::Rule, "rule", Outcome::Hold) };
        let hits = [look.clone(), close.clone(), fact, quiet];
        let found = look_alike(&hits).unwrap();
        assert_eq!((found.name, found.brand, found.policy), ("5amsung", "Samsung", Some("look_alike_brand")));
        for other in [
            hit(Check::Term, "counterfeit_phrase", Outcome::Review),
            hit(Check::Shop, "limited", Outcome::Hold),
            hit(Check::Brand, "equal: Samsung", Outcome::Review),
            hit(Check::Brand, "close: Samsara", Outcome::Review),
        ] {
            assert_eq!(look_alike(&[look.clone(), other.clone()]), None, "{other:?}");
            assert_eq!(look_alike(&[other.clone(), close.clone()]), None, "{other:?}");
        }
        assert_eq!(look_alike(&[]), None);
    }
}
