//! Laws of portfolio weights that are kept up row by row.

mod common;

use common::{close, kernel, over, Draw, Table};
use proptest::prelude::*;

const ASSETS: usize = 4;

/// Rows of vectors through a formula.
fn run(key: &str, params: &[f64], inputs: &[&[[f64; ASSETS]]]) -> Vec<Vec<f64>> {
    let columns = inputs.iter().map(|rows| rows.concat()).collect();
    let table = Table { columns, widths: vec![ASSETS; inputs.len()], rows: inputs[0].len() };
    table.batch_values(&mut kernel(key, params))
}

fn returns(seed: u64, rows: usize, size: f64) -> Vec<[f64; ASSETS]> {
    let mut draw = Draw(seed);
    (0..rows).map(|_| std::array::from_fn(|asset| size * (asset + 1) as f64 * draw.normal())).collect()
}

fn map(rows: &[[f64; ASSETS]], change: impl Fn(f64) -> f64) -> Vec<[f64; ASSETS]> {
    rows.iter().map(|row| row.map(&change)).collect()
}

fn last(column: &[f64]) -> &[f64] {
    &column[column.len() - ASSETS..]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn inverse_volatility_is_a_partition_that_knows_no_scale(
        seed in 0u64..1000, power in 0.1..4.0, scale in 1e-6..1e6
    ) {
        let rows = returns(seed, 30, 0.01);
        let got = run("inverse_vol", &[10.0, power], &[&rows]);
        prop_assert!(got[0][..9 * ASSETS].iter().all(|w| w.is_nan()));
        for weights in got[0][9 * ASSETS..].chunks(ASSETS) {
            prop_assert!(close(weights.iter().sum::<f64>(), 1.0, 1.0, 1e-14));
            prop_assert!(weights.iter().all(|w| *w > 0.0));
        }
        let scaled = run("inverse_vol", &[10.0, power], &[&map(&rows, |r| r * scale)]);
        prop_assert!((0..ASSETS).all(|i| close(last(&scaled[0])[i], last(&got[0])[i], 0.0, 1e-9)));
        let reversed: Vec<_> = rows.iter().map(|row| { let mut row = *row; row.reverse(); row }).collect();
        let reversed = run("inverse_vol", &[10.0, power], &[&reversed]);
        prop_assert!((0..ASSETS).all(|i| close(last(&reversed[0])[i], last(&got[0])[ASSETS - 1 - i], 0.0, 1e-14)));
        let alike: Vec<_> = rows.iter().map(|row| [row[0], -row[0], row[0] + 0.5, row[0]]).collect();
        let alike = run("inverse_vol", &[10.0, power], &[&alike]);
        prop_assert!(last(&alike[0]).iter().all(|w| close(*w, 0.25, 0.0, 1e-9)));
    }

    #[test]
    fn managed_volatility_knows_its_units(seed in 0u64..1000, k in 0.1..10.0, cap in 0.01..100.0) {
        let rows: Vec<f64> = returns(seed, 60, 0.01).concat();
        let scaled: Vec<f64> = rows.iter().map(|r| r * k).collect();
        let fixed = |rows: &[f64], cap: f64| over("vol_managed", &[15.0, 1e-3, cap], &[rows]).remove(0);
        let (plain, times, capped) = (fixed(&rows, 1000.0), fixed(&scaled, 1000.0), fixed(&rows, cap));
        for row in 14..rows.len() {
            if plain[row].max(times[row]) < 999.0 {
                prop_assert!(close(times[row], plain[row] / (k * k), 0.0, 1e-10));
            }
            prop_assert!(close(capped[row], plain[row].min(cap), 0.0, 0.0));
        }
        // With c chosen by the data, leverage does not depend on the unit of returns.
        let free = |rows: &[f64]| over("vol_managed", &[15.0, 0.0, 1000.0], &[rows]).remove(0);
        let (plain, times) = (free(&rows), free(&scaled));
        prop_assert!(plain[15].is_nan() && plain[16] > 0.0);
        prop_assert!((16..rows.len()).all(|row| close(times[row], plain[row], 0.0, 1e-9)));
    }

    #[test]
    fn gradients_stay_on_the_simplex_and_move_to_the_winner(seed in 0u64..1000, eta in 0.001..50.0) {
        let rows = returns(seed, 40, 0.05);
        let got = run("exponentiated_gradient", &[eta], &[&rows]);
        for weights in got[0].chunks(ASSETS) {
            prop_assert!(close(weights.iter().sum::<f64>(), 1.0, 1.0, 1e-14) && weights.iter().all(|w| *w >= 0.0));
        }
        let first = &got[0][..ASSETS];
        let order = |values: &[f64]| (0..ASSETS).max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap();
        prop_assert_eq!(order(first), order(&rows[0]));
        let alike = run("exponentiated_gradient", &[eta], &[&[rows[0], [0.3; ASSETS]]]);
        prop_assert!((0..ASSETS).all(|i| close(alike[0][i], alike[0][ASSETS + i], 0.0, 1e-14)));
        let slow = run("exponentiated_gradient", &[1e-9], &[&rows]);
        prop_assert!(slow[0].iter().all(|w| close(*w, 0.25, 0.0, 1e-6)));
        // A portfolio that lost all is no row, nor is an asset that lost more.
        for bad in [[-1.0; ASSETS], [-1.5, 9.0, 9.0, 9.0]] {
            let mut lost = rows.clone();
            lost.insert(20, bad);
            let lost = run("exponentiated_gradient", &[eta], &[&lost]);
            prop_assert!(lost[0][20 * ASSETS..21 * ASSETS].iter().all(|w| w.is_nan()));
            prop_assert_eq!(last(&lost[0]), last(&got[0]));
        }
    }

    #[test]
    fn projections_are_where_they_should_be_and_stay(
        v in prop::array::uniform4(-5.0..5.0), z in 0.1..4.0, shift in -1e3..1e3
    ) {
        let project = |v: [f64; ASSETS], ball: f64| run("simplex_projection", &[z, ball], &[&[v]]).remove(0);
        let got = project(v, 0.0);
        prop_assert!(close(got.iter().sum::<f64>(), z, 1.0, 1e-13) && got.iter().all(|w| *w >= 0.0));
        let again = project([got[0], got[1], got[2], got[3]], 0.0);
        let moved = project(v.map(|x: f64| x + shift), 0.0);
        prop_assert!((0..ASSETS).all(|i| close(again[i], got[i], 1.0, 1e-13) && close(moved[i], got[i], 1.0, 1e-11)));
        let ball = project(v, 1.0);
        let size: f64 = ball.iter().map(|x| x.abs()).sum();
        let norm: f64 = v.iter().map(|x: &f64| x.abs()).sum();
        prop_assert!(close(size, norm.min(z), 1.0, 1e-13));
        prop_assert!((0..ASSETS).all(|i| ball[i] * v[i] >= 0.0 && ball[i].abs() <= v[i].abs() + 1e-14));
        if norm <= z {
            prop_assert_eq!(&ball[..], &v[..]);
        }
    }

    #[test]
    fn holding_still_trades_nothing(seed in 0u64..1000, fee in 0.0001..0.05) {
        let rows = returns(seed, 20, 0.01);
        // Weights that drift by themselves.
        let mut held = vec![[0.4, 0.3, -0.1, 0.2]];
        for row in &rows[1..] {
            let before = held[held.len() - 1];
            let growth = 1.0 + before.iter().zip(row).map(|(w, r)| w * r).sum::<f64>();
            held.push(std::array::from_fn(|i| before[i] * (1.0 + row[i]) / growth));
        }
        let still = run("turnover_cost", &[fee], &[&rows, &held]);
        prop_assert!(still[0][0].is_nan() && still[0][1..].iter().all(|x| x.abs() < 1e-14));
        let wanted = returns(seed + 1, 20, 0.1);
        let traded = |fee: f64| run("turnover_cost", &[fee], &[&rows, &wanted]);
        let (got, double) = (traded(fee), traded(2.0 * fee));
        for row in 1..20 {
            prop_assert!(got[0][row] > 0.0 && got[0][row] == double[0][row]);
            prop_assert!(close(double[1][row], 2.0 * got[1][row], 0.0, 1e-14));
        }
        // Without returns, what is traded is the difference of the weights.
        let flat = run("turnover_cost", &[fee], &[&map(&rows, |_| 0.0), &wanted]);
        let apart: f64 = (0..ASSETS).map(|i| (wanted[19][i] - wanted[18][i]).abs()).sum();
        prop_assert!(close(flat[0][19], apart, 0.0, 1e-13));
    }
}

#[test]
fn an_asset_that_does_not_move_has_no_weight() {
    let rows = [[0.01, 0.5, -0.01, 0.02], [0.02, 0.5, 0.03, -0.01], [0.03, 0.5, 0.01, 0.01]];
    let got = run("inverse_vol", &[3.0, 4.0], &[&rows]);
    assert_eq!(last(&got[0])[1], 0.0);
    assert!(close(last(&got[0]).iter().sum::<f64>(), 1.0, 1.0, 1e-15));
    let still = run("inverse_vol", &[2.0], &[&[[0.1; ASSETS]; 3]]);
    assert!(still[0].iter().all(|w| w.is_nan()));
}
