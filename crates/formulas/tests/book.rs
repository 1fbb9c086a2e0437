//! Laws of order book shape and of the watch for manipulation that no single value shows.

mod common;

use common::{close, kernel, over, sample, Draw, Table};
use nanotick_formulas::{info, Field};
use proptest::prelude::*;

const LEVELS: usize = 6;
const NAN: f64 = f64::NAN;

/// A row of events: a book about a mid of 1000, prices whole numbers, and a trade.
#[derive(Clone)]
struct Event {
    t_s: f64,
    bids: Vec<(f64, f64)>,
    asks: Vec<(f64, f64)>,
    trade: [f64; 3],
}

/// Most levels stay from row to row; now and then one is much larger, the touch moves, or somebody takes.
fn events(rows: usize, seed: u64) -> Vec<Event> {
    let mut draw = Draw(seed);
    let mut sizes = vec![[5.0; 40]; 2];
    let (mut touch, mut t_s) = ([999.0, 1001.0], 0.0);
    let mut out = Vec::new();
    for _ in 0..rows {
        t_s += 0.3 * draw.unit();
        let side = usize::from(draw.unit() < 0.5);
        if draw.unit() < 0.2 {
            touch[side] = [999.0, 1001.0][side] + [-1.0, 1.0][side] * (draw.unit() * 3.0).floor();
        }
        let place = (draw.unit() * 9.0) as usize;
        sizes[side][place] = if draw.unit() < 0.4 { 60.0 } else { 1.0 + (draw.unit() * 8.0).floor() };
        let levels = |side: usize, step: f64| {
            (0..LEVELS)
                .map(|level| {
                    let px = touch[side] + step * level as f64;
                    (px, sizes[side][(px - 1000.0).abs() as usize])
                })
                .collect::<Vec<_>>()
        };
        let (bids, asks) = (levels(0, -1.0), levels(1, 1.0));
        let trade = if draw.unit() < 0.3 {
            let (px, side) = if draw.unit() < 0.5 { (bids[0].0, -1.0) } else { (asks[0].0, 1.0) };
            [px, 1.0 + (draw.unit() * 4.0).floor(), side]
        } else {
            [NAN; 3]
        };
        out.push(Event { t_s, bids, asks, trade });
    }
    out
}

/// Bid and ask changed, prices turned about 1000.
fn mirrored(events: &[Event]) -> Vec<Event> {
    let turn = |levels: &[(f64, f64)]| levels.iter().map(|&(px, size)| (2_000.0 - px, size)).collect();
    let event = |event: &Event| Event {
        t_s: event.t_s,
        bids: turn(&event.asks),
        asks: turn(&event.bids),
        trade: [2_000.0 - event.trade[0], event.trade[1], -event.trade[2]],
    };
    events.iter().map(event).collect()
}

/// Prices and sizes multiplied.
fn scaled(events: &[Event], prices: f64, sizes: f64) -> Vec<Event> {
    let scale =
        |levels: &[(f64, f64)]| levels.iter().map(|&(px, size)| (px * prices, size * sizes)).collect();
    let event = |event: &Event| Event {
        t_s: event.t_s,
        bids: scale(&event.bids),
        asks: scale(&event.asks),
        trade: [event.trade[0] * prices, event.trade[1] * sizes, event.trade[2]],
    };
    events.iter().map(event).collect()
}

/// The columns that a formula takes of the events.
fn table(key: &str, events: &[Event]) -> Table {
    let mut table = Table { columns: Vec::new(), widths: Vec::new(), rows: events.len() };
    for column in info(key).expect(key).columns {
        let values: Vec<f64> = match column.name {
            "bid_px" => events.iter().flat_map(|e| e.bids.iter().map(|l| l.0)).collect(),
            "bid_sizes" => events.iter().flat_map(|e| e.bids.iter().map(|l| l.1)).collect(),
            "ask_px" => events.iter().flat_map(|e| e.asks.iter().map(|l| l.0)).collect(),
            "ask_sizes" => events.iter().flat_map(|e| e.asks.iter().map(|l| l.1)).collect(),
            "price" => events.iter().map(|e| e.trade[0]).collect(),
            "size" => events.iter().map(|e| e.trade[1]).collect(),
            "side" => events.iter().map(|e| e.trade[2]).collect(),
            "t_s" => events.iter().map(|e| e.t_s).collect(),
            name => panic!("{key} takes {name}"),
        };
        table.columns.push(values);
        table.widths.push(if column.vector { events[0].bids.len() } else { 1 });
    }
    table
}

fn run(key: &str, params: &[f64], events: &[Event]) -> Vec<Vec<f64>> {
    table(key, events).batch_values(&mut kernel(key, params))
}

#[track_caller]
fn same(a: &[f64], b: &[f64], tolerance: f64) -> Result<(), TestCaseError> {
    prop_assert_eq!(a.len(), b.len());
    for (row, (&a, &b)) in a.iter().zip(b).enumerate() {
        prop_assert!(close(a, b, 1.0, tolerance), "row {}: {} and {}", row, a, b);
    }
    Ok(())
}

fn times(column: &[f64], factor: f64) -> Vec<f64> {
    column.iter().map(|x| x * factor).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// What becomes of an output in the mirror: the output that it is then, and its sign.
    #[test]
    fn the_mirror_changes_the_sides(seed in 0u64..10_000) {
        type Mirror = (&'static str, &'static [f64], &'static [(usize, usize, f64)]);
        const MOVING: &[Mirror] = &[
            ("depth_imbalance", &[4.0], &[(0, 0, -1.0)]),
            ("spoof_score", &[4.0, 3.0, 2.0, 10.0], &[(0, 0, 1.0), (1, 2, 1.0), (2, 1, 1.0)]),
            ("layering_score", &[5.0, 2.0, 2.0, 3.0, 10.0], &[(0, 0, 1.0), (1, 1, -1.0)]),
            ("iceberg_score", &[1.0, 1.0], &[(0, 0, 1.0), (1, 1, 1.0), (2, 2, 1.0)]),
        ];
        // Shares of the mid are the same in the mirror only if the mid is 1000.
        const STILL: &[Mirror] = &[
            ("depth_imbalance_weighted", &[4.0, 7.0], &[(0, 0, -1.0)]),
            ("depth_within_bps", &[25.0], &[(0, 1, 1.0), (1, 0, 1.0)]),
            ("book_pressure", &[2.0, 5.0], &[(1, 1, -1.0)]),
            ("depth_hhi", &[5.0, 3.0], &[(0, 0, 1.0), (2, 2, 1.0)]),
        ];
        let moving = events(300, seed);
        let still: Vec<Event> = moving.iter().map(|event| {
            let about = |levels: &[(f64, f64)], sign: f64| {
                levels.iter().enumerate().map(|(place, level)| (1_000.0 + sign * (1.0 + place as f64), level.1)).collect()
            };
            Event { bids: about(&event.bids, -1.0), asks: about(&event.asks, 1.0), ..event.clone() }
        }).collect();
        for (mirrors, events) in [(MOVING, &moving), (STILL, &still)] {
            for (key, params, outputs) in mirrors {
                let (one, other) = (run(key, params, events), run(key, params, &mirrored(events)));
                for &(output, place, sign) in *outputs {
                    same(&one[output], &times(&other[place], sign), 1e-9)
                        .map_err(|error| TestCaseError::fail(format!("{key}, output {output}: {error}")))?;
                }
            }
        }
        // Money buys fewer coins of the higher prices, so the mirror of a sweep is its mirror but for a part in a hundred.
        let (one, other) = (run("sweep_cost", &[2e4], &still), run("sweep_cost", &[2e4], &mirrored(&still)));
        for row in 0..300 {
            prop_assert!(close(one[0][row], 2_000.0 - other[1][row], 0.0, 1e-3));
            prop_assert!(close(one[1][row], 2_000.0 - other[0][row], 0.0, 1e-3));
        }
    }

    #[test]
    fn what_scales_with_prices_and_sizes(seed in 0u64..10_000, power in -6i32..6) {
        let factor = 2f64.powi(power);
        let events = events(200, seed);
        // Formula, parameters, and the powers of the outputs in prices and in sizes; 9 where the law does not hold.
        type Powers = (&'static str, &'static [f64], &'static [i32], &'static [i32]);
        const POWERS: &[Powers] = &[
            ("depth_imbalance", &[4.0], &[0], &[0]),
            ("depth_imbalance_weighted", &[4.0, 7.0], &[0], &[0]),
            ("depth_within_bps", &[30.0], &[0, 0, 1, 1], &[1, 1, 1, 1]),
            ("book_pressure", &[1.0, 4.0], &[1, 0], &[0, 0]),
            ("book_slope", &[2.0], &[0, 0, 0], &[9, 9, 9]),
            ("depth_hhi", &[5.0, 3.0], &[0, 1, 0], &[0, 0, 0]),
            ("spoof_score", &[4.0, 3.0, 2.0, 10.0], &[0, 0, 0], &[0, 0, 0]),
            ("layering_score", &[5.0, 2.0, 2.0, 3.0, 10.0], &[0, 0], &[0, 0]),
            ("iceberg_score", &[1.0, 1.0], &[0, 0, 0], &[0, 0, 0]),
        ];
        for (key, params, in_prices, in_sizes) in POWERS {
            let one = run(key, params, &events);
            prop_assert!(one[0].iter().any(|x| x.is_finite()), "{} gave nothing", key);
            for (powers, other) in [(in_prices, scaled(&events, factor, 1.0)), (in_sizes, scaled(&events, 1.0, factor))] {
                let other = run(key, params, &other);
                for ((a, b), power) in one.iter().zip(&other).zip(*powers).filter(|(_, power)| **power != 9) {
                    same(&times(a, factor.powi(*power)), b, 1e-9)?;
                }
            }
        }
    }

    #[test]
    fn imbalances_are_shares(seed in 0u64..10_000) {
        let events = events(200, seed);
        for imbalance in [run("depth_imbalance", &[5.0], &events), run("depth_imbalance_weighted", &[5.0, 2.0], &events)] {
            prop_assert!(imbalance[0].iter().all(|x| x.abs() <= 1.0));
        }
        let first: (Vec<f64>, Vec<f64>) = events.iter().map(|event| (event.bids[0].1, event.asks[0].1)).unzip();
        let best = over("queue_imbalance", &[], &[&first.0, &first.1]);
        same(&run("depth_imbalance", &[1.0], &events)[0], &best[0], 1e-15)?;
        // Without decay all weigh the same.
        same(&run("depth_imbalance_weighted", &[5.0, 1e5], &events)[0], &run("depth_imbalance", &[5.0], &events)[0], 0.02)?;
    }

    #[test]
    fn more_depth_costs_more(seed in 0u64..10_000, notional in 10.0f64..40_000.0) {
        let events = events(100, seed);
        let (near, far) = (run("depth_within_bps", &[15.0], &events), run("depth_within_bps", &[35.0], &events));
        for (near, far) in near.iter().zip(&far) {
            prop_assert!(near.iter().zip(far).all(|(a, b)| a <= b));
        }
        let (less, more) = (run("sweep_cost", &[notional], &events), run("sweep_cost", &[notional * 1.7], &events));
        let round = run("xlm", &[notional], &events);
        let round_more = run("xlm", &[notional * 1.7], &events);
        let tiny = run("sweep_cost", &[1e-6], &events);
        for row in 0..100 {
            let mid = 0.5 * (events[row].bids[0].0 + events[row].asks[0].0);
            let half = 1e4 * (events[row].asks[0].0 - mid) / mid;
            for side in [2, 3] {
                prop_assert!(less[side][row] <= more[side][row] + 1e-9);
                prop_assert!(close(tiny[side][row], half, 1.0, 1e-12));
            }
            prop_assert!(less[0][row] >= events[row].asks[0].0 && less[1][row] <= events[row].bids[0].0);
            prop_assert!(less[4][row] >= more[4][row], "filled");
            if less[4][row] == 1.0 {
                prop_assert!(round[2][row] >= 0.0 && round[0][row] >= round[1][row]);
                prop_assert!(close(round[0][row], less[2][row] + less[3][row], 1.0, 1e-12));
                prop_assert!(close(round[1][row], 2.0 * half, 1.0, 1e-12));
                prop_assert!(round_more[0][row].is_nan() || round_more[0][row] >= round[0][row] - 1e-9);
            } else {
                prop_assert!(round[0][row].is_nan() && round[2][row].is_nan());
            }
        }
    }

    /// The book holds exactly what is asked for: it is filled, whatever the products round to.
    #[test]
    fn the_last_level_may_be_taken_whole(seed in 0u64..10_000) {
        let mut draw = Draw(seed);
        let levels: Vec<(f64, f64)> = (0..LEVELS).map(|i| (60_000.1 + 0.1 * i as f64, (1.0 + draw.unit() * 999.0).floor() / 1e3)).collect();
        let notional: f64 = levels.iter().map(|(px, size)| px * size).sum();
        let bids = levels.iter().map(|&(px, size)| (120_000.0 - px, 2.0 * size)).collect();
        let event = Event { t_s: 0.0, bids, asks: levels, trade: [NAN; 3] };
        prop_assert_eq!(run("sweep_cost", &[notional], std::slice::from_ref(&event))[4][0], 1.0);
        prop_assert_eq!(run("sweep_cost", &[notional * 1.000_001], &[event])[4][0], 0.0);
    }

    #[test]
    fn the_price_of_the_levels_lies_between_them(seed in 0u64..10_000) {
        let events = events(100, seed);
        let pressure = run("book_pressure", &[2.0, 4.0], &events);
        for (event, wp) in events.iter().zip(&pressure[0]) {
            prop_assert!(event.bids[3].0 <= *wp && *wp <= event.asks[3].0);
        }
        // The asks are the bids in the mirror.
        let even: Vec<Event> = events.iter().map(|event| {
            let asks = event.bids.iter().map(|&(px, size)| (2_000.0 - px, size)).collect();
            Event { asks, ..event.clone() }
        }).collect();
        let pressure = run("book_pressure", &[1.0, 6.0], &even);
        prop_assert!(pressure[0].iter().all(|&wp| close(wp, 1_000.0, 0.0, 1e-12)));
        prop_assert!(kernel_error("book_pressure", &[4.0, 2.0]).contains("at least n1"));
        let [bid, ask, both] = &run("book_slope", &[4.0], &even)[..] else { unreachable!() };
        for row in 0..100 {
            prop_assert!(close(2.0 * both[row], bid[row] + ask[row], 1.0, 1e-12));
            // Alike but for the shares of prices on either side of 1000.
            prop_assert!(bid[row].is_nan() || close(bid[row], ask[row], 1.0, 0.02), "{} and {}", bid[row], ask[row]);
        }
        // Twice the gaps, half the slope.
        let wide: Vec<Event> = even.iter().map(|event| {
            let spread = |levels: &[(f64, f64)]| levels.iter().map(|&(px, size)| (2.0 * px - 1_000.0, size)).collect();
            Event { bids: spread(&event.bids), asks: spread(&event.asks), ..event.clone() }
        }).collect();
        let wide = run("book_slope", &[4.0], &wide);
        for row in 0..100 {
            prop_assert!(both[row].is_nan() || close(2.0 * wide[2][row], both[row], 1.0, 0.02));
        }
    }

    #[test]
    fn concentration_is_least_for_equal_sizes(count in 1usize..30, size in 0.001f64..1e4, other in 0.001f64..1e4) {
        let event = |sizes: &[f64]| {
            let bids = sizes.iter().enumerate().map(|(i, &size)| (1e3 - i as f64, size)).collect();
            let asks = (0..sizes.len()).map(|i| (1_001.0 + i as f64, size)).collect();
            Event { t_s: 0.0, bids, asks, trade: [NAN; 3] }
        };
        let even = run("depth_hhi", &[30.0], &[event(&vec![size; count])]);
        prop_assert!(close(even[0][0], 1.0 / count as f64, 0.0, 1e-12) && even[2][0] == 1.0 && even[1][0].is_nan());
        let mut sizes = vec![size; count];
        sizes[count / 2] = other;
        let uneven = run("depth_hhi", &[30.0], &[event(&sizes)]);
        prop_assert!(uneven[0][0] >= 1.0 / count as f64 - 1e-12 && uneven[0][0] <= 1.0);
        if count > 2 && other > 5.01 * size {
            prop_assert_eq!(uneven[1][0], 1e3 - (count / 2) as f64);
        }
    }

    #[test]
    fn spoofs_are_a_share_of_the_candidates(seed in 0u64..10_000, k in 1.0f64..6.0) {
        let events = events(400, seed);
        let [score, buy, sell] = &run("spoof_score", &[5.0, k, 2.0, 5.0], &events)[..] else { unreachable!() };
        prop_assert!(score.iter().all(|x| (0.0..=1.0).contains(x)));
        prop_assert!(buy.iter().chain(sell).all(|&x| x >= 0.0));
        prop_assert!(buy.iter().chain(sell).any(|&x| x > 0.0), "the sample has spoofs");
        // No trades, no spoofs.
        let quiet: Vec<Event> = events.iter().map(|event| Event { trade: [NAN; 3], ..event.clone() }).collect();
        prop_assert!(run("spoof_score", &[5.0, k, 2.0, 5.0], &quiet).iter().flatten().all(|&x| x == 0.0));
        // No cancels: sizes only grow.
        let mut growing = events.clone();
        for (row, event) in growing.iter_mut().enumerate() {
            for (place, level) in event.bids.iter_mut().enumerate() {
                *level = (999.0 - place as f64, 3.0 + ((row + place) / 9) as f64 * 20.0);
            }
            for (place, level) in event.asks.iter_mut().enumerate() {
                *level = (1001.0 + place as f64, 3.0 + ((row + place) / 9) as f64 * 20.0);
            }
        }
        prop_assert!(run("spoof_score", &[5.0, 0.5, 2.0, 5.0], &growing).iter().flatten().all(|&x| x == 0.0));
        prop_assert!(run("layering_score", &[5.0, 2.0, 0.5, 2.0, 5.0], &growing).iter().flatten().all(|&x| x == 0.0));
    }

    #[test]
    fn layers_are_counted_on_one_side(seed in 0u64..10_000) {
        let events = events(600, seed);
        let [score, side] = &run("layering_score", &[5.0, 2.0, 2.0, 3.0, 10.0], &events)[..] else { unreachable!() };
        prop_assert!(score.iter().zip(side).all(|(&score, &side)| (score == 0.0 && side == 0.0) || (score > 0.0 && side.abs() <= 1.0)));
        prop_assert!(score.iter().any(|&x| x >= 2.0), "the sample has layers");
        let still = vec![events[0].clone(); 50];
        prop_assert!(run("layering_score", &[5.0, 2.0, 2.0, 3.0, 10.0], &still).iter().flatten().all(|&x| x == 0.0));
        // Bids and asks alike: never one side alone.
        let even: Vec<Event> = events.iter().map(|event| {
            let asks = event.bids.iter().map(|&(px, size)| (2_000.0 - px, size)).collect();
            Event { asks, trade: [NAN; 3], ..event.clone() }
        }).collect();
        prop_assert!(run("layering_score", &[5.0, 2.0, 2.0, 3.0, 10.0], &even).iter().flatten().all(|&x| x == 0.0));
    }

    #[test]
    fn icebergs_need_trades_and_refills(seed in 0u64..10_000, least in 1usize..4) {
        let events = events(400, seed);
        let [ratio, refills, flag] = &run("iceberg_score", &[1.0, least as f64], &events)[..] else { unreachable!() };
        for row in 0..400 {
            prop_assert!(ratio[row] >= 0.0 && refills[row] >= 0.0);
            let meets = refills[row] >= least as f64 && ratio[row] > 1.0;
            prop_assert_eq!(flag[row] == 1.0, meets);
        }
        prop_assert!(ratio.iter().any(|&x| x > 0.0), "the sample has trades");
        let quiet: Vec<Event> = events.iter().map(|event| Event { trade: [NAN; 3], ..event.clone() }).collect();
        prop_assert!(run("iceberg_score", &[1.0, least as f64], &quiet).iter().flatten().all(|&x| x == 0.0));
    }

    #[test]
    fn cancel_rates_know_no_unit_of_time(seed in 0u64..10_000, power in -5i32..5) {
        let rates = sample(info("cancel_rate").unwrap(), 200, seed).columns;
        let start = rates[3][0];
        let seconds: Vec<f64> = rates[3].iter().map(|t| t - start).collect();
        let factor = 2f64.powi(power);
        let one = over("cancel_rate", &[8.0], &[&rates[0], &rates[1], &rates[2], &seconds]);
        let other = over("cancel_rate", &[8.0 * factor], &[&rates[0], &rates[1], &rates[2], &times(&seconds, factor)]);
        for (a, b) in one.iter().zip(&other) {
            same(a, b, 1e-12)?;
            prop_assert!(a.iter().all(|&x| x >= 0.0));
        }
        let none = over("cancel_rate", &[8.0], &[&rates[0], &vec![0.0; 200], &rates[2], &seconds]);
        prop_assert!(none[0].iter().all(|&x| x == 0.0));
    }

    #[test]
    fn stuffing_is_far_from_the_usual(seed in 0u64..10_000, z in 0.5f64..3.0) {
        let mut draw = Draw(seed);
        let seconds: Vec<f64> = (0..300).map(f64::from).collect();
        let messages: Vec<f64> = (0..300).map(|_| if draw.unit() < 0.05 { 500.0 } else { (draw.unit() * 30.0).floor() }).collect();
        let trades = vec![1.0; 300];
        let [zscore, stuffing] = &over("quote_stuffing", &[1_000.0, 20.0, z, 50.0], &[&messages, &trades, &seconds])[..] else { unreachable!() };
        prop_assert!(stuffing.iter().zip(zscore).all(|(&flag, &score)| flag != 1.0 || score > z));
        prop_assert!(stuffing.contains(&1.0));
        let even = over("quote_stuffing", &[1_000.0, 20.0, z, 50.0], &[&vec![100.0; 300], &trades, &seconds]);
        prop_assert!(even.iter().all(|column| column[21..].iter().all(|&x| x == 0.0)));
        // The order of the past plays no part.
        let mut shuffled = messages.clone();
        shuffled[200..220].reverse();
        let other = over("quote_stuffing", &[1_000.0, 20.0, z, 50.0], &[&shuffled, &trades, &seconds]);
        prop_assert!(close(zscore[221], other[0][221], 1.0, 1e-9));
    }

    #[test]
    fn matched_trades_are_a_share(seed in 0u64..10_000) {
        let mut trades = sample(info("wash_trade_matched").unwrap(), 400, seed).columns;
        // Few prices and sizes, so that some match.
        trades[0].iter_mut().for_each(|x| *x = 600.0 + (*x * 7.0).floor() % 2.0);
        trades[1].iter_mut().for_each(|x| *x = 1.0 + x.floor() % 3.0);
        let columns: Vec<&[f64]> = trades.iter().map(Vec::as_slice).collect();
        let share = over("wash_trade_matched", &[3.0, 1e-9, 50.0], &columns).remove(0);
        prop_assert!(share.iter().all(|x| x.is_nan() || (0.0..=1.0).contains(x)));
        prop_assert!(share[399] > 0.1, "{}", share[399]);
        // A longer horizon or a wider tolerance finds no fewer in a window that holds all.
        let all = |horizon: f64, tol: f64| over("wash_trade_matched", &[horizon, tol, 400.0], &columns)[0][399];
        prop_assert!(all(3.0, 1e-9) <= all(30.0, 1e-9) + 1e-12);
        let bought = over("wash_trade_matched", &[3.0, 1e-9, 50.0], &[columns[0], columns[1], &vec![1.0; 400], columns[3]]);
        prop_assert!(bought[0][49..].iter().all(|&x| x == 0.0));
        let sides: Vec<f64> = (0..40).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let seconds: Vec<f64> = (0..40).map(|i| f64::from(i) * 0.1).collect();
        let paired = over("wash_trade_matched", &[1.0, 1e-9, 40.0], &[&vec![100.0; 40], &vec![0.3; 40], &sides, &seconds]);
        prop_assert!(close(paired[0][39], 1.0, 0.0, 1e-12));
    }

    #[test]
    fn first_digits_know_no_unit_and_no_order(seed in 0u64..10_000, power in -9i32..9) {
        let mut draw = Draw(seed);
        let sizes: Vec<f64> = (0..100).map(|_| (1.0 + (draw.unit() * 9_999.0).floor()) / 1e3).collect();
        let one = over("benford_chi2", &[100.0], &[&sizes]);
        let moved: Vec<f64> = sizes.iter().map(|size| size * 10f64.powi(power)).collect();
        let reversed: Vec<f64> = sizes.iter().rev().copied().collect();
        for other in [over("benford_chi2", &[100.0], &[&moved]), over("benford_chi2", &[100.0], &[&reversed])] {
            for (a, b) in one.iter().zip(&other) {
                prop_assert_eq!(a[99].to_bits(), b[99].to_bits());
            }
        }
        prop_assert!(one[0][99] >= 0.0 && (0.0..=1.0).contains(&one[1][99]));
    }

    #[test]
    fn a_pump_is_both_anomalies(seed in 0u64..10_000, power in -6i32..6) {
        let mut draw = Draw(seed);
        let close: Vec<f64> = (0..300).map(|_| 100.0 * (0.05 * draw.normal()).exp()).collect();
        let high: Vec<f64> = close.iter().map(|c| c * (1.0 + 0.03 * draw.unit())).collect();
        let volume: Vec<f64> = (0..300).map(|_| draw.normal().exp()).collect();
        let params = [12.0, 1.02, 1.5];
        let [price, traded, pump] = &over("pump_dump", &params, &[&high, &close, &volume])[..] else { unreachable!() };
        for row in 12..300 {
            prop_assert_eq!(pump[row], price[row] * traded[row]);
        }
        prop_assert!(pump.contains(&1.0) && price.contains(&0.0) && traded.contains(&0.0));
        let factor = 2f64.powi(power);
        let other = over("pump_dump", &params, &[&times(&high, factor), &times(&close, factor), &times(&volume, 1.0 / factor)]);
        same(pump, &other[2], 0.0)?;
        let flat = over("pump_dump", &[12.0], &[&[100.0; 40], &[100.0; 40], &[3.0; 40]]);
        prop_assert!(flat.iter().all(|column| column[12..].iter().all(|&x| x == 0.0)));
    }

    /// Orders one by one: the true place lies between the two extreme rules.
    #[test]
    fn the_true_place_lies_between_the_rules(seed in 0u64..10_000) {
        let mut draw = Draw(seed);
        let mut queue: Vec<(f64, bool)> = (0..12).map(|_| (1.0 + (draw.unit() * 5.0).floor(), false)).collect();
        let level = |queue: &[(f64, bool)]| queue.iter().map(|order| order.0).sum::<f64>();
        let ahead = |queue: &[(f64, bool)]| queue.iter().take_while(|order| !order.1).map(|order| order.0).sum::<f64>();
        let mut columns = vec![Vec::new(); 10];
        let mut truth = Vec::new();
        for row in 0..80 {
            let (mut trade, mut order) = ([NAN; 3], [NAN; 3]);
            let kind = (draw.unit() * 3.0) as u32;
            if row == 1 {
                queue.push((4.0, true));
                order = [999.0, 4.0, 1.0];
            } else if row > 1 && kind == 0 && !queue[0].1 {
                // The first order is taken, whole or in part.
                let size = queue[0].0.min(1.0 + (draw.unit() * 3.0).floor());
                trade = [999.0, size, -1.0];
                queue[0].0 -= size;
                queue.retain(|order| order.0 > 0.0);
            } else if row > 1 && kind == 1 {
                let place = (draw.unit() * queue.len() as f64) as usize;
                if !queue[place].1 {
                    queue.remove(place);
                }
            } else if row > 1 {
                queue.push((1.0 + (draw.unit() * 5.0).floor(), false));
            }
            let shown = if row > 0 && (!trade[0].is_nan() || row == 1) { [NAN; 4] } else { [999.0, level(&queue), 1_001.0, 7.0] };
            truth.push(ahead(&queue));
            for (column, x) in columns.iter_mut().zip(shown.into_iter().chain(trade).chain(order)) {
                column.push(x);
            }
        }
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let (pessimistic, optimistic) = (over("queue_position", &[1.0], &columns), over("queue_position", &[2.0], &columns));
        for row in 1..80 {
            prop_assert!(optimistic[0][row] <= truth[row] && truth[row] <= pessimistic[0][row],
                "row {}: {} {} {}", row, optimistic[0][row], truth[row], pessimistic[0][row]);
        }
    }

    /// The same order under the three rules: a book of one level, trades and cancels at random.
    #[test]
    fn the_place_in_the_queue_only_gets_better(seed in 0u64..10_000, own in 1u8..20) {
        let mut draw = Draw(seed);
        let own = f64::from(own);
        let mut level = 50.0;
        let mut columns = vec![Vec::new(); 10];
        let mut levels = Vec::new();
        for row in 0..60 {
            // The level as a book shows it has our order once it is placed.
            let (mut trade, mut order, mut book) = ([NAN; 3], [NAN; 3], [999.0, level, 1_001.0, 7.0]);
            if row == 1 {
                order = [999.0, own, 1.0];
                level += own;
                book = [NAN; 4];
            } else if row > 1 {
                let most = level - own;
                match (draw.unit() * 3.0) as u32 {
                    0 => {
                        trade = [999.0, 1.0 + (draw.unit() * 5.0).floor(), -1.0];
                        trade[1] = trade[1].min(most.max(1.0));
                        level = (level - trade[1]).max(own);
                        book = [NAN; 4];
                    }
                    1 => level -= (draw.unit() * 6.0).floor().min(most),
                    _ => level += (draw.unit() * 8.0).floor(),
                }
                if !book[0].is_nan() {
                    book[1] = level;
                }
            }
            levels.push(level);
            for (column, x) in columns.iter_mut().zip(book.into_iter().chain(trade).chain(order)) {
                column.push(x);
            }
        }
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let rule = |place: f64| over("queue_position", &[place], &columns);
        let (proportional, pessimistic, optimistic) = (rule(0.0), rule(1.0), rule(2.0));
        for row in 1..60 {
            prop_assert!(pessimistic[0][row] >= proportional[0][row] - 1e-9);
            prop_assert!(proportional[0][row] >= optimistic[0][row] - 1e-9);
            for points in [&proportional, &pessimistic, &optimistic] {
                let (ahead, behind) = (points[0][row], points[1][row]);
                prop_assert!(row == 1 || ahead <= points[0][row - 1] + 1e-9);
                prop_assert!(ahead >= 0.0 && behind >= 0.0);
                // A book has the level as it is; a trade may take what only an order row tells to be our own.
                if !columns[0][row].is_nan() {
                    prop_assert!(close(ahead + behind + own, levels[row], 1.0, 1e-12), "row {}: {} + {} + {} of {}", row, ahead, behind, own, levels[row]);
                }
            }
        }
    }
}

fn kernel_error(key: &str, params: &[f64]) -> String {
    nanotick_formulas::build(key, params).expect_err("it is refused").to_string()
}

/// 10 bps of a mid of 100 k is a tenth k: the level there is within, whatever the products round to.
#[test]
fn a_level_at_the_limit_is_within() {
    for k in 1..3_000u32 {
        let mid = f64::from(100 * k);
        let tenths = |units: u32| f64::from(units) / 10.0;
        let bids = vec![(mid - 0.05, 1.0), (tenths(1_000 * k - k), 2.0), (tenths(1_000 * k - k - 1), 4.0)];
        let asks = vec![(mid + 0.05, 1.0), (tenths(1_000 * k + k), 2.0), (tenths(1_000 * k + k + 1), 4.0)];
        let depth = run("depth_within_bps", &[10.0], &[Event { t_s: 0.0, bids, asks, trade: [NAN; 3] }]);
        assert_eq!((depth[0][0], depth[1][0]), (3.0, 3.0), "{mid}");
    }
}

/// Nine sizes in the proportions of Benford's law, as near as 10 000 trades can be.
#[test]
fn sizes_by_the_law_are_not_suspicious() {
    let mut sizes = Vec::new();
    for digit in 1..=9 {
        let count = (10_000.0 * (1.0 + 1.0 / f64::from(digit)).log10()).round() as usize;
        sizes.extend(std::iter::repeat_n(f64::from(digit) * 0.01, count));
    }
    let window = sizes.len() as f64;
    let [chi2, p_value, mad] = &over("benford_chi2", &[window], &[&sizes])[..] else { unreachable!() };
    let last = sizes.len() - 1;
    assert!(chi2[last] < 0.01 && p_value[last] > 0.999_999 && mad[last] < 1e-4, "{}", chi2[last]);
}

/// Every size that a venue may print, in thousandths and in millionths, has the digit that its text has.
#[test]
fn digits_are_those_of_the_text() {
    for denominator in [1e3, 1e6, 1e8] {
        for units in 1..3_000u32 {
            let size = f64::from(units) / denominator;
            let text = units.to_string();
            let mut sizes = vec![size; 50];
            sizes[0] = size;
            let chi2 = over("benford_chi2", &[50.0], &[&sizes])[0][49];
            let digit = f64::from(text.as_bytes()[0] - b'0');
            // All of one digit: chi2 is N(1/E - 1).
            let share = (1.0 + 1.0 / digit).log10();
            assert!(close(chi2, 50.0 * (1.0 / share - 1.0), 1.0, 1e-9), "{size}");
        }
    }
}

/// Rows that cannot be leave no trace: they are put in after every third row.
#[test]
fn senseless_rows_leave_no_trace() {
    let spoil: &[(&str, &str, f64)] = &[
        ("depth_imbalance", "bid_sizes", -1.0),
        ("depth_imbalance_weighted", "ask_px", -1.0),
        ("depth_within_bps", "ask_sizes", -1.0),
        ("book_pressure", "bid_px", 0.0),
        ("book_slope", "bid_sizes", -1.0),
        ("sweep_cost", "ask_sizes", -2.0),
        ("xlm", "bid_sizes", -2.0),
        ("depth_hhi", "bid_sizes", -2.0),
        ("cancel_rate", "cancels", -1.0),
        ("cancel_rate", "t_s", 0.0),
        ("spoof_score", "t_s", 0.0),
        ("spoof_score", "side", 0.0),
        ("spoof_score", "ask_sizes", -1.0),
        ("layering_score", "t_s", 0.0),
        ("layering_score", "size", -1.0),
        ("layering_score", "bid_sizes", -1.0),
        ("quote_stuffing", "messages", -1.0),
        ("quote_stuffing", "t_s", 0.0),
        ("wash_trade_matched", "t_s", 0.0),
        ("wash_trade_matched", "price", 0.0),
        ("benford_chi2", "size", 0.0),
        ("iceberg_score", "t_s", 0.0),
        ("iceberg_score", "bid_px", -1.0),
        ("pump_dump", "volume", -1.0),
        ("pump_dump", "high", 0.0),
        ("queue_position", "order_side", 3.0),
        ("queue_position", "ask_sizes", -1.0),
    ];
    for (key, column, bad) in spoil {
        let clean = sample(info(key).unwrap(), 240, 5);
        let params: &[f64] = if *key == "benford_chi2" { &[50.0] } else { &[] };
        let wanted = clean.batch_values(&mut kernel(key, params));
        let place = info(key).unwrap().columns.iter().position(|c| c.name == *column).expect(column);
        let mut formula = kernel(key, params);
        formula.fit(clean.width());
        let mut out = vec![0.0; formula.width()];
        for row in 0..clean.rows {
            formula.update(&clean.fields(), row, &mut out);
            for (output, wanted) in out.iter().zip(&wanted) {
                let wanted = wanted[row];
                assert!(
                    output.to_bits() == wanted.to_bits() || (output.is_nan() && wanted.is_nan()),
                    "{key} at {row}"
                );
            }
            if row % 3 == 2 {
                let mut spoilt = clean.clone();
                let width = clean.widths[place];
                spoilt.columns[place][row * width] = *bad;
                let fields: Vec<Field<'_>> = spoilt.fields();
                formula.update(&fields, row, &mut out);
                assert!(out.iter().all(|x| x.is_nan()), "{key} took {bad}");
            }
        }
    }
}
