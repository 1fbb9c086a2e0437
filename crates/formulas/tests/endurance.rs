//! Ten million updates: what slides must not drift from what is computed afresh.

mod common;

use common::{close, Draw};
use nanotick_formulas::{Bollinger, Kernel, Ofi, Quote, Sma};

const UPDATES: usize = 10_000_000;
const PERIOD: usize = 100;

/// A series with the traits that hurt running sums: a high level, small steps, rare large jumps and odd decimals.
fn next_price(price: f64, draw: &mut Draw) -> f64 {
    let jump = if draw.unit() < 1e-5 { 1e4 * (draw.unit() - 0.5) } else { 0.0 };
    (price + 0.1 * (draw.unit() - 0.5) + jump).abs()
}

#[test]
fn mean_and_bands_do_not_drift_in_ten_million_updates() {
    let mut draw = Draw(11);
    let mut sma = Sma::new(PERIOD).expect("in range");
    let mut bollinger = Bollinger::new(PERIOD, 2.0).expect("in range");
    let mut window = std::collections::VecDeque::from(vec![0.0; PERIOD]);
    let mut price = 98_765.43;
    for update in 1..=UPDATES {
        price = next_price(price, &mut draw);
        window.pop_front();
        window.push_back(price);
        let (mean, bands) = (sma.update(price), bollinger.update(price));
        if update % 99_991 == 0 || update == UPDATES {
            let exact = price + window.iter().map(|x| x - price).sum::<f64>() / PERIOD as f64;
            let variance = window.iter().map(|x| (x - exact).powi(2)).sum::<f64>() / PERIOD as f64;
            assert!(close(mean, exact, 0.0, 1e-15), "update {update}: mean {mean}, afresh {exact}");
            assert!(close(bands.middle, exact, 0.0, 1e-15), "update {update}: {} {exact}", bands.middle);
            let width = 4.0 * variance.sqrt() / exact;
            assert!(
                close(bands.bandwidth, width, 0.0, 1e-10),
                "update {update}: {} {width}",
                bands.bandwidth
            );
        }
    }
}

#[test]
fn flow_does_not_drift_in_ten_million_updates() {
    let mut draw = Draw(12);
    let mut ofi = Ofi::new(PERIOD).expect("in range");
    let mut window = std::collections::VecDeque::from(vec![0.0; PERIOD]);
    for update in 1..=UPDATES {
        let bid = 100.0 + (draw.unit() * 3.0).floor();
        let (bid_size, ask_size) = (draw.unit() * 1e6, draw.unit());
        let got = ofi.update(Quote { bid, ask: bid + 1.0, bid_size, ask_size });
        window.pop_front();
        window.push_back(if got.e.is_nan() { 0.0 } else { got.e });
        if update % 99_991 == 0 {
            assert!(close(got.ofi, window.iter().sum(), 1e6, 1e-13), "update {update}");
        }
    }
}
