//! Laws of forecasting and online learning.

#![allow(clippy::needless_range_loop)] // a row runs through several columns

mod common;

use common::{close, over, Draw, Table};
use nanotick_formulas::{build, build_with, Value};
use proptest::prelude::*;

/// A vector column and a scalar one.
fn table(vectors: &[&[f64]], width: usize, scalars: &[&[f64]]) -> Table {
    let rows = vectors[0].len() / width;
    let columns: Vec<Vec<f64>> = vectors.iter().chain(scalars).map(|c| c.to_vec()).collect();
    let widths = vectors.iter().map(|_| width).chain(scalars.iter().map(|_| 1)).collect();
    Table { columns, widths, rows }
}

fn run(key: &str, params: &[f64], table: &Table) -> Vec<Vec<f64>> {
    table.batch_values(&mut build(key, params).unwrap_or_else(|error| panic!("{error}")))
}

fn features(seed: u64, rows: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let mut draw = Draw(seed);
    let x: Vec<f64> = (0..2 * rows).map(|_| draw.normal()).collect();
    let y: Vec<f64> = x.chunks(2).map(|x| 2.0 * x[0] - x[1] + 0.1 * draw.normal()).collect();
    let label = y.iter().map(|&y| f64::from(u8::from(y > 0.0))).collect();
    (x, y, label)
}

fn series() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-100.0..100.0f64, 60..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// x -> a x + b moves the outputs that are values by the same, for a > 0.
    #[test]
    fn values_follow_the_scale_and_the_origin(xs in series(), a in 0.01..50.0f64, b in -1e3..1e3f64) {
        let moved: Vec<f64> = xs.iter().map(|x| a * x + b).collect();
        let table: [(&str, &[f64], &[usize]); 7] = [
            ("welford", &[], &[1, 3, 4]),
            ("p2_quantile", &[0.3], &[0]),
            ("stochastic_quantile", &[0.7, 0.2, 0.3], &[0]),
            ("ses", &[0.3], &[0, 1]),
            ("holt", &[0.3, 0.2], &[0, 2]),
            ("holt_winters", &[5.0, 0.3, 0.1, 0.2, 3.0], &[0, 3]),
            ("adaptive_conformal", &[0.2, 0.05, 20.0], &[0, 1]),
        ];
        for (key, params, outputs) in table {
            let (plain, changed) = if key == "adaptive_conformal" {
                let zeros = vec![0.0; xs.len()];
                let shifts = vec![b; xs.len()];
                (over(key, params, &[&zeros, &xs]), over(key, params, &[&shifts, &moved]))
            } else {
                (over(key, params, &[&xs]), over(key, params, &[&moved]))
            };
            for &output in outputs {
                for (p, c) in plain[output].iter().zip(&changed[output]) {
                    prop_assert!(close(a * p + b, *c, 1e3 * a + 1e3, 1e-9), "{key}: {p} {c}");
                }
            }
        }
    }

    #[test]
    fn quantiles_stay_between_the_extremes(xs in series(), q in 0.01..0.99f64) {
        let (p2, all) = (over("p2_quantile", &[q], &[&xs]), over("welford", &[], &[&xs]));
        for (row, quantile) in p2[0].iter().enumerate().skip(4) {
            prop_assert!(all[3][row] <= *quantile && *quantile <= all[4][row]);
        }
        let variances = &all[2];
        prop_assert!(variances[1..].iter().all(|v| *v >= 0.0));
    }

    /// Smoothers are linear operators: the sum's output is the sum of outputs.
    #[test]
    fn smoothers_are_linear(xs in series(), seed in 0u64..99) {
        let mut draw = Draw(seed);
        let other: Vec<f64> = xs.iter().map(|_| 10.0 * draw.normal()).collect();
        let sum: Vec<f64> = xs.iter().zip(&other).map(|(a, b)| a + 2.0 * b).collect();
        for (key, params) in [("ses", &[0.4][..]), ("holt", &[0.4, 0.2, 0.9, 3.0]), ("holt_winters", &[4.0, 0.3, 0.2, 0.3])] {
            let parts = [&xs, &other, &sum].map(|x| over(key, params, &[x]));
            for column in 0..parts[0].len() {
                for row in 0..xs.len() {
                    let wanted = parts[0][column][row] + 2.0 * parts[1][column][row];
                    prop_assert!(close(wanted, parts[2][column][row], 1e3, 1e-10), "{key}");
                }
            }
        }
    }

    /// What a model of a line and a season is made for, it forecasts without error.
    #[test]
    fn lines_and_seasons_are_forecast_exactly(start in -1e3..1e3f64, slope in -5.0..5.0f64, h in 1usize..9) {
        let line = |t: usize| start + slope * t as f64;
        let season = |t: usize| [3.0, -1.0, -4.0, 2.0][t % 4];
        let xs: Vec<f64> = (0..60).map(line).collect();
        let waves: Vec<f64> = (0..60).map(|t| line(t) + season(t)).collect();
        let holt = over("holt", &[0.3, 0.1, 1.0, h as f64], &[&xs]);
        let winters = over("holt_winters", &[4.0, 0.3, 0.1, 0.2, h as f64], &[&waves]);
        for t in 8..60 {
            prop_assert!(close(holt[2][t], line(t + h), 1e3, 1e-11));
            prop_assert!(close(winters[3][t], line(t + h) + season(t + h), 1e3, 1e-11));
        }
    }

    #[test]
    fn weights_of_experts_are_shares(seed in 0u64..1000, eta in 0.01..50.0f64) {
        let mut draw = Draw(seed);
        let forecasts: Vec<f64> = (0..300).map(|_| draw.normal()).collect();
        let losses: Vec<f64> = (0..300).map(|_| draw.unit()).collect();
        let y: Vec<f64> = (0..100).map(|_| draw.normal()).collect();
        let hedge = run("hedge", &[eta], &table(&[&forecasts, &losses], 3, &[]));
        let combined = run("forecast_combination", &[0.9], &table(&[&forecasts], 3, &[&y]));
        for weights in hedge[0].chunks(3).chain(combined[0].chunks(3)) {
            prop_assert!(close(weights.iter().sum(), 1.0, 1.0, 1e-12) && weights.iter().all(|w| *w >= 0.0));
        }
        // The regret against the best expert, of the losses averaged by the weights before each row.
        let mut suffered = losses[..3].iter().sum::<f64>() / 3.0;
        for row in 1..100 {
            suffered += (0..3).map(|i| hedge[0][3 * (row - 1) + i] * losses[3 * row + i]).sum::<f64>();
        }
        let best = (0..3).map(|i| (0..100).map(|row| losses[3 * row + i]).sum::<f64>()).fold(f64::MAX, f64::min);
        prop_assert!(suffered - best <= 3.0f64.ln() / eta + eta * 100.0 / 8.0 + 1e-9);
        // Equal experts stay equal; errors k times as large weigh the same.
        let same: Vec<f64> = losses.chunks(3).flat_map(|l| [l[0]; 3]).collect();
        let equal = run("hedge", &[eta], &table(&[&same, &same], 3, &[]));
        prop_assert!(equal[0].iter().all(|w| close(*w, 1.0 / 3.0, 1.0, 1e-12)));
        let scaled: Vec<f64> = forecasts.iter().map(|f| 8.0 * f).collect();
        let scaled_y: Vec<f64> = y.iter().map(|y| 8.0 * y).collect();
        let again = run("forecast_combination", &[0.9], &table(&[&scaled], 3, &[&scaled_y]));
        prop_assert!(combined[0].iter().zip(&again[0]).all(|(a, b)| close(*a, *b, 1.0, 1e-12)));
    }

    #[test]
    fn bandits_are_repeatable_and_leave_bad_arms(seed in 0u32..1000, method in 0u8..3) {
        let rewards: Vec<f64> = (0..400).flat_map(|_| [0.9, 0.1, 0.2]).collect();
        let rows = table(&[&rewards], 3, &[]);
        let params = [f64::from(method), 0.2, f64::from(seed)];
        let (first, second) = (run("bandits", &params, &rows), run("bandits", &params, &rows));
        prop_assert_eq!(&first, &second);
        for p in first[1].chunks(3) {
            prop_assert!(close(p.iter().sum(), 1.0, 1.0, 1e-12));
            prop_assert!(method != 2 || p.iter().all(|p| *p >= 0.2 / 3.0 - 1e-15));
        }
        let plays = |rows: &[f64]| rows.iter().filter(|&&arm| arm == 0.0).count();
        prop_assert!(plays(&first[0][200..]) > 110, "{}", plays(&first[0][200..]));
    }

    /// An arm whose reward was not asked for does not matter.
    #[test]
    fn bandits_look_at_the_arm_that_was_played_alone(seed in 0u32..1000, method in 0u8..3) {
        let mut draw = Draw(u64::from(seed));
        let rewards: Vec<f64> = (0..600).map(|_| draw.unit()).collect();
        let params = [f64::from(method), 0.2, f64::from(seed)];
        let plain = run("bandits", &params, &table(&[&rewards], 3, &[]));
        let mut blind = vec![0.5; 600];
        for row in 1..200 {
            let place = 3 * row + plain[0][row - 1] as usize;
            blind[place] = rewards[place];
        }
        prop_assert_eq!(plain, run("bandits", &params, &table(&[&blind], 3, &[])));
    }

    #[test]
    fn learners_stay_within_bounds(seed in 0u64..1000) {
        let (x, y, label) = features(seed, 80);
        let rows = table(&[&x], 2, &[&label]);
        for (key, params) in [("ftrl_proximal", &[][..]), ("sgd_logistic", &[0.05])] {
            let out = run(key, params, &rows);
            prop_assert!(close(out[0][0], 0.5, 1.0, 1e-15), "{key} knows something before the first row");
            prop_assert!(out[0].iter().all(|p| (0.0..=1.0).contains(p)));
            // Both learn which side is which.
            let right = (40..80).filter(|&t| (out[0][t] > 0.5) == (label[t] > 0.5)).count();
            prop_assert!(right >= 30, "{key}: {right}");
        }
        let huge = run("ftrl_proximal", &[0.1, 1.0, 1e5], &rows);
        prop_assert!(huge[1].iter().all(|w| *w == 0.0));
        let adam = run("sgd_logistic", &[0.05], &rows);
        prop_assert!(adam[1][..2].iter().all(|w| w.abs() <= 0.05));
        // A row without features has no gradient.
        let silent = run("sgd_logistic", &[0.05], &table(&[&[0.0; 20]], 2, &[&label[..10]]));
        prop_assert!(silent[1].iter().all(|w| *w == 0.0));
        let aggressive = run("passive_aggressive", &[1e9, 0.1], &table(&[&x], 2, &[&y]));
        for t in 0..80 {
            let x = &x[2 * t..2 * t + 2];
            let after: f64 = x.iter().zip(&aggressive[2][2 * t..]).map(|(x, w)| x * w).sum();
            if aggressive[1][t] > 0.0 {
                prop_assert!(close((y[t] - after).abs(), 0.1, 1.0, 1e-9), "the constraint holds with equality");
            } else if t > 0 {
                prop_assert_eq!(&aggressive[2][2 * t..2 * t + 2], &aggressive[2][2 * t - 2..2 * t]);
            }
        }
    }

    #[test]
    fn regressions_agree_and_grow_surer(seed in 0u64..1000, alpha in 0.01..10.0f64, beta in 0.1..10.0f64) {
        let (x, y, _) = features(seed, 80);
        let rows = table(&[&x], 2, &[&y]);
        let rls = run("rls", &[1.0, beta / alpha], &rows);
        let bayes = run("bayes_linreg", &[alpha, beta], &rows);
        for (a, b) in rls[1].iter().zip(&bayes[0]) {
            prop_assert!(close(*a, *b, 1.0, 1e-9), "ridge with lambda = alpha / beta");
        }
        let probe = [1.0, 0.5].repeat(80);
        let sure = run("bayes_linreg", &[alpha, beta], &table(&[&probe], 2, &[&y]));
        prop_assert!(sure[1].windows(2).all(|v| v[1] <= v[0] * (1.0 + 1e-12)));
        prop_assert!(sure[1].iter().all(|v| *v >= 1.0 / beta));
    }

    #[test]
    fn errors_obey_their_order_and_signs(seed in 0u64..1000, power in 1u8..3) {
        let mut draw = Draw(seed);
        let [forecast, y, other]: [Vec<f64>; 3] = std::array::from_fn(|_| (0..80).map(|_| draw.normal()).collect());
        let errors = over("forecast_errors", &[30.0, 2.0], &[&forecast, &y]);
        for row in 31..80 {
            prop_assert!(errors[0][row] >= errors[1][row] * (1.0 - 1e-12) && (0.0..=1.0).contains(&errors[4][row]));
        }
        let perfect = over("forecast_errors", &[30.0], &[&y, &y]);
        prop_assert!(perfect[..4].iter().all(|column| column[79] == 0.0) && perfect[4][79] == 1.0);
        let eight = |xs: &[f64]| xs.iter().map(|x| 8.0 * x).collect::<Vec<f64>>();
        let scaled = over("forecast_errors", &[30.0, 2.0], &[&eight(&forecast), &eight(&y)]);
        prop_assert!(errors[2].iter().zip(&scaled[2]).all(|(a, b)| close(*a, *b, 1.0, 1e-12)), "mase has no unit");
        let params = [2.0, f64::from(power)];
        let (there, back) =
            (over("diebold_mariano", &params, &[&forecast, &other]), over("diebold_mariano", &params, &[&other, &forecast]));
        for row in 19..80 {
            prop_assert!(close(there[1][row], -back[1][row], 1.0, 1e-12));
            prop_assert!((0.0..=1.0).contains(&there[2][row]));
        }
        let one = over("diebold_mariano", &[2.0, 1.0], &[&forecast, &other]);
        let large = over("diebold_mariano", &[2.0, 1.0], &[&eight(&forecast), &eight(&other)]);
        prop_assert!(one[0].iter().zip(&large[0]).all(|(a, b)| close(*a, *b, 1.0, 1e-12)), "power 1 has no unit");
        let sd = vec![0.5; 80];
        let scores = over("crps_pinball", &[0.5], &[&forecast, &sd, &y]);
        for row in 0..80 {
            prop_assert!(scores[1][row] >= 0.0);
            prop_assert!(close(scores[0][row], 0.5 * (y[row] - forecast[row]).abs(), 1.0, 1e-12));
        }
    }

    /// Gibbs and Candes' proposition 4.1, for any data at all.
    #[test]
    fn intervals_cover_in_the_long_run(seed in 0u64..1000, alpha in 0.05..0.5f64, gamma in 0.005..0.2f64) {
        let mut draw = Draw(seed);
        let y: Vec<f64> = (0..800).map(|t| draw.normal() * (1.0 + f64::from(t) / 100.0)).collect();
        let zeros = vec![0.0; 800];
        let out = over("adaptive_conformal", &[alpha, gamma, 50.0], &[&zeros, &y]);
        let missed = (50..800).filter(|&t| y[t] < out[0][t] || y[t] > out[1][t]).count() as f64 / 750.0;
        prop_assert!((missed - alpha).abs() <= (alpha.max(1.0 - alpha) + gamma) / (gamma * 750.0) + 1e-12);
        prop_assert!((50..800).all(|t| out[0][t] <= out[1][t]));
    }
}

#[test]
fn rows_that_make_no_sense_leave_no_trace() {
    let cases: [(&str, &[f64], Table, Table); 4] = [
        (
            "hedge",
            &[],
            table(&[&[1.0, 2.0], &[0.1, 1.5]], 2, &[]),
            table(&[&[1.0, 2.0], &[0.1, 0.5]], 2, &[]),
        ),
        ("bandits", &[], table(&[&[1.0, -0.1]], 2, &[]), table(&[&[1.0, 0.0]], 2, &[])),
        ("ftrl_proximal", &[], table(&[&[1.0, 2.0]], 2, &[&[0.5]]), table(&[&[1.0, 2.0]], 2, &[&[1.0]])),
        ("sgd_logistic", &[], table(&[&[1.0, 2.0]], 2, &[&[-1.0]]), table(&[&[1.0, 2.0]], 2, &[&[1.0]])),
    ];
    for (key, params, bad, good) in cases {
        let mut formula = build(key, params).expect(key);
        good.batch_values(&mut formula);
        let before = formula.save();
        assert!(bad.batch_values(&mut formula).iter().flatten().all(|x| x.is_nan()), "{key}");
        assert_eq!(before, formula.save(), "{key}");
    }
    let classes: Vec<Value> = [0.1, 0.0, 1.0].map(Value::from).to_vec();
    let mut formula = build_with("passive_aggressive", &classes).expect("classification");
    let out = table(&[&[1.0, 2.0]], 2, &[&[0.0]]).batch_values(&mut formula);
    assert!(out.iter().flatten().all(|x| x.is_nan()));
}

/// Inputs that say nothing for 10^5 rows, with forgetting: the covariance stays finite and learning goes on.
#[test]
fn forgetting_does_not_blow_up() {
    let mut formula = build("rls", &[0.9, 10.0]).expect("rls");
    let silence = table(&[&vec![0.0; 200_000]], 2, &[&vec![1.0; 100_000]]);
    silence.batch_values(&mut formula);
    let (x, y, _) = features(5, 200);
    let beta = &table(&[&x], 2, &[&y]).batch_values(&mut formula)[0];
    assert!((beta[398] - 2.0).abs() < 0.2 && (beta[399] + 1.0).abs() < 0.2, "{:?}", &beta[398..]);
}
