//! Laws of momentum and oscillators.

#![allow(clippy::needless_range_loop)] // a row is looked up in several columns

mod common;

use common::{assert_series, map_prices, outputs, over, sample, Draw, Table};
use nanotick_formulas::{build, info};
use proptest::prelude::*;

const ROWS: usize = 400;

/// Prices on a grid of 1/64: scaled by a power of two and shifted without rounding.
fn market(key: &str, seed: u64) -> Table {
    let info = info(key).unwrap();
    map_prices(info, &sample(info, ROWS, seed), |x| (x * 64.0).round() / 64.0)
}

fn values(series: &[f64]) -> impl Iterator<Item = f64> + '_ {
    series.iter().copied().filter(|x| !x.is_nan())
}

fn last(series: &[f64]) -> f64 {
    *series.last().unwrap()
}

/// Unmoved by a * price + b.
const AFFINE: &[&str] = &[
    "rsi",
    "rsi_cutler",
    "cmo",
    "stoch",
    "stoch_rsi",
    "williams_r",
    "cci",
    "tsi",
    "efficiency_ratio",
    "ultimate_osc",
    "ibs",
    "percent_rank",
];

/// Unmoved by a * price.
const SCALE_FREE: &[&str] =
    &["connors_rsi", "roc", "ppo", "trix", "disparity_index", "ts_momentum", "high_ratio"];

/// What becomes of them, once mirrored, is constant less their value.
const MIRRORED: &[(&str, f64)] = &[
    ("rsi", 100.0),
    ("rsi_cutler", 100.0),
    ("stoch", 100.0),
    ("williams_r", -100.0),
    ("ultimate_osc", 100.0),
    ("ibs", 1.0),
    ("cmo", 0.0),
    ("cci", 0.0),
    ("tsi", 0.0),
    ("momentum", 0.0),
    ("macd", 0.0),
    ("awesome", 0.0),
];

/// Each with its least and largest value.
const RANGES: &[(&str, f64, f64)] = &[
    ("rsi", 0.0, 100.0),
    ("rsi_cutler", 0.0, 100.0),
    ("connors_rsi", 0.0, 100.0),
    ("stoch", 0.0, 100.0),
    ("stoch_rsi", 0.0, 100.0),
    ("williams_r", -100.0, 0.0),
    ("cmo", -100.0, 100.0),
    ("tsi", -100.0, 100.0),
    ("efficiency_ratio", 0.0, 1.0),
    ("ultimate_osc", 0.0, 100.0),
    ("ibs", 0.0, 1.0),
    ("percent_rank", 0.0, 100.0),
    ("high_ratio", 0.0, 1.0),
];

/// In a market that does not move at all.
const FLAT: &[(&str, f64)] = &[
    ("rsi", 50.0),
    ("rsi_cutler", 50.0),
    ("stoch", 50.0),
    ("stoch_rsi", 50.0),
    ("williams_r", -50.0),
    ("cci", 0.0),
    ("momentum", 0.0),
    ("roc", 0.0),
    ("cmo", 0.0),
    ("macd", 0.0),
    ("ppo", 0.0),
    ("trix", 0.0),
    ("tsi", 0.0),
    ("efficiency_ratio", 0.0),
    ("awesome", 0.0),
    ("ultimate_osc", 50.0),
    ("ibs", 0.5),
    ("disparity_index", 0.0),
    ("percent_rank", 0.0),
    ("ts_momentum", 0.0),
    ("high_ratio", 1.0),
];

/// In a market whose every price and bar is above the last, with closes at the highs.
const RISING: &[(&str, f64)] = &[
    ("rsi", 100.0),
    ("rsi_cutler", 100.0),
    ("stoch", 100.0),
    ("williams_r", 0.0),
    ("cmo", 100.0),
    ("tsi", 100.0),
    ("efficiency_ratio", 1.0),
    ("ultimate_osc", 100.0),
    ("ibs", 1.0),
    ("percent_rank", 100.0),
    ("high_ratio", 1.0),
];

/// A table of bars or prices for a formula, made of one series; bars are one high and close at the top.
fn bars_of(key: &str, series: &[f64], height: f64) -> Table {
    let columns: Vec<Vec<f64>> = info(key)
        .unwrap()
        .columns
        .iter()
        .map(|column| series.iter().map(|x| if column.name == "low" { x - height } else { *x }).collect())
        .collect();
    Table::of(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn oscillators_have_no_unit(
        seed: u64, scale in prop::sample::select(vec![0.25, 2.0, 16.0]), shift in 0u16..4096,
    ) {
        let moved = AFFINE.iter().map(|key| (key, f64::from(shift)));
        for (key, shift) in moved.chain(SCALE_FREE.iter().map(|key| (key, 0.0))) {
            let table = market(key, seed);
            let mapped = map_prices(info(key).unwrap(), &table, |x| scale * x + shift);
            for (plain, mapped) in outputs(key, &[], &table).iter().zip(&outputs(key, &[], &mapped)) {
                assert_series(mapped, plain, 1.0, 1e-9, key);
            }
        }
    }

    #[test]
    fn a_mirrored_market_is_mirrored(seed: u64) {
        for &(key, whole) in MIRRORED {
            let table = market(key, seed);
            let mirrored = outputs(key, &[], &map_prices(info(key).unwrap(), &table, |x| -x));
            for (plain, mirrored) in outputs(key, &[], &table).iter().zip(&mirrored) {
                let wanted: Vec<f64> = plain.iter().map(|x| whole - x).collect();
                assert_series(mirrored, &wanted, 100.0, 1e-11, key);
            }
        }
    }

    #[test]
    fn oscillators_stay_within_their_ranges(seed: u64) {
        for &(key, low, high) in RANGES {
            for x in outputs(key, &[], &market(key, seed)).iter().flat_map(|series| values(series)) {
                prop_assert!((low - 1e-12..=high + 1e-12).contains(&x), "{} {}", key, x);
            }
        }
    }

    #[test]
    fn a_flat_market_is_in_the_middle(price in 0.01f64..1e5) {
        for &(key, wanted) in FLAT {
            let of = outputs(key, &[], &bars_of(key, &vec![price; ROWS], 0.0));
            for x in of.iter().flat_map(|series| values(series)) {
                prop_assert!((x - wanted).abs() <= 1e-15 * price.max(100.0), "{} {}", key, x);
            }
            prop_assert!(last(&of[0]).is_finite());
        }
    }

    #[test]
    fn a_rising_market_is_at_the_top(seed: u64) {
        let mut draw = Draw(seed);
        let mut price = 100.0;
        let series: Vec<f64> = (0..ROWS).map(|_| { price += 0.5 + draw.unit(); price }).collect();
        for &(key, wanted) in RISING {
            let top = last(&outputs(key, &[], &bars_of(key, &series, 0.25))[0]);
            prop_assert!((top - wanted).abs() < 1e-9, "{} {}", key, top);
        }
    }

    #[test]
    fn formulas_agree_with_each_other(seed: u64, n in 2usize..40) {
        let period = n as f64;
        let table = market("stoch", seed);
        let fast_k = outputs("stoch", &[period, 1.0, 1.0], &table).remove(0);
        let wanted: Vec<f64> = fast_k.iter().map(|k| k - 100.0).collect();
        assert_series(&outputs("williams_r", &[period], &table)[0], &wanted, 100.0, 1e-13, "williams_r");

        let price: &[f64] = &table.columns[2];
        let of = |key: &str, params: &[f64]| over(key, params, &[price]).remove(0);
        let wanted: Vec<f64> = of("cmo", &[period]).iter().map(|x| 50.0 + x / 2.0).collect();
        assert_series(&of("rsi_cutler", &[period]), &wanted, 100.0, 1e-13, "rsi_cutler");
        let wanted: Vec<f64> = of("cmo", &[period]).iter().map(|x| x.abs() / 100.0).collect();
        assert_series(&of("efficiency_ratio", &[period]), &wanted, 1.0, 1e-9, "efficiency_ratio");
        let mean = of("sma", &[period]);
        let wanted: Vec<f64> = price.iter().zip(&mean).map(|(x, mean)| 100.0 * (x / mean - 1.0)).collect();
        assert_series(&of("disparity_index", &[period]), &wanted, 1.0, 1e-12, "disparity_index");
        let highest = over("donchian", &[period], &[&table.columns[0], &table.columns[1]]).remove(0);
        let wanted: Vec<f64> = price.iter().zip(&highest).map(|(x, high)| x / high).collect();
        assert_series(&over("high_ratio", &[period], &[&table.columns[0], price])[0], &wanted, 1.0, 0.0, "high_ratio");
    }

    #[test]
    fn differences_of_averages_are_linear(seed: u64, a in -3.0f64..3.0, b in -3.0f64..3.0) {
        for key in ["macd", "awesome", "momentum"] {
            let (x, y) = (market(key, seed), market(key, seed ^ 1));
            let mut mixed = x.clone();
            for (column, (x, y)) in mixed.columns.iter_mut().zip(x.columns.iter().zip(&y.columns)) {
                *column = x.iter().zip(y).map(|(x, y)| a * x + b * y).collect();
            }
            if key == "awesome" {
                // Of negative weights highs and lows do not stay in order: only their middle counts.
                for row in 0..ROWS {
                    let middle = 0.5 * (mixed.columns[0][row] + mixed.columns[1][row]);
                    (mixed.columns[0][row], mixed.columns[1][row]) = (middle, middle);
                }
            }
            let (x, y) = (outputs(key, &[], &x), outputs(key, &[], &y));
            for (mixed, (x, y)) in outputs(key, &[], &mixed).iter().zip(x.iter().zip(&y)) {
                let wanted: Vec<f64> = x.iter().zip(y).map(|(x, y)| a * x + b * y).collect();
                assert_series(mixed, &wanted, 1e4, 1e-13, key);
            }
        }
    }

    #[test]
    fn a_straight_line_and_geometric_growth_have_known_values(slope in -2.0f64..2.0, growth in -0.01f64..0.01) {
        let line: Vec<f64> = (0..1_000).map(|t| 1e4 + slope * t as f64).collect();
        let end = |key: &str, params: &[f64], series: &[f64]| last(&outputs(key, params, &bars_of(key, series, 0.0))[0]);
        prop_assert!((end("macd", &[12.0, 26.0, 9.0], &line) - 7.0 * slope).abs() < 1e-9);
        prop_assert!((end("awesome", &[5.0, 34.0], &line) - 14.5 * slope).abs() < 1e-9);
        prop_assert!((end("momentum", &[10.0], &line) - 10.0 * slope).abs() < 1e-9);
        let curve: Vec<f64> = (0..1_000).map(|t| 1e4 * (1.0 + growth).powi(t)).collect();
        prop_assert!((end("roc", &[10.0], &curve) - 100.0 * ((1.0 + growth).powi(10) - 1.0)).abs() < 1e-9);
        prop_assert!((end("trix", &[15.0], &curve) - 100.0 * growth).abs() < 1e-9);
        prop_assert!(end("ppo", &[9.0, 9.0], &curve) == 0.0 && end("disparity_index", &[1.0], &curve) == 0.0);
        let steps: f64 = (0..10).map(|k| line[999 - k] - line[998 - k]).sum();
        prop_assert!((end("momentum", &[10.0], &line) - steps).abs() < 1e-9);
    }

    /// What is older than the window is forgotten to the last bit.
    #[test]
    fn formulas_over_a_window_do_not_depend_on_what_was_before(seed: u64) {
        let price = market("rsi_cutler", seed).columns.remove(0);
        for (key, past) in [("rsi_cutler", 14), ("cmo", 14), ("efficiency_ratio", 10), ("percent_rank", 100)] {
            let (whole, part) = (over(key, &[], &[&price]), over(key, &[], &[&price[150..]]));
            assert_series(&part[0][past..], &whole[0][150 + past..], 1.0, 1e-12, key);
        }
        let table = market("cci", seed);
        let (_, part) = table.split(150);
        for (key, past) in [("cci", 19), ("ultimate_osc", 28), ("stoch", 17)] {
            let (whole, part) = (outputs(key, &[], &table), outputs(key, &[], &part));
            assert_series(&part[0][past..], &whole[0][150 + past..], 100.0, 1e-12, key);
        }
    }

    #[test]
    fn smoothed_lines_lie_among_what_they_smooth(seed: u64) {
        let of = outputs("stoch_rsi", &[14.0, 14.0, 3.0], &market("stoch_rsi", seed));
        let (fast_k, fast_d) = (&of[0], &of[1]);
        for row in 31..ROWS {
            let near = &fast_k[row - 2..=row];
            let (low, high) = near.iter().fold((100.0f64, 0.0f64), |(low, high), &k| (low.min(k), high.max(k)));
            prop_assert!((low - 1e-12..=high + 1e-12).contains(&fast_d[row]));
        }
        let macd = outputs("macd", &[], &market("macd", seed));
        for row in 33..ROWS {
            prop_assert_eq!(macd[2][row], macd[0][row] - macd[1][row]);
        }
    }

    #[test]
    fn ranks_are_those_of_any_rising_map(seed: u64) {
        let price = market("percent_rank", seed).columns.remove(0);
        let mapped: Vec<f64> = price.iter().map(|x| (x / 100.0).exp()).collect();
        let (plain, mapped) = (over("percent_rank", &[30.0], &[&price]), over("percent_rank", &[30.0], &[&mapped]));
        assert_series(&mapped[0], &plain[0], 1.0, 0.0, "percent_rank");
    }

    #[test]
    fn positions_follow_the_sign_and_the_target(seed: u64, target in 0.01f64..2.0) {
        let close = market("ts_momentum", seed).columns.remove(0);
        let of = |target: f64| over("ts_momentum", &[20.0, 10.0, target], &[&close]).remove(0);
        let (one, other) = (of(1.0), of(target));
        for row in 20..ROWS {
            let moved = close[row] - close[row - 20];
            let same_sign = one[row] * moved > 0.0;
            prop_assert!(same_sign || (moved == 0.0 && one[row] == 0.0));
            prop_assert!((other[row] - target * one[row]).abs() <= 1e-14 * other[row].abs());
        }
    }

    #[test]
    fn winners_are_bought_with_what_losers_bring(seed: u64, assets in 2usize..12, q in 0.01f64..0.5) {
        let mut draw = Draw(seed);
        let rows = 20;
        let returns: Vec<f64> = (0..rows * assets).map(|_| draw.normal()).collect();
        let table = |values: Vec<f64>| Table { columns: vec![values], widths: vec![assets], rows };
        let of = |values: Vec<f64>| outputs("xs_momentum", &[5.0, 1.0, q], &table(values)).remove(0);
        let weights = of(returns.clone());
        let turned = of(returns.chunks(assets).flat_map(|row| row.iter().rev().copied()).collect());
        for row in 5..rows {
            let row = &weights[row * assets..(row + 1) * assets];
            prop_assert!(row.iter().sum::<f64>().abs() < 1e-14);
            prop_assert!((row.iter().map(|w| w.abs()).sum::<f64>() - 2.0).abs() < 1e-14);
        }
        let back: Vec<f64> = turned.chunks(assets).flat_map(|row| row.iter().rev().copied()).collect();
        assert_series(&back, &weights, 1.0, 0.0, "xs_momentum");
    }
}

/// Equal scores: the best are those of lower index, the worst those of higher, and nobody is both.
#[test]
fn of_equal_assets_the_first_are_bought_and_the_last_sold() {
    let table = Table { columns: vec![vec![0.01; 30]], widths: vec![5], rows: 6 };
    let weights = outputs("xs_momentum", &[2.0, 0.0, 0.4], &table).remove(0);
    assert_eq!(weights[25..], [0.5, 0.5, 0.0, -0.5, -0.5]);
    let one = Table { columns: vec![vec![0.01; 6]], widths: vec![1], rows: 6 };
    assert!(outputs("xs_momentum", &[2.0, 0.0, 0.4], &one)[0].iter().all(|x| x.is_nan()));
}

/// An unchanged close ends a streak: only the length of the one under way counts then.
#[test]
fn a_streak_starts_anew_after_an_unchanged_close() {
    let close = [10.0, 11.0, 12.0, 12.0, 13.0, 14.0, 13.0];
    let streaks = [0.0, 1.0, 2.0, 0.0, 1.0, 2.0, -1.0];
    let crsi = over("connors_rsi", &[2.0, 2.0, 2.0], &[&close]).remove(0);
    let price = over("rsi", &[2.0], &[&close]).remove(0);
    let streak = over("rsi", &[2.0], &[&streaks]).remove(0);
    let changes: Vec<f64> = close.windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect();
    let rank = over("percent_rank", &[2.0], &[&changes]).remove(0);
    for row in 3..7 {
        let wanted = (price[row] + streak[row] + rank[row - 1]) / 3.0;
        assert!((crsi[row] - wanted).abs() < 1e-12, "{row}");
    }
    assert!(crsi[..3].iter().all(|x| x.is_nan()));
}

#[test]
fn nothing_is_divided_by_zero() {
    let roc = over("roc", &[1.0], &[&[0.0, 2.0, 3.0]]).remove(0);
    assert!(roc[1].is_nan() && (roc[2] - 50.0).abs() < 1e-13);
    let ppo = over("ppo", &[1.0, 2.0], &[&[1.0, -1.0, 3.0]]).remove(0);
    assert!(ppo[1].is_nan() && ppo[2].is_finite());
    let trix = over("trix", &[1.0], &[&[0.0, 1.0, 2.0]]).remove(0);
    assert!(trix[1].is_nan() && trix[2] == 100.0);
    let disparity = over("disparity_index", &[2.0], &[&[1.0, -1.0, 3.0]]).remove(0);
    assert!(disparity[1].is_nan() && disparity[2] == 200.0);
}

/// Bars upside down, closes outside their bar, and prices of nothing leave no trace.
#[test]
fn rows_that_make_no_sense_are_not_taken() {
    let keys = [
        "stoch",
        "williams_r",
        "cci",
        "ultimate_osc",
        "ibs",
        "awesome",
        "high_ratio",
        "connors_rsi",
        "ts_momentum",
    ];
    for key in keys {
        let info = info(key).unwrap();
        let table = market(key, 9);
        let mut spoilt = table.clone();
        for (column, values) in info.columns.iter().zip(&mut spoilt.columns) {
            values.insert(
                200,
                match column.name {
                    "high" => 1.0,
                    "low" => 2.0,
                    _ => -1.0,
                },
            );
        }
        spoilt.rows += 1;
        let (wanted, mut got) = (outputs(key, &[], &table), outputs(key, &[], &spoilt));
        for (wanted, got) in wanted.iter().zip(&mut got) {
            assert!(got.remove(200).is_nan(), "{key}");
            assert!(values(wanted).eq(values(got)), "{key}");
        }
    }
}

#[test]
fn averages_in_the_wrong_order_are_refused() {
    for (key, good, bad) in [
        ("macd", [2.0, 3.0], [3.0, 3.0]),
        ("ppo", [3.0, 3.0], [4.0, 3.0]),
        ("awesome", [3.0, 3.0], [4.0, 3.0]),
    ] {
        assert!(build(key, &good).is_ok(), "{key}");
        assert!(build(key, &bad).unwrap_err().to_string().starts_with(&format!("{key}: fast is ")));
    }
}
