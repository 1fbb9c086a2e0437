//! Rounding to lots and ticks. Quotients that are whole but for the rounding of their terms count as whole.

/// By how much a quotient may fall short of a whole number: 0.3 / 0.1 does.
#[inline]
fn slack(units: f64) -> f64 {
    1e-9 + 1e-12 * units.abs()
}

#[inline]
pub(super) fn floor_to(x: f64, step: f64) -> f64 {
    let units = x / step;
    (units + slack(units)).floor() * step
}

#[inline]
pub(super) fn ceil_to(x: f64, step: f64) -> f64 {
    -floor_to(-x, step)
}

/// Whole lots nearest to `x`, halves to even.
#[inline]
pub(super) fn nearest_lots(x: f64, lot: f64) -> f64 {
    (x / lot).round_ties_even()
}

/// Splits `total` by cumulative shares that end at 1: each size is the step between rounded targets, so that the
/// sizes add up to the rounded total whatever the shares are.
pub(super) fn split(total: f64, lot: f64, shares: impl Iterator<Item = f64>, sizes: &mut [f64]) {
    let mut done = 0.0;
    for (size, share) in sizes.iter_mut().zip(shares) {
        let target = nearest_lots(total * share, lot);
        *size = (target - done) * lot;
        done = target;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_quotients_stay_whole() {
        assert_eq!(floor_to(0.3, 0.1), 3.0 * 0.1);
        assert_eq!(ceil_to(0.3, 0.1), 3.0 * 0.1);
        assert_eq!(floor_to(0.29, 0.1), 2.0 * 0.1);
        assert_eq!(ceil_to(-0.29, 0.1), -2.0 * 0.1);
    }
}
