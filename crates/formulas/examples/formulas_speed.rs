//! Nanoseconds per point of formulas over a million points, and per streaming update.
//!
//!     cargo run --release -p nanotick-formulas --example formulas_speed -- ema sma rsi

use nanotick_formulas::{build, Field};
use std::hint::black_box;
use std::time::Instant;

const POINTS: usize = 1_000_000;

fn least(mut run: impl FnMut()) -> f64 {
    (0..15)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_nanos() as f64 / POINTS as f64
        })
        .fold(f64::INFINITY, f64::min)
}

fn main() {
    let mut state = 7u64;
    let mut unit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut price = 1000.0;
    let mut walk: Vec<f64> = (0..POINTS)
        .map(|_| {
            price += unit() - 0.5;
            price
        })
        .collect();
    walk.iter_mut().for_each(|x| *x = (*x * 100.0).round() / 100.0);
    for key in std::env::args().skip(1) {
        let mut formula = build(&key, &[]).unwrap_or_else(|error| panic!("{error}"));
        let spread: Vec<f64> = (0..POINTS).map(|_| unit() * 0.3).collect();
        let column = |name: &str| -> Vec<f64> {
            let offset = match name {
                "high" | "ask" => 1.0,
                "low" | "bid" => -1.0,
                _ => 0.0,
            };
            if matches!(name, "volume" | "size" | "bid_size" | "ask_size") {
                return spread.clone();
            }
            walk.iter().zip(&spread).map(|(x, s)| x + offset * s).collect()
        };
        let columns: Vec<Vec<f64>> = formula.columns().iter().map(|c| column(c.name)).collect();
        let fields: Vec<Field<'_>> = columns.iter().map(|c| Field::scalars(c)).collect();
        let mut out = vec![vec![0.0; POINTS]; formula.info().outputs.len()];
        let batch = least(|| {
            let mut slices: Vec<&mut [f64]> = out.iter_mut().map(Vec::as_mut_slice).collect();
            formula.batch_fresh(&fields, &mut slices).expect("columns that fit");
            black_box(&out);
        });
        let mut row = vec![0.0; formula.width()];
        let stream = least(|| {
            for at in 0..POINTS {
                formula.update(&fields, at, &mut row);
                black_box(&row);
            }
        });
        println!("{key:24} batch {batch:6.2} ns/point   update {stream:6.2} ns");
    }
}
