//! Laws of price patterns.

#![allow(clippy::needless_range_loop)] // a row is looked up in several columns

mod common;

use common::{assert_series, map_prices, outputs, over, sample, Table};
use nanotick_formulas::info;
use proptest::prelude::*;

const ROWS: usize = 600;

/// Candles on a coarse grid: ends that meet are as common as ends that do not.
fn market(key: &str, seed: u64) -> Table {
    let info = info(key).unwrap();
    map_prices(info, &sample(info, ROWS, seed), |x| (x * 16.0).round() / 16.0)
}

const CANDLES: [&str; 3] = ["cdl_doji", "cdl_hammer", "cdl_engulfing"];

fn flags(key: &str, table: &Table) -> Vec<f64> {
    outputs(key, &[], table).remove(0)
}

fn values(series: &[f64]) -> impl Iterator<Item = f64> + '_ {
    series.iter().copied().filter(|x| !x.is_nan())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn shapes_have_no_unit(seed: u64, scale in prop::sample::select(vec![0.25, 4.0]), shift in 0u16..4096) {
        for key in CANDLES {
            let table = market(key, seed);
            let mapped = map_prices(info(key).unwrap(), &table, |x| scale * x + f64::from(shift));
            assert_series(&flags(key, &mapped), &flags(key, &table), 1.0, 0.0, key);
        }
    }

    #[test]
    fn a_candle_without_a_body_is_a_doji_and_one_beyond_the_usual_range_is_not(seed: u64) {
        let table = market("cdl_doji", seed);
        let [open, high, low, close] = [0, 1, 2, 3].map(|place| &table.columns[place]);
        for (row, flag) in flags("cdl_doji", &table).into_iter().enumerate().skip(10) {
            let usual = (1..=10).map(|age| high[row - age] - low[row - age]).sum::<f64>() / 10.0;
            let body = (close[row] - open[row]).abs();
            prop_assert!(body > 0.0 || flag == 100.0);
            prop_assert!(body <= usual || flag == 0.0);
        }
    }

    #[test]
    fn a_hammer_hangs_below_its_body_and_near_the_last_low(seed: u64) {
        let table = market("cdl_hammer", seed);
        let [open, high, low, close] = [0, 1, 2, 3].map(|place| &table.columns[place]);
        for (row, flag) in flags("cdl_hammer", &table).into_iter().enumerate().skip(11) {
            let (top, bottom) = (open[row].max(close[row]), open[row].min(close[row]));
            let near = (2..=6).map(|age| high[row - age] - low[row - age]).sum::<f64>() / 5.0;
            if flag != 0.0 {
                prop_assert_eq!(flag, 100.0);
                prop_assert!(bottom - low[row] > top - bottom);
                prop_assert!(bottom <= low[row - 1] + 0.2 * near + 1e-12);
            }
        }
    }

    #[test]
    fn a_mirrored_market_is_engulfed_the_other_way(seed: u64) {
        let mut table = market("cdl_engulfing", seed);
        // Without bodies of nothing, whose colour does not turn with the prices.
        for row in 0..ROWS {
            if table.columns[0][row] == table.columns[1][row] {
                table.columns[1][row] += 1.0;
            }
        }
        let mirrored = map_prices(info("cdl_engulfing").unwrap(), &table, |x| -x);
        let (plain, mirrored) = (flags("cdl_engulfing", &table), flags("cdl_engulfing", &mirrored));
        prop_assert!(values(&plain).eq(values(&mirrored).map(|x| -x)));
        let (open, close) = (&table.columns[0], &table.columns[1]);
        for row in 2..ROWS {
            let meets = close[row] == open[row - 1] || open[row] == close[row - 1];
            prop_assert!(plain[row] == 0.0 || (plain[row].abs() == 80.0) == meets);
        }
    }

    #[test]
    fn heikin_ashi_candles_are_candles_and_move_with_the_prices(seed: u64, shift in 0u16..4096) {
        let table = market("heikin_ashi", seed);
        let candles = outputs("heikin_ashi", &[], &table);
        for row in 0..ROWS {
            let [open, high, low, close] = [0, 1, 2, 3].map(|place| candles[place][row]);
            prop_assert!(low <= open.min(close) && open.max(close) <= high);
            prop_assert!(high >= table.columns[1][row] && low <= table.columns[2][row]);
        }
        let shift = f64::from(shift);
        let mapped = map_prices(info("heikin_ashi").unwrap(), &table, |x| 2.0 * x + shift);
        for (line, mapped) in candles.iter().zip(&outputs("heikin_ashi", &[], &mapped)) {
            let wanted: Vec<f64> = line.iter().map(|x| 2.0 * x + shift).collect();
            assert_series(mapped, &wanted, 1.0, 1e-13, "heikin_ashi");
        }
    }

    #[test]
    fn levels_are_in_order_and_move_with_the_prices(seed: u64, shift in 0u16..4096) {
        let table = market("pivots_classic", seed);
        let levels = outputs("pivots_classic", &[], &table);
        // p, r1, s1, r2, s2, r3, s3 from the lowest to the highest.
        let ascending = [6, 4, 2, 0, 1, 3, 5];
        for row in 1..ROWS {
            for pair in ascending.windows(2) {
                prop_assert!(levels[pair[0]][row] <= levels[pair[1]][row] + 1e-12);
            }
        }
        let shift = f64::from(shift);
        let mapped = map_prices(info("pivots_classic").unwrap(), &table, |x| 0.5 * x + shift);
        for (line, mapped) in levels.iter().zip(&outputs("pivots_classic", &[], &mapped)) {
            let wanted: Vec<f64> = line.iter().map(|x| 0.5 * x + shift).collect();
            assert_series(mapped, &wanted, 1.0, 1e-13, "pivots_classic");
        }
    }
}

#[test]
fn each_shape_is_found_and_is_rare() {
    for key in CANDLES {
        let hits = values(&flags(key, &market(key, 3))).filter(|x| *x != 0.0).count();
        assert!((1..ROWS / 2).contains(&hits), "{key}: {hits}");
    }
}

#[test]
fn a_flat_market_has_one_candle_and_one_level() {
    let flat = vec![7.1; 20];
    let columns: [&[f64]; 4] = [&flat, &flat, &flat, &flat];
    assert!(over("heikin_ashi", &[], &columns).iter().flatten().all(|x| *x == 7.1));
    let levels = over("pivots_classic", &[], &columns[1..]);
    assert!(levels.iter().flat_map(|line| values(line)).all(|x| (x - 7.1).abs() < 1e-14));
    assert!(values(&over("cdl_doji", &[], &columns)[0]).all(|x| x == 100.0));
    assert!(values(&over("cdl_engulfing", &[], &columns[..2])[0]).all(|x| x == 0.0));
}

/// A body beyond its own high leaves no trace.
#[test]
fn rows_that_make_no_sense_are_not_taken() {
    for key in ["cdl_doji", "cdl_hammer", "heikin_ashi", "pivots_classic"] {
        let table = market(key, 9);
        let mut spoilt = table.clone();
        for (column, values) in info(key).unwrap().columns.iter().zip(&mut spoilt.columns) {
            values.insert(200, if column.name == "close" { 3.0 } else { 2.0 });
        }
        spoilt.rows += 1;
        let (wanted, mut got) = (outputs(key, &[], &table), outputs(key, &[], &spoilt));
        for (wanted, got) in wanted.iter().zip(&mut got) {
            assert!(got.remove(200).is_nan(), "{key}");
            assert!(values(wanted).eq(values(got)), "{key}");
        }
    }
}
