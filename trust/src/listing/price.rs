//! A price, compared with the median of others. It knows no currency.

/// The prices of a brand or a category below which nothing is compared.
pub const PRICES_MIN: usize = 30;
/// The newest prices of which the median is taken. More move it little and cost a longer read.
pub const PRICES_READ: u32 = 500;
/// The part of the median below which a price is too good to be true.
pub const CHEAP_BELOW: f64 = 0.3;

/// The median; none of fewer than [`PRICES_MIN`] prices.
#[must_use]
pub fn median(prices: &mut [u64]) -> Option<f64> {
    if prices.len() < PRICES_MIN {
        return None;
    }
    prices.sort_unstable();
    let middle = prices.len() / 2;
    let upper = prices[middle] as f64;
    Some(if prices.len() % 2 == 1 { upper } else { (prices[middle - 1] as f64 + upper) / 2.0 })
}

/// The price as a part of the median of its brand, else of its category; none where neither has enough prices.
#[must_use]
pub fn ratio(price: u64, of_brand: Option<f64>, of_category: Option<f64>) -> Option<f64> {
    of_brand.or(of_category).filter(|median| *median > 0.0).map(|median| price as f64 / median)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_needs_thirty_prices_and_a_brand_comes_first() {
        assert_eq!(median(&mut [5; 29]), None);
        let mut prices: Vec<u64> = (1..=30).rev().collect();
        assert_eq!(median(&mut prices), Some(15.5));
        assert_eq!(median(&mut (1..=31).collect::<Vec<_>>()), Some(16.0));
        assert_eq!(ratio(29, Some(100.0), Some(10.0)), Some(0.29));
        assert_eq!(ratio(29, None, Some(10.0)), Some(2.9));
        assert_eq!(ratio(29, None, None), None);
        assert_eq!(ratio(29, Some(0.0), None), None);
    }
}
