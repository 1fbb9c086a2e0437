//! The laws that the catalogue states for each formula, on random series.

mod common;

use common::{close, kernel, over, sample, Table};
use nanotick_formulas::{
    Atr, Bar, Book, DepthImbalance, InputKind, Kernel, MicropriceWeighted, Ofi, Quote, Trade, VwapSession,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// Checks two series from `from` on.
fn agree(a: &[f64], b: &[f64], from: usize, scale: f64, tolerance: f64) -> Result<(), TestCaseError> {
    prop_assert_eq!(a.len(), b.len());
    for (row, (&a, &b)) in a.iter().zip(b).enumerate().skip(from) {
        prop_assert!(close(a, b, scale, tolerance), "row {}: {} is not {}", row, a, b);
    }
    Ok(())
}

fn map(values: &[f64], f: impl Fn(f64) -> f64) -> Vec<f64> {
    values.iter().map(|&value| f(value)).collect()
}

fn line(length: usize, start: f64, slope: f64) -> Vec<f64> {
    (0..length).map(|t| start + slope * t as f64).collect()
}

fn prices() -> impl Strategy<Value = Vec<f64>> {
    vec(-1e5..1e5f64, 1..120)
}

fn quotes() -> impl Strategy<Value = Vec<Quote>> {
    // Few prices and sizes, so that ties, crossed quotes and empty sides are common.
    let quote = (0..5i32, 0..5i32, 0..4i32, 0..4i32);
    vec(quote, 2..60).prop_map(|rows| {
        let quote = |(bid, ask, bid_size, ask_size): (i32, i32, i32, i32)| Quote {
            bid: f64::from(bid),
            ask: f64::from(ask),
            bid_size: f64::from(bid_size),
            ask_size: f64::from(ask_size),
        };
        rows.into_iter().map(quote).collect()
    })
}

proptest! {
    #[test]
    fn sma_is_the_mean_of_its_window(x in prices(), period in 1usize..30) {
        let n = period as f64;
        let expected: Vec<f64> = (0..x.len())
            .map(|t| if t + 1 < period { f64::NAN } else { x[t + 1 - period..=t].iter().sum::<f64>() / n })
            .collect();
        agree(&over("sma", &[n], &x)[0], &expected, 0, 1e5, 1e-14)?;
    }

    #[test]
    fn sma_of_one_is_the_price(x in prices()) {
        prop_assert_eq!(&over("sma", &[1.0], &x)[0], &x);
    }

    #[test]
    fn sma_of_a_line_lags_half_a_window(start in -1e4..1e4f64, slope in -50.0..50.0f64, period in 1usize..40) {
        let n = period as f64;
        let x = line(100, start, slope);
        let lagged = map(&x, |value| value - slope * (n - 1.0) / 2.0);
        agree(&over("sma", &[n], &x)[0], &lagged, period - 1, 1e4, 1e-14)?;
    }

    #[test]
    fn sma_and_ema_follow_scale_and_shift(x in prices(), a in -9.0..9.0f64, b in -1e4..1e4f64, period in 1u8..30) {
        for key in ["sma", "ema"] {
            let plain = &over(key, &[f64::from(period)], &x)[0];
            let moved = &over(key, &[f64::from(period)], &map(&x, |x| a * x + b))[0];
            agree(moved, &map(plain, |y| a * y + b), 0, 1e6, 1e-13)?;
        }
    }

    #[test]
    fn ema_never_leaves_the_range_of_its_history(x in prices(), period in 1u8..30) {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for (&x, &ema) in x.iter().zip(&over("ema", &[f64::from(period)], &x)[0]) {
            (low, high) = (low.min(x), high.max(x));
            prop_assert!(ema.is_nan() || (low <= ema && ema <= high), "{ema} outside {low}..{high}");
        }
    }

    #[test]
    fn ema_forgets_a_step_geometrically(period in 1usize..50, level in -1e4..1e4f64) {
        let n = period as f64;
        let mut x = vec![level; period];
        x.extend([level + 1.0; 60]);
        let alpha = 2.0 / (n + 1.0);
        for (k, ema) in over("ema", &[n], &x)[0][period..].iter().enumerate() {
            let error = (level + 1.0) - ema;
            prop_assert!(close(error, (1.0 - alpha).powi(k as i32 + 1), 1e4, 1e-14));
        }
    }

    #[test]
    fn averages_of_a_constant_are_the_constant(c in -1e6..1e6f64, period in 1u8..60) {
        let x = [c; 100];
        let warm = usize::from(period) - 1;
        prop_assert!(over("ema", &[f64::from(period)], &x)[0][warm..].iter().all(|&y| y == c));
        agree(&over("sma", &[f64::from(period)], &x)[0], &x, warm, 0.0, 2.0 * f64::EPSILON)?;
    }

    #[test]
    fn rsi_mirrors_and_ignores_scale(x in prices(), a in 0.01..100.0f64, b in -1e4..1e4f64, period in 2u8..20) {
        let period = [f64::from(period)];
        let rsi = &over("rsi", &period, &x)[0];
        agree(&over("rsi", &period, &map(&x, |x| -x))[0], &map(rsi, |y| 100.0 - y), 0, 100.0, 1e-13)?;
        agree(&over("rsi", &period, &map(&x, |x| a * x + b))[0], rsi, 0, 100.0, 1e-7)?;
        prop_assert!(rsi.iter().all(|y| y.is_nan() || (0.0..=100.0).contains(y)));
    }

    #[test]
    fn rsi_of_a_rising_series_is_100(steps in vec(0.001..10.0f64, 30..60), period in 2usize..20) {
        let x: Vec<f64> = steps.iter().scan(0.0, |sum, step| { *sum += step; Some(*sum) }).collect();
        prop_assert!(over("rsi", &[period as f64], &x)[0][period..].iter().all(|&y| y == 100.0));
        let falling = map(&x, |x| -x);
        prop_assert!(over("rsi", &[period as f64], &falling)[0][period..].iter().all(|&y| y == 0.0));
    }

    #[test]
    fn macd_of_a_line_is_the_difference_of_the_lags(
        start in -1e4..1e4f64, slope in -50.0..50.0f64, fast in 1usize..20, more in 1usize..20, signal in 1usize..10,
    ) {
        let slow = fast + more;
        let out = over("macd", &[fast as f64, slow as f64, signal as f64], &line(90, start, slope));
        let rows = out[0].iter().zip(&out[1]).zip(&out[2]);
        for ((&macd, &signal), &hist) in rows.skip(slow + signal - 2) {
            prop_assert!(close(macd, slope * more as f64 / 2.0, 1e4, 1e-13));
            prop_assert!(close(signal, macd, 1e4, 1e-13));
            prop_assert_eq!(hist, macd - signal);
        }
    }

    #[test]
    fn macd_is_linear(x in vec(-1e4..1e4f64, 60), y in vec(-1e4..1e4f64, 60), a in -5.0..5.0f64, b in -5.0..5.0f64) {
        let mixed: Vec<f64> = x.iter().zip(&y).map(|(x, y)| a * x + b * y).collect();
        let (of_x, of_y, of_mixed) = (over("macd", &[], &x), over("macd", &[], &y), over("macd", &[], &mixed));
        for output in 0..3 {
            let expected: Vec<f64> =
                of_x[output].iter().zip(&of_y[output]).map(|(x, y)| a * x + b * y).collect();
            agree(&of_mixed[output], &expected, 0, 1e4, 1e-12)?;
        }
    }

    #[test]
    fn macd_of_a_constant_is_zero(c in -1e6..1e6f64) {
        let out = over("macd", &[], &[c; 60]);
        prop_assert!(out.iter().all(|column| column[33..].iter().all(|&y| y == 0.0)));
    }

    #[test]
    fn bollinger_is_mean_and_deviation_of_its_window(x in prices(), period in 2usize..30, k in 0.1..5.0f64) {
        let out = over("bollinger", &[period as f64, k], &x);
        let n = period as f64;
        for t in period - 1..x.len() {
            let window = &x[t + 1 - period..=t];
            let mean = window.iter().sum::<f64>() / n;
            let deviation = (window.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
            let width = 2.0 * k * deviation;
            prop_assert!(close(out[0][t], mean + width / 2.0, 1e5, 1e-13));
            prop_assert!(close(out[1][t], mean, 1e5, 1e-13));
            prop_assert!(close(out[2][t], mean - width / 2.0, 1e5, 1e-13));
            prop_assert!(close(out[0][t] - out[2][t], width, 1e5, 1e-13));
            let pct_b = if width == 0.0 { 0.5 } else { (x[t] - (mean - width / 2.0)) / width };
            prop_assert!(close(out[3][t], pct_b, 1.0, 1e-8));
            let bandwidth = if mean == 0.0 { f64::NAN } else { width / mean };
            prop_assert!(close(out[4][t], bandwidth, 1.0, 1e-8));
        }
    }

    #[test]
    fn pct_b_ignores_scale_and_shift(x in vec(0.0..1e3f64, 40), a in 0.01..100.0f64, b in -1e4..1e4f64) {
        let plain = &over("bollinger", &[10.0], &x)[3];
        agree(&over("bollinger", &[10.0], &map(&x, |x| a * x + b))[3], plain, 0, 1.0, 1e-7)?;
    }

    #[test]
    fn atr_scales_and_is_never_negative(rows in 2usize..80, seed: u64, a in 0.01..100.0f64, period in 1u8..20) {
        let bars = sample(InputKind::Bar, rows, seed);
        let mut scaled = bars.clone();
        scaled.columns.iter_mut().flatten().for_each(|value| *value *= a);
        let plain = &bars.batch(&mut kernel("atr", &[f64::from(period)]))[0];
        agree(&scaled.batch(&mut kernel("atr", &[f64::from(period)]))[0], &map(plain, |y| a * y), 0, 1.0, 1e-7)?;
        prop_assert!(plain.iter().all(|y| y.is_nan() || *y >= 0.0));
    }

    #[test]
    fn atr_of_bars_that_only_have_a_range_is_the_range(low in -1e4..1e4f64, range in 0u8..99, period in 1usize..20) {
        let mut atr = Atr::new(period).expect("in range");
        let range = f64::from(range);
        for t in 0..60 {
            let got = atr.update(Bar { high: low + range, low, close: low });
            let expected = if t < period { f64::NAN } else { range };
            prop_assert!(close(got, expected, 1e4, 1e-15));
        }
    }

    #[test]
    fn vwap_is_the_weighted_mean_and_deviation_of_its_session(
        rows in vec((1e3..2e3f64, 0u8..9, 0i64..5_000_000_000), 1..80), k in 0.0..4.0f64,
    ) {
        let mut vwap = VwapSession::new(1.0, k).expect("in range");
        let mut session: Vec<(f64, f64)> = Vec::new();
        let mut last = None;
        for (px, size, t_ns) in rows {
            let (size, now) = (f64::from(size), t_ns / 1_000_000_000);
            if last.replace(now) != Some(now) {
                session.clear();
            }
            session.push((px, size));
            let got = vwap.update(Trade { px, size, side: 1.0, t_ns });
            let weight: f64 = session.iter().map(|(_, q)| q).sum();
            if weight == 0.0 {
                prop_assert!(got.vwap.is_nan() && got.upper.is_nan() && got.lower.is_nan());
                continue;
            }
            let mean = session.iter().map(|(p, q)| p * q).sum::<f64>() / weight;
            let variance = session.iter().map(|(p, q)| q * (p - mean).powi(2)).sum::<f64>() / weight;
            prop_assert!(close(got.vwap, mean, 0.0, 1e-13));
            prop_assert!(close(got.upper, mean + k * variance.sqrt(), 0.0, 1e-9));
            prop_assert!(close(got.lower, mean - k * variance.sqrt(), 0.0, 1e-9));
        }
    }

    #[test]
    fn vwap_stays_between_the_prices_whatever_the_sizes(rows in vec((-1e5..1e5f64, -300..80i32), 1..60)) {
        let mut vwap = VwapSession::new(86_400.0, 2.0).expect("in range");
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for (px, exponent) in rows {
            (low, high) = (low.min(px), high.max(px));
            let got = vwap.update(Trade { px, size: 10f64.powi(exponent), side: -1.0, t_ns: 0 }).vwap;
            prop_assert!(low <= got && got <= high, "{got} outside {low}..{high}");
        }
    }

    #[test]
    fn splitting_a_trade_changes_nothing(rows in vec((1e3..2e3f64, 0.1..9.0f64), 1..40), share in 0.1..0.9f64) {
        let mut whole = VwapSession::new(86_400.0, 2.0).expect("in range");
        let mut split = whole.clone();
        for (px, size) in rows {
            let trade = |size: f64| Trade { px, size, side: 1.0, t_ns: 7 };
            let one = whole.update(trade(size));
            split.update(trade(size * share));
            let two = split.update(trade(size - size * share));
            prop_assert!(close(one.vwap, two.vwap, 0.0, 1e-13));
            prop_assert!(close(one.upper, two.upper, 0.0, 1e-8));
        }
    }

    #[test]
    fn microprice_lies_between_the_quotes_and_leans_to_the_ask_with_bid_size(
        bid in -1e5..1e5f64, spread in prop_oneof![Just(0.0), 0.0..10.0f64], size in 0.0..1e3f64, more in 0.0..1e3f64, ask_size in 0.0..1e3f64,
    ) {
        let mut wmid = MicropriceWeighted::new();
        let mut at = |bid_size: f64, ask_size: f64| {
            wmid.update(Quote { bid, ask: bid + spread, bid_size, ask_size })
        };
        let got = at(size, ask_size);
        prop_assert!(bid <= got && got <= bid + spread);
        prop_assert!(at(size + more, ask_size) >= got - 1e-10 || size + ask_size == 0.0);
        prop_assert!(close(at(size, size), bid + spread / 2.0, 1e5, 1e-15));
        prop_assert!(close(at(0.0, 0.0), bid + spread / 2.0, 1e5, 1e-15));
    }

    #[test]
    fn depth_imbalance_mirrors_and_stays_in_range(
        bids in vec(0.0..1e3f64, 0..30), asks in vec(0.0..1e3f64, 0..30), levels in 1usize..40,
    ) {
        let mut shape = DepthImbalance::new(levels).expect("in range");
        let got = shape.update(Book { bid_sizes: &bids, ask_sizes: &asks });
        prop_assert_eq!(got, -shape.update(Book { bid_sizes: &asks, ask_sizes: &bids }));
        prop_assert!((-1.0..=1.0).contains(&got));
        let (bid, ask): (f64, f64) = (bids.iter().take(levels).sum(), asks.iter().take(levels).sum());
        let expected = if bid + ask == 0.0 { 0.0 } else { (bid - ask) / (bid + ask) };
        prop_assert!(close(got, expected, 1.0, 1e-13));
    }

    #[test]
    fn ofi_is_the_windowed_sum_of_the_definition(quotes in quotes(), window in 1usize..20) {
        let mut ofi = Ofi::new(window).expect("in range");
        prop_assert!(ofi.update(quotes[0]).ofi.is_nan());
        let mut flows = Vec::new();
        for pair in quotes.windows(2) {
            let (old, new) = (pair[0], pair[1]);
            let indicator = |holds: bool| f64::from(u8::from(holds));
            flows.push(
                indicator(new.bid >= old.bid) * new.bid_size - indicator(new.bid <= old.bid) * old.bid_size
                    - indicator(new.ask <= old.ask) * new.ask_size + indicator(new.ask >= old.ask) * old.ask_size,
            );
            let got = ofi.update(new);
            prop_assert_eq!(got.e, *flows.last().expect("just pushed"));
            prop_assert_eq!(got.ofi, flows.iter().rev().take(window).sum::<f64>());
        }
    }

    #[test]
    fn ofi_of_the_mirrored_book_is_the_negative(quotes in quotes()) {
        let mut ofi = Ofi::new(5).expect("in range");
        let mut mirrored = ofi.clone();
        for q in quotes {
            let mirror = Quote { bid: -q.ask, ask: -q.bid, bid_size: q.ask_size, ask_size: q.bid_size };
            let (a, b) = (ofi.update(q), mirrored.update(mirror));
            prop_assert!(a.e.is_nan() && b.e.is_nan() || a.e == -b.e && a.ofi == -b.ofi);
        }
    }

    #[test]
    fn ofi_counts_what_was_added(quote in quotes(), added in 0u8..9) {
        let mut ofi = Ofi::new(1).expect("in range");
        let before = quote[0];
        ofi.update(before);
        prop_assert_eq!(ofi.update(before).e, 0.0);
        let more = Quote { bid_size: before.bid_size + f64::from(added), ..before };
        prop_assert_eq!(ofi.update(more).e, f64::from(added));
        let asks = Quote { ask_size: more.ask_size + f64::from(added), ..more };
        prop_assert_eq!(ofi.update(asks).e, -f64::from(added));
    }
}

#[test]
fn depth_imbalance_of_one_level_is_the_queue_imbalance() {
    let table = Table { kind: InputKind::Book, columns: vec![vec![3.0, 9.0], vec![1.0, 9.0]], levels: 2 };
    assert_eq!(table.batch(&mut kernel("depth_imbalance", &[1.0]))[0], [0.5]);
}
