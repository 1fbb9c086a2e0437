//! Laws of the performance statistics.

mod common;

use common::{close, over, Draw};
use proptest::prelude::*;

const ANN: f64 = 365.0;

fn returns() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-0.05..0.05f64, 60..120)
}

fn mapped(values: &[f64], map: impl Fn(f64) -> f64) -> Vec<f64> {
    values.iter().map(|&x| map(x)).collect()
}

fn all_close(a: &[f64], b: &[f64], scale: f64, tolerance: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| close(a, b, scale, tolerance))
}

fn last(outputs: &[Vec<f64>], output: usize) -> f64 {
    *outputs[output].last().expect("rows")
}

/// Key, parameters: outputs that leverage leaves as they are.
const WITHOUT_SCALE: &[(&str, &[f64], &[usize])] = &[
    ("sharpe", &[0.0, ANN], &[0, 1]),
    ("sharpe_lo", &[6.0, 20.0], &[0, 1]),
    ("psr", &[0.0, 0.95, 10.0], &[0, 1]),
    ("dsr", &[10.0, 0.01, 10.0], &[0, 1]),
    ("sortino", &[0.0, ANN], &[0]),
    ("omega", &[0.0], &[0]),
    ("newey_west_t", &[-1.0, 20.0], &[0]),
    ("newey_west_t", &[5.0, 20.0], &[0]),
    ("trade_stats", &[], &[0, 1, 2, 4]),
];

/// Statistics of all returns, in whatever order they came.
const WITHOUT_ORDER: &[(&str, &[f64])] = &[
    ("cagr", &[ANN]),
    ("sharpe", &[0.001, ANN]),
    ("psr", &[0.05, 0.95, 10.0]),
    ("dsr", &[10.0, 0.01, 10.0]),
    ("sortino", &[0.001, ANN]),
    ("omega", &[0.001]),
    ("newey_west_t", &[0.0, 20.0]),
    ("trade_stats", &[]),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn leverage_changes_no_ratio(r in returns(), leverage in 0.01..100.0f64) {
        for (key, params, outputs) in WITHOUT_SCALE {
            let (point, scaled) = (over(key, params, &[&r]), over(key, params, &[&mapped(&r, |x| x * leverage)]));
            for &output in *outputs {
                prop_assert!(all_close(&point[output], &scaled[output], 1e-3, 1e-9), "{key}");
            }
        }
    }

    #[test]
    fn the_order_of_returns_is_forgotten(r in returns()) {
        let reversed: Vec<f64> = r.iter().rev().copied().collect();
        for (key, params) in WITHOUT_ORDER {
            let (point, again) = (over(key, params, &[&r]), over(key, params, &[&reversed]));
            for output in 0..point.len() {
                prop_assert!(close(last(&point, output), last(&again, output), 1e-3, 1e-9), "{key}");
            }
        }
    }

    #[test]
    fn the_sign_of_returns_is_that_of_the_ratio(r in returns(), ann in 1.0..2000.0f64) {
        let mirrored = mapped(&r, |x| -x);
        for (key, params) in [("sharpe", vec![0.0, ann]), ("newey_west_t", vec![3.0, 20.0])] {
            let (point, other) = (over(key, &params, &[&r]), over(key, &params, &[&mirrored]));
            prop_assert!(all_close(&point[0], &mapped(&other[0], |x| -x), 1e-3, 1e-9), "{key}");
            // The error of Sharpe's ratio knows skewness times ratio, the other error squares alone.
            prop_assert!(all_close(&point[1], &other[1], 1e-3, 1e-9), "{key}");
        }
        let (year, period) = (over("sharpe", &[0.0, ann], &[&r]), over("sharpe", &[0.0, 1.0], &[&r]));
        prop_assert!(all_close(&year[0], &mapped(&period[0], |x| x * ann.sqrt()), 1e-3, 1e-12));
        let sortino = over("sortino", &[0.0, ann], &[&r]);
        prop_assert_eq!(last(&sortino, 0) > 0.0, last(&period, 0) > 0.0);
    }

    #[test]
    fn a_constant_return_compounds(r in -0.3..0.3f64, ann in 1.0..400.0f64, rows in 1..50usize) {
        let growth = over("cagr", &[ann], &[&vec![r; rows]]);
        prop_assert!(close(last(&growth, 0), (1.0 + r).powf(ann) - 1.0, 1e-3, 1e-9));
        prop_assert!(close(last(&growth, 1), (1.0 + r).powi(rows as i32) - 1.0, 1e-3, 1e-10));
    }

    #[test]
    fn lo_knows_independence_and_repetition(r in returns(), q in 2..12usize) {
        let point = over("sharpe_lo", &[q as f64, 20.0], &[&r]);
        let plain = over("sharpe", &[0.0, 1.0], &[&r]);
        for row in 19..r.len() {
            let (eta, per_period) = (point[1][row], plain[0][row]);
            prop_assert!(eta.is_nan() || close(point[0][row], eta * per_period, 1e-3, 1e-9));
        }
        // A law without autocorrelation at lag 1: each value after each.
        let balanced: Vec<f64> = (0..64).map(|t| [0.02, 0.02, -0.01, -0.01][t % 4]).collect();
        let eta = last(&over("sharpe_lo", &[2.0, 20.0], &[&balanced]), 1);
        // 64 in a line and not a circle: the one pair that is missing leaves rho = 1/64.
        prop_assert!(close(eta, 2.0 / (2.0 + 2.0 / 64.0f64).sqrt(), 1.0, 0.02));
    }

    #[test]
    fn probabilities_of_skill(r in returns(), reference in -0.5..0.5f64, trials in 2.0..1e6f64) {
        let psr = |reference: f64| last(&over("psr", &[reference, 0.95, 10.0], &[&r]), 0);
        let ratio = last(&over("sharpe", &[0.0, 1.0], &[&r]), 0);
        prop_assert!(close(psr(ratio), 0.5, 1.0, 1e-9));
        prop_assert!((0.0..=1.0).contains(&psr(reference)));
        prop_assert!(psr(reference) >= psr(reference + 0.1));
        let length = last(&over("psr", &[reference, 0.95, 10.0], &[&r]), 1);
        if ratio > reference {
            // The record is long enough exactly when the probability is there.
            prop_assert_eq!(length <= r.len() as f64, psr(reference) >= 0.95);
        } else {
            prop_assert_eq!(length, f64::INFINITY);
        }
        let dsr = |trials: f64, spread: f64| over("dsr", &[trials.floor(), spread, 10.0], &[&r]);
        prop_assert!(close(last(&dsr(1.0, 0.01), 0), psr(0.0), 1.0, 1e-12));
        prop_assert!(last(&dsr(trials, 0.01), 0) >= last(&dsr(trials * 10.0, 0.01), 0));
        prop_assert!(last(&dsr(trials, 0.01), 0) >= last(&dsr(trials, 0.02), 0));
        prop_assert!(close(last(&dsr(trials, 0.01), 0), psr(last(&dsr(trials, 0.01), 1)), 1.0, 1e-12));
    }

    #[test]
    fn repeated_evidence_is_more_evidence(r in returns()) {
        let (once, thrice) = (r.clone(), r.repeat(3));
        let ratio = last(&over("sharpe", &[0.0, 1.0], &[&once]), 0);
        prop_assume!(ratio > 0.02);
        let psr = |r: &[f64]| last(&over("psr", &[0.0, 0.95, 10.0], &[r]), 0);
        prop_assert!(psr(&thrice) > psr(&once));
    }

    #[test]
    fn the_error_without_lags_is_that_of_independent_returns(r in returns(), lags in 1..8usize) {
        let plain = over("newey_west_t", &[0.0, 20.0], &[&r]);
        let sharpe = over("sharpe", &[0.0, 1.0], &[&r]);
        for row in 19..r.len() {
            let n = (row + 1) as f64;
            // t with the population deviation: sqrt(n) times the ratio times sqrt(n / (n - 1)).
            prop_assert!(close(plain[0][row], sharpe[0][row] * n / (n - 1.0).sqrt(), 1e-2, 1e-9));
        }
        let lagged = over("newey_west_t", &[lags as f64, 20.0], &[&r]);
        prop_assert!(lagged[1].iter().skip(19).all(|se| *se >= 0.0));
    }

    #[test]
    fn omega_of_the_mean_is_one_and_falls_with_the_threshold(r in returns(), threshold in -0.04..0.04f64) {
        let mean = r.iter().sum::<f64>() / r.len() as f64;
        let omega = |threshold: f64| last(&over("omega", &[threshold], &[&r]), 0);
        prop_assert!(close(omega(mean), 1.0, 1.0, 1e-9));
        prop_assert!(omega(threshold) >= omega(threshold + 0.005));
    }

    #[test]
    fn growth_against_drawdown(r in returns(), rf in 0.0..0.5f64) {
        let calmar = over("calmar", &[ANN, 30.0], &[&r]);
        let growth = over("cagr", &[ANN], &[&r]);
        let martin = over("martin_ratio", &[ANN, rf], &[&r]);
        for row in 1..r.len() {
            if row < 30 {
                let cagr = growth[0][row];
                prop_assert!(calmar[0][row].is_nan() || (calmar[0][row] < 0.0) == (cagr < 0.0));
            }
            prop_assert!(martin[0][row].abs() <= martin[1][row].abs() * (1.0 + 1e-12));
            prop_assert!(martin[0][row].is_nan() || (martin[0][row] < 0.0) == (growth[0][row] < rf));
        }
        // What was before the window has no say.
        let tail = over("calmar", &[ANN, 30.0], &[&r[r.len() - 30..]]);
        prop_assert!(close(last(&calmar, 0), last(&tail, 0), 1e-3, 1e-9));
        // A gain at the end of a fall is not the same as one before it.
        let gains = mapped(&r, f64::abs);
        prop_assert_eq!(last(&over("calmar", &[ANN, 30.0], &[&gains]), 0), f64::INFINITY);
        prop_assert_eq!(last(&over("martin_ratio", &[ANN, -1.0], &[&gains]), 0), f64::INFINITY);
    }

    #[test]
    fn active_returns_are_all_that_counts(r in returns(), seed in 0u64..1000, shift in -0.02..0.02f64, leverage in 0.1..10.0f64) {
        let mut draw = Draw(seed);
        let b: Vec<f64> = r.iter().map(|_| 0.01 * draw.normal()).collect();
        let point = over("information_ratio", &[ANN], &[&r, &b]);
        let shifted = over("information_ratio", &[ANN], &[&mapped(&r, |x| x + shift), &mapped(&b, |x| x + shift)]);
        prop_assert!(all_close(&point[0], &shifted[0], 1.0, 1e-9) && all_close(&point[1], &shifted[1], 1e-3, 1e-9));
        let scaled = over("information_ratio", &[ANN], &[&mapped(&r, |x| x * leverage), &mapped(&b, |x| x * leverage)]);
        prop_assert!(all_close(&point[0], &scaled[0], 1.0, 1e-9));
        let same = over("information_ratio", &[ANN], &[&r, &r]);
        prop_assert!(same[0].iter().all(|x| x.is_nan()) && same[1].iter().skip(1).all(|x| *x == 0.0));
    }

    #[test]
    fn leverage_earns_no_alpha(b in returns(), leverage in 0.2..5.0f64, rf in -0.001..0.001f64) {
        let levered = mapped(&b, |x| x * leverage);
        let (one, many) = (over("treynor_alpha", &[0.0, ANN], &[&b, &b]), over("treynor_alpha", &[0.0, ANN], &[&levered, &b]));
        prop_assert!(one[0].iter().skip(1).all(|alpha| *alpha == 0.0));
        prop_assert!(many[0].iter().skip(1).all(|alpha| alpha.abs() < 1e-10));
        prop_assert!(all_close(&one[2], &many[2], 1.0, 1e-9) && all_close(&one[1], &many[1], 1.0, 1e-9));
        // The benchmark against itself earns what it earns.
        let own = over("treynor_alpha", &[rf, ANN], &[&b, &b]);
        let mean = b.iter().sum::<f64>() / b.len() as f64;
        prop_assert!(close(last(&own, 2), ANN * mean, 1.0, 1e-9));
        prop_assert!(close(last(&own, 1), ANN * (mean - rf), 1.0, 1e-9));
    }

    #[test]
    fn trades_add_up(pnl in prop::collection::vec(-5i8..5, 30..80)) {
        let pnl: Vec<f64> = pnl.iter().map(|x| f64::from(*x)).collect();
        let point = over("trade_stats", &[], &[&pnl]);
        for row in 0..pnl.len() {
            let part = &pnl[..=row];
            let (wins, losses) = (part.iter().filter(|x| **x > 0.0).count() as f64, part.iter().filter(|x| **x < 0.0).count() as f64);
            if wins > 0.0 && losses > 0.0 {
                let n = part.len() as f64;
                prop_assert!(close(point[1][row], point[2][row] * wins / losses, 1.0, 1e-12));
                let (won, lost) = (part.iter().filter(|x| **x > 0.0).sum::<f64>(), -part.iter().filter(|x| **x < 0.0).sum::<f64>());
                let expectancy = point[0][row] * (won / wins) - losses / n * (lost / losses);
                prop_assert!(close(point[3][row], expectancy, 1.0, 1e-12));
                prop_assert!(close(point[4][row], point[3][row] / (lost / losses), 1.0, 1e-12));
            }
        }
    }
}

#[test]
fn more_lags_than_returns_are_no_harm() {
    let r: Vec<f64> = (0..30).map(|t| f64::from(t * 7 % 5) * 0.01).collect();
    assert!(over("newey_west_t", &[25.0, 3.0], &[&r])[1].iter().skip(2).all(|se| se.is_finite()));
}

#[test]
fn independent_returns_aggregate_with_the_root_of_time() {
    let mut draw = Draw(5);
    let r: Vec<f64> = (0..20_000).map(|_| 0.001 + 0.01 * draw.normal()).collect();
    let eta = last(&over("sharpe_lo", &[12.0, 50.0], &[&r]), 1);
    assert!((eta / 12.0f64.sqrt() - 1.0).abs() < 0.1, "{eta}");
}

#[test]
fn a_total_loss_is_for_good() {
    let r = [0.1, -1.5, 3.0, 0.2];
    let growth = over("cagr", &[12.0], &[&r]);
    assert_eq!((growth[0][1], growth[0][3], growth[1][3]), (-1.0, -1.0, -1.0));
    let martin = over("martin_ratio", &[12.0, 0.0], &[&r]);
    // Drawdowns 0, 1, 1, 1 of four.
    assert!(
        close(martin[1][3], -1.0 / 0.75, 1.0, 1e-12)
            && close(martin[0][3], -1.0 / 0.75f64.sqrt(), 1.0, 1e-12)
    );
}
