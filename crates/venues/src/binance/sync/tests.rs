//! The venue's rules as a table, and the law that a live book is never wrong whatever the network does.

use super::*;
use nanotick_model::{Px, Qty};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn diff(first: u64, last: u64, prev: u64) -> Diff<'static> {
    Diff { first, last, prev, venue_ns: 0, bids: &[], asks: &[] }
}
fn snapshot(last: u64) -> Snapshot<'static> {
    Snapshot { last, venue_ns: 0, bids: &[], asks: &[] }
}

enum Step {
    D(u64, u64, u64, Verdict),
    S(u64, Joined),
    /// Whether a snapshot is wanted now, and after how many milliseconds.
    R(Option<i64>),
}
use Joined::*;
use Step::*;
use Verdict::*;

#[test]
fn the_venues_rules_hold() {
    use Rules::*;
    #[rustfmt::skip]
    let cases: &[(&str, Rules, &[Step], &[u64])] = &[
        ("a snapshot inside a held diff joins there", Futures,
            &[R(Some(0)), R(None), D(11, 15, 9, Held), D(18, 20, 15, Held), D(25, 30, 20, Held), S(19, Live),
              D(31, 33, 30, Applied), R(None)], &[19, 20, 30, 33]),
        ("a diff that ends at the snapshot joins", Futures,
            &[D(11, 15, 9, Held), S(15, Live)], &[15, 15]),
        ("a diff that directly continues the snapshot joins", Futures,
            &[R(Some(0)), S(15, Live), D(19, 22, 15, Applied)], &[15, 22]),
        ("an old snapshot is asked for again", Futures,
            &[R(Some(0)), D(11, 15, 9, Held), S(8, TooOld), R(Some(250)), R(None), S(9, Live)], &[9, 15]),
        ("delays grow and then stay", Futures,
            &[R(Some(0)), D(11, 15, 9, Held), S(1, TooOld), R(Some(250)), S(1, TooOld), R(Some(500)),
              S(1, TooOld), R(Some(1000)), S(1, TooOld), R(Some(8000)), S(1, TooOld), R(Some(8000))], &[]),
        ("diffs before the snapshot are dropped", Futures,
            &[S(50, Live), D(11, 15, 9, Dropped), D(40, 49, 15, Dropped), D(50, 52, 49, Applied)], &[50, 52]),
        ("a stream that begins after the snapshot is a gap", Futures,
            &[R(Some(0)), S(50, Live), D(52, 55, 51, Gap), R(Some(0)), S(53, Live), D(56, 57, 55, Applied)],
            &[50, 53, 55, 57]),
        ("a missing diff is a gap, and the book waits", Futures,
            &[R(Some(0)), S(5, Live), D(5, 6, 4, Applied), D(8, 9, 7, Gap), D(10, 11, 9, Held), R(Some(0)),
              S(10, Live)], &[5, 6, 10, 11]),
        ("a duplicate is dropped", Futures,
            &[S(5, Live), D(5, 6, 4, Applied), D(5, 6, 4, Dropped), D(8, 9, 6, Applied)], &[5, 6, 9]),
        ("a second snapshot is ignored", Futures, &[S(5, Live), S(9, Ignored)], &[5]),
        ("a hole in what is held starts it anew", Futures,
            &[D(11, 15, 9, Held), D(21, 25, 19, Held), D(16, 19, 15, Held), S(14, TooOld), S(21, Live)], &[21, 25]),
        ("spot joins one behind the snapshot", Spot,
            &[D(1, 5, 0, Held), D(6, 9, 0, Held), S(5, Live), D(10, 10, 0, Applied), D(12, 13, 0, Gap)],
            &[5, 9, 10]),
        ("spot joins inside a diff", Spot, &[D(1, 9, 0, Held), S(5, Live), D(10, 12, 0, Applied)], &[5, 9, 12]),
        ("spot drops what ends at the snapshot", Spot, &[S(9, Live), D(5, 9, 0, Dropped)], &[9]),
        ("spot begins too late", Spot, &[S(9, Live), D(11, 12, 0, Gap)], &[9]),
        ("spot may not overlap once live", Spot,
            &[S(9, Live), D(10, 12, 0, Applied), D(12, 14, 0, Gap)], &[9, 12]),
    ];
    for (name, rules, steps, want) in cases {
        let mut sync = BookSync::new(*rules);
        let mut ids = Vec::new();
        for (i, step) in steps.iter().enumerate() {
            let emit = |_: i64, update: BookUpdate<'_>| ids.push(update.update_id);
            match *step {
                D(first, last, prev, verdict) => {
                    assert_eq!(sync.diff(&diff(first, last, prev), emit), verdict, "{name}: step {i}")
                }
                S(last, joined) => {
                    assert_eq!(sync.snapshot(&snapshot(last), emit), joined, "{name}: step {i}")
                }
                R(ms) => assert_eq!(sync.take_request(), ms.map(|ms| ms * 1_000_000), "{name}: step {i}"),
            }
        }
        assert_eq!(ids, *want, "{name}");
    }
}

#[test]
fn what_is_held_is_bounded() {
    let levels = [Level { px: Px(1), qty: Qty(1) }; 100];
    let mut sync = BookSync::new(Rules::Spot);
    for id in 1..50_000u64 {
        let diff = Diff { first: id, last: id, prev: 0, venue_ns: 0, bids: &levels, asks: &levels };
        assert_eq!(sync.diff(&diff, |_, _| panic!("nothing is live")), Held);
        assert!(sync.held.len() <= MAX_HELD_DIFFS && sync.levels.len() <= MAX_HELD_LEVELS);
    }
    // What was let go of cannot be joined any more, what is left can.
    assert_eq!(sync.snapshot(&snapshot(10), |_, _| panic!("too old")), TooOld);
    assert_eq!(sync.snapshot(&snapshot(49_998), |_, _| ()), Live);
}

#[test]
fn the_answer_to_a_question_before_a_reset_is_not_taken() {
    let mut sync = BookSync::new(Rules::Futures);
    assert_eq!(sync.take_request(), Some(0));
    sync.reset();
    assert_eq!(sync.take_request(), None);
    assert_eq!(sync.snapshot(&snapshot(5), |_, _| panic!("outdated")), TooOld);
    assert_eq!(sync.take_request(), Some(0));
    assert_eq!(sync.snapshot(&snapshot(5), |_, _| ()), Live);
    sync.reset();
    assert!(!sync.is_live() && sync.take_request().is_some());
    sync.request_failed();
    assert!(sync.take_request().unwrap() > 0);
}

type Ladder = BTreeMap<i64, i64>;

/// A stream of diffs of one side, with the book after each: the truth that a synced book is held to.
fn stream(rules: Rules, changes: &[(i64, i64, u64)]) -> (Vec<Message>, BTreeMap<u64, Ladder>) {
    let (mut book, mut truth, mut diffs) = (Ladder::new(), BTreeMap::new(), Vec::new());
    let (mut id, mut prev) = (100u64, 100u64);
    truth.insert(id, book.clone());
    for chunk in changes.chunks(3) {
        let hole = if rules == Rules::Futures { chunk[0].2 } else { 0 };
        let first = id + 1 + hole;
        let mut levels = Vec::new();
        for &(px, qty, _) in chunk {
            levels.push(Level { px: Px(px), qty: Qty(qty) });
            change(&mut book, px, qty);
        }
        id = first + chunk.len() as u64;
        diffs.push(Message { first, last: id, prev, levels });
        prev = id;
        truth.insert(id, book.clone());
    }
    (diffs, truth)
}
#[derive(Clone)]
struct Message {
    first: u64,
    last: u64,
    prev: u64,
    levels: Vec<Level>,
}
fn change(book: &mut Ladder, px: i64, qty: i64) {
    if qty == 0 {
        book.remove(&px);
    } else {
        book.insert(px, qty);
    }
}

proptest! {
    /// Whatever a network does to the order of messages, a live book equals the venue's at its id.
    #[test]
    fn a_live_book_is_never_wrong(
        futures: bool,
        changes in proptest::collection::vec((0i64..12, 0i64..4, 0u64..3), 3..200),
        faults in proptest::collection::vec((0usize..8, 0usize..4), 70),
        lag in 0usize..4,
    ) {
        let rules = if futures { Rules::Futures } else { Rules::Spot };
        let (diffs, truth) = stream(rules, &changes);
        let mut wire = Vec::new();
        for (i, message) in diffs.iter().enumerate() {
            match faults[i % faults.len()] {
                (0, _) => {}
                (1, _) => wire.extend([message.clone(), message.clone()]),
                (2, back) => wire.insert(wire.len().saturating_sub(back), message.clone()),
                _ => wire.push(message.clone()),
            }
        }
        let mut sync = BookSync::new(rules);
        let (mut book, mut at_id, mut pending) = (Ladder::new(), 0, None);
        let mut take = |_: i64, update: BookUpdate<'_>| {
            if update.is_snapshot {
                book.clear();
            }
            update.bids.iter().for_each(|l| change(&mut book, l.px.0, l.qty.0));
            at_id = update.update_id;
            assert_eq!(Some(&book), truth.get(&at_id), "after {at_id}");
        };
        for (i, m) in wire.iter().enumerate() {
            let diff = Diff { first: m.first, last: m.last, prev: m.prev, venue_ns: 0, bids: &m.levels, asks: &[] };
            sync.diff(&diff, &mut take);
            if sync.take_request().is_some() {
                pending = Some(i + lag);
            }
            if pending.is_some_and(|due| due <= i) {
                // The venue's book when the request is answered: the last whole update it has sent by then.
                let (&last, levels) = truth.range(..=m.last).next_back().unwrap();
                let levels: Vec<_> = levels.iter().map(|(&p, &q)| Level { px: Px(p), qty: Qty(q) }).collect();
                sync.snapshot(&Snapshot { last, venue_ns: 0, bids: &levels, asks: &[] }, &mut take);
                pending = None;
            }
        }
    }

    /// Without faults a book that is live at the end has seen every diff.
    #[test]
    fn an_undisturbed_stream_is_never_lost(
        futures: bool,
        changes in proptest::collection::vec((0i64..12, 0i64..4, 0u64..3), 30..200),
        at in 0usize..8,
    ) {
        let rules = if futures { Rules::Futures } else { Rules::Spot };
        let (diffs, truth) = stream(rules, &changes);
        let mut sync = BookSync::new(rules);
        let mut last_id = 0;
        for (i, m) in diffs.iter().enumerate() {
            if i == at {
                let (&last, _) = truth.range(..m.first).next_back().unwrap();
                prop_assert_eq!(sync.snapshot(&snapshot(last), |_, u| last_id = u.update_id), Live);
            }
            let diff = Diff { first: m.first, last: m.last, prev: m.prev, venue_ns: 0, bids: &[], asks: &[] };
            let verdict = sync.diff(&diff, |_, u| last_id = u.update_id);
            prop_assert_eq!(verdict, if i < at { Held } else { Applied });
        }
        prop_assert_eq!(last_id, diffs.last().unwrap().last);
    }
}
