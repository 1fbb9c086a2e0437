//! Laws of trend and moving averages.

#![allow(clippy::needless_range_loop)] // a row is looked up in several columns

mod common;

use common::{assert_series, map_prices, outputs, over, sample, Table};
use nanotick_formulas::info;
use proptest::prelude::*;

const ROWS: usize = 400;

fn market(key: &str, seed: u64) -> Table {
    let mut table = sample(info(key).unwrap(), ROWS, seed);
    // On a grid of 1/64, prices can be scaled and shifted without rounding.
    let info = info(key).unwrap();
    table = map_prices(info, &table, |x| (x * 64.0).round() / 64.0);
    table
}

fn ramp(start: f64, slope: f64, rows: usize) -> Vec<f64> {
    (0..rows).map(|t| start + slope * t as f64).collect()
}

fn values(series: &[f64]) -> impl Iterator<Item = f64> + '_ {
    series.iter().copied().filter(|x| !x.is_nan())
}

/// How an output answers to prices that become a * price + b.
#[derive(Clone, Copy, PartialEq)]
enum Answer {
    Price,
    Distance,
    Nothing,
}
use Answer::{Distance, Nothing, Price};

const ANSWERS: &[(&str, &[f64], &[Answer])] = &[
    ("sma", &[20.0], &[Price]),
    ("ema", &[20.0], &[Price]),
    ("rma", &[14.0], &[Price]),
    ("wma", &[20.0], &[Price]),
    ("dema", &[9.0], &[Price]),
    ("tema", &[9.0], &[Price]),
    ("hma", &[16.0], &[Price]),
    ("zlema", &[9.0], &[Price]),
    ("kama", &[10.0], &[Price]),
    ("vwma", &[10.0], &[Price]),
    ("lsma", &[14.0], &[Price]),
    ("linreg_slope", &[14.0], &[Distance]),
    ("linreg_r2", &[14.0], &[Nothing]),
    ("rolling_median", &[8.0], &[Price]),
    ("ema_irregular", &[3.0], &[Price]),
    ("donchian", &[20.0], &[Price, Price, Price]),
    ("ichimoku", &[], &[Price; 5]),
    ("supertrend", &[10.0, 1.0], &[Price, Nothing]),
    ("parabolic_sar", &[], &[Price]),
    ("dmi", &[14.0], &[Nothing; 3]),
    ("adx", &[14.0], &[Nothing]),
    ("aroon", &[25.0], &[Nothing; 3]),
    ("chandelier_exit", &[22.0, 3.0], &[Price, Price]),
    ("choppiness", &[14.0], &[Nothing]),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn shifted_and_scaled_prices_give_shifted_and_scaled_lines(
        seed: u64, scale in prop::sample::select(vec![0.25, 2.0, 16.0]), shift in 0u16..4096,
    ) {
        let shift = f64::from(shift);
        for &(key, params, answers) in ANSWERS {
            let table = market(key, seed);
            let mapped = map_prices(info(key).unwrap(), &table, |x| scale * x + shift);
            let (plain, mapped) = (outputs(key, params, &table), outputs(key, params, &mapped));
            for ((plain, mapped), answer) in plain.iter().zip(&mapped).zip(answers) {
                let wanted: Vec<f64> = plain.iter().map(|x| match answer {
                    Price => scale * x + shift,
                    Distance => scale * x,
                    Nothing => *x,
                }).collect();
                assert_series(mapped, &wanted, 1.0, 1e-9, key);
            }
        }
    }

    #[test]
    fn a_mean_stays_within_the_prices_so_far(seed: u64) {
        let means =
            ["sma", "ema", "rma", "wma", "kama", "vwma", "rolling_median", "ema_irregular"];
        for key in means {
            let table = market(key, seed);
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for (&x, &mean) in table.columns[0].iter().zip(&outputs(key, &[], &table)[0]) {
                (low, high) = (low.min(x), high.max(x));
                prop_assert!(mean.is_nan() || (low - 1e-9..=high + 1e-9).contains(&mean), "{} {}", key, mean);
            }
        }
    }

    #[test]
    fn linear_averages_add_up(seed: u64, a in -3.0f64..3.0, b in -3.0f64..3.0) {
        for key in ["sma", "ema", "rma", "wma", "dema", "tema", "hma", "zlema", "lsma", "linreg_slope"] {
            let (x, y) = (&market(key, seed).columns[0], &market(key, seed ^ 1).columns[0]);
            let mixed: Vec<f64> = x.iter().zip(y).map(|(x, y)| a * x + b * y).collect();
            let of = |series: &[f64]| over(key, &[9.0], &[series]).remove(0);
            let wanted: Vec<f64> = of(x).iter().zip(of(y)).map(|(x, y)| a * x + b * y).collect();
            assert_series(&of(&mixed), &wanted, 1e3, 1e-11, key);
        }
    }

    #[test]
    fn a_flat_market_has_its_own_averages(price in 0.01f64..1e5, rows in 120usize..200) {
        let flat = vec![price; rows];
        for key in ["sma", "ema", "rma", "wma", "dema", "tema", "hma", "zlema", "kama", "lsma", "rolling_median"] {
            for mean in values(&over(key, &[14.0], &[&flat])[0]) {
                prop_assert!((mean - price).abs() <= 1e-14 * price, "{} {}", key, mean);
            }
        }
        let zero = ["linreg_slope", "linreg_r2"];
        for key in zero {
            prop_assert!(values(&over(key, &[14.0], &[&flat])[0]).all(|x| x == 0.0), "{}", key);
        }
        let crossing = over("ma_crossover", &[], &[&flat]);
        prop_assert!(values(&crossing[0]).chain(values(&crossing[1])).all(|x| x == 0.0));
        let channel = over("donchian", &[], &[&flat, &flat]);
        prop_assert!(channel.iter().flat_map(|line| values(line)).all(|x| x == price));
        let cloud = over("ichimoku", &[], &[&flat, &flat, &flat]);
        prop_assert!(cloud.iter().flat_map(|line| values(line)).all(|x| x == price));
    }

    /// By how much each average is late, as a multiple of the slope.
    #[test]
    fn a_straight_line_is_followed_with_the_lag_of_each_average(slope in -2.0f64..2.0, n in 3usize..30) {
        let n = 2 * n + 1;
        let period = n as f64;
        let line = ramp(500.0, slope, 60 * n);
        let root = period.sqrt().floor();
        // Of the weighted averages in HMA: 2 (n/2 - 1)/3 - (n - 1)/3, and then that of the last.
        let hull = (2.0 * ((n / 2) as f64 - 1.0) - (period - 1.0) + root - 1.0) / 3.0;
        let lags = [
            ("sma", (period - 1.0) / 2.0),
            ("wma", (period - 1.0) / 3.0),
            ("ema", (period - 1.0) / 2.0),
            ("rma", period - 1.0),
            ("dema", 0.0),
            ("tema", 0.0),
            ("zlema", 0.0),
            ("hma", hull),
            ("lsma", 0.0),
            ("rolling_median", (period - 1.0) / 2.0),
        ];
        for (key, lag) in lags {
            let late = line.last().unwrap() - over(key, &[period], &[&line])[0].last().unwrap();
            prop_assert!((late - lag * slope).abs() < 1e-7, "{} is late by {}", key, late / slope);
        }
        let slopes = over("linreg_slope", &[period], &[&line]).remove(0);
        prop_assert!(values(&slopes).all(|x| (x - slope).abs() < 1e-11));
        let fit = over("linreg_r2", &[period], &[&line]).remove(0);
        prop_assert!(slope.abs() < 1e-3 || values(&fit).all(|x| (x - 1.0).abs() < 1e-9));
    }

    #[test]
    fn the_line_of_least_squares_ends_where_the_averages_say(seed: u64, n in 2usize..60) {
        let x = market("sma", seed).columns.remove(0);
        let of = |key: &str| over(key, &[n as f64], &[&x]).remove(0);
        let wanted: Vec<f64> = of("wma").iter().zip(of("sma")).map(|(w, s)| 3.0 * w - 2.0 * s).collect();
        assert_series(&of("lsma"), &wanted, 1.0, 1e-12, "lsma");
        let reversed: Vec<f64> = x.iter().rev().copied().collect();
        let forward = of("linreg_slope");
        let mut back = over("linreg_slope", &[n as f64], &[&reversed]).remove(0);
        back[n - 1..].reverse();
        let wanted: Vec<f64> = back.iter().map(|slope| -slope).collect();
        assert_series(&forward, &wanted, 1.0, 1e-11, "slope");
        prop_assert!(n == 2 || values(&of("linreg_r2")).all(|r2| (0.0..=1.0).contains(&r2)));
    }

    #[test]
    fn a_step_is_forgotten_at_the_rate_of_the_weight(n in 2usize..50) {
        let period = n as f64;
        let series: Vec<f64> = (0..6 * n).map(|t| if t < n { 1.0 } else { 2.0 }).collect();
        for (key, weight) in [("ema", 2.0 / (period + 1.0)), ("rma", 1.0 / period)] {
            let mean = over(key, &[period], &[&series]).remove(0);
            for (k, mean) in mean[n..].iter().enumerate() {
                prop_assert!((2.0 - mean - (1.0 - weight).powi(k as i32 + 1)).abs() < 1e-13, "{}", key);
            }
        }
    }

    #[test]
    fn volume_is_a_weight(seed: u64, scale in 0.1f64..10.0) {
        let table = market("vwma", seed);
        let (price, volume) = (&table.columns[0], &table.columns[1]);
        let even = over("vwma", &[12.0], &[price, &vec![scale; ROWS]]).remove(0);
        assert_series(&even, &over("sma", &[12.0], &[price])[0], 1.0, 1e-13, "vwma");
        let more: Vec<f64> = volume.iter().map(|v| v * scale).collect();
        let (a, b) = (over("vwma", &[12.0], &[price, volume]), over("vwma", &[12.0], &[price, &more]));
        assert_series(&a[0], &b[0], 1.0, 1e-13, "vwma");
    }

    #[test]
    fn one_outlier_moves_the_median_by_one_place_at_most(seed: u64, at in 0usize..ROWS, far in -1e6f64..1e6) {
        let x = market("sma", seed).columns.remove(0);
        let mut spoilt = x.clone();
        spoilt[at] = far;
        let (plain, moved) = (over("rolling_median", &[9.0], &[&x]), over("rolling_median", &[9.0], &[&spoilt]));
        for end in 8..ROWS {
            let mut window = x[end - 8..=end].to_vec();
            window.sort_by(f64::total_cmp);
            prop_assert_eq!(plain[0][end], window[4]);
            prop_assert!((window[3]..=window[5]).contains(&moved[0][end]));
        }
    }

    #[test]
    fn a_point_on_the_way_changes_nothing_later(seed: u64, at in 1usize..90, share in 0.0f64..1.0) {
        let table = market("ema_irregular", seed);
        let (price, t_s) = (&table.columns[0][..90], &table.columns[1][..90]);
        let between = |series: &[f64]| series[at - 1] + share * (series[at] - series[at - 1]);
        let (mut more_price, mut more_t_s) = (price.to_vec(), t_s.to_vec());
        let t = between(t_s);
        let exact_share = (t - t_s[at - 1]) / (t_s[at] - t_s[at - 1]);
        more_price.insert(at, price[at - 1] + exact_share * (price[at] - price[at - 1]));
        more_t_s.insert(at, t);
        let plain = over("ema_irregular", &[5.0], &[price, t_s]).remove(0);
        let more = over("ema_irregular", &[5.0], &[&more_price, &more_t_s]).remove(0);
        assert_series(&more[at + 1..], &plain[at..], 1.0, 1e-12, "ema_irregular");
    }

    #[test]
    fn lines_of_a_channel_are_in_order(seed: u64, n in 1usize..40) {
        let table = market("donchian", seed);
        let of = |n: usize| outputs("donchian", &[n as f64], &table);
        let (short, long) = (of(n), of(n + 3));
        for row in n + 2..ROWS {
            prop_assert!(short[2][row] <= short[1][row] && short[1][row] <= short[0][row]);
            prop_assert!(long[0][row] >= short[0][row] && long[2][row] <= short[2][row]);
        }
        let table = market("ichimoku", seed);
        let cloud = outputs("ichimoku", &[], &table);
        let around = over("donchian", &[52.0], &[&table.columns[0], &table.columns[1]]);
        for row in 51..ROWS {
            prop_assert!(around[2][row] <= cloud[3][row] && cloud[3][row] <= around[0][row]);
            prop_assert_eq!(cloud[4][row], table.columns[2][row]);
        }
    }

    #[test]
    fn stops_follow_the_trend_and_never_give_way(seed: u64) {
        let table = market("supertrend", seed);
        let of = outputs("supertrend", &[5.0, 1.5], &table);
        let (line, direction) = (&of[0], &of[1]);
        for row in 6..ROWS {
            prop_assert!(direction[row].abs() == 1.0);
            if direction[row] == direction[row - 1] {
                prop_assert!(direction[row] * (line[row] - line[row - 1]) >= 0.0);
            }
        }
        let table = market("parabolic_sar", seed);
        let sar = outputs("parabolic_sar", &[], &table).remove(0);
        let (high, low) = (&table.columns[0], &table.columns[1]);
        // Beyond its bar; and, in a trend that goes on, beyond the two bars before it too.
        for row in 4..ROWS {
            let (below, above) = (|bar: usize| sar[row] <= low[bar], |bar: usize| sar[row] >= high[bar]);
            prop_assert!(below(row) || above(row), "{} is inside the bar", sar[row]);
            if below(row) && sar[row - 1] <= low[row - 1] {
                prop_assert!(below(row - 1) && below(row - 2));
            }
            if above(row) && sar[row - 1] >= high[row - 1] {
                prop_assert!(above(row - 1) && above(row - 2));
            }
        }
    }

    #[test]
    fn a_mirrored_market_has_mirrored_lines(seed: u64) {
        let mirror = |key: &str, table: &Table| map_prices(info(key).unwrap(), table, |x| -x);
        let negative = |series: &[f64]| series.iter().map(|x| -x).collect::<Vec<f64>>();
        let table = market("chandelier_exit", seed);
        let (plain, other) =
            (outputs("chandelier_exit", &[], &table), outputs("chandelier_exit", &[], &mirror("chandelier_exit", &table)));
        assert_series(&other[0], &negative(&plain[1]), 1.0, 1e-12, "long_stop");
        assert_series(&other[1], &negative(&plain[0]), 1.0, 1e-12, "short_stop");

        let table = market("dmi", seed);
        let (plain, other) = (outputs("dmi", &[], &table), outputs("dmi", &[], &mirror("dmi", &table)));
        prop_assert!(values(&plain[0]).eq(values(&other[1])) && values(&plain[2]).eq(values(&other[2])));

        let table = market("aroon", seed);
        let (plain, other) = (outputs("aroon", &[], &table), outputs("aroon", &[], &mirror("aroon", &table)));
        prop_assert!(values(&plain[0]).eq(values(&other[1])));

        // Of equal moves the first direction is up either way: the second bar must not leave it open.
        let mut table = market("parabolic_sar", seed);
        table.columns[0][1] = table.columns[0][0] + 1.0;
        table.columns[1][1] = table.columns[1][0];
        let (plain, other) =
            (outputs("parabolic_sar", &[], &table), outputs("parabolic_sar", &[], &mirror("parabolic_sar", &table)));
        assert_series(&other[0], &negative(&plain[0]), 1.0, 1e-12, "sar");
    }

    #[test]
    fn indices_stay_within_their_ranges(seed: u64, n in 2usize..30) {
        for key in ["dmi", "adx", "aroon", "choppiness"] {
            let of = outputs(key, &[n as f64], &market(key, seed));
            let low = if key == "aroon" { [0.0, 0.0, -100.0] } else { [0.0; 3] };
            for (series, low) in of.iter().zip(low) {
                // Sums of equal numbers may round apart in their last digits.
                let high = if key == "choppiness" { f64::INFINITY } else { 100.0 + 1e-12 };
                prop_assert!(values(series).all(|x| (low..=high).contains(&x)), "{}", key);
            }
        }
    }

    #[test]
    fn extremes_are_those_of_any_rising_map(seed: u64) {
        let table = market("aroon", seed);
        let mapped = map_prices(info("aroon").unwrap(), &table, |x| (x / 100.0).exp());
        prop_assert!(outputs("aroon", &[], &table).iter().flatten().map(|x| x.to_bits())
            .eq(outputs("aroon", &[], &mapped).iter().flatten().map(|x| x.to_bits())));
    }
}

#[test]
fn a_rising_market_is_told_as_one() {
    let (high, low) = (ramp(11.0, 1.0, 3_000), ramp(10.0, 1.0, 3_000));
    let bars: [&[f64]; 3] = [&high, &low, &high];
    let last = |key: &str, params: &[f64], columns: &[&[f64]]| -> Vec<f64> {
        over(key, params, columns).iter().map(|series| *series.last().unwrap()).collect()
    };
    let dmi = last("dmi", &[], &bars);
    assert!(dmi[1] == 0.0 && (dmi[2] - 100.0).abs() < 1e-9, "{dmi:?}");
    assert!((last("adx", &[], &bars)[0] - 100.0).abs() < 1e-9);
    assert_eq!(last("aroon", &[], &bars[..2]), [100.0, 0.0, 100.0]);
    assert_eq!(last("ma_crossover", &[], &[&high])[0], 1.0);
    assert_eq!(last("supertrend", &[], &bars)[1], 1.0);
    // Kaufman's average of a straight line: the fastest weight, (2/3)².
    let kama = last("kama", &[], &[&high])[0];
    let late = (1.0 - 4.0 / 9.0) / (4.0 / 9.0);
    assert!((high[2_999] - kama - late).abs() < 1e-9, "{kama}");
}

#[test]
fn identical_bars_are_all_chop() {
    let bars = [vec![11.0; 40], vec![10.0; 40], vec![10.5; 40]];
    let chop = over("choppiness", &[], &bars.each_ref().map(Vec::as_slice)).remove(0);
    assert!(values(&chop).all(|x| (x - 100.0).abs() < 1e-12) && values(&chop).count() == 26);
    // Bars that lie end to end go as far as they travel.
    let (high, low) = (ramp(11.0, 1.0, 40), ramp(10.0, 1.0, 40));
    let chop = over("choppiness", &[], &[&high, &low, &high]).remove(0);
    assert!(values(&chop).all(|x| x.abs() < 1e-12));
}

#[test]
fn the_state_of_a_crossing_has_a_band_about_it_and_no_unit() {
    let table = market("ma_crossover", 5);
    let of = |scale: f64, band: f64| {
        let price: Vec<f64> = table.columns[0].iter().map(|x| x * scale).collect();
        over("ma_crossover", &[3.0, 9.0, band], &[&price]).remove(0)
    };
    let (plain, scaled, banded) = (of(1.0, 0.0), of(1024.0, 0.0), of(1.0, 1.0 - 1e-9));
    assert!(values(&plain).eq(values(&scaled)) && values(&plain).any(|x| x == -1.0));
    assert!(values(&banded).all(|x| x == 0.0) && values(&banded).count() == ROWS - 8);
}

/// Rows that cannot be leave no trace: what follows is as if they had never come.
#[test]
fn rows_that_make_no_sense_are_not_taken() {
    let mut checked = 0;
    for &(key, params, _) in ANSWERS {
        let info = info(key).unwrap();
        let place = |name: &str| info.columns.iter().position(|column| column.name == name);
        let table = market(key, 9);
        let mut spoilt = table.clone();
        let bad = 200;
        for column in &mut spoilt.columns {
            column.insert(bad, column[bad - 1]);
        }
        spoilt.rows += 1;
        match (place("high"), place("volume"), place("t_s")) {
            (Some(high), ..) => spoilt.columns[high][bad] -= 500.0,
            (_, Some(volume), _) => spoilt.columns[volume][bad] = -1.0,
            (.., Some(time)) => spoilt.columns[time][bad] -= 1.0,
            _ => continue,
        }
        checked += 1;
        let (wanted, mut got) = (outputs(key, params, &table), outputs(key, params, &spoilt));
        for (wanted, got) in wanted.iter().zip(&mut got) {
            assert!(got.remove(bad).is_nan(), "{key}");
            assert!(values(wanted).eq(values(got)), "{key}");
        }
    }
    assert_eq!(checked, 11);
}

#[test]
fn an_average_that_is_not_the_faster_one_is_refused() {
    for (fast, slow) in [(5.0, 5.0), (6.0, 5.0)] {
        let error = nanotick_formulas::build("ma_crossover", &[fast, slow]).unwrap_err().to_string();
        assert_eq!(error, format!("ma_crossover: fast is {fast}, allowed is less than slow, which is 5"));
    }
}
