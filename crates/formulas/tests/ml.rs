//! Laws of the machine-learning features.

mod common;

use common::{close, over, Draw};
use proptest::prelude::*;

fn column(key: &str, params: &[f64], x: &[f64]) -> Vec<f64> {
    over(key, params, &[x]).remove(0)
}

fn series(rows: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-50i32..50, rows)
        .prop_map(|xs| xs.into_iter().map(|x| f64::from(x) * 0.25).collect())
}

fn prices(rows: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-0.02f64..0.02, rows).prop_map(|steps| {
        let mut log = 5.0;
        steps
            .iter()
            .map(|step| {
                log += step;
                f64::exp(log)
            })
            .collect()
    })
}

/// A change of scale that keeps the order.
fn monotone(x: f64) -> f64 {
    (0.1 * x).exp() * 3.0 - 40.0
}

const RANK_GAUSS: [f64; 1] = [15.0];
const TICK: f64 = 0.0;
const VOLUME: f64 = 1.0;
const TICK_IMBALANCE: f64 = 3.0;
const VOLUME_IMBALANCE: f64 = 4.0;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whole_differences_are_the_plain_ones(x in series(40)) {
        prop_assert_eq!(column("fracdiff", &[0.0], &x), x.clone());
        let first = column("fracdiff", &[1.0], &x);
        prop_assert!(first[0].is_nan() && (1..40).all(|t| first[t] == x[t] - x[t - 1]));
        let second = column("fracdiff", &[2.0], &x);
        prop_assert!((2..40).all(|t| second[t] == x[t] - 2.0 * x[t - 1] + x[t - 2]));
    }

    #[test]
    fn fractional_differences_are_linear(x in series(60), y in series(60), a in -3f64..3.0, d in 0f64..2.0) {
        let params = [d, 1e-9, 20.0];
        let both: Vec<f64> = x.iter().zip(&y).map(|(x, y)| a * x + y).collect();
        let (fx, fy, f) = (column("fracdiff", &params, &x), column("fracdiff", &params, &y), column("fracdiff", &params, &both));
        prop_assert!((0..60).all(|t| close(a * fx[t] + fy[t], f[t], 100.0, 1e-13)));
        prop_assert!(!f[19].is_nan());
    }

    /// Weights of orders that add up to one, convolved, are those of the first difference as far as they reach.
    #[test]
    fn orders_add_up(d in 0.05f64..0.95) {
        let impulse: Vec<f64> = (0..40).map(|t| f64::from(t == 20)).collect();
        // Enough zeros before it: the response to an impulse is the weights.
        let weights = |order: f64| column("fracdiff", &[order, 1e-9, 20.0], &impulse)[20..].to_vec();
        let (a, b) = (weights(d), weights(1.0 - d));
        for k in 0..20 {
            let sum: f64 = (0..=k).map(|j| a[j] * b[k - j]).sum();
            let wanted = match k { 0 => 1.0, 1 => -1.0, _ => 0.0 };
            prop_assert!((sum - wanted).abs() < 1e-12, "weight {k} is {sum}");
        }
    }

    #[test]
    fn events_do_not_see_the_unit_of_price(price in prices(200), power in -4i32..5) {
        let scaled: Vec<f64> = price.iter().map(|p| p * 2f64.powi(power)).collect();
        prop_assert_eq!(&over("cusum_filter", &[0.03], &[&price])[0][1..], &over("cusum_filter", &[0.03], &[&scaled])[0][1..]);
        let flat = over("cusum_filter", &[0.03], &[&[price[0]; 50]]);
        prop_assert!(flat.iter().all(|column| column[1..].iter().all(|&x| x == 0.0)));
    }

    /// Between two up events (without a down between) the price has not risen by more than the threshold and a return
    /// above its lowest; the mirrored series has the mirrored events.
    #[test]
    fn an_event_is_a_move_of_the_threshold(price in prices(300)) {
        let h = 0.03;
        let out = over("cusum_filter", &[h], &[&price]);
        let largest = price.windows(2).map(|pair| (pair[1] / pair[0]).ln().abs()).fold(0.0, f64::max);
        for t in 1..300 {
            prop_assert!(out[1][t] >= 0.0 && out[1][t] <= h && out[2][t] <= 0.0 && out[2][t] >= -h);
            if out[0][t] != 0.0 {
                let before = if out[0][t] > 0.0 { out[1][t - 1] } else { out[2][t - 1] };
                let before = if before.is_nan() { 0.0 } else { before };
                let reached = before + (price[t] / price[t - 1]).ln();
                prop_assert!(reached.abs() > h && reached.abs() <= h + largest + 1e-12);
            }
        }
        let mirrored: Vec<f64> = price.iter().map(|p| 1.0 / p).collect();
        let other = over("cusum_filter", &[h], &[&mirrored]);
        prop_assert!((1..300).all(|t| out[0][t] == -other[0][t]));
    }

    #[test]
    fn bars_part_the_tape(
        trades in prop::collection::vec((1i32..400, 1u32..100, -1i32..2), 300), kind in 0u8..6, threshold in 3f64..300.0
    ) {
        let price: Vec<f64> = trades.iter().map(|t| 100.0 + 0.5 * f64::from(t.0)).collect();
        let size: Vec<f64> = trades.iter().map(|t| 0.25 * f64::from(t.1)).collect();
        let side: Vec<f64> = trades.iter().map(|t| f64::from(t.2)).collect();
        let threshold = if kind % 3 == 2 { 200.0 * threshold } else { threshold };
        let out = over("information_bars", &[f64::from(kind), threshold], &[&price, &size, &side]);
        let ends: Vec<usize> = (0..300).filter(|&t| !out[6][t].is_nan()).collect();
        let mut start = 0;
        for (place, &end) in ends.iter().enumerate() {
            let range = start..end + 1;
            let sum = |values: &[f64]| values[range.clone()].iter().sum::<f64>();
            let [open, high, low, last] = [0, 1, 2, 3].map(|column| out[column][end]);
            prop_assert!(low <= open && open <= high && low <= last && last <= high);
            prop_assert!(open == price[start] && last == price[end]);
            prop_assert!(out[6][end] == (end + 1 - start) as f64 && out[4][end] == sum(&size));
            prop_assert!(out[5][end] <= out[4][end]);
            let signed = |amount: &dyn Fn(usize) -> f64| -> f64 {
                range.clone().map(|t| amount(t) * if kind >= 3 { side[t] } else { 1.0 }).sum::<f64>().abs()
            };
            let measure = match kind % 3 { 0 => signed(&|_| 1.0), 1 => signed(&|t| size[t]), _ => signed(&|t| price[t] * size[t]) };
            if kind < 3 || place == 0 {
                prop_assert!(measure >= threshold * (1.0 - 1e-12), "{measure} of {threshold}");
            }
            start = end + 1;
        }
    }

    #[test]
    fn bets_are_nothing_by_chance_odd_and_increasing(p in 0.001f64..0.999, q in 0.001f64..0.999, classes in 2u32..20) {
        let size = |prob: f64, side: f64, params: &[f64]| over("bet_size", params, &[&[prob], &[side]])[0][0];
        prop_assert!(size(1.0 / f64::from(classes), 1.0, &[0.0, f64::from(classes)]).abs() < 1e-15);
        prop_assert!(close(size(p, 1.0, &[]), -size(1.0 - p, 1.0, &[]), 1.0, 1e-12));
        prop_assert_eq!(size(p, 1.0, &[]), -size(p, -1.0, &[]));
        prop_assert!(p == q || (size(p, 1.0, &[]) < size(q, 1.0, &[])) == (p < q) || (p - q).abs() < 1e-12);
        let stepped = size(p, 1.0, &[0.25]);
        prop_assert!(stepped.abs() <= 1.0 && (stepped * 4.0).fract() == 0.0);
        prop_assert!((stepped - size(p, 1.0, &[])).abs() <= 0.125 + 1e-12);
    }

    #[test]
    fn what_has_not_changed_has_no_drift(mut x in series(50), turn in 0usize..50) {
        x.extend_from_within(..);
        x[50..].rotate_left(turn);
        let out = over("psi", &[8.0, 50.0, 50.0], &[&x]);
        prop_assert!(out[0][98].is_nan());
        prop_assert_eq!((out[0][99], out[1][99]), (0.0, 0.0));
    }

    #[test]
    fn drift_does_not_see_the_scale(x in series(160)) {
        let moved: Vec<f64> = x.iter().map(|&x| monotone(x)).collect();
        let (a, b) = (over("psi", &[5.0, 30.0, 70.0], &[&x]), over("psi", &[5.0, 30.0, 70.0], &[&moved]));
        for t in 99..160 {
            prop_assert!(a[0][t] >= 0.0 && a[0][t] == b[0][t]);
            prop_assert!(a[1][t] >= 0.0 && a[1][t] <= 1.0 && a[1][t] == b[1][t]);
        }
        // All of the recent above all of the reference.
        let mut apart = x[..70].to_vec();
        apart.extend([100.0; 30]);
        prop_assert_eq!(over("psi", &[5.0, 30.0, 70.0], &[&apart])[1][99], 1.0);
    }

    #[test]
    fn ranks_do_not_see_the_scale(x in series(80)) {
        let moved: Vec<f64> = x.iter().map(|&x| monotone(x)).collect();
        let mirrored: Vec<f64> = x.iter().map(|&x| -x).collect();
        let z = column("rank_gauss", &RANK_GAUSS, &x);
        let (same, other) = (column("rank_gauss", &RANK_GAUSS, &moved), column("rank_gauss", &RANK_GAUSS, &mirrored));
        // The quantile at 15/16.
        let bound = 1.534_120_544_352_546_6;
        for t in 14..80 {
            prop_assert_eq!(z[t], same[t]);
            prop_assert!(close(z[t], -other[t], 1.0, 1e-12) && z[t].abs() <= bound);
        }
    }

    #[test]
    fn robust_scores_do_not_see_units_or_origin(x in series(80), a in 1u32..64, b in -64i32..64) {
        let (a, b) = (f64::from(a) * 0.5, f64::from(b));
        let moved: Vec<f64> = x.iter().map(|&x| a * x + b).collect();
        let (z, same) = (column("robust_scale", &[20.0, 2.0], &x), column("robust_scale", &[20.0, 2.0], &moved));
        for t in 19..80 {
            prop_assert!(close(z[t], same[t], 1.0, 1e-12) && z[t].abs() <= 2.0);
        }
        prop_assert_eq!(column("robust_scale", &[10.0], &[a; 12])[9..].to_vec(), vec![0.0; 3]);
    }

    #[test]
    fn forecasts_in_any_order_score_the_same(rows in prop::collection::vec((0f64..1.0, any::<bool>()), 40)) {
        let (prob, outcome): (Vec<f64>, Vec<f64>) = rows.iter().map(|&(p, y)| (p, f64::from(y))).unzip();
        let turned = |values: &[f64]| -> Vec<f64> { values[13..].iter().chain(&values[..13]).copied().collect() };
        let a = over("calibration", &[7.0, 40.0], &[&prob, &outcome]);
        let b = over("calibration", &[7.0, 40.0], &[&turned(&prob), &turned(&outcome)]);
        for output in 0..3 {
            prop_assert!(close(a[output][39], b[output][39], 1.0, 1e-13));
            prop_assert!(a[output][38].is_nan() && a[output][39] >= 0.0);
        }
        // The mean miss is a lower bound of the misses of all bins, the square root of the Brier score an upper one.
        let miss = rows.iter().map(|&(p, y)| f64::from(y) - p).sum::<f64>() / 40.0;
        prop_assert!(miss.abs() <= a[2][39] + 1e-12 && a[2][39] <= a[0][39].sqrt() + 1e-12);
    }
}

#[test]
fn perfect_and_clueless_forecasts() {
    let outcome: Vec<f64> = (0..30).map(|t| f64::from(t % 3 == 0)).collect();
    let perfect = over("calibration", &[10.0, 30.0], &[&outcome, &outcome]);
    assert!(perfect.iter().all(|column| column[29].abs() < 1e-14));
    let clueless = over("calibration", &[10.0, 30.0], &[&[0.5; 30], &outcome]);
    assert!((clueless[0][29] - 0.25).abs() < 1e-15);
    assert!((clueless[1][29] - std::f64::consts::LN_2).abs() < 1e-15);
}

#[test]
fn the_middle_of_a_window_is_the_middle_of_the_bell() {
    let x: Vec<f64> = (0..15).map(|t| f64::from((t * 4) % 15)).chain([7.0]).collect();
    let z = column("rank_gauss", &RANK_GAUSS, &x);
    // The window's first value (0) has left; 7 comes twice in it, at ranks 7 and 8 of 15: SciPy's quantile at 7.5/16.
    assert!((z[15] - -0.0784124127331122).abs() < 1e-14);
    let odd: Vec<f64> = (0..14).map(f64::from).chain([6.5]).collect();
    assert_eq!(column("rank_gauss", &RANK_GAUSS, &odd)[14], 0.0);
}

/// Bars of a steady one-sided flow: each asks for what the first took.
#[test]
fn imbalance_bars_learn_from_the_first() {
    let (price, size) = ([100.0; 60], [2.0; 60]);
    let mut side = [1.0; 60];
    for kind in [TICK_IMBALANCE, VOLUME_IMBALANCE] {
        let out = over("information_bars", &[kind, 9.5], &[&price, &size, &side]);
        let each = if kind == TICK_IMBALANCE { 10.0 } else { 5.0 };
        let counts: Vec<f64> = out[6].iter().copied().filter(|n| !n.is_nan()).collect();
        assert!(counts.len() >= 6 && counts.iter().all(|&n| n == each), "{counts:?}");
        side = [-1.0; 60];
    }
    for kind in [TICK, VOLUME] {
        let out = over("information_bars", &[kind, 10.0], &[&price, &size, &[0.0; 60]]);
        assert!(
            out[5].iter().filter(|volume| !volume.is_nan()).all(|&volume| volume == 0.0),
            "nobody bought"
        );
    }
    let none = over("information_bars", &[TICK_IMBALANCE, 10.0], &[&price, &size, &[0.0; 60]]);
    assert!(none[6].iter().all(|n| n.is_nan()), "trades of no side have no imbalance");
}

/// A formula, its parameters and its columns, and values of a column that spoil a row.
type Nonsense<'a> = (&'static str, &'static [f64], &'a [&'a [f64]], &'static [(usize, f64)]);

/// Each with a row that makes no sense after every good one.
#[test]
fn rows_without_sense_are_as_if_they_had_not_come() {
    let mut draw = Draw(3);
    let mut column =
        |low: f64, high: f64| -> Vec<f64> { (0..60).map(|_| low + (high - low) * draw.unit()).collect() };
    let (price, size, prob) = (column(90.0, 110.0), column(1.0, 5.0), column(0.0, 1.0));
    let sign: Vec<f64> = column(-1.0, 1.0).iter().map(|x| x.signum()).collect();
    let outcome: Vec<f64> = sign.iter().map(|x| 0.5 + 0.5 * x).collect();
    let bars: [&[f64]; 3] = [&price, &size, &sign];
    let cases: [Nonsense<'_>; 4] = [
        ("cusum_filter", &[0.01], &[&price], &[(0, 0.0)]),
        ("information_bars", &[VOLUME, 10.0], &bars, &[(0, 0.0), (1, 0.0), (2, 2.0), (2, 0.5)]),
        ("bet_size", &[], &[&prob, &sign], &[(0, 1.1), (0, -0.1), (1, 0.5)]),
        ("calibration", &[5.0, 12.0], &[&prob, &outcome], &[(0, 1.1), (0, -0.1), (1, 0.5)]),
    ];
    for (key, params, clean, spoilers) in cases {
        for &(spoilt, value) in spoilers {
            let mut columns: Vec<Vec<f64>> =
                clean.iter().map(|column| column.iter().flat_map(|&x| [x, x]).collect()).collect();
            columns[spoilt].iter_mut().skip(1).step_by(2).for_each(|x| *x = value);
            let borrowed: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            for (a, b) in over(key, params, clean).iter().zip(over(key, params, &borrowed)) {
                for row in 0..60 {
                    let kept = b[2 * row];
                    assert!(kept == a[row] || (kept.is_nan() && a[row].is_nan()), "{key} {spoilt} {value}");
                    assert!(b[2 * row + 1].is_nan(), "{key} took {value} in column {spoilt}");
                }
            }
        }
    }
}
