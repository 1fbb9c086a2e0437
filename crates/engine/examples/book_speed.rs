//! What a level change costs: on the recorded Binance diffs and on small deltas around the touch.
//!
//! `cargo run --release -p nanotick-engine --example book_speed`

#[path = "../tests/support/mod.rs"]
mod support;

use nanotick_engine::book::{Book, BookConfig, Layout};
use nanotick_model::{Level, Px, Qty};
use std::hint::black_box;
use std::time::Instant;
use support::Message;

/// Least time a level change over `rounds` passes, in ns.
fn least_ns(book: &mut Book, messages: &[Message], rounds: usize) -> f64 {
    let changes: usize = messages.iter().map(Message::changes).sum();
    let mut least = f64::MAX;
    for _ in 0..rounds {
        let start = Instant::now();
        for message in messages {
            black_box(book.apply(&black_box(message).update()).unwrap());
        }
        least = least.min(start.elapsed().as_nanos() as f64 / changes as f64);
    }
    least
}

/// Deltas like those of a 50-level feed: half a dozen to four dozen changes within 50 ticks of the touch.
fn near_touch(changes: usize) -> Vec<Message> {
    let mut state = 7u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) % below
    };
    let mut mid = 970_000i64;
    let message = |_| {
        mid += random(3) as i64 - 1;
        let mut side = |sign: i64| -> Vec<Level> {
            let mut level = |_| {
                let px = Px(mid + sign * (1 + random(50) as i64));
                Level { px, qty: Qty(if random(4) == 0 { 0 } else { 1 + random(1000) as i64 }) }
            };
            (0..changes / 2).map(&mut level).collect()
        };
        let (bids, asks) = (side(-1), side(1));
        Message { is_snapshot: false, update_id: 1, bids, asks }
    };
    (0..2000).map(message).collect()
}

fn main() {
    for sample in support::SAMPLES {
        let messages = support::depth_messages(sample);
        let changes: usize = messages.iter().map(Message::changes).sum();
        let per_message = changes as f64 / messages.len() as f64;
        let window = |window_ticks| Layout::Ladder { window_ticks };
        for layout in [window(4096), window(16384), window(65536), Layout::Sparse] {
            let mut book = Book::new(BookConfig { layout, ..BookConfig::default() });
            // The snapshot comes round once a pass, as part of it.
            let ns = least_ns(&mut book, &messages, 300);
            let (levels, far) = (book.levels(), book.far_levels());
            let name = &sample.0[13..20];
            println!(
                "{name} diffs, {per_message:.0} changes a message, {layout:?}: {ns:.2} ns a change; levels {levels:?}, far {far:?}"
            );
        }
    }
    for changes in [4, 24, 50] {
        let messages = near_touch(changes);
        let mut book = Book::new(BookConfig::default());
        println!(
            "near the touch, {changes} changes a message: {:.2} ns a change",
            least_ns(&mut book, &messages, 500)
        );
    }
    let mut book = Book::new(BookConfig::default());
    let messages = near_touch(24);
    least_ns(&mut book, &messages, 1);
    let mut out = [Level::default(); 10];
    let mut least = f64::MAX;
    for _ in 0..500 {
        let start = Instant::now();
        for _ in 0..1000 {
            black_box(black_box(&book).bids(&mut out));
            black_box(black_box(&book).asks(&mut out));
        }
        least = least.min(start.elapsed().as_nanos() as f64 / 1000.0);
    }
    println!("top 10 of both sides: {least:.1} ns");
}
