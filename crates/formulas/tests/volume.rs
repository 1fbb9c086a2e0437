//! Laws of volume and order flow.

#![allow(clippy::needless_range_loop)] // a row is the same place in several columns

mod common;

use common::{close, kernel, over, Draw, Table};
use proptest::prelude::*;

const TOLERANCE: f64 = 1e-9;

fn same(a: &[f64], b: &[f64], scale: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| close(a, b, scale, TOLERANCE))
}

fn times(column: &[f64], factor: f64) -> Vec<f64> {
    column.iter().map(|x| x * factor).collect()
}

fn last(column: &[f64]) -> f64 {
    column[column.len() - 1]
}

/// Prices on a grid of ticks, so that some are equal.
fn prices(rows: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-3i8..=3, rows).prop_map(|steps| {
        let mut price = 100.0;
        steps
            .iter()
            .map(|step| {
                price += 0.25 * f64::from(*step);
                price
            })
            .collect()
    })
}

/// Volumes or sizes, some of them zero.
fn sizes(rows: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(
        (0.0..9.0, 0u8..8).prop_map(|(size, zero)| if zero == 0 { 0.0 } else { size }),
        rows,
    )
}

fn sides(rows: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(any::<bool>().prop_map(|buy| if buy { 1.0 } else { -1.0 }), rows)
}

/// Times of trades, some of them equal.
fn clock(rows: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(0u8..12, rows).prop_map(|gaps| {
        let mut t_s = 1_000.0;
        gaps.iter()
            .map(|gap| {
                t_s += 0.125 * f64::from(*gap);
                t_s
            })
            .collect()
    })
}

/// high, low, close and volume.
fn bars(rows: usize) -> impl Strategy<Value = [Vec<f64>; 4]> {
    (prices(4 * rows), sizes(rows)).prop_map(|(path, volume)| {
        let pick = |of: fn(&[f64]) -> f64| path.chunks(4).map(of).collect();
        [
            pick(|bar| bar.iter().copied().fold(f64::MIN, f64::max)),
            pick(|bar| bar.iter().copied().fold(f64::MAX, f64::min)),
            pick(|bar| bar[3]),
            volume,
        ]
    })
}

fn over_bars(key: &str, params: &[f64], bars: &[Vec<f64>; 4]) -> Vec<f64> {
    let [high, low, close, volume] = bars;
    over(key, params, &[high, low, close, volume]).remove(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn balance_follows_the_direction_of_the_close(close in prices(30), volume in sizes(30)) {
        let obv = &over("obv", &[], &[&close, &volume])[0];
        let curved: Vec<f64> = close.iter().map(|price| (price / 30.0).exp() - 7.0).collect();
        prop_assert_eq!(obv, &over("obv", &[], &[&curved, &volume])[0]);
        prop_assert_eq!(obv[0], volume[0]);
        for t in 1..30 {
            let sign = if close[t] == close[t - 1] { 0.0 } else { (close[t] - close[t - 1]).signum() };
            let wanted = obv[t - 1] + sign * volume[t];
            prop_assert!((obv[t] - wanted).abs() < 1e-9);
        }
    }

    #[test]
    fn accumulation_takes_no_more_than_the_volume(bars in bars(30)) {
        let adl = over_bars("adl", &[], &bars);
        for t in 1..30 {
            prop_assert!((adl[t] - adl[t - 1]).abs() <= bars[3][t] + 1e-9);
        }
        let [high, low, close, volume] = &bars;
        let moved = |column: &[f64]| column.iter().map(|price| 4.0 * price - 37.0).collect::<Vec<f64>>();
        let other = over_bars("adl", &[], &[moved(high), moved(low), moved(close), volume.clone()]);
        prop_assert!(same(&adl, &other, 1.0));
        let top: Vec<f64> = high.iter().map(|high| high + 1.0).collect();
        let total: Vec<f64> = volume.iter().scan(0.0, |sum, volume| { *sum += volume; Some(*sum) }).collect();
        let at_top = over_bars("adl", &[], &[top.clone(), low.clone(), top.clone(), volume.clone()]);
        prop_assert!(same(&at_top, &total, 1.0));
        let bottom = over_bars("adl", &[], &[top.clone(), low.clone(), low.clone(), volume.clone()]);
        prop_assert!(same(&bottom, &times(&total, -1.0), 1.0));
        let share = over_bars("cmf", &[5.0], &[top.clone(), low.clone(), top, volume.clone()]);
        prop_assert!(share[4..].iter().all(|share| close_to(*share, 1.0) || *share == 0.0));
    }

    #[test]
    fn money_flow_is_free_of_units(bars in bars(30), power in -3i32..4) {
        let factor = 2f64.powi(power);
        let [high, low, close, volume] = &bars;
        let more = [high.clone(), low.clone(), close.clone(), times(volume, factor)];
        let dearer = [times(high, factor), times(low, factor), times(close, factor), volume.clone()];
        let formulas: [(&str, &[f64], f64); 4] =
            [("cmf", &[5.0], 1.0), ("mfi", &[5.0], 1.0), ("chaikin_osc", &[], factor), ("adl", &[], factor)];
        for (key, params, of_volume) in formulas {
            let plain = over_bars(key, params, &bars);
            prop_assert!(same(&over_bars(key, params, &more), &times(&plain, of_volume), 1e-9), "{}", key);
            prop_assert!(same(&over_bars(key, params, &dearer), &plain, 1e-9), "{}", key);
        }
        prop_assert!(over_bars("cmf", &[5.0], &bars)[4..].iter().all(|cmf| (-1.0..=1.0).contains(cmf)));
        prop_assert!(over_bars("mfi", &[5.0], &bars)[5..].iter().all(|mfi| (0.0..=100.0).contains(mfi)));
    }

    #[test]
    fn oscillators_of_nothing_are_zero(bars in bars(30), period in 2u8..9) {
        let [high, low, close, volume] = &bars;
        let silent = [high.clone(), low.clone(), close.clone(), vec![0.0; 30]];
        prop_assert!(over_bars("chaikin_osc", &[], &silent)[9..].iter().all(|osc| *osc == 0.0));
        let twins = [f64::from(period), f64::from(period)];
        prop_assert!(over_bars("chaikin_osc", &twins, &bars)[usize::from(period) - 1..].iter().all(|osc| *osc == 0.0));
        let rising: Vec<f64> = (0..30).map(|t| 100.0 + f64::from(t)).collect();
        let up = [rising.clone(), rising.clone(), rising, volume.iter().map(|volume| volume + 0.1).collect()];
        prop_assert!(over_bars("mfi", &[5.0], &up)[5..].iter().all(|mfi| *mfi == 100.0));
    }

    #[test]
    fn volume_against_its_past(volume in sizes(40), factor in 0.1f64..10.0) {
        let plain = &over("relative_volume", &[6.0], &[&volume])[0];
        prop_assert!(same(&over("relative_volume", &[6.0], &[&times(&volume, factor)])[0], plain, 1e-9));
        let mut louder = volume.clone();
        louder[39] *= 3.0;
        prop_assert!(close(last(&over("relative_volume", &[6.0], &[&louder])[0]), 3.0 * last(plain), 1e-9, TOLERANCE));
        let z = &over("volume_zscore", &[6.0], &[&volume])[0];
        prop_assert!(z[5..].iter().all(|z| z.abs() <= 5.0 / 6f64.sqrt() + 1e-9));
        let mut shuffled = volume[34..].to_vec();
        shuffled[..5].reverse();
        prop_assert!(close(over("volume_zscore", &[6.0], &[&shuffled])[0][5], last(z), 1e-6, 1e-7));
        prop_assert!(over("volume_zscore", &[6.0], &[&[volume[0]; 20]])[0][5..].iter().all(|z| *z == 0.0));
    }

    #[test]
    fn session_mean_stays_among_prices(price in prices(30), size in sizes(30), part in 0.1f64..0.9) {
        let t_s = vec![7.0; 30];
        let whole = over("vwap_session", &[86400.0, 2.0], &[&price, &size, &t_s]);
        let mut seen = (f64::MAX, f64::MIN);
        for row in 0..30 {
            if size[row] > 0.0 {
                seen = (seen.0.min(price[row]), seen.1.max(price[row]));
            }
            let (vwap, upper, lower) = (whole[0][row], whole[1][row], whole[2][row]);
            prop_assert!(vwap.is_nan() == (seen.1 == f64::MIN));
            prop_assert!(vwap.is_nan() || (seen.0 <= vwap && vwap <= seen.1 && lower <= vwap && vwap <= upper));
        }
        let twice = |column: &[f64]| column.iter().flat_map(|x| [*x, *x]).collect::<Vec<f64>>();
        let parts: Vec<f64> = size.iter().flat_map(|size| [size * part, size * (1.0 - part)]).collect();
        let split = over("vwap_session", &[86400.0, 2.0], &[&twice(&price), &parts, &twice(&t_s)]);
        for (split, whole) in split.iter().zip(&whole) {
            prop_assert!(close(last(split), last(whole), 1.0, 1e-7));
        }
        let even = over("vwap_session", &[86400.0, 2.0], &[&price, &vec![2.0; 30], &t_s]);
        prop_assert!(close_to(last(&even[0]), price.iter().sum::<f64>() / 30.0));
    }

    #[test]
    fn rolling_mean_stays_among_prices(price in prices(30), size in sizes(30), factor in 0.1f64..10.0) {
        let plain = over("vwap_rolling", &[6.0], &[&price, &size]);
        let more = over("vwap_rolling", &[6.0], &[&price, &times(&size, factor)]);
        prop_assert!(same(&plain[0], &more[0], 1.0) && same(&plain[1], &more[1], 1.0));
        let even = over("vwap_rolling", &[6.0], &[&price, &vec![3.0; 30]]);
        prop_assert!(same(&even[0], &over("sma", &[6.0], &[&price])[0], 1.0));
        for row in 5..30 {
            let window = &price[row - 5..=row];
            let low = window.iter().copied().fold(f64::MAX, f64::min);
            let high = window.iter().copied().fold(f64::MIN, f64::max);
            let (vwap, deviation) = (plain[0][row], plain[1][row]);
            prop_assert!(vwap.is_nan() || (low - 1e-9..=high + 1e-9).contains(&vwap));
            prop_assert!(vwap.is_nan() || close_to(price[row], vwap * (1.0 + deviation / 1e4)));
        }
    }

    #[test]
    fn the_value_area_is_around_the_point_of_control(
        price in prices(60), size in prop::collection::vec(0.1f64..9.0, 60), share in 0.05f64..0.95,
    ) {
        let profile = over("volume_profile", &[0.5, share, 200.0], &[&price, &size]);
        let more = over("volume_profile", &[0.5, share, 200.0], &[&price, &times(&size, 4.0)]);
        prop_assert_eq!(&profile, &more);
        let all = over("volume_profile", &[0.5, 1.0, 200.0], &[&price, &size]);
        let bin = |price: f64| (price / 0.5).round_ties_even() as i64;
        for row in 0..60 {
            let (poc, high, low) = (bin(profile[0][row]), bin(profile[1][row]), bin(profile[2][row]));
            prop_assert!(low <= poc && poc <= high);
            let held = |low: i64, high: i64| -> f64 {
                (0..=row).filter(|t| (low..=high).contains(&bin(price[*t]))).map(|t| size[t]).sum()
            };
            let wanted = share * size[..=row].iter().sum::<f64>();
            prop_assert!(held(low, high) >= wanted - 1e-9);
            // The side that came last was needed; a bin without trades may be there to reach one beyond.
            prop_assert!(low == high || held(low + 1, high) < wanted + 1e-9 || held(low, high - 1) < wanted + 1e-9);
            prop_assert!((low..=high).all(|bin| held(bin, bin) <= held(poc, poc) + 1e-9));
            let traded = price[..=row].iter().map(|price| bin(*price));
            prop_assert_eq!(bin(all[1][row]), traded.clone().max().unwrap());
            prop_assert_eq!(bin(all[2][row]), traded.min().unwrap());
        }
    }

    #[test]
    fn the_tick_rule_sees_order_only(price in prices(40)) {
        let sign = &over("tick_rule", &[], &[&price])[0];
        let curved: Vec<f64> = price.iter().map(|price| (price / 20.0).powi(3)).collect();
        prop_assert_eq!(sign, &over("tick_rule", &[], &[&curved])[0]);
        let mirrored = &over("tick_rule", &[], &[&times(&price, -1.0)])[0];
        prop_assert!(sign.iter().zip(mirrored).all(|(a, b)| *a == -*b));
        let moved = price.iter().position(|p| *p != price[0]).unwrap_or(40);
        prop_assert!(sign[..moved].iter().all(|sign| *sign == 0.0));
        prop_assert!(sign[moved..].iter().all(|sign| sign.abs() == 1.0));
    }

    #[test]
    fn quotes_decide_before_ticks(price in prices(40), half in 0.05f64..0.4, lag in 0u8..3) {
        let t_s: Vec<f64> = (0..40).map(f64::from).collect();
        let absent = vec![f64::NAN; 40];
        let params = [f64::from(lag)];
        let unquoted = &over("lee_ready", &params, &[&price, &absent, &absent, &t_s])[0];
        prop_assert_eq!(unquoted, &over("tick_rule", &[], &[&price])[0]);
        let (bid, ask): (Vec<f64>, Vec<f64>) = price.iter().map(|price| (price - 2.0 * half, *price)).unzip();
        prop_assert!(over("lee_ready", &[0.0], &[&price, &bid, &ask, &t_s])[0].iter().all(|sign| *sign == 1.0));
        let (bid, ask): (Vec<f64>, Vec<f64>) = price.iter().map(|price| (*price, price + 2.0 * half)).unzip();
        prop_assert!(over("lee_ready", &[0.0], &[&price, &bid, &ask, &t_s])[0].iter().all(|sign| *sign == -1.0));
        // Halves of a grid: the middle is the price itself, and the last move decides.
        let (bid, ask): (Vec<f64>, Vec<f64>) = price.iter().map(|price| (price - 0.125, price + 0.125)).unzip();
        prop_assert_eq!(unquoted, &over("lee_ready", &[0.0], &[&price, &bid, &ask, &t_s])[0]);
        let around = vec![100.0 - half; 40];
        let above = vec![100.0 + half; 40];
        let plain = &over("lee_ready", &params, &[&price, &around, &above, &t_s])[0];
        let minus = |column: &[f64]| times(column, -1.0);
        let mirrored = &over("lee_ready", &params, &[&minus(&price), &minus(&above), &minus(&around), &t_s])[0];
        prop_assert!(plain.iter().zip(mirrored).all(|(a, b)| *a == -*b));
        let quoted = usize::from(lag);
        prop_assert!((quoted..40).all(|row| price[row] == 100.0 || plain[row] == (price[row] - 100.0).signum()));
    }

    #[test]
    fn bulk_volume_is_all_of_it(close in prices(40), volume in sizes(40), degrees in 0.2f64..1000.0) {
        let params = [6.0, degrees];
        let plain = over("bulk_volume_classification", &params, &[&close, &volume]);
        let mirrored = over("bulk_volume_classification", &params, &[&times(&close, -1.0), &volume]);
        prop_assert!(same(&plain[0], &mirrored[1], 1.0) && same(&plain[1], &mirrored[0], 1.0));
        for row in 6..40 {
            let (bought, sold) = (plain[0][row], plain[1][row]);
            prop_assert!((0.0..=volume[row]).contains(&bought) && close_to(bought + sold, volume[row]));
            let change = close[row] - close[row - 1];
            prop_assert!(volume[row] == 0.0 || change == 0.0 || (bought > sold) == (change > 0.0));
        }
    }

    #[test]
    fn takers_on_both_sides(size in sizes(40), side in sides(40), factor in 0.1f64..10.0, eps in 1e-9f64..0.5) {
        let (other, more) = (times(&side, -1.0), times(&size, factor));
        let plain = over("trade_imbalance", &[6.0], &[&size, &side]);
        let swapped = over("trade_imbalance", &[6.0], &[&size, &other]);
        let larger = over("trade_imbalance", &[6.0], &[&more, &side]);
        prop_assert!(same(&plain[0], &times(&swapped[0], -1.0), 1.0) && same(&plain[0], &larger[0], 1.0));
        let twice: Vec<f64> = plain[1].iter().map(|ratio| 2.0 * ratio - 1.0).collect();
        prop_assert!(same(&plain[0], &twice, 1.0));
        prop_assert!(plain[0][5..].iter().all(|imbalance| imbalance.abs() <= 1.0));
        let ratio = |size: &[f64], side: &[f64]| over("taker_ratio", &[6.0, eps], &[size, side]).remove(0);
        let plain = ratio(&size, &side);
        prop_assert!(same(&plain, &times(&ratio(&size, &other), -1.0), 1.0) && same(&plain, &ratio(&more, &side), 1.0));
        let bound = ((1.0 + eps) / eps).ln();
        prop_assert!(plain[5..].iter().all(|ratio| ratio.abs() <= bound + 1e-9));
    }

    #[test]
    fn delta_adds_up(size in sizes(60), side in sides(60), t_s in clock(60)) {
        let delta = |size: &[f64], side: &[f64], session: f64| over("cvd", &[session, 2.0], &[size, side, &t_s]);
        let plain = delta(&size, &side, 8.0);
        let swapped = delta(&size, &times(&side, -1.0), 8.0);
        prop_assert!(plain.iter().zip(&swapped).all(|(a, b)| same(a, &times(b, -1.0), 1.0)));
        // Ends of bars of 2 s add up to the session of 8 s that they are in.
        let bar = |row: usize| (t_s[row] / 2.0).floor();
        let session = |row: usize| (t_s[row] / 8.0).floor();
        let mut ended = 0.0;
        for row in 0..60 {
            prop_assert!(close_to(plain[0][row], ended + plain[1][row]));
            if row < 59 && bar(row + 1) != bar(row) {
                ended += plain[1][row];
            }
            if row < 59 && session(row + 1) != session(row) {
                ended = 0.0;
            }
        }
        // The order within a bar makes no difference to what it ends with.
        let mut order: Vec<usize> = (0..60).collect();
        order.sort_by(|a, b| bar(*a).total_cmp(&bar(*b)).then(b.cmp(a)));
        let reordered = |column: &[f64]| order.iter().map(|row| column[*row]).collect::<Vec<f64>>();
        let other = delta(&reordered(&size), &reordered(&side), 8.0);
        for row in (0..60).filter(|row| *row == 59 || bar(row + 1) != bar(*row)) {
            prop_assert!(close_to(plain[1][row], other[1][row]));
        }
    }

    #[test]
    fn flows_fade_and_add_up(size in sizes(40), side in sides(40), t_s in clock(40), tau in 0.3f64..20.0) {
        let flow = |size: &[f64], side: &[f64], t_s: &[f64]| over("flow_ema_decay", &[tau], &[size, side, t_s]);
        let plain = flow(&size, &side, &t_s);
        prop_assert!(plain[2].iter().all(|ratio| ratio.abs() <= 1.0));
        let (mut size_on, mut side_on, mut later) = (size.clone(), side.clone(), t_s.clone());
        size_on.push(0.0);
        side_on.push(1.0);
        later.push(t_s[39] + 3.0);
        let faded = flow(&size_on, &side_on, &later);
        let left = (-3.0 / tau).exp();
        prop_assert!(close(faded[0][40], left * plain[0][39], 1e-9, TOLERANCE));
        prop_assert!(close(faded[1][40], left * plain[1][39] + 1.0 / tau, 1e-9, TOLERANCE));
        prop_assert!(close(faded[2][40], plain[2][39], 1e-6, 1e-6));
        // Buyers alone and sellers alone: the flows of the two are the flow of all.
        let only = |wanted: f64| -> Vec<f64> {
            size.iter().zip(&side).map(|(size, side)| if *side == wanted { *size } else { 0.0 }).collect()
        };
        let (bought, sold) = (flow(&only(1.0), &side, &t_s), flow(&only(-1.0), &side, &t_s));
        let sum: Vec<f64> = bought[0].iter().zip(&sold[0]).map(|(a, b)| a + b).collect();
        prop_assert!(same(&plain[0], &sum, 1e-6));
    }

    #[test]
    fn even_arrivals_are_nothing_unusual(each in 1u8..6, gap in 1u8..30) {
        let each = usize::from(each);
        let mut t_s: Vec<f64> = (0..20 * each).map(|trade| (trade / each) as f64 + 0.5).collect();
        let steady = over("trade_arrival_rate", &[1.0, 5.0], &[&t_s]);
        prop_assert_eq!(steady[1].iter().filter(|z| z.is_nan()).count(), 6 * each);
        prop_assert!(steady[1][6 * each..].iter().all(|z| *z == 0.0));
        prop_assert!(steady[0][6 * each..].iter().all(|rate| *rate == each as f64));
        // Bins without trades are bins too.
        t_s.push(20.5 + f64::from(gap));
        let silent = over("trade_arrival_rate", &[1.0, 5.0], &[&t_s]);
        let before = 5usize.saturating_sub(usize::from(gap) - 1) as f64 / 5.0 * each as f64;
        let z = if before > 0.0 { -before / before.sqrt() } else { 0.0 };
        prop_assert_eq!(last(&silent[0]), 0.0);
        prop_assert!(close(last(&silent[1]), z, 1.0, TOLERANCE));
    }
}

fn close_to(a: f64, b: f64) -> bool {
    close(a, b, 1.0, TOLERANCE)
}

#[test]
fn poisson_arrivals_have_a_standard_score() {
    let (mut draw, mut t_s) = (Draw(9), 0.0);
    let times: Vec<f64> = (0..200_000)
        .map(|_| {
            t_s -= (1.0 - draw.unit()).ln() / 20.0;
            t_s
        })
        .collect();
    let z = &over("trade_arrival_rate", &[1.0, 300.0], &[&times])[1];
    // One value a bin: that of its first trade.
    let each: Vec<f64> = (1..times.len())
        .filter(|t| times[*t].floor() != times[t - 1].floor())
        .map(|t| z[t])
        .filter(|z| !z.is_nan())
        .collect();
    let mean = each.iter().sum::<f64>() / each.len() as f64;
    let square = each.iter().map(|z| z * z).sum::<f64>() / each.len() as f64;
    assert!(mean.abs() < 0.05 && (square - 1.0).abs() < 0.06, "{mean} {square}");
}

#[test]
fn quiet_markets() {
    let (flat, none) = (vec![5.0; 40], vec![0.0; 40]);
    let at_end = |key: &str, params: &[f64], columns: &[&[f64]]| -> Vec<f64> {
        over(key, params, columns).iter().map(|column| last(column)).collect()
    };
    assert_eq!(at_end("obv", &[], &[&flat, &flat]), [5.0]);
    assert_eq!(at_end("mfi", &[], &[&flat, &flat, &flat, &flat]), [50.0]);
    assert_eq!(at_end("cmf", &[], &[&flat, &flat, &flat, &none]), [0.0]);
    assert_eq!(at_end("relative_volume", &[], &[&flat]), [1.0]);
    assert!(at_end("relative_volume", &[], &[&none])[0].is_nan());
    assert_eq!(at_end("trade_imbalance", &[9.0], &[&none, &flat]), [0.0, 0.5]);
    assert_eq!(at_end("taker_ratio", &[9.0], &[&none, &flat]), [0.0]);
    assert!(at_end("vwap_rolling", &[9.0], &[&flat, &none]).iter().all(|x| x.is_nan()));
}

/// 0.4 + 0.1 + 0.1 and 0.3 + 0.1 + 0.2 are the same typical price, and different doubles.
#[test]
fn equal_typical_prices_move_nothing() {
    let (high, low, close) = ([0.6, 0.4, 0.3, 0.4], [0.5, 0.1, 0.1, 0.1], [0.6, 0.1, 0.2, 0.1]);
    assert_ne!(high[1] + low[1] + close[1], high[2] + low[2] + close[2]);
    let index = &over("mfi", &[1.0], &[&high, &low, &close, &[5.0; 4]])[0];
    assert_eq!(index[1..], [0.0, 50.0, 50.0]);
}

/// Formula, parameters, a row that it takes and one that it must not take.
type Scene<'a> = (&'a str, Vec<f64>, Vec<&'a [f64]>, Vec<&'a [f64]>);

/// What cannot be gives no output and leaves the state as it was: negative sizes, bars that are none, time that goes
/// backwards, quotes that cross, and prices for which a table has no room.
#[test]
fn the_impossible_leaves_no_trace() {
    let good_bar: [&[f64]; 4] = [&[3.0], &[1.0], &[2.0], &[5.0]];
    let bad_bars: [[&[f64]; 4]; 4] = [
        [&[1.0], &[3.0], &[2.0], &[5.0]],
        [&[3.0], &[1.0], &[4.0], &[5.0]],
        [&[3.0], &[1.0], &[0.5], &[5.0]],
        [&[3.0], &[1.0], &[2.0], &[-5.0]],
    ];
    let mut scenes: Vec<Scene> = Vec::new();
    for key in ["adl", "cmf", "chaikin_osc", "mfi"] {
        for bad in &bad_bars {
            scenes.push((key, vec![], good_bar.to_vec(), bad.to_vec()));
        }
    }
    let nan: &[f64] = &[f64::NAN];
    scenes.push(("obv", vec![], vec![&[3.0], &[1.0]], vec![&[4.0], &[-1.0]]));
    scenes.push(("relative_volume", vec![], vec![&[3.0]], vec![&[-1.0]]));
    scenes.push(("volume_zscore", vec![], vec![&[3.0]], vec![&[-0.5]]));
    scenes.push(("vwap_rolling", vec![], vec![&[3.0], &[1.0]], vec![&[4.0], &[-1.0]]));
    scenes.push(("volume_profile", vec![], vec![&[3.0], &[1.0]], vec![&[4.0], &[0.0]]));
    scenes.push(("volume_profile", vec![1.0, 0.7, 2.0], vec![&[3.0], &[1.0]], vec![&[5.0], &[1.0]]));
    scenes.push(("volume_profile", vec![], vec![&[3.0], &[1.0]], vec![&[1e60], &[1.0]]));
    scenes.push(("bulk_volume_classification", vec![], vec![&[3.0], &[1.0]], vec![&[4.0], &[-1.0]]));
    scenes.push(("trade_imbalance", vec![], vec![&[3.0], &[1.0]], vec![&[-1.0], &[1.0]]));
    scenes.push(("taker_ratio", vec![], vec![&[3.0], &[1.0]], vec![&[-1.0], &[1.0]]));
    for key in ["cvd", "flow_ema_decay", "vwap_session"] {
        scenes.push((key, vec![], vec![&[3.0], &[1.0], &[9.0]], vec![&[3.0], &[1.0], &[8.0]]));
        let negative: Vec<&[f64]> =
            if key == "vwap_session" { vec![&[3.0], &[-1.0], &[9.0]] } else { vec![&[-3.0], &[1.0], &[9.0]] };
        scenes.push((key, vec![], vec![&[3.0], &[1.0], &[9.0]], negative));
    }
    scenes.push(("trade_arrival_rate", vec![], vec![&[9.0]], vec![&[8.0]]));
    scenes.push((
        "lee_ready",
        vec![],
        vec![&[3.0], &[2.0], &[4.0], &[9.0]],
        vec![&[3.5], &[4.0], &[3.0], &[9.0]],
    ));
    scenes.push(("lee_ready", vec![], vec![&[3.0], &[2.0], &[4.0], &[9.0]], vec![&[3.5], nan, nan, &[8.0]]));
    for (key, params, good, bad) in scenes {
        let mut formula = kernel(key, &params);
        Table::of(&good).batch_values(&mut formula);
        let saved = formula.save();
        let refused = Table::of(&bad).batch_values(&mut formula);
        assert!(refused.iter().all(|column| column[0].is_nan()), "{key} took {bad:?}");
        assert!(formula.save() == saved, "{key} kept something of {bad:?}");
    }
}

/// What has left a window has left no trace, after values that dwarf what follows and after many laps.
#[test]
fn windows_forget() {
    let mut draw = Draw(8);
    let mut size: Vec<f64> = (0..100_000).map(|_| 1e9 * draw.unit()).collect();
    size.extend((0..100).map(|_| draw.unit()));
    let other: Vec<f64> = (0..size.len()).map(|_| 100.0 + draw.unit()).collect();
    let side: Vec<f64> = (0..size.len()).map(|_| if draw.unit() < 0.5 { 1.0 } else { -1.0 }).collect();
    let recent = |column: &[f64]| column[column.len() - 60..].to_vec();
    for (key, columns) in [
        ("vwap_rolling", vec![&other, &size]),
        ("trade_imbalance", vec![&size, &side]),
        ("taker_ratio", vec![&size, &side]),
        ("relative_volume", vec![&size]),
        ("cmf", vec![&other, &other, &other, &size]),
        ("mfi", vec![&other, &other, &other, &size]),
    ] {
        let long: Vec<&[f64]> = columns.iter().map(|column| column.as_slice()).collect();
        let cut: Vec<Vec<f64>> = columns.iter().map(|column| recent(column)).collect();
        let short: Vec<&[f64]> = cut.iter().map(Vec::as_slice).collect();
        for (long, short) in over(key, &[40.0], &long).iter().zip(over(key, &[40.0], &short)) {
            assert!(
                close(last(long), last(&short), 1e-6, 1e-9),
                "{key}: {} for {}",
                last(long),
                last(&short)
            );
        }
    }
}
