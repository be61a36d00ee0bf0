//! The returns of one product beside those of its category. It names neither.

use serde::{Deserialize, Serialize};

use crate::signal::SignalId;

/// The days of deliveries and returns that count, before the day that has begun.
pub const PRODUCT_DAYS: u64 = 60;
/// The factor of the category's rate above which a product is returned often.
const OFTEN: f64 = 2.0;

/// Deliveries and returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returns {
    /// The deliveries.
    pub sold: u64,
    /// The returns.
    pub returned: u64,
}

impl Returns {
    /// Adds those of another product.
    pub const fn add(&mut self, other: Self) {
        self.sold += other.sold;
        self.returned += other.returned;
    }

    /// The typical rate of a category with these returns in all, shrunk towards that of returns without fault.
    #[must_use]
    pub fn typical(self) -> f64 {
        let signal = SignalId::E07.signal();
        self.shrunk(signal.prior, signal.kappa)
    }

    /// Whether a product comes back more than twice as often as is typical. Its rate is shrunk by 20 typical
    /// deliveries, so that one return of one delivery shows nothing.
    #[must_use]
    pub fn are_frequent(self, typical: f64) -> bool {
        self.shrunk(typical, SignalId::E13.signal().kappa) > OFTEN * typical
    }

    fn shrunk(self, typical: f64, weight: f64) -> f64 {
        (self.returned as f64 + weight * typical) / (self.sold as f64 + weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_without_deliveries_has_the_rate_of_the_table() {
        assert!((Returns::default().typical() - 0.08).abs() < 1e-12);
        let mut category = Returns { sold: 9_000, returned: 270 };
        category.add(Returns { sold: 1_000, returned: 30 });
        assert!((category.typical() - (300.0 + 16.0) / 10_200.0).abs() < 1e-12);
    }

    #[test]
    fn a_product_is_returned_often_above_twice_the_typical_rate() {
        let often = |sold, returned| Returns { sold, returned }.are_frequent(0.05);
        assert!(!often(1, 1), "one return shows nothing");
        assert!(often(2, 2));
        assert!(!often(100, 11) && often(100, 12), "12 of 100 are 13 of 120");
        assert!(!often(0, 0));
    }
}
