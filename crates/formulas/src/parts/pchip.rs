//! Monotone piecewise cubic interpolation (Fritsch and Carlson 1980, with the slopes of Fritsch and Butland 1984).

/// The interpolant and its derivative at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub value: f64,
    pub slope: f64,
}

/// At `x`, through knots with strictly ascending `xs`. None outside of them, and for fewer than two.
///
/// # Panics
/// If there are fewer `ys` than `xs`.
pub fn at(xs: &[f64], ys: &[f64], x: f64) -> Option<Point> {
    let last = xs.len().checked_sub(1).filter(|&last| last > 0)?;
    if !(xs[0] <= x && x <= xs[last]) {
        return None;
    }
    let left = xs.partition_point(|&knot| knot <= x).clamp(1, last) - 1;
    let width = xs[left + 1] - xs[left];
    let rise = (ys[left + 1] - ys[left]) / width;
    let (start, end) = (knot_slope(xs, ys, left), knot_slope(xs, ys, left + 1));
    let t = x - xs[left];
    let quadratic = (3.0 * rise - 2.0 * start - end) / width;
    let cubic = (start + end - 2.0 * rise) / (width * width);
    Some(Point {
        value: ys[left] + t * (start + t * (quadratic + t * cubic)),
        slope: start + t * (2.0 * quadratic + 3.0 * t * cubic),
    })
}

/// The derivative at a knot: the weighted harmonic mean of the slopes beside it, and 0 where they differ in sign.
fn knot_slope(xs: &[f64], ys: &[f64], knot: usize) -> f64 {
    let width = |i: usize| xs[i + 1] - xs[i];
    let rise = |i: usize| (ys[i + 1] - ys[i]) / width(i);
    let last = xs.len() - 1;
    if last == 1 {
        return rise(0);
    }
    if knot == 0 {
        return end_slope(width(0), width(1), rise(0), rise(1));
    }
    if knot == last {
        return end_slope(width(last - 1), width(last - 2), rise(last - 1), rise(last - 2));
    }
    let (before, after) = (rise(knot - 1), rise(knot));
    if before * after <= 0.0 {
        return 0.0;
    }
    let heavy_after = 2.0 * width(knot) + width(knot - 1);
    let heavy_before = width(knot) + 2.0 * width(knot - 1);
    (heavy_after + heavy_before) / (heavy_after / before + heavy_before / after)
}

/// The three-point estimate at an end, kept from turning against the data.
fn end_slope(width: f64, next_width: f64, rise: f64, next_rise: f64) -> f64 {
    let slope = ((2.0 * width + next_width) * rise - width * next_rise) / (width + next_width);
    if slope * rise <= 0.0 {
        0.0
    } else if rise * next_rise <= 0.0 && slope.abs() > 3.0 * rise.abs() {
        3.0 * rise
    } else {
        slope
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_through_its_knots_and_never_beyond_them() {
        let (xs, ys) = ([0.0, 1.0, 3.0, 4.0, 6.0], [1.0, 1.0, 5.0, 4.0, 9.0]);
        for (x, y) in xs.iter().zip(ys) {
            assert!((at(&xs, &ys, *x).unwrap().value - y).abs() < 1e-14);
        }
        for step in 0..=60 {
            let x = f64::from(step) * 0.1;
            let left = xs.iter().rposition(|knot| *knot <= x).unwrap().min(3);
            let value = at(&xs, &ys, x).unwrap().value;
            let (low, high) = (ys[left].min(ys[left + 1]), ys[left].max(ys[left + 1]));
            assert!(value >= low - 1e-12 && value <= high + 1e-12, "{x}: {value}");
        }
        assert_eq!(at(&xs, &ys, 6.1), None);
        assert_eq!(at(&xs[..1], &ys[..1], 0.0), None);
    }
}
