//! What happens at the edges: rejected inputs, warm-up, flat windows, sudden changes of level, session limits.

mod common;

use common::{close, kernel, over, same_bits, sample, Draw, Table, KEYS};
use nanotick_formulas::{
    Bar, Bollinger, Book, DepthImbalance, InputKind, Kernel, MicropriceWeighted, Quote, Rsi, Sma, Trade,
    VwapSession, MAX_INPUT,
};
use proptest::prelude::*;

const NO_NUMBERS: [f64; 5] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e91, -f64::MAX];

/// The columns whose values a kernel of this kind reads as prices, sizes or times, with what it refuses there.
fn refusals(kind: InputKind) -> Vec<(usize, f64)> {
    let (prices, sizes): (&[usize], &[usize]) = match kind {
        InputKind::Price => (&[0], &[]),
        InputKind::Bar => (&[0, 1, 2], &[]),
        InputKind::Trade => (&[0, 3], &[1]),
        InputKind::Quote => (&[0, 1], &[2, 3]),
        InputKind::Book => (&[], &[0, 1]),
    };
    let mut all: Vec<(usize, f64)> = Vec::new();
    for &column in prices.iter().chain(sizes) {
        all.extend(NO_NUMBERS.map(|value| (column, value)));
    }
    all.extend(sizes.iter().map(|&column| (column, -1e-9)));
    all
}

#[test]
fn a_rejected_input_gives_nan_and_leaves_no_trace() {
    const ROWS: usize = 120;
    for key in KEYS {
        let clean = sample(kernel(key, &[]).input(), ROWS, 5);
        let expected = clean.batch(&mut kernel(key, &[]));
        for (column, value) in refusals(clean.kind) {
            for at in [0, 7, 60] {
                let mut dirty = clean.clone();
                for column in &mut dirty.columns {
                    let row: Vec<f64> = column[at * clean.levels..(at + 1) * clean.levels].to_vec();
                    column.splice(at * clean.levels..at * clean.levels, row);
                }
                dirty.columns[column][at * clean.levels] = value;
                let mut got = dirty.batch(&mut kernel(key, &[]));
                for output in &mut got {
                    assert!(output.remove(at).is_nan(), "{key}: {value} in column {column}, row {at}");
                }
                assert!(
                    same_bits(&got, &expected),
                    "{key}: {value} in column {column}, row {at} left a trace"
                );
            }
        }
    }
}

#[test]
fn an_upside_down_bar_is_rejected() {
    let mut atr = nanotick_formulas::Atr::new(1).expect("in range");
    atr.update(Bar { high: 11.0, low: 9.0, close: 10.0 });
    assert!(atr.update(Bar { high: 9.0, low: 11.0, close: 99.0 }).is_nan());
    assert_eq!(atr.update(Bar { high: 11.0, low: 9.0, close: 10.0 }), 2.0);
}

#[test]
fn the_largest_inputs_never_leave_a_state_that_is_no_number() {
    for key in KEYS {
        let mut table = sample(kernel(key, &[]).input(), 600, 3);
        let levels = table.levels;
        if table.kind == InputKind::Trade {
            table.columns[1].fill(1.0);
        }
        for row in 100..140 {
            for (index, column) in table.columns.iter_mut().enumerate() {
                let lowest = table.kind == InputKind::Bar && index == 1
                    || row % 3 == 0 && table.kind == InputKind::Price;
                if !(table.kind == InputKind::Trade && index == 3) {
                    column[row * levels] = if lowest { -MAX_INPUT } else { MAX_INPUT };
                }
            }
        }
        let mut kernel = kernel(key, &[]);
        let warmup = kernel.warmup();
        for (info, output) in kernel.info().outputs.iter().zip(table.batch(&mut kernel)) {
            assert!(output[warmup..].iter().all(|value| value.is_finite()), "{key}.{}", info.name);
        }
    }
}

#[test]
fn windows_are_exact_again_after_absurd_inputs() {
    const PERIOD: usize = 20;
    for seed in 0..200 {
        let mut draw = Draw(seed);
        let mut prices = vec![100.0; PERIOD];
        prices.extend((0..10).map(|_| (draw.unit() - 0.5) * 10f64.powf(85.0 * draw.unit())));
        prices.extend((0..100).map(|_| 100.0 + draw.unit()));
        // The bands as soon as the last absurd price has left, the mean a lap later.
        for (key, clean) in [("bollinger", 30 + PERIOD), ("sma", 30 + 2 * PERIOD)] {
            let whole = over(key, &[PERIOD as f64], &prices);
            let fresh = over(key, &[PERIOD as f64], &prices[clean - PERIOD..]);
            for (whole, fresh) in whole.iter().zip(&fresh) {
                for (a, b) in whole[clean..].iter().zip(&fresh[PERIOD..]) {
                    assert!(close(*a, *b, 1e-3, 1e-10), "{key} seed {seed}: {a} is not {b}");
                }
            }
        }
    }
}

#[test]
fn as_many_leading_nans_as_the_warmup_says() {
    let cases: [(&str, &[f64], usize); 18] = [
        ("sma", &[], 19),
        ("sma", &[1.0], 0),
        ("ema", &[], 19),
        ("ema", &[1.0], 0),
        ("rsi", &[], 14),
        ("rsi", &[2.0], 2),
        ("macd", &[], 33),
        ("macd", &[1.0, 2.0, 1.0], 1),
        ("macd", &[3.0, 10.0], 17),
        ("bollinger", &[], 19),
        ("bollinger", &[2.0, 1.0], 1),
        ("atr", &[], 14),
        ("atr", &[1.0], 1),
        ("vwap_session", &[], 0),
        ("microprice_weighted", &[], 0),
        ("depth_imbalance", &[], 0),
        ("ofi", &[], 1),
        ("ofi", &[1.0], 1),
    ];
    for (key, params, warmup) in cases {
        let mut kernel = kernel(key, params);
        assert_eq!(kernel.warmup(), warmup, "{key} {params:?}");
        let mut table = sample(kernel.input(), 60, 2);
        if table.kind == InputKind::Trade {
            table.columns[1].fill(1.0);
        }
        for output in table.batch(&mut kernel) {
            assert!(output[..warmup].iter().all(|value| value.is_nan()), "{key} {params:?}");
            assert!(output[warmup..].iter().all(|value| value.is_finite()), "{key} {params:?}");
        }
    }
}

#[test]
fn empty_and_single_rows() {
    for key in KEYS {
        let kind = kernel(key, &[]).input();
        assert!(sample(kind, 0, 1).batch(&mut kernel(key, &[])).iter().all(Vec::is_empty));
        assert!(sample(kind, 1, 1).batch(&mut kernel(key, &[])).iter().all(|output| output.len() == 1));
    }
    assert_eq!(over("bollinger", &[], &[1.0])[3].len(), 1);
}

#[test]
fn a_flat_market_is_neutral() {
    let mut prices: Vec<f64> = (0..50).map(|t| 1e5 + f64::from(t * t % 17) * 0.1).collect();
    prices.extend([100_000.3; 40]);
    let bands = over("bollinger", &[20.0, 2.0], &prices);
    for row in 69..90 {
        let row: Vec<f64> = bands.iter().map(|output| output[row]).collect();
        assert_eq!(row, [100_000.3, 100_000.3, 100_000.3, 0.5, 0.0]);
    }
    assert!(bands[4][68] > 0.0, "one other price is left in the window");
    assert!(over("rsi", &[], &[7.0; 40])[0][14..].iter().all(|&rsi| rsi == 50.0));
}

#[test]
fn a_long_flat_market_decays_to_neutral_without_subnormal_numbers() {
    let mut rsi = Rsi::new(14).expect("in range");
    let moves = (0..30).map(|t| f64::from(t * 7 % 11));
    let outputs: Vec<f64> = moves.chain([5.0; 20_000]).map(|price| rsi.update(price)).collect();
    let (frozen, last) = (outputs[40], outputs[20_029]);
    assert!(close(outputs[5_000], frozen, 0.0, 1e-9), "the ratio of the averages stands still");
    assert_eq!(last, 50.0, "until both have vanished");
}

#[test]
fn bands_keep_their_digits_after_a_jump_of_the_level() {
    for level in [1e-6, 1.0, 1e9] {
        let mut draw = Draw(9);
        let mut bollinger = Bollinger::new(20, 2.0).expect("in range");
        let mut prices: Vec<f64> = (0..60).map(|_| level * (1.0 + 1e-6 * draw.unit())).collect();
        prices.extend((0..60).map(|_| level * (3.0 + 1e-6 * draw.unit())));
        for (t, &price) in prices.iter().enumerate() {
            let got = bollinger.update(price);
            if t >= 19 {
                let window = &prices[t - 19..=t];
                let mean = window[0] + window.iter().map(|x| x - window[0]).sum::<f64>() / 20.0;
                let deviation = (window.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20.0).sqrt();
                let expected = 4.0 * deviation / mean;
                assert!(
                    close(got.bandwidth, expected, 0.0, 1e-8),
                    "row {t}: {} not {expected}",
                    got.bandwidth
                );
            }
        }
    }
}

#[test]
fn a_band_around_zero_has_no_relative_width() {
    let mut bollinger = Bollinger::new(2, 1.0).expect("in range");
    bollinger.update(-1.0);
    let bands = bollinger.update(1.0);
    assert_eq!((bands.upper, bands.middle, bands.lower, bands.pct_b), (1.0, 0.0, -1.0, 1.0));
    assert!(bands.bandwidth.is_nan());
}

#[test]
fn a_session_starts_at_the_multiple_of_its_length() {
    let trade = |px: f64, size: f64, t_s: f64| Trade::at_seconds(px, size, 1.0, t_s);
    let mut vwap = VwapSession::new(86_400.0, 2.0).expect("in range");
    let mut at = |px: f64, size: f64, t_s: f64| vwap.update(trade(px, size, t_s)).vwap;
    assert!(at(10.0, 0.0, 0.0).is_nan(), "no weight yet");
    assert_eq!(at(10.0, 1.0, 1.0), 10.0);
    assert_eq!(at(20.0, 1.0, 86_399.999), 15.0);
    assert_eq!(at(99.0, 0.0, 86_399.999), 15.0, "no weight");
    assert!(at(99.0, 0.0, 86_400.0).is_nan(), "a new day");
    assert_eq!(at(30.0, 2.0, 86_401.0), 30.0);
    assert_eq!(at(40.0, 1.0, -1.0), 40.0, "the day before the epoch");
    assert_eq!(at(50.0, 1.0, -86_400.0), 45.0);
    assert_eq!(at(60.0, 1.0, -86_401.0), 60.0);
}

#[test]
fn times_at_the_ends_of_64_bits_do_no_harm() {
    let mut vwap = VwapSession::new(1e9, 2.0).expect("in range");
    for t_ns in [i64::MIN, i64::MAX, 0, i64::MAX, i64::MIN] {
        assert_eq!(vwap.update(Trade { px: 5.0, size: 1.0, side: 1.0, t_ns }).vwap, 5.0);
    }
}

#[test]
fn a_crossed_quote_still_has_a_price_between_its_sides() {
    let quote = Quote { bid: 11.0, ask: 10.0, bid_size: 3.0, ask_size: 1.0 };
    assert_eq!(MicropriceWeighted::new().update(quote), 10.25);
}

#[test]
fn a_book_that_lacks_levels_or_sides() {
    let mut shape = DepthImbalance::new(10).expect("in range");
    let cases: [(&[f64], &[f64], f64); 5] = [
        (&[], &[], 0.0),
        (&[0.0], &[0.0], 0.0),
        (&[2.0], &[], 1.0),
        (&[], &[2.0], -1.0),
        (&[1.0; 3], &[3.0], 0.0),
    ];
    for (bid_sizes, ask_sizes, expected) in cases {
        assert_eq!(shape.update(Book { bid_sizes, ask_sizes }), expected);
    }
    let only_the_first_count = Book { bid_sizes: &[1.0; 10], ask_sizes: &[1.0; 11] };
    assert_eq!(shape.update(only_the_first_count), 0.0);
}

proptest! {
    #[test]
    fn any_floats_at_all_are_survived(values in proptest::collection::vec(any::<f64>(), 0..240)) {
        for key in KEYS {
            let kind = kernel(key, &[]).input();
            let width = kind.columns().len();
            let rows = values.len() / width;
            let columns = values.chunks_exact(rows.max(1)).take(width).map(<[f64]>::to_vec).collect::<Vec<_>>();
            if columns.len() < width {
                continue;
            }
            let table = Table { kind, columns, levels: 1 };
            for output in table.batch(&mut kernel(key, &[])) {
                prop_assert!(output.iter().all(|value| !value.is_infinite()), "{}", key);
            }
        }
    }
}

#[test]
fn a_mean_of_one_value_repeated_at_any_size_of_window() {
    for period in [1, 3, 49, 1000] {
        let mut sma = Sma::new(period).expect("in range");
        let last = (0..3 * period).map(|_| sma.update(0.1)).last().expect("some");
        assert!(close(last, 0.1, 0.0, f64::EPSILON));
    }
}
