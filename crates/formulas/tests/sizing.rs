//! Laws of position sizing.

mod common;

use common::{close, kernel, over, Draw, Table};
use proptest::prelude::*;

fn returns() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-0.05..0.05f64, 60..120)
}

fn mapped(values: &[f64], map: impl Fn(f64) -> f64) -> Vec<f64> {
    values.iter().map(|&x| map(x)).collect()
}

fn all_close(a: &[f64], b: &[f64], scale: f64, tolerance: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| close(a, b, scale, tolerance))
}

fn wealth(returns: &[f64]) -> Vec<f64> {
    let compound = |value: &mut f64, r: &f64| {
        *value *= 1.0 + r;
        Some(*value)
    };
    returns.iter().scan(1000.0, compound).collect()
}

/// The outputs of a single row.
fn one(key: &str, params: &[f64], row: &[f64]) -> Vec<f64> {
    let columns: Vec<&[f64]> = row.chunks(1).collect();
    over(key, params, &columns).into_iter().map(|output| output[0]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_stake_grows_faster_than_kelly(p in 0.01..0.99f64, b in 0.1..10.0f64, a in 0.1..5.0f64, aside in -0.2..0.2f64) {
        let growth = |f: f64| p * (b * f).ln_1p() + (1.0 - p) * (-a * f).ln_1p();
        let both = one("kelly_binary", &[b, a, 1.0], &[p]);
        prop_assert!(close(growth(both[0]), both[1], 1.0, 1e-9));
        let other = both[0] + aside;
        if -1.0 / b < other && other < 1.0 / a {
            prop_assert!(growth(other) <= both[1] + 1e-12);
        }
        let long = one("kelly_binary", &[b, a], &[p]);
        prop_assert_eq!(long[0], both[0].max(0.0));
        // A fair bet is worth nothing; even odds are worth 2p - 1.
        prop_assert!(one("kelly_binary", &[b, a, 1.0], &[a / (a + b)])[0].abs() < 1e-12 / a.min(b));
        prop_assert!(close(one("kelly_binary", &[1.0, 1.0, 1.0], &[p])[0], 2.0 * p - 1.0, 1.0, 1e-12));
    }

    #[test]
    fn doubt_shrinks_the_stake(p in 0.0..1.0f64, b in 0.1..10.0f64, se in 0.0..0.5f64) {
        let point = one("kelly_shrunk", &[b, se], &[p]);
        let more = one("kelly_shrunk", &[b, se + 0.1], &[p]);
        prop_assert!((0.0..=1.0).contains(&point[1]) && more[1] <= point[1]);
        let sure = one("kelly_shrunk", &[b, 0.0], &[p]);
        prop_assert!(close(sure[0], one("kelly_binary", &[b], &[p])[0], 1.0, 1e-12));
        prop_assert!(close(point[0], point[1] * sure[0], 1.0, 1e-12));
        if (b + 1.0) * p <= 1.0 {
            prop_assert_eq!(point, [0.0, 0.0]);
        }
    }

    #[test]
    fn a_bolder_fraction_falls_deeper(c in 0.05..1.9f64, x in 0.05..0.95f64) {
        let (point, bolder) = (one("kelly_drawdown", &[x], &[c]), one("kelly_drawdown", &[x], &[c + 0.05]));
        prop_assert!(bolder[1] > point[1] && (0.0..1.0).contains(&point[1]));
        // Growth is the same as far to either side of full Kelly.
        prop_assert!(close(point[0], one("kelly_drawdown", &[x], &[2.0 - c])[0], 1.0, 1e-12));
        let full = one("kelly_drawdown", &[x], &[1.0]);
        prop_assert!(close(full[0], 1.0, 1.0, 1e-15) && close(full[1], x, 1.0, 1e-14));
        let edge = one("kelly_drawdown", &[x], &[2.0 - 1e-12]);
        prop_assert!(edge[0] < 1e-11 && edge[1] > 1.0 - 1e-9);
    }

    #[test]
    fn kelly_of_levered_returns_is_as_much_less(r in returns(), leverage in 0.1..10.0f64, aside in -1.0..1.0f64) {
        let params = [40.0, 0.0, 1.0, 1000.0];
        let point = over("kelly_continuous", &params, &[&r]);
        let scaled = over("kelly_continuous", &params, &[&mapped(&r, |x| x * leverage)]);
        prop_assert!(all_close(&point[0], &mapped(&scaled[0], |f| f * leverage), 1e-3, 1e-9));
        prop_assert!(all_close(&point[1], &scaled[1], 1e-6, 1e-9));
        for row in 39..r.len() {
            let window = &r[row - 39..=row];
            let mean = window.iter().sum::<f64>() / 40.0;
            let variance = window.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 39.0;
            prop_assert_eq!(point[0][row] > 0.0, mean > 0.0);
            let other = point[0][row] + aside;
            prop_assert!(other * mean - 0.5 * other * other * variance <= point[1][row] + 1e-15);
        }
        let capped = over("kelly_continuous", &[40.0, 0.0, 1.0, 0.5], &[&r]);
        prop_assert!(capped[0].iter().skip(39).all(|f| f.abs() <= 0.5));
    }

    #[test]
    fn volatility_is_brought_to_the_target(r in returns(), leverage in 1.0..10.0f64, cap in 0.1..5.0f64) {
        let of = |r: &[f64], cap: f64| over("vol_target", &[0.2, 0.9, 365.0, cap], &[r]);
        let (point, scaled) = (of(&r, 1000.0), of(&mapped(&r, |x| x * leverage), 1000.0));
        let free = |w: &f64| *w < 1000.0 / 10.0;
        for (w, s) in point[0].iter().zip(&scaled[0]).skip(1).filter(|(w, _)| free(w)) {
            prop_assert!(close(*w, s * leverage, 1e-3, 1e-10));
        }
        prop_assert!(of(&r, cap)[0].iter().skip(1).all(|w| 0.0 < *w && *w <= cap));
        let on_target = vec![0.2 / 365.0f64.sqrt(); 30];
        prop_assert!(of(&on_target, 10.0)[0].iter().skip(1).all(|w| close(*w, 1.0, 1.0, 1e-12)));
    }

    #[test]
    fn units_come_in_lots_and_follow_equity_and_range(
        range in 0.5..50.0f64, equity in 1e4..1e6f64, lot in 0.001..0.5f64, factor in 1.5..4.0f64,
    ) {
        let rows = 12;
        let units = |range: f64, equity: f64| {
            let column = |x: f64| vec![x; rows];
            let columns: [Vec<f64>; 4] = [column(1000.0 + range), column(1000.0), column(1000.0), column(equity)];
            let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            over("atr_units", &[0.01, 10.0, 1.0, lot], &columns)[0][rows - 1]
        };
        let point = units(range, equity);
        let lots = point / lot;
        prop_assert!((lots - lots.round()).abs() < 1e-6);
        prop_assert!(point <= 0.01 * equity / range + 1e-8 * lot && point > 0.01 * equity / range - lot);
        // To within a lot: as much more equity, as many more units; a range so much wider, so many fewer.
        prop_assert!((units(range, equity * factor) - point * factor).abs() <= (factor + 1.0) * lot);
        prop_assert!((units(range * factor, equity) - point / factor).abs() <= 2.0 * lot);
    }

    #[test]
    fn a_stop_costs_no_more_than_was_risked(
        entry in 10.0..1e4f64, share in 0.001..0.2f64, above in any::<bool>(), equity in 1e3..1e6f64, fee in 0.0..0.01f64,
    ) {
        let stop = |share: f64| entry * if above { 1.0 + share } else { 1.0 - share };
        let of = |share: f64, equity: f64| one("fixed_fractional", &[0.01, fee, 0.001], &[entry, stop(share), equity]);
        let point = of(share, equity);
        let loss = point[0] * ((entry - stop(share)).abs() + fee * (entry + stop(share)));
        prop_assert!(loss <= 0.01 * equity * (1.0 + 1e-9) + 1e-9 * entry);
        prop_assert!(close(point[1], point[0] * entry, 1.0, 1e-12));
        // A long's fee falls a little with its stop; the distance always outweighs it.
        prop_assert!(of(share * 1.5, equity)[0] <= point[0]);
        prop_assert!((of(share, 2.0 * equity)[0] - 2.0 * point[0]).abs() <= 0.003);
    }

    #[test]
    fn insured_wealth_stays_above_its_floor(r in prop::collection::vec(-0.2..0.2f64, 60..120), ratchet in any::<bool>()) {
        // r > -1/m: no gap that jumps over the floor.
        let mut cppi = kernel("cppi", &[4.0, 0.8, 0.0, f64::from(u8::from(ratchet)), 100.0]);
        let (mut value, mut out) = (1000.0, vec![0.0; 3]);
        for r in &r {
            cppi.update_one(value, &mut out);
            prop_assert!(value >= out[1] * (1.0 - 1e-12) && out[0] >= 0.0 && out[2] >= 0.0);
            prop_assert_eq!(out[2] == 0.0, out[0] == 0.0);
            value *= 1.0 + out[0] * r;
        }
    }

    #[test]
    fn a_multiple_of_one_holds_the_cushion(r in prop::collection::vec(-0.2..0.2f64, 20..60)) {
        let mut cppi = kernel("cppi", &[1.0, 0.8]);
        let (mut value, mut out, mut asset) = (1000.0, vec![0.0; 3], 1.0);
        for r in &r {
            cppi.update_one(value, &mut out);
            // 800 stay, 200 are bought and held.
            prop_assert!(close(value, 800.0 + 200.0 * asset, 1.0, 1e-9));
            value *= 1.0 + out[0] * r;
            asset *= 1.0 + r;
        }
    }

    #[test]
    fn controlled_wealth_never_falls_through(r in prop::collection::vec(-0.9..0.9f64, 60..120), alpha in 0.0..0.99f64) {
        let mut control = kernel("drawdown_control", &[1.0, alpha, 1000.0]);
        let (mut value, mut peak, mut out) = (1000.0f64, 0.0f64, vec![0.0]);
        for r in &r {
            peak = peak.max(value);
            prop_assert!(value >= alpha * peak * (1.0 - 1e-9));
            control.update_one(value, &mut out);
            if value == peak {
                prop_assert!(close(out[0], 1.0 - alpha, 1.0, 1e-12));
            }
            value *= 1.0 + out[0] * r;
        }
        let w = wealth(&mapped(&r, |x| 0.1 * x));
        let params = [2.0, alpha, 1.5];
        let point = over("drawdown_control", &params, &[&w]);
        prop_assert!(all_close(&point[0], &over("drawdown_control", &params, &[&mapped(&w, |x| 8.0 * x)])[0], 1.0, 1e-12));
        let constant = over("drawdown_control", &[0.7, 0.0], &[&w]);
        prop_assert!(constant[0].iter().all(|x| close(*x, 0.7, 1.0, 1e-12)));
    }

    #[test]
    fn diversification_multiplies_by_one_to_the_root_of_n(seed in 0u64..1000, scale in 0.1..10.0f64) {
        let (rows, width) = (64, 4);
        let of = |matrix: Vec<f64>, weight: f64| {
            let columns = vec![matrix, vec![weight; rows * width]];
            let table = Table { columns, widths: vec![width; 2], rows };
            *table.batch_values(&mut kernel("diversification_multiplier", &[64.0, 100.0]))[0].last().expect("rows")
        };
        let mut draw = Draw(seed);
        let matrix: Vec<f64> = (0..rows * width).map(|_| 0.01 * draw.normal()).collect();
        let point = of(matrix.clone(), 0.25);
        prop_assert!((1.0 - 1e-9..=2.0 + 1e-9).contains(&point));
        // The size of an asset's returns says nothing about its company, nor does the sum of the weights.
        let uneven: Vec<f64> = matrix.iter().enumerate().map(|(at, x)| if at % width == 1 { x * scale } else { *x }).collect();
        prop_assert!(close(of(uneven, 7.0), point, 1.0, 1e-9));
        let alike: Vec<f64> = (0..rows * width).map(|at| matrix[at / width]).collect();
        prop_assert!(close(of(alike, 0.25), 1.0, 1.0, 1e-9));
        // Signs of Walsh's functions go with none of the others.
        let apart: Vec<f64> = (0..rows * width).map(|at| if (at / width) >> (at % width) & 1 == 0 { -1.0 } else { 1.0 }).collect();
        prop_assert!(close(of(apart, 0.25), 2.0, 1.0, 1e-9));
    }
}

#[test]
fn rows_that_make_no_sense_are_refused() {
    for (key, params, row) in [
        ("kelly_binary", vec![], vec![1.01]),
        ("kelly_shrunk", vec![], vec![-0.01]),
        ("kelly_drawdown", vec![], vec![2.0]),
        ("fixed_fractional", vec![], vec![0.0, 1.0, 1e4]),
        ("fixed_fractional", vec![0.01, 0.0], vec![5.0, 5.0, 1e4]),
        ("cppi", vec![], vec![0.0]),
    ] {
        assert!(one(key, &params, &row).iter().all(|x| x.is_nan()), "{key}");
    }
}

#[test]
fn a_bar_upside_down_leaves_the_range_alone() {
    let rows =
        [[11.0, 10.0, 10.5, 1e4], [12.0, 10.0, 11.0, 1e4], [10.0, 12.0, 11.0, 1e4], [12.0, 11.0, 11.5, 1e4]];
    let column = |rows: &[[f64; 4]], at: usize| rows.iter().map(|row| row[at]).collect::<Vec<f64>>();
    let of = |rows: &[[f64; 4]]| {
        let columns: Vec<Vec<f64>> = (0..4).map(|at| column(rows, at)).collect();
        over("atr_units", &[0.01, 2.0], &columns.iter().map(Vec::as_slice).collect::<Vec<_>>()).remove(0)
    };
    let clean = [rows[0], rows[1], rows[3]];
    assert!(of(&rows)[2].is_nan());
    assert_eq!(of(&rows)[3], of(&clean)[2]);
}
