//! Laws of the book, held against a `BTreeMap` a side: on random walks that leave and re-enter the window, and on the
//! recordings that ship with the package.

mod support;

use nanotick_engine::book::{Book, BookConfig, Layout};
use nanotick_model::{BookUpdate, Level, Px, Qty, Side};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// The plain book that ours must equal.
#[derive(Default)]
struct Oracle {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
}

impl Oracle {
    fn apply(&mut self, update: &BookUpdate) {
        if update.is_snapshot {
            self.bids.clear();
            self.asks.clear();
        }
        for (levels, map) in [(update.bids, &mut self.bids), (update.asks, &mut self.asks)] {
            for level in levels {
                match level.qty.0 {
                    0 => map.remove(&level.px.0),
                    qty => map.insert(level.px.0, qty),
                };
            }
        }
    }
    fn side(&self, side: Side) -> Vec<Level> {
        let level = |(&px, &qty): (&i64, &i64)| Level { px: Px(px), qty: Qty(qty) };
        match side {
            Side::Buy => self.bids.iter().rev().map(level).collect(),
            Side::Sell => self.asks.iter().map(level).collect(),
        }
    }
    fn is_crossed(&self) -> bool {
        let (bid, ask) = (self.bids.last_key_value(), self.asks.first_key_value());
        bid.zip(ask).is_some_and(|(bid, ask)| bid.0 >= ask.0)
    }
}

fn top(book: &Book, side: Side, n: usize) -> Vec<Level> {
    let mut out = vec![Level::default(); n];
    let n = match side {
        Side::Buy => book.bids(&mut out),
        Side::Sell => book.asks(&mut out),
    };
    out.truncate(n);
    out
}

fn assert_equal(book: &Book, oracle: &Oracle) -> Result<(), TestCaseError> {
    for side in [Side::Buy, Side::Sell] {
        let want = oracle.side(side);
        let got = top(book, side, want.len() + 1);
        prop_assert_eq!(&got, &want);
        let best = if side == Side::Buy { book.best_bid() } else { book.best_ask() };
        prop_assert_eq!(best, want.first().copied());
        for n in [0, 1, 5, want.len() + 3] {
            let sum: i64 = want.iter().take(n).map(|l| l.qty.0).sum();
            prop_assert_eq!(book.depth_sum(side, n), Qty(sum));
            prop_assert_eq!(top(book, side, n), want.iter().copied().take(n).collect::<Vec<_>>());
        }
        let mut unordered = Vec::new();
        book.for_each(side, |level| unordered.push(level));
        unordered.sort_by_key(|l| if side == Side::Buy { -l.px.0 } else { l.px.0 });
        prop_assert_eq!(&unordered, &want);
        for level in &want {
            prop_assert_eq!(book.qty_at(side, level.px), level.qty);
            prop_assert_eq!(
                book.qty_at(side, Px(level.px.0 + 1)),
                Qty(want.iter().find(|l| l.px.0 == level.px.0 + 1).map_or(0, |l| l.qty.0))
            );
        }
    }
    prop_assert_eq!(book.levels(), (oracle.bids.len(), oracle.asks.len()));
    prop_assert_eq!(book.is_crossed(), oracle.is_crossed());
    Ok(())
}

#[derive(Clone, Debug)]
struct Step {
    snapshot: bool,
    /// How far the centre of prices moves first.
    drift: i64,
    bids: Vec<(i64, i64)>,
    asks: Vec<(i64, i64)>,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Offsets from the centre: mostly near, some around the window's edges, some far, some across the spread.
    let offset = prop_oneof![6 => -20i64..200, 2 => 1000i64..1100, 2 => 3050i64..3100, 1 => 4000i64..4200, 1 => -5000i64..60_000];
    let level = (offset, prop_oneof![1 => Just(0i64), 2 => 1i64..1000]);
    let side = proptest::collection::vec(level, 0..12);
    let drift = prop_oneof![6 => -3i64..4, 1 => -900i64..900, 1 => -9000i64..9000];
    let step = (0u32..20, drift, side.clone(), side).prop_map(|(snapshot, drift, bids, asks)| Step {
        snapshot: snapshot == 0,
        drift,
        bids,
        asks,
    });
    proptest::collection::vec(step, 1..60)
}

const LADDER: Layout = Layout::Ladder { window_ticks: 4096 };

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn equals_the_plain_book(steps in steps(), start in prop_oneof![Just(1i64), Just(5000), Just(600_000), Just(1 << 50)]) {
        let mut books = [LADDER, Layout::Sparse].map(|layout| Book::new(BookConfig { layout, max_levels: 1024 }));
        let (mut oracle, mut centre) = (Oracle::default(), start);
        for (id, step) in steps.into_iter().enumerate() {
            centre = (centre + step.drift).max(1);
            let level = |px: i64, qty| Level { px: Px(px.clamp(1, 1 << 53)), qty: Qty(qty) };
            let bids: Vec<_> = step.bids.iter().map(|&(d, qty)| level(centre - d, qty)).collect();
            let asks: Vec<_> = step.asks.iter().map(|&(d, qty)| level(centre + d, qty)).collect();
            let update = BookUpdate { is_snapshot: step.snapshot, update_id: id as u64, bids: &bids, asks: &asks };
            let before = [Side::Buy, Side::Sell].map(|s| oracle.side(s).first().copied());
            oracle.apply(&update);
            let changed = before != [Side::Buy, Side::Sell].map(|s| oracle.side(s).first().copied());
            for book in &mut books {
                let applied = book.apply(&update).unwrap();
                prop_assert_eq!(applied.top_changed, changed);
                prop_assert_eq!(applied.crossed, oracle.is_crossed());
                assert_equal(book, &oracle)?;
            }
            prop_assert_eq!(books[0].state_hash(), books[1].state_hash());
        }
    }

    #[test]
    fn at_the_bound_only_the_farthest_levels_go(offsets in proptest::collection::vec(0i64..100_000, 0..600)) {
        for layout in [LADDER, Layout::Sparse] {
            let mut book = Book::new(BookConfig { layout, max_levels: 64 });
            let mut oracle = Oracle::default();
            for (id, chunk) in offsets.chunks(7).enumerate() {
                let bids: Vec<_> = chunk.iter().map(|d| Level { px: Px(200_000 - d), qty: Qty(1 + d) }).collect();
                let update = BookUpdate { is_snapshot: false, update_id: id as u64, bids: &bids, asks: &[] };
                book.apply(&update).unwrap();
                oracle.apply(&update);
                let got = top(&book, Side::Buy, 100);
                prop_assert!(got.len() <= 64);
                // What was dropped was at least 56 levels behind the touch, and may leave gaps only there.
                let near = got.len().min(40);
                prop_assert_eq!(&got[..near], &oracle.side(Side::Buy)[..near]);
            }
            prop_assert_eq!(book.dropped() > 0, oracle.bids.len() > 64);
        }
    }

    #[test]
    fn a_bad_level_changes_nothing(px in any::<i64>(), qty in any::<i64>(), ask: bool, snapshot: bool) {
        let good = [Level { px: Px(100), qty: Qty(5) }, Level { px: Px(99), qty: Qty(1) }];
        let levels = [Level { px: Px(101), qty: Qty(7) }, Level { px: Px(px), qty: Qty(qty) }];
        let in_range = (1..=1 << 53).contains(&px) && (0..=1 << 53).contains(&qty);
        for layout in [LADDER, Layout::Sparse] {
            let mut book = Book::new(BookConfig { layout, max_levels: 64 });
            book.apply(&BookUpdate { is_snapshot: true, update_id: 1, bids: &good, asks: &[] }).unwrap();
            let before = book.state_hash();
            let (bids, asks): (&[Level], &[Level]) = if ask { (&good, &levels) } else { (&levels, &[]) };
            let outcome = book.apply(&BookUpdate { is_snapshot: snapshot, update_id: 2, bids, asks });
            prop_assert_eq!(outcome.is_ok(), in_range);
            prop_assert_eq!(book.state_hash() == before, !in_range);
        }
    }
}

#[test]
fn extreme_levels_are_judged_without_overflow() {
    let mut book = Book::new(BookConfig::default());
    let edge = 1i64 << 53;
    for (px, qty, fine) in [
        (i64::MIN, 1, false),
        (-1, 1, false),
        (0, 1, false),
        (1, 1, true),
        (edge, edge, true),
        (edge + 1, 1, false),
        (i64::MAX, 1, false),
        (1, -1, false),
        (1, i64::MIN, false),
        (1, i64::MAX, false),
        (1, 0, true),
    ] {
        let levels = [Level { px: Px(px), qty: Qty(qty) }];
        for (bids, asks) in [(&levels[..], &[][..]), (&[][..], &levels[..])] {
            let update = BookUpdate { is_snapshot: true, update_id: 1, bids, asks };
            assert_eq!(book.apply(&update).is_ok(), fine, "{px} {qty}");
        }
    }
}

#[test]
fn the_layout_follows_the_price() {
    let ladder = |window_ticks| Layout::Ladder { window_ticks };
    for (px, want) in [
        (1, ladder(16384)),
        (618_000, ladder(16384)),
        (1_000_000, ladder(32768)),
        (6_180_000, ladder(65536)),
        (618_000_000, Layout::Sparse),
        (i64::MAX, Layout::Sparse),
        (-5, ladder(16384)),
    ] {
        assert_eq!(BookConfig::for_price(Px(px)).layout, want, "{px}");
    }
}

#[test]
fn recordings_replay_as_the_plain_book() {
    for sample in support::SAMPLES {
        let messages = support::depth_messages(sample);
        let changes: usize = messages.iter().map(support::Message::changes).sum();
        assert!(changes > 100_000 && messages[0].bids.len() == 1000, "{}", sample.0);
        // A narrow window moves often, a wide one seldom: both must tell the same.
        let mut books = [LADDER, Layout::Ladder { window_ticks: 16384 }, Layout::Sparse]
            .map(|layout| Book::new(BookConfig { layout, max_levels: 8192 }));
        let mut oracle = Oracle::default();
        for message in &messages {
            oracle.apply(&message.update());
            for book in &mut books {
                book.apply(&message.update()).unwrap();
                for side in [Side::Buy, Side::Sell] {
                    assert_eq!(
                        top(book, side, 10),
                        &oracle.side(side)[..10],
                        "{} {}",
                        sample.0,
                        message.update_id
                    );
                }
                assert!(!book.is_crossed());
            }
        }
        let [a, b, c] = books;
        assert_eq!((a.levels(), a.state_hash()), (b.levels(), b.state_hash()));
        assert_eq!((a.levels(), a.state_hash()), (c.levels(), c.state_hash()));
        assert_eq!(a.levels(), (oracle.bids.len(), oracle.asks.len()));
        assert_eq!(a.dropped(), 0);
    }
}
