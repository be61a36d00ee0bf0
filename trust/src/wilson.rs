//! Wilson's interval of a share. It knows no signal and no figure.

/// The lower bound of the share of `k` in `n`, `z` standard deviations below; 0 where nothing was counted. Decayed
/// counters hold fractions, so both numbers are floats.
#[must_use]
pub fn wilson_low(k: f64, n: f64, z: f64) -> f64 {
    if n <= 0.0 {
        return 0.0;
    }
    let share = (k / n).clamp(0.0, 1.0);
    let square = z * z;
    let spread = z * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
    ((share + square / (2.0 * n) - spread) / (1.0 + square / n)).max(0.0)
}

/// The upper bound: one less the lower bound of the others' share; 1 where nothing was counted.
#[must_use]
pub fn wilson_high(k: f64, n: f64, z: f64) -> f64 {
    1.0 - wilson_low(n - k, n, z)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_of_known_samples_are_known() {
        assert_eq!(wilson_low(0.0, 0.0, 1.96), 0.0);
        assert_eq!(wilson_low(0.0, 50.0, 1.96), 0.0);
        // R: binom.confint(8, 20, methods = "wilson") gives 0.2188 with z = 1.959964.
        assert!((wilson_low(8.0, 20.0, 1.959_964) - 0.218_8).abs() < 5e-5);
        assert!((wilson_low(20.0, 20.0, 1.959_964) - 0.838_9).abs() < 5e-5);
        assert!((wilson_high(8.0, 20.0, 1.959_964) - 0.613_4).abs() < 5e-5);
        assert_eq!(wilson_high(0.0, 0.0, 1.96), 1.0);
    }
}
