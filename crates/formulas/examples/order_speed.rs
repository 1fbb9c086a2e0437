//! What an update of the rolling order statistics costs: `cargo run --release -p nanotick-formulas --example order_speed`.

use std::hint::black_box;
use std::time::Instant;

use nanotick_formulas::parts::OrderStatistics;

fn measure(name: &str, length: usize, query: fn(&OrderStatistics, f64) -> f64) {
    let mut order = OrderStatistics::new(length);
    let mut state = 1u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64
    };
    (0..2 * length).for_each(|_| order.push(draw()));
    // The fastest of many short runs: the others were interrupted.
    let updates = 2_000;
    let run = |order: &mut OrderStatistics, draw: &mut dyn FnMut() -> f64| {
        let start = Instant::now();
        for _ in 0..updates {
            let x = draw();
            order.push(x);
            black_box(query(order, x));
        }
        start.elapsed().as_nanos() as f64 / f64::from(updates)
    };
    let nanos = (0..300).map(|_| run(&mut order, &mut draw)).fold(f64::INFINITY, f64::min);
    println!("window {length:9} {name:16} {nanos:8.1} ns per update");
}

fn main() {
    for length in [20, 128, 500, 1_000, 10_000, 100_000, 1_000_000] {
        measure("push alone", length, |_, x| x);
        measure("quantile", length, |order, _| order.quantile(0.05));
        measure("median", length, |order, _| order.median());
        measure("rank", length, |order, x| order.below(x) as f64);
        measure("sum of smallest", length, |order, _| order.sum_smallest(order.len() / 20));
    }
}
