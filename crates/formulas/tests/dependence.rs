//! Laws of dependence and correlation.

mod common;

use common::{close, kernel, over, Draw, Table};
use nanotick_formulas::dependence::CorrelationMatrix;
use nanotick_formulas::{Persist, Reader};
use proptest::prelude::*;

fn cases() -> ProptestConfig {
    ProptestConfig::with_cases(48)
}

/// Two series with something in common.
fn pair(seed: u64, rows: usize) -> (Vec<f64>, Vec<f64>) {
    let mut draw = Draw(seed);
    (0..rows)
        .map(|_| {
            let common = draw.normal();
            (common + draw.normal(), 0.6 * common + draw.normal())
        })
        .unzip()
}

fn mapped(xs: &[f64], map: impl Fn(f64) -> f64) -> Vec<f64> {
    xs.iter().map(|&x| map(x)).collect()
}

fn all_close(a: &[f64], b: &[f64], scale: f64, tolerance: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| close(a, b, scale, tolerance))
}

/// Some row has a value: a law over none would hold for nothing.
fn has_values(column: &[f64]) -> bool {
    column.iter().any(|x| x.is_finite())
}

/// A formula over rows of `assets` numbers.
fn over_rows(key: &str, params: &[f64], values: &[f64], assets: usize) -> Vec<Vec<f64>> {
    let table = Table { columns: vec![values.to_vec()], widths: vec![assets], rows: values.len() / assets };
    table.batch_values(&mut kernel(key, params))
}

/// Correlations of two series over a window: within [-1, 1], turned with the sign of either series, 1 with itself.
const CORRELATIONS: &[&str] = &["rolling_corr", "spearman"];

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn correlations_are_bounded_odd_and_one_with_oneself(
        seed: u64, n in 3usize..40, scale in 0.01..100.0f64, shift in -1e3..1e3f64,
    ) {
        let (xs, ys) = pair(seed, 90);
        for key in CORRELATIONS {
            let run = |xs: &[f64], ys: &[f64]| over(key, &[n as f64], &[xs, ys]).remove(0);
            let corr = run(&xs, &ys);
            prop_assert!(has_values(&corr) && corr.iter().all(|c| c.is_nan() || c.abs() <= 1.0), "{key}");
            prop_assert!(all_close(&corr, &run(&mapped(&xs, |x| scale * x + shift), &ys), 1.0, 1e-8), "{key}");
            prop_assert!(all_close(&corr, &mapped(&run(&xs, &mapped(&ys, |y| -y)), |c| -c), 1.0, 1e-12), "{key}");
            prop_assert!(all_close(&corr, &run(&ys, &xs), 1.0, 1e-12), "{key}");
            prop_assert!(run(&xs, &xs)[n - 1..].iter().all(|c| close(*c, 1.0, 1.0, 1e-12)), "{key}");
            prop_assert!(run(&xs, &[shift; 90])[n - 1..].iter().all(|&c| c == 0.0), "{key}");
        }
    }

    /// Ranks see order alone: any growing map of either side leaves no trace.
    #[test]
    fn ranks_see_order_alone(seed: u64, n in 50usize..70, q in 0.02..0.49f64) {
        let (xs, ys) = pair(seed, 90);
        for (key, params) in [("spearman", vec![n as f64]), ("tail_dependence", vec![n as f64, q])] {
            let before = over(key, &params, &[&xs, &ys]);
            let after = over(key, &params, &[&mapped(&xs, f64::exp), &mapped(&ys, |y| y * y * y)]);
            for (a, b) in before.iter().zip(&after) {
                prop_assert!(has_values(a) && all_close(a, b, 1.0, 0.0), "{key}");
            }
        }
        let rho = &over("spearman", &[n as f64], &[&xs, &mapped(&xs, |x| x - (-x).exp())])[0];
        prop_assert!(rho[n - 1..].iter().all(|&rho| rho == 1.0));
    }

    #[test]
    fn tails_mirror_each_other(seed: u64, n in 50usize..100, q in 0.02..0.49f64, ties: bool) {
        let (mut xs, mut ys) = pair(seed, 130);
        if ties {
            (xs, ys) = (mapped(&xs, f64::round), mapped(&ys, f64::round));
        }
        let plain = over("tail_dependence", &[n as f64, q], &[&xs, &ys]);
        let turned = over("tail_dependence", &[n as f64, q], &[&mapped(&xs, |x| -x), &mapped(&ys, |y| -y)]);
        prop_assert!(has_values(&plain[0]) && all_close(&plain[0], &turned[1], 1.0, 0.0));
        prop_assert!(all_close(&plain[1], &turned[0], 1.0, 0.0));
        // Together: all of the ranks up to q (n + 1) are joint, a share of 1 but for the fraction of a rank.
        let (xs, _) = pair(seed, 130);
        let together = over("tail_dependence", &[n as f64, q], &[&xs, &xs]);
        let wanted = ((q * (n as f64 + 1.0)).floor() / (n as f64 * q)).min(1.0);
        let apart = over("tail_dependence", &[n as f64, q], &[&xs, &mapped(&xs, |x| -x)]);
        for row in n - 1..130 {
            for output in 0..2 {
                prop_assert!(close(together[output][row], wanted, 1.0, 1e-12));
                prop_assert_eq!(apart[output][row], 0.0);
            }
        }
    }

    #[test]
    fn the_lag_is_found_and_turns_with_the_sides(seed: u64, lag in 0usize..6, n in 40usize..60) {
        let (xs, _) = pair(seed, 120);
        let params = [n as f64, 8.0];
        let behind: Vec<f64> = (0..120).map(|t| if t < lag { 0.0 } else { xs[t - lag] }).collect();
        let run = |a: &[f64], b: &[f64]| over("cross_correlation", &params, &[a, b]);
        let (forth, back) = (run(&xs, &behind), run(&behind, &xs));
        for row in n + lag..120 {
            prop_assert_eq!(forth[0][row], lag as f64);
            prop_assert_eq!(back[0][row], -(lag as f64));
            prop_assert!(close(forth[1][row], back[1][row], 1.0, 1e-10) && forth[1][row] <= 1.0);
        }
        let own = run(&xs, &xs);
        prop_assert!(own[1][n - 1..].iter().all(|c| close(*c, 1.0, 1.0, 1e-12)));
        prop_assert!(own[0][n - 1..].iter().all(|&lag| lag == 0.0));
        let flat = run(&xs, &[0.1; 120]);
        prop_assert!(flat.iter().all(|column| column[n - 1..].iter().all(|&x| x == 0.0)));
    }

    /// The value at a lag is never larger than the largest, and at lag 0 it is the correlation.
    #[test]
    fn the_largest_is_at_least_the_correlation(seed: u64, n in 10usize..60) {
        let (xs, ys) = pair(seed, 120);
        let largest = &over("cross_correlation", &[n as f64, 9.0], &[&xs, &ys])[1];
        let plain = &over("rolling_corr", &[n as f64], &[&xs, &ys])[0];
        for (largest, plain) in largest.iter().zip(plain).skip(n - 1) {
            prop_assert!(largest.abs() >= plain.abs() - 1e-12);
        }
    }

    #[test]
    fn betas_of_a_multiple_are_the_multiple(seed: u64, slope in -5.0..5.0f64, shift in -3.0..3.0f64, n in 12usize..40) {
        let (market, noise) = pair(seed, 90);
        let multiple = mapped(&market, |m| slope * m + shift);
        for column in over("downside_beta", &[n as f64], &[&multiple, &market]) {
            prop_assert!(has_values(&column));
            prop_assert!(column.iter().all(|beta| beta.is_nan() || close(*beta, slope, 1.0, 1e-8)));
        }
        let plain = over("downside_beta", &[n as f64], &[&noise, &market]);
        let moved = over("downside_beta", &[n as f64], &[&mapped(&noise, |r| r + shift), &market]);
        for (a, b) in plain.iter().zip(&moved) {
            prop_assert!(has_values(a) && all_close(a, b, 1.0, 1e-8));
        }
        // Turning the market round exchanges its sides.
        let turned = over("downside_beta", &[n as f64], &[&noise, &mapped(&market, |m| -m)]);
        prop_assert!(all_close(&plain[1], &mapped(&turned[2], |beta| -beta), 1.0, 1e-8));
    }

    #[test]
    fn weighted_covariances_are_those_of_a_matrix(seed: u64, lam in 0.5..0.99f64, scale in 0.1..10.0f64) {
        const ASSETS: usize = 4;
        let mut draw = Draw(seed);
        let values: Vec<f64> = (0..60 * ASSETS).map(|_| draw.normal()).collect();
        let [cov, corr] = &over_rows("ewma_cov", &[lam], &values, ASSETS)[..] else { panic!() };
        let alone: Vec<f64> = values.chunks(ASSETS).map(|row| row[2]).collect();
        let variance = &over_rows("ewma_cov", &[lam], &alone, 1)[0];
        let scaled: Vec<f64> =
            values.iter().enumerate().map(|(p, v)| if p % ASSETS == 1 { scale * v } else { *v }).collect();
        let after = over_rows("ewma_cov", &[lam], &scaled, ASSETS);
        prop_assert!(all_close(corr, &after[1], 1.0, 1e-11));
        for row in 0..60 {
            let at = |i: usize, j: usize| cov[(row * ASSETS + i) * ASSETS + j];
            prop_assert!(close(at(2, 2), variance[row], 1e-9, 1e-12));
            let weights: Vec<f64> = (0..ASSETS).map(|_| draw.normal()).collect();
            let mut form = 0.0;
            for i in 0..ASSETS {
                prop_assert_eq!(corr[(row * ASSETS + i) * ASSETS + i], 1.0);
                for j in 0..ASSETS {
                    prop_assert_eq!(at(i, j), at(j, i));
                    form += weights[i] * weights[j] * at(i, j);
                    let factor = [1.0, scale][usize::from(i == 1)] * [1.0, scale][usize::from(j == 1)];
                    prop_assert!(close(factor * at(i, j), after[0][(row * ASSETS + i) * ASSETS + j], 1e-3, 1e-10));
                }
            }
            prop_assert!(form > -1e-10);
        }
    }

    #[test]
    fn the_number_of_bets_lies_between_one_and_all(seed: u64, scale in 0.1..10.0f64) {
        const ASSETS: usize = 5;
        let mut draw = Draw(seed);
        let values: Vec<f64> = (0..60 * ASSETS).map(|_| draw.normal()).collect();
        let [average, bets] = &over_rows("average_correlation", &[12.0], &values, ASSETS)[..] else { panic!() };
        prop_assert!(has_values(bets));
        prop_assert!(bets.iter().all(|b| b.is_nan() || (1.0 - 1e-9..=5.0 + 1e-9).contains(b)));
        prop_assert!(average.iter().all(|a| a.is_nan() || (-0.25 - 1e-9..=1.0 + 1e-9).contains(a)));
        let scaled: Vec<f64> =
            values.iter().enumerate().map(|(p, v)| if p % ASSETS == 1 { scale * v } else { *v }).collect();
        let after = over_rows("average_correlation", &[12.0], &scaled, ASSETS);
        prop_assert!(all_close(average, &after[0], 1.0, 1e-9) && all_close(bets, &after[1], 1.0, 1e-9));
        // One series under several names is one bet.
        let copies: Vec<f64> = values.chunks(ASSETS).flat_map(|row| [row[0], scale * row[0], 3.0 * row[0]]).collect();
        let [average, bets] = &over_rows("average_correlation", &[12.0], &copies, 3)[..] else { panic!() };
        for row in 11..60 {
            prop_assert!(close(average[row], 1.0, 1.0, 1e-9) && close(bets[row], 1.0, 1.0, 1e-9));
        }
    }

    #[test]
    fn asynchronous_covariance_has_no_sides_and_sees_synchronous_returns(seed: u64, window in 2usize..40) {
        let mut draw = Draw(seed);
        let (mut xs, mut ys) = (vec![100.0], vec![30.0]);
        for row in 1..80 {
            let common = 0.01 * draw.normal();
            xs.push(xs[row - 1] * f64::exp(common + 0.01 * draw.normal()));
            ys.push(ys[row - 1] * f64::exp(common));
        }
        let run = |xs: &[f64], ys: &[f64]| over("hayashi_yoshida", &[window as f64], &[xs, ys]);
        let cov = &run(&xs, &ys)[0];
        for (row, cov) in cov.iter().enumerate().skip(1) {
            let products = (1..=row).rev().take(window).map(|t| (xs[t] / xs[t - 1]).ln() * (ys[t] / ys[t - 1]).ln());
            prop_assert!(close(*cov, products.sum(), 1e-6, 1e-9));
        }
        let own = &run(&xs, &xs)[1];
        prop_assert!(own[1..].iter().all(|c| close(*c, 1.0, 1.0, 1e-12)));
        // With holes the sides may be exchanged, and units do not matter.
        let (mut holes_x, mut holes_y) = (xs.clone(), ys.clone());
        for row in 0..80 {
            let hole = draw.unit();
            if hole < 0.4 {
                holes_x[row] = f64::NAN;
            } else if hole < 0.8 {
                holes_y[row] = f64::NAN;
            }
        }
        let (plain, swapped) = (run(&holes_x, &holes_y), run(&holes_y, &holes_x));
        let scaled = run(&mapped(&holes_x, |x| 7.0 * x), &mapped(&holes_y, |y| 0.1 * y));
        prop_assert!(has_values(&plain[1]));
        for output in 0..2 {
            prop_assert!(all_close(&plain[output], &swapped[output], 1e-3, 1e-9));
            prop_assert!(all_close(&plain[output], &scaled[output], 1e-3, 1e-8));
        }
    }

    /// Against the double sum over all pairs of returns, also long after the first tick in units of tau.
    #[test]
    fn the_matrix_equals_the_double_sum(seed: u64, tau_s in 0.5..200.0f64, symbols in 1usize..5) {
        let ticks = ticks(seed, symbols, 160, if tau_s < 1.0 { 8.0 } else { 1.0 });
        let mut matrix = CorrelationMatrix::new(symbols, tau_s);
        for (count, &(symbol, t_s, price)) in ticks.iter().enumerate() {
            let row = matrix.tick(symbol, t_s, price).map(<[f64]>::to_vec);
            if count % 20 != 19 {
                continue;
            }
            let wanted = double_sum(&ticks[..=count], symbols, tau_s);
            for i in 0..symbols {
                for j in 0..symbols {
                    let scale = (wanted[i][i] * wanted[j][j]).sqrt();
                    prop_assert!(close(matrix.covariance(i, j), wanted[i][j], scale, 1e-9));
                    if scale > 1e-100 {
                        let correlation = (wanted[i][j] / scale).clamp(-1.0, 1.0);
                        prop_assert!(close(matrix.correlation(i, j), correlation, 1.0, 1e-9));
                    }
                }
            }
            for (j, c) in row.iter().flatten().enumerate() {
                prop_assert!(close(*c, matrix.correlation(symbol, j), 1.0, 1e-9));
            }
        }
    }
}

/// Symbols that share some of their moves and tick at times of their own, or together.
fn ticks(seed: u64, symbols: usize, count: usize, step_s: f64) -> Vec<(usize, f64, f64)> {
    let signs = [1.0, 1.0, -1.0, 0.0];
    let mut draw = Draw(seed);
    let mut logs = [100f64, 20.0, 3.0, 50.0].map(f64::ln);
    let (mut t_s, mut ticks) = (0.0, Vec::new());
    for _ in 0..count {
        t_s += (draw.unit() * 4.0).floor() * 0.25 * step_s;
        let symbol = (draw.unit() * symbols as f64) as usize;
        let common = 0.001 * (draw.unit() - 0.5);
        logs.iter_mut().zip(signs).for_each(|(log, sign)| *log += sign * common);
        logs[symbol] += 0.0005 * (draw.unit() - 0.5);
        if !ticks.iter().any(|&(i, s, _)| i == symbol && s == t_s) {
            ticks.push((symbol, t_s, logs[symbol].exp()));
        }
    }
    ticks
}

/// Covariances per second from their definition: every pair of returns whose intervals overlap.
fn double_sum(ticks: &[(usize, f64, f64)], symbols: usize, tau_s: f64) -> Vec<Vec<f64>> {
    let now = ticks.last().expect("there are ticks").1;
    let returns = |symbol: usize| -> Vec<(f64, f64, f64)> {
        let own: Vec<_> = ticks.iter().filter(|tick| tick.0 == symbol).collect();
        own.windows(2).map(|two| (two[0].1, two[1].1, two[1].2.ln() - two[0].2.ln())).collect()
    };
    let sum = |i: usize, j: usize| {
        let mut sum = 0.0;
        for (s_0, s, dx) in returns(i) {
            for (t_0, t, dy) in returns(j) {
                if s_0.max(t_0) < s.min(t) {
                    sum += dx * dy * ((s.max(t) - now) / tau_s).exp();
                }
            }
        }
        sum / tau_s
    };
    (0..symbols).map(|i| (0..symbols).map(|j| sum(i, j)).collect()).collect()
}

/// Values of NumPy 2.4.6: the double sum over arrays, for the same ticks.
#[test]
fn the_matrix_equals_numpy() {
    let mut matrix = CorrelationMatrix::new(4, 30.0);
    let ticks = ticks(41, 4, 400, 1.0);
    assert_eq!(ticks.len(), 367);
    for (symbol, t_s, price) in ticks {
        matrix.tick(symbol, t_s, price);
    }
    let wanted = [
        (0, 0, 3.373_393_109_682_899e-7, 1.0),
        (1, 0, 3.282_911_742_516_028e-7, 1.0),
        (2, 0, -3.069_364_707_205_553e-7, -0.992_293_058_349_754_3),
        (2, 1, -2.658_904_539_050_724e-7, -0.896_913_045_348_030_4),
        (3, 1, 2.015_495_143_739_609e-8, 0.324_931_195_516_636),
        (2, 3, -2.237_756_484_964_965e-8, -0.377_072_405_213_113),
    ];
    for (i, j, covariance, correlation) in wanted {
        assert!(close(matrix.covariance(i, j), covariance, 1e-9, 1e-9), "{i} {j}");
        assert!(close(matrix.correlation(i, j), correlation, 1.0, 1e-9), "{i} {j}");
    }
}

/// Symbols that tick together have the weighted covariance of their returns, in whichever order they come.
#[test]
fn symbols_that_tick_together_have_their_plain_covariance() {
    let mut draw = Draw(5);
    let rows: Vec<[f64; 3]> = (0..50).map(|_| std::array::from_fn(|_| 0.01 * draw.normal())).collect();
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
        let mut matrix = CorrelationMatrix::new(3, 10.0);
        let mut logs = [1.0; 3];
        for (step, row) in rows.iter().enumerate() {
            for symbol in order {
                logs[symbol] += row[symbol];
                matrix.tick(symbol, step as f64, f64::exp(logs[symbol]));
            }
        }
        for (i, j) in [(0, 1), (1, 2), (2, 0), (1, 1)] {
            let weighted = rows.iter().enumerate().skip(1);
            let sum: f64 = weighted.map(|(t, row)| row[i] * row[j] * ((t as f64 - 49.0) / 10.0).exp()).sum();
            assert!(close(matrix.covariance(i, j), sum / 10.0, 1e-6, 1e-10), "{i} {j}");
        }
    }
}

fn saved(matrix: &CorrelationMatrix) -> Vec<u8> {
    let mut bytes = Vec::new();
    matrix.save(&mut bytes);
    bytes
}

#[test]
fn ticks_that_make_no_sense_leave_no_trace_and_a_saved_matrix_goes_on() {
    let mut matrix = CorrelationMatrix::new(3, 5.0);
    let ticks = ticks(9, 3, 100, 1.0);
    for &(symbol, t_s, price) in &ticks[..60] {
        matrix.tick(symbol, t_s, price);
        let before = saved(&matrix);
        for (t_s, price) in [
            (t_s, 0.0),
            (t_s, -1.0),
            (t_s, f64::NAN),
            (t_s, f64::INFINITY),
            (t_s - 1.0, 1.0),
            (f64::NAN, 1.0),
            (f64::INFINITY, 1.0),
        ] {
            assert!(matrix.tick(symbol, t_s, price).is_none());
        }
        assert_eq!(before, saved(&matrix));
    }
    let mut restored = CorrelationMatrix::new(3, 5.0);
    restored.load(&mut Reader::new(&saved(&matrix))).expect("it was saved by the same");
    for &(symbol, t_s, price) in &ticks[60..] {
        let row = matrix.tick(symbol, t_s, price).map(<[f64]>::to_vec);
        assert_eq!(row.as_deref(), restored.tick(symbol, t_s, price));
    }
}

/// A symbol that has not ticked for ages, or never: no correlation, and no NaN.
#[test]
fn what_does_not_tick_has_no_correlation() {
    let mut matrix = CorrelationMatrix::new(3, 1.0);
    for step in 0..5_000 {
        let t_s = f64::from(step);
        let price = 100.0 + f64::from(step % 3);
        if step < 10 {
            matrix.tick(1, t_s, price);
        }
        let row = matrix.tick(0, t_s, price);
        if step > 900 {
            assert_eq!(row, Some(&[1.0, 0.0, 0.0][..]));
        }
    }
    assert_eq!(matrix.tick(1, 5_000.0, 90.0).map(<[f64]>::len), Some(3));
}

#[test]
fn rules_between_parameters_are_told() {
    assert!(nanotick_formulas::build("cross_correlation", &[20.0, 20.0]).is_err());
}

#[test]
fn a_side_of_one_point_has_no_beta() {
    let (market, returns) = ([0.0, 0.0, 0.0, 0.0, 9.0], [1.0, 2.0, 3.0, 4.0, 5.0]);
    let last: Vec<f64> = over("downside_beta", &[5.0], &[&returns, &market]).iter().map(|c| c[4]).collect();
    // Four equal values below the mean have no spread; above it there is one.
    assert!(last[0].is_finite() && last[1].is_nan() && last[2].is_nan());
}
