//! What every European option under Black's model shares: its terms, d1 and d2, and its value beyond the intrinsic one,
//! normalised, which keeps its digits however far out of the money it is.

use std::f64::consts::{FRAC_1_SQRT_2, PI, SQRT_2};

use crate::parts::distributions::erfc;

/// An option's terms, with what its price and its sensitivities have in common.
pub(super) struct Vanilla {
    /// 1 for a call, -1 for a put.
    pub cp: f64,
    pub spot: f64,
    /// sqrt(T).
    pub root_years: f64,
    pub rate: f64,
    pub dividend: f64,
    /// exp(-dividend T).
    pub carry: f64,
    /// What the two legs are worth today: S exp(-qT) and K exp(-rT).
    pub asset: f64,
    pub cash: f64,
    pub sigma: f64,
    /// ln(F/K).
    pub moneyness: f64,
    /// sigma sqrt(T): the standard deviation of the log price at expiry.
    pub deviation: f64,
    /// Infinite where there is no deviation, and zero there if the strike is the forward.
    pub d1: f64,
    pub d2: f64,
}

impl Vanilla {
    /// From spot; strike; expiry_years; rate; dividend; sigma; cp. None if these are no option.
    #[inline]
    pub fn new([spot, strike, expiry_years, rate, dividend, sigma, cp]: [f64; 7]) -> Option<Self> {
        if spot <= 0.0 || strike <= 0.0 || expiry_years < 0.0 || sigma < 0.0 || cp.abs() != 1.0 {
            return None;
        }
        let carry = (-dividend * expiry_years).exp();
        let moneyness = (spot / strike).ln() + (rate - dividend) * expiry_years;
        let root_years = expiry_years.sqrt();
        let deviation = sigma * root_years;
        let centre = if moneyness == 0.0 { 0.0 } else { moneyness / deviation };
        Some(Self {
            cp,
            spot,
            root_years,
            rate,
            dividend,
            carry,
            asset: spot * carry,
            cash: strike * (-rate * expiry_years).exp(),
            sigma,
            moneyness,
            deviation,
            d1: centre + 0.5 * deviation,
            d2: centre - 0.5 * deviation,
        })
    }

    /// The discounted value of exercise at the forward, if that is positive.
    #[inline]
    pub fn intrinsic(&self) -> f64 {
        (self.cp * (self.asset - self.cash)).max(0.0)
    }

    /// By what normalised values are multiplied.
    #[inline]
    pub fn unit(&self) -> f64 {
        self.asset.sqrt() * self.cash.sqrt()
    }

    #[inline]
    pub fn price(&self) -> f64 {
        self.intrinsic() + self.unit() * time_value(self.moneyness.abs(), self.deviation)
    }
}

/// The normalised value of an option out of the money by `distance` = |ln(F/K)|: exp(-distance/2) Phi(h + t) -
/// exp(distance/2) Phi(h - t) with h = -distance/deviation and t = deviation/2. It rises from 0 to exp(-distance/2).
#[inline]
pub(super) fn time_value(distance: f64, deviation: f64) -> f64 {
    if deviation <= 0.0 {
        return 0.0;
    }
    let (centre, half) = ends(distance, deviation);
    if centre - half < -1.0 {
        return (-0.5 * distance).exp() - missing_value(distance, deviation);
    }
    // The exponentials of both normal probabilities are one and the same factor once erfcx is taken for Phi.
    let difference = if deviation < 0.2 {
        integral_of_fall(centre, half)
    } else {
        scaled_erfc(centre - half) - scaled_erfc(centre + half)
    };
    0.5 * bell(distance, deviation) * difference
}

/// What [`time_value`] lacks of its upper bound, by terms of one sign.
#[inline]
pub(super) fn missing_value(distance: f64, deviation: f64) -> f64 {
    let (centre, half) = ends(distance, deviation);
    0.5 * bell(distance, deviation) * (scaled_erfc(half - centre) + scaled_erfc(half + centre))
}

/// The derivative of [`time_value`] by the deviation.
#[inline]
pub(super) fn slope(distance: f64, deviation: f64) -> f64 {
    bell(distance, deviation) / (2.0 * PI).sqrt()
}

/// -h and t over sqrt(2): erfcx is wanted at their difference and at their sum.
#[inline]
fn ends(distance: f64, deviation: f64) -> (f64, f64) {
    let centre = if distance == 0.0 { 0.0 } else { distance / deviation };
    (centre * FRAC_1_SQRT_2, 0.5 * deviation * FRAC_1_SQRT_2)
}

#[inline]
fn bell(distance: f64, deviation: f64) -> f64 {
    let centre = if distance == 0.0 { 0.0 } else { distance / deviation };
    (-0.5 * (centre * centre + 0.25 * deviation * deviation)).exp()
}

/// From here on the asymptotic series is good to the last digit.
const FAR: f64 = 10.0;

/// erfcx(z) = exp(z²) erfc(z).
fn scaled_erfc(z: f64) -> f64 {
    if z >= FAR {
        return (1.0 - tail_series(z)) / (z * PI.sqrt());
    }
    // The rounding of z² would be multiplied by itself in the exponential.
    let square = z * z;
    let lost = z.mul_add(z, -square);
    square.exp() * (1.0 + lost) * erfc(z)
}

/// 1 - sqrt(pi) z erfcx(z) for large z: 1/(2z²) - 1*3/(2z²)² + 1*3*5/(2z²)³ ...
fn tail_series(z: f64) -> f64 {
    let inverse = 0.5 / (z * z);
    // By Horner's rule, from the last term that counts.
    (1..=12).rev().fold(1.0, |rest, k| 1.0 - f64::from(2 * k + 1) * inverse * rest) * inverse
}

/// -erfcx'(z) = 2/sqrt(pi) - 2z erfcx(z).
fn fall(z: f64) -> f64 {
    let scale = 2.0 / PI.sqrt();
    if z >= FAR {
        scale * tail_series(z)
    } else {
        scale - 2.0 * z * scaled_erfc(z)
    }
}

/// erfcx(centre - half) - erfcx(centre + half) where the two are so close that their difference would lose its digits:
/// the integral of the slope between them by Gauss and Legendre's rule of five points.
fn integral_of_fall(centre: f64, half: f64) -> f64 {
    const NODES: [f64; 2] = [0.538_469_310_105_683_1, 0.906_179_845_938_664];
    const WEIGHTS: [f64; 2] = [0.478_628_670_499_366_47, 0.236_926_885_056_189_1];
    let pairs: f64 = NODES
        .iter()
        .zip(WEIGHTS)
        .map(|(node, weight)| weight * (fall(centre - half * node) + fall(centre + half * node)))
        .sum();
    half * (pairs + 128.0 / 225.0 * fall(centre))
}

/// The deviation at which [`time_value`] is `value`, which lacks `missing` of the upper bound: Newton's method within
/// a bracket, on a transform of the value that is nearly straight on either side of the point of inflection.
pub(super) fn deviation_of(distance: f64, value: f64, missing: f64, tolerance: f64) -> f64 {
    const MOST_STEPS: usize = 100;
    let turn = (SQRT_2 * distance.sqrt()).max(f64::MIN_POSITIVE);
    let below = value < time_value(distance, turn);
    let (mut low, mut high) = if below { (0.0, turn) } else { (0.0, f64::INFINITY) };
    let mut deviation = turn;
    for _ in 0..MOST_STEPS {
        let (now, slope) = (time_value(distance, deviation), slope(distance, deviation));
        *(if now < value { &mut low } else { &mut high }) = deviation;
        let step = if below {
            let (log, wanted) = (now.ln(), value.ln());
            (wanted - log) * (log / wanted) * (now / slope)
        } else if value < missing {
            (value - now) / slope
        } else {
            let rest = missing_value(distance, deviation);
            (rest / missing).ln() * (rest / slope)
        };
        let mut next = deviation + step;
        // Also false where an underflow made the step no number.
        if !(next > low && next < high) {
            if step.abs() <= tolerance * deviation {
                return next;
            }
            next = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * deviation };
        }
        let moved = (next - deviation).abs();
        deviation = next;
        if moved <= tolerance * deviation {
            break;
        }
    }
    deviation
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the definition with 420 digits.
    #[test]
    fn the_value_keeps_its_digits_far_out_of_the_money() {
        let cases = [
            (0.0, 1e-06, 3.98942280401416e-07),
            (0.0, 0.3, 0.11923538474048503),
            (0.002, 0.0002, 1.4949120435832574e-28),
            (0.01, 0.002, 1.0692326061729098e-10),
            (3.0, 0.15, 2.049275447707012e-91),
            (1.0, 0.19, 2.38781423008412e-09),
            (1.0, 0.21, 3.898610744420197e-08),
            (0.5, 0.04, 1.1793663706753265e-38),
            (2.0, 1.5, 0.05235696547600553),
            (0.3, 4.0, 0.8153031273968027),
            (1e-09, 12.0, 0.9999999975268247),
            (5.0, 0.14, 4.631818232782955e-282),
        ];
        for (distance, deviation, wanted) in cases {
            let got = time_value(distance, deviation);
            assert!((got / wanted - 1.0).abs() < 1e-12, "{distance} {deviation}: {got} for {wanted}");
        }
    }
}
