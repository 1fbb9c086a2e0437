//! Small arithmetic that is wanted everywhere: division with a stated 0/0, and extremes of two numbers that are not NaN.

/// a / b, or `otherwise` where b is zero.
#[inline(always)]
pub fn ratio_or(a: f64, b: f64, otherwise: f64) -> f64 {
    if b == 0.0 {
        otherwise
    } else {
        a / b
    }
}

/// One instruction, which `f64::max` with its care for NaN is not.
#[inline(always)]
pub fn larger(a: f64, b: f64) -> f64 {
    if a > b {
        a
    } else {
        b
    }
}

/// As [`larger`].
#[inline(always)]
pub fn smaller(a: f64, b: f64) -> f64 {
    if a < b {
        a
    } else {
        b
    }
}

/// x, or 0 where it is negative.
#[inline(always)]
pub fn positive(x: f64) -> f64 {
    larger(x, 0.0)
}
