//! Laws of signal processing.

#![allow(clippy::needless_range_loop)] // a row runs through several columns

mod common;

use common::{close, kernel, over, Draw};
use nanotick_formulas::build;
use proptest::prelude::*;

/// Formulas of one price, with parameters; all are linear operators whose output ignores or follows a constant.
const LINEAR: [(&str, &[f64], f64); 6] = [
    ("super_smoother", &[10.0], 1.0),
    ("highpass2", &[30.0], 0.0),
    ("roofing_filter", &[40.0, 8.0], 0.0),
    ("bandpass_ehlers", &[20.0, 0.3], 0.0),
    ("savgol", &[11.0, 3.0], 1.0),
    ("kalman_level", &[0.1, 1.0], 1.0),
];

fn prices(seed: u64, rows: usize) -> Vec<f64> {
    let mut draw = Draw(seed);
    let mut price = 100.0;
    (0..rows)
        .map(|_| {
            price += draw.normal();
            price
        })
        .collect()
}

/// Value that has settled after a sine of this period.
fn gain(key: &str, params: &[f64], period: f64) -> f64 {
    let wave: Vec<f64> = (0..4_000).map(|t| (2.0 * std::f64::consts::PI * t as f64 / period).sin()).collect();
    over(key, params, &[&wave])[0][2_000..].iter().fold(0.0, |peak, y| peak.max(y.abs()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn filters_are_linear_and_treat_a_constant_as_they_should(seed in 0u64..1000, a in -3.0..3.0f64, c in -1e3..1e3f64) {
        let (x, y) = (prices(seed, 150), prices(seed + 1, 150));
        let mixed: Vec<f64> = x.iter().zip(&y).map(|(x, y)| a * x + y + c).collect();
        for (key, params, at_rest) in LINEAR {
            let [p, q, r] = [&x, &y, &mixed].map(|input| over(key, params, &[input])[0].clone());
            for row in 0..150 {
                prop_assert!(close(a * p[row] + q[row] + at_rest * c, r[row], 1e3, 1e-9), "{key}");
            }
        }
        for (key, params) in [("haar_modwt", &[3.0][..]), ("kalman_trend", &[0.1, 0.01, 1.0])] {
            let last = |input: &[f64]| over(key, params, &[input]).iter().map(|c| c[c.len() - 1]).collect::<Vec<f64>>();
            let (p, q, r) = (last(&x), last(&y), last(&mixed));
            let shifts = if key == "haar_modwt" { [0.0, c] } else { [c, 0.0] };
            for output in 0..2 {
                prop_assert!(close(a * p[output] + q[output] + shifts[output], r[output], 1e3, 1e-9), "{key}");
            }
        }
    }

    /// A polynomial of the filter's order is met exactly; the first order is a line.
    #[test]
    fn polynomials_pass(a in -5.0..5.0f64, b in -1.0..1.0f64, c in -0.01..0.01f64) {
        let at = |t: f64| a + b * t + c * t * t;
        let x: Vec<f64> = (0..80).map(|t| at(f64::from(t))).collect();
        let smooth = over("savgol", &[15.0, 2.0], &[&x])[0][79];
        let slope = over("savgol", &[15.0, 4.0, 1.0], &[&x])[0][79];
        let bend = over("savgol", &[15.0, 2.0, 2.0], &[&x])[0][79];
        prop_assert!(close(smooth, x[79], 1.0, 1e-10));
        prop_assert!(close(slope, b + 2.0 * c * 79.0, 1.0, 1e-10) && close(bend, 2.0 * c, 1.0, 1e-10));
        let line: Vec<f64> = (0..80).map(|t| a + b * f64::from(t)).collect();
        let kalman = over("kalman_trend", &[0.1, 0.01, 1.0], &[&line]);
        for row in 1..80 {
            prop_assert!(close(kalman[0][row], line[row], 1.0, 1e-10) && close(kalman[1][row], b, 1.0, 1e-10));
        }
    }

    #[test]
    fn wavelets_add_up_to_the_price(seed in 0u64..1000, levels in 1usize..6) {
        let x = prices(seed, 100);
        let mut formula = kernel("haar_modwt", &[levels as f64]);
        let out = common::Table::of(&[&x]).batch_values(&mut formula);
        let sma = over("sma", &[f64::from(1 << levels)], &[&x]);
        for row in (1 << levels) - 1..100 {
            let details: f64 = out[0][levels * row..levels * (row + 1)].iter().sum();
            prop_assert!(close(out[1][row] + details, x[row], 1.0, 1e-13));
            prop_assert!(close(out[1][row], sma[0][row], 1.0, 1e-13));
        }
    }

    /// Affine maps of the price with a > 0 change nothing; a < 0 turns the sign.
    #[test]
    fn shapes_have_no_unit(seed in 0u64..1000, a in 0.1..10.0f64, b in -1e3..1e3f64) {
        let x = prices(seed, 150);
        let (up, down): (Vec<f64>, Vec<f64>) = x.iter().map(|x| (a * x + b, b - a * x)).unzip();
        for (key, columns, tolerance) in [("fisher_transform", 2, 1e-8), ("correlation_trend", 1, 1e-9)] {
            let run = |x: &[f64]| over(key, &[], &vec![x; columns])[0].clone();
            let (plain, same, mirrored) = (run(&x), run(&up), run(&down));
            for row in 0..150 {
                prop_assert!(close(plain[row], same[row], 1.0, tolerance), "{key}");
                prop_assert!(close(plain[row], -mirrored[row], 1.0, tolerance), "{key}");
            }
            let limit = if key == "fisher_transform" { 1999.0f64.ln() } else { 1.0 };
            prop_assert!(plain.iter().all(|y| y.is_nan() || y.abs() <= limit + 1e-12), "{key}");
        }
        let (cleaned, moved) = (over("hampel", &[9.0, 2.0], &[&x]), over("hampel", &[9.0, 2.0], &[&up]));
        for row in 8..150 {
            prop_assert!(close(a * cleaned[0][row] + b, moved[0][row], 1e3, 1e-9));
        }
        let periods = over("hilbert_period", &[], &[&x]);
        let scaled = over("hilbert_period", &[], &[&x.iter().map(|x| 8.0 * x).collect::<Vec<f64>>()]);
        prop_assert!(periods[0].iter().zip(&scaled[0]).all(|(p, q)| close(*p, *q, 1.0, 1e-9)));
        prop_assert!(periods[0][100..].iter().all(|p| (6.0 - 1e-9..=50.0).contains(p)));
    }

    #[test]
    fn a_lone_spike_becomes_the_median(seed in 0u64..1000, size in 100.0..1e4f64) {
        let mut draw = Draw(seed);
        let mut x: Vec<f64> = (0..60).map(|_| 50.0 + draw.unit()).collect();
        x[40] += size;
        let out = over("hampel", &[21.0, 6.0], &[&x]);
        let mut window = x[20..41].to_vec();
        window.sort_by(f64::total_cmp);
        prop_assert_eq!((out[0][40], out[1][40]), (window[10], 1.0));
    }

    /// With mu = 1 and next to no eps, the weights after a row would have foreseen it.
    #[test]
    fn the_adaptive_filter_learns_a_row_by_heart(seed in 0u64..1000) {
        let x = prices(seed, 60);
        let mut formula = kernel("lms_filter", &[4.0, 1.0, 1e-12]);
        let out = common::Table::of(&[&x]).batch_values(&mut formula);
        for row in 4..60 {
            let after: f64 = (0..4).map(|tap| out[2][4 * row + tap] * x[row - 1 - tap]).sum();
            prop_assert!(close(after, x[row], 1.0, 1e-10));
            prop_assert!(close(out[0][row] + out[1][row], x[row], 1.0, 1e-12));
        }
        let silent = common::Table::of(&[&[0.0; 30]]).batch_values(&mut kernel("lms_filter", &[4.0]));
        prop_assert!(silent[2][16..].iter().all(|w| *w == 0.0));
    }

    #[test]
    fn the_kalman_gain_settles(q in 0.001..10.0f64, r in 0.1..10.0f64, seed in 0u64..99) {
        let x = prices(seed, 4_000);
        let out = over("kalman_level", &[q, r], &[&x]);
        let gain = ((q * q + 4.0 * q * r).sqrt() - q) / (2.0 * r);
        prop_assert!(close(out[1][3_999], gain * r, 0.0, 1e-6), "{} {}", out[1][3_999], gain * r);
        let (last, level) = (out[0][3_998], out[0][3_999]);
        prop_assert!(close(level, last + gain * (x[3_999] - last), 1.0, 1e-6));
    }
}

#[test]
fn gains_are_where_they_belong() {
    for period in [8.0, 20.0, 50.0] {
        assert!(close(gain("bandpass_ehlers", &[period, 0.3], period), 1.0, 1.0, 2e-2), "at {period}");
        assert!(gain("bandpass_ehlers", &[period, 0.1], 4.0 * period) < 0.2);
        assert!(gain("super_smoother", &[period], 2.0001) < 1e-2, "the highest frequency does not pass");
        assert!(gain("highpass2", &[period], 20.0 * period) < 1e-2);
    }
    let line: Vec<f64> = (0..2_000).map(|t| 3.0 * f64::from(t)).collect();
    assert!(over("highpass2", &[48.0], &[&line])[0][1_999].abs() < 1e-6);
}

#[test]
fn a_sine_has_its_period() {
    for period in [12.0, 20.0, 35.0] {
        let wave: Vec<f64> =
            (0..600).map(|t| 100.0 + (2.0 * std::f64::consts::PI * f64::from(t) / period).sin()).collect();
        let found = over("hilbert_period", &[], &[&wave])[0][599];
        assert!((found - period).abs() < 0.05 * period, "{found} for {period}");
    }
}

/// Where the cosine in the high-pass is zero, the textbook's formula is 0/0.
#[test]
fn the_high_pass_has_no_hole() {
    let x = prices(3, 50);
    let at = |period: f64| over("highpass2", &[period], &[&x])[0][49];
    let hole = 2.0 * 2.0f64.sqrt();
    assert!(close(at(hole), at(hole + 1e-9), 1.0, 1e-6) && at(hole).is_finite());
}

#[test]
fn an_order_must_be_below_the_period() {
    assert!(build("savgol", &[5.0, 5.0]).is_err() && build("savgol", &[5.0, 4.0]).is_ok());
}

/// A bar whose high is below its low is not taken.
#[test]
fn a_crossed_bar_leaves_no_trace() {
    let mut formula = kernel("fisher_transform", &[2.0]);
    common::Table::of(&[&[2.0, 3.0], &[1.0, 1.5]]).batch_values(&mut formula);
    let before = formula.save();
    let out = common::Table::of(&[&[1.0], &[2.0]]).batch_values(&mut formula);
    assert!(out[0][0].is_nan() && before == formula.save());
}
