//! Laws of statistical arbitrage and time series.

mod common;

use common::{close, kernel, over, Draw, Table};
use proptest::prelude::*;

fn cases() -> ProptestConfig {
    ProptestConfig::with_cases(48)
}

/// A walk of normal steps about a level.
fn walk(seed: u64, rows: usize, level: f64) -> Vec<f64> {
    let mut draw = Draw(seed);
    let mut price = level;
    (0..rows)
        .map(|_| {
            price += draw.normal();
            price
        })
        .collect()
}

fn noise(seed: u64, rows: usize) -> Vec<f64> {
    let mut draw = Draw(seed);
    (0..rows).map(|_| draw.normal()).collect()
}

/// Comes back to 100 by a fifth of the way each step.
fn reverting(seed: u64, rows: usize) -> Vec<f64> {
    let mut distance = 0.0;
    mapped(&noise(seed, rows), |x| {
        distance = 0.8 * distance + x;
        100.0 + distance
    })
}

fn mapped(xs: &[f64], mut map: impl FnMut(f64) -> f64) -> Vec<f64> {
    xs.iter().map(|&x| map(x)).collect()
}

fn all_close(a: &[f64], b: &[f64], scale: f64, tolerance: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| close(a, b, scale, tolerance))
}

/// Some row has a value: a law over none would hold for nothing.
fn has_values(column: &[f64]) -> bool {
    column.iter().any(|x| x.is_finite())
}

/// Formulas of one series with outputs that neither units nor the zero point of their input change.
const AFFINE_INVARIANT: &[(&str, &[f64])] = &[
    ("zscore", &[20.0, 1.0]),
    ("zscore", &[7.0, 0.0]),
    ("ewm_zscore", &[0.1]),
    ("half_life", &[25.0]),
    ("autocorrelation", &[30.0, 2.0]),
    ("ljung_box", &[20.0, 4.0]),
    ("jarque_bera", &[25.0]),
];

/// Of those, the ones that a change of sign negates; it leaves the others as they are.
const ODD: &[&str] = &["zscore", "ewm_zscore"];

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn units_and_zero_points_do_not_matter(seed: u64, scale in 0.1..10.0f64, shift in -50.0..50.0f64) {
        let xs = walk(seed, 90, 100.0);
        for (key, params) in AFFINE_INVARIANT {
            let before = over(key, params, &[&xs]);
            let after = over(key, params, &[&mapped(&xs, |x| scale * x + shift)]);
            for (a, b) in before.iter().zip(&after) {
                prop_assert!(has_values(a) && all_close(a, b, 1.0, 1e-7), "{key}");
            }
        }
    }

    #[test]
    fn the_sign_turns_scores_and_nothing_else(seed: u64) {
        let xs = walk(seed, 90, 0.0);
        for (key, params) in AFFINE_INVARIANT {
            let before = over(key, params, &[&xs]);
            let after = over(key, params, &[&mapped(&xs, |x| -x)]);
            let sign = if ODD.contains(key) { -1.0 } else { 1.0 };
            for (a, b) in before.iter().zip(&after) {
                prop_assert!(has_values(a) && all_close(a, &mapped(b, |x| sign * x), 1.0, 1e-9), "{key}");
            }
        }
    }

    #[test]
    fn a_score_has_its_bound_and_constants_score_nothing(seed: u64, n in 2usize..40, level in -1e6..1e6f64) {
        let bound = (n as f64 - 1.0) / (n as f64).sqrt();
        let z = &over("zscore", &[n as f64, 1.0], &[&walk(seed, 100, level)])[0];
        prop_assert!(z.iter().all(|z| z.is_nan() || z.abs() <= bound * (1.0 + 1e-12)));
        for (key, params) in [("zscore", vec![n as f64]), ("ewm_zscore", vec![0.1])] {
            let flat = &over(key, &params, &[&vec![level; 100]])[0];
            prop_assert!(flat.iter().skip(n).all(|&z| z == 0.0), "{key}");
        }
    }

    /// The score of a lone jump is the largest that there is.
    #[test]
    fn a_jump_reaches_the_bound(n in 3usize..40, jump in 0.1..1e6f64) {
        let mut xs = vec![5.0; n];
        xs[n - 1] += jump;
        let z = over("zscore", &[n as f64, 1.0], &[&xs])[0][n - 1];
        prop_assert!(close(z, (n as f64 - 1.0) / (n as f64).sqrt(), 1.0, 1e-12));
    }

    /// A mean kept as a price would stop a digit short of it, and its distance would count as the spread: about 1.
    #[test]
    fn the_score_of_a_price_that_stays_goes_to_zero(seed: u64, alpha in 0.02..0.5f64) {
        let mut xs = walk(seed, 50, 60_000.0);
        xs.extend(vec![xs[49]; 8_000]);
        let z = &over("ewm_zscore", &[alpha], &[&xs])[0];
        prop_assert!(z[8_049].abs() < 1e-6);
    }

    #[test]
    fn a_line_is_found(seed: u64, slope in 0.1..20.0f64, constant in -100.0..100.0f64, n in 3usize..40) {
        let xs = walk(seed, 80, 100.0);
        let ys = mapped(&xs, |x| constant + slope * x);
        let ols = over("rolling_ols", &[n as f64], &[&xs, &ys]);
        let tls = over("tls_hedge", &[n as f64], &[&xs, &ys]);
        for row in n - 1..80 {
            prop_assert!(close(ols[0][row], slope, 1.0, 1e-9) && close(tls[0][row], slope, 1.0, 1e-9));
            prop_assert!(close(ols[1][row], constant, 1e4, 1e-9) && close(tls[1][row], constant, 1e4, 1e-9));
            prop_assert!(ols[2][row].abs() < 1e-8);
            prop_assert_eq!(ols[3][row], 0.0);
            prop_assert!(close(ols[4][row], 1.0, 1.0, 1e-9));
        }
    }

    #[test]
    fn residuals_of_a_window_add_up_to_nothing(seed: u64, n in 3usize..40) {
        let (xs, ys) = (walk(seed, 80, 100.0), walk(seed ^ 1, 80, 30.0));
        let [beta, alpha, spread, ..] = &over("rolling_ols", &[n as f64], &[&xs, &ys])[..] else { panic!() };
        for row in n - 1..80 {
            let residual = |t: usize| ys[t] - alpha[row] - beta[row] * xs[t];
            prop_assert!((row + 1 - n..=row).map(residual).sum::<f64>().abs() < 1e-7);
            prop_assert!(close(residual(row), spread[row], 1.0, 1e-8));
        }
    }

    #[test]
    fn a_shift_of_y_moves_the_constant_alone(seed: u64, shift in -1e3..1e3f64) {
        let (xs, ys) = (walk(seed, 80, 100.0), walk(seed ^ 1, 80, 30.0));
        let before = over("rolling_ols", &[20.0], &[&xs, &ys]);
        let after = over("rolling_ols", &[20.0], &[&xs, &mapped(&ys, |y| y + shift)]);
        prop_assert!(has_values(&before[1]));
        for output in [0, 2, 3, 4] {
            prop_assert!(all_close(&before[output], &after[output], 1.0, 1e-8));
        }
        prop_assert!(all_close(&mapped(&before[1], |alpha| alpha + shift), &after[1], 100.0, 1e-9));
    }

    #[test]
    fn total_least_squares_knows_no_dependent_side(seed: u64, angle in -0.7..0.7f64) {
        let (xs, ys) = (walk(seed, 80, 10.0), walk(seed ^ 1, 80, 10.0));
        let before = over("tls_hedge", &[20.0], &[&xs, &ys]);
        let swapped = over("tls_hedge", &[20.0], &[&ys, &xs]);
        prop_assert!(has_values(&before[0]));
        prop_assert!(all_close(&mapped(&before[0], |beta| 1.0 / beta), &swapped[0], 1e-3, 1e-8));
        // Turning the plane turns the line: tangents of angles, which repeat after half a turn.
        let (sine, cosine) = angle.sin_cos();
        let turned = |a: f64, b: f64| xs.iter().zip(&ys).map(|(x, y)| a * x + b * y).collect::<Vec<_>>();
        let after = over("tls_hedge", &[20.0], &[&turned(cosine, -sine), &turned(sine, cosine)]);
        for (a, b) in before[0].iter().zip(&after[0]).skip(19) {
            prop_assert!((a.atan() + angle - b.atan()).sin().abs() < 1e-7);
        }
    }

    /// Without drift the filter is Bayesian regression: theta = (X'X / r + I / p0)^-1 X'y / r.
    #[test]
    fn a_filter_without_drift_is_a_regression(seed: u64, r in 0.1..10.0f64, p0 in 0.1..10.0f64) {
        let (xs, ys) = (noise(seed, 60), noise(seed ^ 1, 60));
        let got = over("kalman_hedge", &[1e-17, r, p0], &[&xs, &ys]);
        let sum = |f: &dyn Fn(usize) -> f64| (0..60).map(f).sum::<f64>() / r;
        let (xx, x, n) = (sum(&|t| xs[t] * xs[t]) + 1.0 / p0, sum(&|t| xs[t]), 60.0 / r + 1.0 / p0);
        let (xy, y) = (sum(&|t| xs[t] * ys[t]), sum(&|t| ys[t]));
        let determinant = xx * n - x * x;
        prop_assert!(close(got[0][59], (n * xy - x * y) / determinant, 1.0, 1e-9));
        prop_assert!(close(got[1][59], (xx * y - x * xy) / determinant, 1.0, 1e-9));
    }

    /// The covariance stays positive semidefinite: what the filter foresees is never surer than the observation.
    #[test]
    fn a_filter_is_never_surer_than_its_observations(seed: u64, delta in 1e-8..0.5f64, r in 1e-6..1.0f64) {
        let (xs, ys) = (walk(seed, 400, 6e4), walk(seed ^ 1, 400, 3e3));
        let [.., e, q, z] = &over("kalman_hedge", &[delta, r], &[&xs, &ys])[..] else { panic!() };
        prop_assert!(q.iter().all(|&q| q >= r * (1.0 - 1e-9)));
        prop_assert!(e.iter().zip(q).zip(z).all(|((e, q), z)| close(*z, e / q.sqrt(), 1e-9, 1e-12)));
    }

    #[test]
    fn reversion_scales_with_its_prices(seed: u64, scale in 0.1..10.0f64, shift in -50.0..50.0f64) {
        let xs = reverting(seed, 80);
        let before = over("ou_mle", &[25.0, 0.5], &[&xs]);
        let after = over("ou_mle", &[25.0, 0.5], &[&mapped(&xs, |x| scale * x + shift)]);
        prop_assert!(has_values(&before[0]));
        prop_assert!(all_close(&before[0], &after[0], 1.0, 1e-8) && all_close(&before[3], &after[3], 1.0, 1e-8));
        prop_assert!(all_close(&mapped(&before[1], |mu| scale * mu + shift), &after[1], 100.0, 1e-8));
        prop_assert!(all_close(&mapped(&before[2], |sigma| scale * sigma), &after[2], 1.0, 1e-8));
    }

    #[test]
    fn a_noiseless_process_is_recovered(b in 0.3..0.9f64, mu in -50.0..50.0f64, dt in 0.1..10.0f64) {
        let xs: Vec<f64> = (0..12).map(|t| mu + 10.0 * b.powi(t)).collect();
        let [theta, level, sigma, half_life] = &over("ou_mle", &[12.0, dt], &[&xs])[..] else { panic!() };
        prop_assert!(close(theta[11], -b.ln() / dt, 1e-3, 1e-8) && close(level[11], mu, 1.0, 1e-8));
        prop_assert!(sigma[11] < 1e-5 / dt.sqrt() && close(half_life[11] * theta[11], 2f64.ln(), 1.0, 1e-12));
    }

    /// One regression in two forms: lambda = b - 1.
    #[test]
    fn both_half_lives_are_of_one_regression(seed: u64, n in 10usize..60) {
        let xs = walk(seed, 120, 100.0);
        let theta = &over("ou_mle", &[n as f64], &[&xs])[0];
        let lambda = &over("half_life", &[n as f64], &[&xs])[1];
        for (theta, lambda) in theta.iter().zip(lambda).skip(n - 1) {
            let wanted = if *lambda >= 0.0 { 0.0 } else if *lambda <= -1.0 { f64::INFINITY } else { -lambda.ln_1p() };
            prop_assert!(close(*theta, wanted, 1e-6, 1e-10));
        }
    }

    #[test]
    fn ratios_do_not_depend_on_units_nor_on_the_size_of_returns(
        seed: u64, unit in 0.01..100.0f64, power in -3.0..3.0f64, q in 2usize..9,
    ) {
        prop_assume!(power.abs() > 0.1);
        let prices = mapped(&walk(seed, 90, 0.0), |x| (0.01 * x).exp());
        let params = [40.0, q as f64];
        let before = over("variance_ratio", &params, &[&prices]);
        for other in [mapped(&prices, |p| unit * p), mapped(&prices, |p| p.powf(power))] {
            let after = over("variance_ratio", &params, &[&other]);
            for (a, b) in before.iter().zip(&after) {
                prop_assert!(has_values(a) && all_close(a, b, 1.0, 1e-8));
            }
        }
    }

    #[test]
    fn returns_that_alternate_have_a_low_ratio(step in 1e-4..0.1f64, half in 1usize..5) {
        let prices: Vec<f64> = (0..60).map(|t| if t % 2 == 0 { 1.0 } else { 1.0 + step }).collect();
        let [vr, z, robust] = &over("variance_ratio", &[40.0, 2.0 * half as f64], &[&prices])[..] else { panic!() };
        for row in 39..60 {
            prop_assert!(vr[row] < 0.1 && z[row] < 0.0 && robust[row] < 0.0);
        }
    }

    #[test]
    fn autocorrelations_are_bounded_and_alternate_with_their_series(seed: u64, half in 2usize..20, lag in 1usize..4) {
        let n = 2 * half;
        prop_assume!(lag < n);
        let params = [n as f64, lag as f64];
        let acf = &over("autocorrelation", &params, &[&noise(seed, 80)])[0];
        prop_assert!(has_values(acf) && acf.iter().all(|acf| acf.is_nan() || acf.abs() <= 1.0));
        let turns: Vec<f64> = (0..80).map(|t| if t % 2 == 0 { -0.3 } else { 0.7 }).collect();
        let sign = if lag % 2 == 0 { 1.0 } else { -1.0 };
        let acf = over("autocorrelation", &params, &[&turns])[0][79];
        prop_assert!(close(acf, sign * (n - lag) as f64 / n as f64, 1.0, 1e-10));
        prop_assert_eq!(over("autocorrelation", &params, &[&vec![0.1; n]])[0][n - 1], 0.0);
    }

    /// The statistic over the lags is made of the autocorrelations of the whole sample.
    #[test]
    fn portmanteau_is_a_sum_of_autocorrelations(seed: u64, n in 12usize..60, lags in 1usize..6) {
        let xs = noise(seed, n);
        let got = over("ljung_box", &[n as f64, lags as f64], &[&xs]);
        let length = n as f64;
        let term = |lag: usize| {
            let rho = over("autocorrelation", &[length, lag as f64], &[&xs])[0][n - 1];
            rho * rho / (length - lag as f64)
        };
        let wanted = length * (length + 2.0) * (1..=lags).map(term).sum::<f64>();
        prop_assert!(close(got[0][n - 1], wanted, 1e-3, 1e-9));
        let fewer = over("ljung_box", &[n as f64, lags.saturating_sub(1).max(1) as f64], &[&xs])[0][n - 1];
        prop_assert!(fewer >= 0.0 && fewer <= got[0][n - 1] && (0.0..=1.0).contains(&got[1][n - 1]));
    }

    #[test]
    fn normality_has_closed_forms(seed: u64, half in 4usize..40, level in -5.0..5.0f64, size in 0.01..5.0f64) {
        let [jb, p] = &over("jarque_bera", &[10.0], &[&noise(seed, 60)])[..] else { panic!() };
        prop_assert!(has_values(jb) && jb.iter().zip(p).all(|(jb, p)| close(*p, (-0.5 * jb).exp(), 1e-9, 1e-12)));
        let n = 2 * half;
        let xs: Vec<f64> = (0..n).map(|t| if t % 2 == 0 { level } else { level + size }).collect();
        let jb = over("jarque_bera", &[n as f64], &[&xs])[0][n - 1];
        prop_assert!(close(jb, n as f64 / 6.0, 1.0, 1e-9));
    }

    #[test]
    fn distances_have_two_equal_sides(seed: u64, scale in 0.01..100.0f64, other in 0.01..100.0f64) {
        let (xs, ys) = (walk(seed, 80, 100.0), walk(seed ^ 1, 80, 70.0));
        let one = over("distance_pairs", &[20.0], &[&xs, &ys]);
        let swapped = over("distance_pairs", &[20.0], &[&ys, &xs]);
        prop_assert!(has_values(&one[2]) && all_close(&one[0], &swapped[0], 1e-6, 1e-8));
        for output in [1, 2] {
            prop_assert!(all_close(&one[output], &mapped(&swapped[output], |x| -x), 1e-3, 1e-8));
        }
        let scaled = over("distance_pairs", &[20.0], &[&mapped(&xs, |x| scale * x), &mapped(&ys, |y| other * y)]);
        for (a, b) in one.iter().zip(&scaled) {
            prop_assert!(all_close(a, b, 1e-3, 1e-7));
        }
        let twins = over("distance_pairs", &[20.0], &[&xs, &mapped(&xs, |x| scale * x)]);
        prop_assert!(twins.iter().all(|column| column[19..].iter().all(|x| x.abs() < 1e-12)));
        prop_assert!(twins[2][19..].iter().all(|&z| z == 0.0));
    }

    #[test]
    fn contrarian_weights_are_against_the_average_alone(seed: u64, common in -0.1..0.1f64, lag in 1usize..6) {
        const ASSETS: usize = 4;
        let returns = mapped(&noise(seed, 40 * ASSETS), |r| 0.01 * r);
        let run = |values: &[f64], unit: f64| {
            let table = Table { columns: vec![values.to_vec()], widths: vec![ASSETS], rows: 40 };
            table.batch_values(&mut kernel("contrarian_weights", &[lag as f64, unit]))
        };
        let plain = run(&returns, 0.0);
        let moved = run(&mapped(&returns, |r| r + common), 0.0);
        let unit = run(&returns, 1.0);
        prop_assert!(has_values(&plain[1]) && all_close(&plain[0], &moved[0], 1e-2, 1e-9));
        prop_assert!(all_close(&plain[1], &moved[1], 1e-4, 1e-8));
        for row in lag..40 {
            let weights = |run: &[Vec<f64>]| run[0][row * ASSETS..(row + 1) * ASSETS].to_vec();
            prop_assert!(weights(&plain).iter().sum::<f64>().abs() < 1e-15);
            prop_assert!(close(weights(&unit).iter().map(|w| w.abs()).sum(), 2.0, 1.0, 1e-12));
        }
        let equal = run(&vec![common; 40 * ASSETS], 1.0);
        prop_assert!(equal[0][lag * ASSETS..].iter().all(|&w| w == 0.0) && equal[1][39] == 0.0);
    }
}

/// What stands on one side of the limits of the autoregression.
#[test]
fn reversion_has_its_limits() {
    let growing: Vec<f64> = (0..12).map(|t| 1.1f64.powi(t)).collect();
    let turning: Vec<f64> = (0..12).map(|t| 5.0 + (-0.8f64).powi(t)).collect();
    let last = |key: &str, xs: &[f64]| -> Vec<f64> {
        over(key, &[12.0], &[xs]).iter().map(|column| column[11]).collect()
    };
    let point = last("ou_mle", &growing);
    assert!(point[0] == 0.0 && point[1].is_nan() && point[2] < 1e-6 && point[3] == f64::INFINITY);
    assert_eq!(last("half_life", &growing)[0], f64::INFINITY);
    let point = last("ou_mle", &turning);
    assert!(point[0] == f64::INFINITY && (point[1] - 5.0).abs() < 1e-9 && point[3] == 0.0);
    assert!(last("ou_mle", &[0.1; 12]).iter().chain(&last("half_life", &[0.1; 12])).all(|x| x.is_nan()));
}

#[test]
fn two_points_have_a_line_and_one_above_the_other_has_none() {
    let ols = over("rolling_ols", &[2.0], &[&[1.0, 3.0, 3.0], &[2.0, 8.0, 9.0]]);
    let row = |row: usize| ols.iter().map(|column| column[row]).collect::<Vec<f64>>();
    assert_eq!(row(1), [3.0, -1.0, 0.0, 0.0, 1.0]);
    assert!(row(2).iter().all(|x| x.is_nan()));
    // A flat y is explained by nothing and there is nothing to explain.
    let ols = over("rolling_ols", &[3.0], &[&[1.0, 2.0, 4.0], &[7.0; 3]]);
    assert_eq!([ols[0][2], ols[1][2], ols[2][2], ols[3][2]], [0.0, 7.0, 0.0, 0.0]);
    assert!(ols[4][2].is_nan());
}

#[test]
fn an_upright_axis_has_no_slope() {
    let slope = |xs: &[f64], ys: &[f64]| over("tls_hedge", &[4.0], &[xs, ys])[0][3];
    let (wide, narrow) = ([-2.0, 2.0, 0.0, 0.0], [0.0, 0.0, -1.0, 1.0]);
    assert_eq!(slope(&wide, &narrow), 0.0);
    assert!(slope(&narrow, &wide).is_nan());
}

#[test]
fn rules_between_parameters_are_told() {
    for (key, params) in
        [("autocorrelation", [10.0, 10.0]), ("ljung_box", [10.0, 10.0]), ("variance_ratio", [20.0, 19.0])]
    {
        assert!(nanotick_formulas::build(key, &params).is_err(), "{key}");
    }
}

#[test]
fn prices_that_are_not_positive_leave_no_trace() {
    let xs = walk(3, 60, 50.0);
    let ys = walk(4, 60, 80.0);
    let mut with_bad = (xs.clone(), ys.clone());
    with_bad.0.insert(30, 0.0);
    with_bad.1.insert(30, 80.0);
    let mut clean = over("distance_pairs", &[10.0], &[&xs, &ys]);
    let spoilt = over("distance_pairs", &[10.0], &[&with_bad.0, &with_bad.1]);
    clean.iter_mut().for_each(|column| column.insert(30, f64::NAN));
    assert!(clean.iter().zip(&spoilt).all(|(a, b)| all_close(a, b, 1.0, 0.0)));
    let mut clean = over("variance_ratio", &[20.0, 3.0], &[&xs]);
    let spoilt = over("variance_ratio", &[20.0, 3.0], &[&with_bad.0]);
    clean.iter_mut().for_each(|column| column.insert(30, f64::NAN));
    assert!(clean.iter().zip(&spoilt).all(|(a, b)| all_close(a, b, 1.0, 0.0)));
}
