//! Distribution functions. The numerics are those of the crates libm (error function) and statrs (incomplete beta and
//! gamma functions); this is the one place that names them.

use std::f64::consts::{PI, SQRT_2};

use statrs::function::{beta, erf, gamma};

/// Density of the standard normal distribution.
#[inline]
pub fn normal_pdf(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * PI).sqrt()
}

/// P(Z <= x). From the complementary error function, so that the lower tail keeps its digits.
#[inline]
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / SQRT_2)
}

/// The x with P(Z <= x) = p; infinite at 0 and 1, NaN beyond.
pub fn normal_quantile(p: f64) -> f64 {
    match p {
        0.0 => f64::NEG_INFINITY,
        1.0 => f64::INFINITY,
        p if !(0.0..=1.0).contains(&p) => f64::NAN,
        p if p > 0.5 => -normal_quantile(1.0 - p),
        p => {
            let x = -SQRT_2 * erf::erfc_inv(2.0 * p);
            // statrs is good to ten digits here; a step of Halley's method gives the rest.
            let step = (normal_cdf(x) - p) / normal_pdf(x);
            x - step / (1.0 + 0.5 * x * step)
        }
    }
}

/// P(T <= t) of Student's distribution; of so many degrees that it is the normal one, from 1000 on.
pub fn student_cdf(t: f64, degrees: f64) -> f64 {
    if degrees >= 1000.0 {
        return normal_cdf(t);
    }
    if t.is_nan() {
        return t;
    }
    if t.is_infinite() {
        return if t > 0.0 { 1.0 } else { 0.0 };
    }
    let tail = 0.5 * beta::beta_reg(0.5 * degrees, 0.5, degrees / (degrees + t * t));
    if t > 0.0 {
        1.0 - tail
    } else {
        tail
    }
}

/// P(X > x) of the chi-squared distribution: a p-value.
pub fn chi2_tail(x: f64, degrees: f64) -> f64 {
    gamma_tail(0.5 * x, 0.5 * degrees)
}

/// P(X > x) of the F distribution: a p-value.
pub fn f_tail(x: f64, numerator: f64, denominator: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x <= 0.0 {
        return 1.0;
    }
    beta::beta_reg(0.5 * denominator, 0.5 * numerator, denominator / (denominator + numerator * x))
}

/// P(X <= x) of the gamma distribution with scale 1.
pub fn gamma_cdf(x: f64, shape: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return if x.is_nan() { x } else { 0.0 };
    }
    gamma::gamma_lr(shape, x)
}

/// P(X > x) of the gamma distribution with scale 1.
pub fn gamma_tail(x: f64, shape: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return if x.is_nan() { x } else { 1.0 };
    }
    gamma::gamma_ur(shape, x)
}

/// The x with P(X <= x) = p of the gamma distribution with scale 1; 0 and infinite at the ends. For construction, not
/// for updates: a bracketed Newton iteration on the distribution function.
pub fn gamma_quantile(p: f64, shape: f64) -> f64 {
    if p.is_nan() || p <= 0.0 || p >= 1.0 {
        return if p == 0.0 {
            0.0
        } else if p == 1.0 {
            f64::INFINITY
        } else {
            f64::NAN
        };
    }
    // Wilson and Hilferty's cube root of a normal quantile is a good start.
    let ninth = 1.0 / (9.0 * shape);
    let mut x = (shape * (1.0 - ninth + normal_quantile(p) * ninth.sqrt()).powi(3)).max(1e-8 * shape);
    let (mut low, mut high) = (0.0, f64::INFINITY);
    for _ in 0..200 {
        let miss = gamma_cdf(x, shape) - p;
        if miss > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let density = ((shape - 1.0) * x.ln() - x - ln_gamma(shape)).exp();
        let newton = x - miss / density;
        let next = if newton > low && newton < high {
            newton
        } else if high.is_finite() {
            0.5 * (low + high)
        } else {
            2.0 * x
        };
        if (next - x).abs() <= 1e-15 * x {
            return next;
        }
        x = next;
    }
    x
}

/// The x with P(X <= x) = p of the chi-squared distribution.
pub fn chi2_quantile(p: f64, degrees: f64) -> f64 {
    2.0 * gamma_quantile(p, 0.5 * degrees)
}

/// The x with P(X <= x) = p of the beta distribution.
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    beta::inv_beta_reg(a, b, p)
}

/// Logarithm of the gamma function.
pub fn ln_gamma(x: f64) -> f64 {
    gamma::ln_gamma(x)
}

/// Error function complement.
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of SciPy 1.17.1.
    #[test]
    fn values() {
        let cases = [
            (normal_cdf(-3.0), 1.349_898_031_630_093_3e-3),
            (normal_cdf(-30.0), 4.906_713_927_147_908e-198),
            (normal_quantile(0.05), -1.644_853_626_951_472_9),
            (normal_quantile(1e-12), -7.034_483_825_301_132),
            (student_cdf(-0.7, 0.25), 0.383_416_836_743_485),
            (chi2_tail(15.5, 8.0), 5.012_205_453_266_52e-2),
            (f_tail(3.2, 5.0, 90.0), 1.050_348_880_920_281e-2),
            (gamma_cdf(130.0, 144.0), 0.119_246_538_997_379_1),
            (chi2_quantile(0.025, 288.0), 242.8828423957309),
            (chi2_quantile(0.975, 4.0), 11.143286781877796),
        ];
        for (index, (got, wanted)) in cases.iter().enumerate() {
            assert!((got / wanted - 1.0).abs() < 1e-12, "case {index}: {got} for {wanted}");
        }
    }
}
