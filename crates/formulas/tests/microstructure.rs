//! Laws of microstructure and liquidity that no single value shows.

mod common;

use common::{close, over, sample, Draw, Table};
use nanotick_formulas::{build, info, Field};
use proptest::prelude::*;

/// The columns of a sampled market for a formula.
fn columns(key: &str, rows: usize, seed: u64) -> Vec<Vec<f64>> {
    sample(info(key).expect(key), rows, seed).columns
}

fn run(key: &str, params: &[f64], columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    over(key, params, &columns)
}

fn same(a: &[f64], b: &[f64], scale: f64, tolerance: f64) -> Result<(), TestCaseError> {
    prop_assert_eq!(a.len(), b.len());
    for (row, (&a, &b)) in a.iter().zip(b).enumerate() {
        prop_assert!(close(a, b, scale, tolerance), "row {}: {} and {}", row, a, b);
    }
    Ok(())
}

fn scaled(column: &[f64], factor: f64) -> Vec<f64> {
    column.iter().map(|x| x * factor).collect()
}

fn place(key: &str, column: &str) -> usize {
    info(key).expect(key).columns.iter().position(|c| c.name == column).expect(column)
}

/// A formula, a column, what it is multiplied with, and by which power of that each output changes.
type Homogeneity = (&'static str, &'static [f64], &'static [&'static str], &'static [i32]);

const HOMOGENEOUS: &[Homogeneity] = &[
    ("mid_price", &[], &["bid", "ask"], &[1]),
    ("microprice_weighted", &[], &["bid", "ask"], &[1]),
    ("microprice_weighted", &[], &["bid_size", "ask_size"], &[0]),
    ("quoted_spread", &[], &["bid", "ask"], &[1, 0]),
    ("queue_imbalance", &[], &["bid_size", "ask_size"], &[0]),
    ("effective_spread", &[], &["price", "bid", "ask"], &[0, 0]),
    ("effective_spread", &[], &["size"], &[0, 0]),
    ("realized_spread", &[], &["price", "bid", "ask"], &[0]),
    ("realized_spread", &[], &["size"], &[0]),
    ("price_impact", &[], &["price", "bid", "ask"], &[0]),
    ("price_impact", &[], &["size"], &[0]),
    ("roll_spread", &[30.0], &["price"], &[1, 1]),
    ("corwin_schultz", &[10.0], &["high", "low"], &[0]),
    ("abdi_ranaldo", &[10.0], &["high", "low", "close"], &[0]),
    ("edge_spread", &[20.0], &["open", "high", "low", "close"], &[0]),
    ("amihud", &[10.0], &["volume"], &[-1]),
    ("kyle_lambda", &[3.0, 20.0], &["size"], &[-1, 0, 0]),
    ("kyle_lambda", &[3.0, 20.0], &["price"], &[1, 0, 0]),
    ("ofi", &[20.0], &["bid_size", "ask_size"], &[1, 1]),
    ("ofi", &[20.0], &["bid", "ask"], &[0, 0]),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Powers of two change no digit, so that the law holds to the last one for all but logarithms of prices.
    #[test]
    fn what_scales_with_prices_and_sizes(seed in 0u64..1_000, power in -8i32..8) {
        let factor = 2f64.powi(power);
        for (key, params, names, powers) in HOMOGENEOUS {
            let one = columns(key, 300, seed);
            let mut other = one.clone();
            for name in *names {
                let column = place(key, name);
                other[column] = scaled(&one[column], factor);
            }
            let (one, other) = (run(key, params, &one), run(key, params, &other));
            prop_assert!(one[0].iter().any(|x| x.is_finite()), "{} gave nothing", key);
            for ((a, b), power) in one.iter().zip(&other).zip(*powers) {
                same(&scaled(a, factor.powi(*power)), b, 1e-6, 1e-9)?;
            }
        }
    }

    #[test]
    fn middles_lie_between_bid_and_ask(bid in 1.0f64..1e6, width in 0.0f64..100.0, sizes in (0.0f64..1e3, 0.0f64..1e3)) {
        let ask = bid + width;
        let quote = [vec![bid; 2], vec![ask; 2], vec![sizes.0; 2], vec![sizes.1, sizes.0]];
        let weighted = run("microprice_weighted", &[], &quote).remove(0);
        let mid = run("mid_price", &[], &quote[..2])[0][0];
        prop_assert!(bid <= mid && mid <= ask);
        prop_assert!(bid <= weighted[0] && weighted[0] <= ask);
        prop_assert!(close(weighted[1], mid, 0.0, 1e-15), "equal sizes");
        prop_assert_eq!(sizes.0 > sizes.1 && width > 1e-6, weighted[0] > mid && sizes.0 > sizes.1 && width > 1e-6);
        let swapped = run("mid_price", &[], &[vec![ask], vec![bid]]);
        prop_assert_eq!(swapped[0][0], mid);
    }

    #[test]
    fn changing_the_sides_turns_imbalances_around(seed in 0u64..1_000) {
        let quotes = columns("ofi", 200, seed);
        let sizes = run("queue_imbalance", &[], &quotes[2..]).remove(0);
        let swapped = run("queue_imbalance", &[], &[quotes[3].clone(), quotes[2].clone()]).remove(0);
        same(&sizes, &scaled(&swapped, -1.0), 0.0, 0.0)?;
        prop_assert!(sizes.iter().all(|x| x.abs() <= 1.0));

        let mirrored = [scaled(&quotes[1], -1.0), scaled(&quotes[0], -1.0), quotes[3].clone(), quotes[2].clone()];
        let (flow, other) = (run("ofi", &[9.0], &quotes), run("ofi", &[9.0], &mirrored));
        for (a, b) in flow.iter().zip(&other) {
            same(a, &scaled(b, -1.0), 1.0, 1e-12)?;
        }

        let trades = columns("hawkes_bivariate", 200, seed);
        let turned = [scaled(&trades[0], -1.0), trades[1].clone()];
        let (one, other) = (run("hawkes_bivariate", &[], &trades), run("hawkes_bivariate", &[], &turned));
        prop_assert_eq!(&one[0], &other[1]);
        prop_assert_eq!(&one[1], &other[0]);
        same(&one[2], &scaled(&other[2], -1.0), 0.0, 0.0)?;
        prop_assert!(one[2].iter().all(|x| x.abs() < 1.0));

        let trades = columns("vpin", 400, seed);
        let turned = [trades[0].clone(), scaled(&trades[1], -1.0)];
        let (one, other) = (run("vpin", &[9.0, 5.0], &trades), run("vpin", &[9.0, 5.0], &turned));
        same(&one[0], &other[0], 0.0, 0.0)?;
        same(&one[1], &other[1], 0.0, 0.0)?;

        for key in ["kyle_lambda", "hasbrouck_lambda"] {
            let trades = columns(key, 300, seed);
            let mut turned = trades.clone();
            turned[2] = scaled(&trades[2], -1.0);
            let (one, other) = (run(key, &[3.0, 20.0], &trades), run(key, &[3.0, 20.0], &turned));
            same(&one[0], &scaled(&other[0], -1.0), 1e-12, 1e-9)?;
            same(&one[1], &scaled(&other[1], -1.0), 1e-6, 1e-9)?;
        }
    }

    /// One trade every 2 s, each due alone.
    #[test]
    fn the_effective_spread_is_the_realised_one_and_twice_the_impact(seed in 0u64..1_000, horizon in 0.1f64..1.9) {
        let mut tape = columns("realized_spread", 200, seed);
        tape[5] = (0..200).map(|row| 2.0 * f64::from(row)).collect();
        let effective = run("effective_spread", &[], &tape[..5]).remove(0);
        let realized = run("realized_spread", &[horizon], &tape).remove(0);
        let impact = run("price_impact", &[horizon], &tape).remove(0);
        // A trade is due in the next row, at the mid of its own.
        for row in 1..200 {
            let sum = realized[row] + 2.0 * impact[row];
            prop_assert!(close(effective[row - 1], sum, 1.0, 1e-11), "{} and {}", effective[row - 1], sum);
            prop_assert!(impact[row].abs() < 1e-9, "the mid has not moved");
        }
        // The next mid is in force at a horizon of 2 s: the law holds for it as well.
        let realized = run("realized_spread", &[2.0], &tape).remove(0);
        let impact = run("price_impact", &[2.0], &tape).remove(0);
        for row in 2..200 {
            prop_assert!(close(effective[row - 2], realized[row] + 2.0 * impact[row], 1.0, 1e-11));
        }
        prop_assert!(impact.iter().any(|x| x.abs() > 0.01));
    }

    #[test]
    fn a_trade_at_the_quote_costs_the_quoted_spread(bid in 1.0f64..1e5, width in 0.001f64..10.0, side in prop::bool::ANY) {
        let (ask, side) = (bid + width, if side { 1.0 } else { -1.0 });
        let price = if side > 0.0 { ask } else { bid };
        let row: Vec<Vec<f64>> = [price, 1.0, side, bid, ask].iter().map(|&x| vec![x]).collect();
        let quoted = run("quoted_spread", &[], &row[3..])[1][0];
        prop_assert!(close(run("effective_spread", &[], &row)[0][0], quoted, 0.0, 1e-9));
        let middle: Vec<Vec<f64>> = [0.5 * (bid + ask), 1.0, side, bid, ask].iter().map(|&x| vec![x]).collect();
        prop_assert_eq!(run("effective_spread", &[], &middle)[0][0], 0.0);
        // A fill on the passive side earns half of it, if the mid stays.
        let passive = if side > 0.0 { bid } else { ask };
        let fill = [vec![passive, f64::NAN], vec![2.0, f64::NAN], vec![side, f64::NAN], vec![bid; 2], vec![ask; 2], vec![0.0, 100.0]];
        let markouts = run("markout", &[], &fill).remove(0);
        let wanted = 1e4 * (0.5 * width) / passive;
        prop_assert_eq!(markouts.len(), 10);
        prop_assert!(markouts[5..].iter().all(|&x| close(x, wanted, 1e-3, 1e-8)), "{:?} for {}", markouts, wanted);
        prop_assert!(markouts[..5].iter().all(|x| x.is_nan()), "none is due in its own row");
    }

    /// However few may wait, every fill is counted in the end.
    #[test]
    fn a_full_queue_loses_nothing(seed in 0u64..1_000, limit in 1usize..20) {
        let key = "markout";
        let mut fills = columns(key, 100, seed);
        // The mid settles before the first fill is due, and the last row is later than all horizons.
        let bid = fills[3][0];
        fills[3].fill(bid);
        fills[4].fill(bid + 0.1);
        fills[0][99] = f64::NAN;
        fills[5] = (0..100).map(|row| if row == 99 { 1e4 } else { f64::from(row) * 0.01 }).collect();
        let wide = run(key, &[], &fills).remove(0);
        let mut narrow = nanotick_formulas::build_with(
            key,
            &[nanotick_formulas::Value::List(vec![0.1, 1.0, 5.0, 30.0, 60.0]), (limit as f64).into()],
        )
        .unwrap();
        let refs: Vec<&[f64]> = fills.iter().map(Vec::as_slice).collect();
        let narrow = Table::of(&refs).batch_values(&mut narrow).remove(0);
        for horizon in 0..5 {
            let (a, b) = (wide[99 * 5 + horizon], narrow[99 * 5 + horizon]);
            prop_assert!(a.is_finite() && close(a, b, 1.0, 1e-10), "{} and {}", a, b);
        }
    }

    #[test]
    fn regressions_find_the_line_that_is_there(slope in -5.0f64..5.0, seed in 0u64..1_000) {
        prop_assume!(slope.abs() > 0.1);
        let mut draw = Draw(seed);
        let (mut price, mut log_price) = (1e4, 5.0f64);
        let mut trades: Vec<Vec<f64>> = vec![Vec::new(); 4];
        let mut log_prices = Vec::new();
        for second in 0..40 {
            let (size, side) = (0.5 + draw.unit(), if draw.unit() < 0.5 { -1.0 } else { 1.0 });
            price += slope * side * size + 0.25;
            // The price that makes the return exact depends on itself by the size in money; a fixed point finds it.
            let next = (0..80).fold(log_price, |x, _| log_price + 1e-5 * slope * side * (x.exp() * size).sqrt());
            log_price = next;
            log_prices.push(log_price.exp());
            for (column, x) in trades.iter_mut().zip([price, size, side, f64::from(second)]) {
                column.push(x);
            }
        }
        let [lambda, _, r2] = &run("kyle_lambda", &[1.0, 20.0], &trades)[..] else { unreachable!() };
        prop_assert!(close(lambda[39], slope, 0.0, 1e-9) && close(r2[39], 1.0, 0.0, 1e-9));
        trades[0] = log_prices;
        let hasbrouck = run("hasbrouck_lambda", &[1.0, 20.0], &trades);
        prop_assert!(close(hasbrouck[0][39], 1e-5 * slope, 0.0, 1e-6), "{} for {}", hasbrouck[0][39], slope);
        let quadrupled = [trades[0].clone(), scaled(&trades[1], 4.0), trades[2].clone(), trades[3].clone()];
        let half = run("hasbrouck_lambda", &[1.0, 20.0], &quadrupled);
        prop_assert!(close(2.0 * half[0][39], hasbrouck[0][39], 0.0, 1e-9));
    }

    #[test]
    fn volume_imbalance_is_a_share(seed in 0u64..1_000, bucket in 0.5f64..30.0) {
        let mut trades = columns("vpin", 500, seed);
        let [vpin, buckets] = &run("vpin", &[bucket, 5.0], &trades)[..] else { unreachable!() };
        prop_assert!(vpin.iter().all(|x| x.is_nan() || (0.0..=1.0).contains(x)));
        let whole = (trades[0].iter().sum::<f64>() / bucket + 1e-9).floor();
        prop_assert!((buckets[499] - whole).abs() <= 1.0, "{} of {}", buckets[499], whole);
        trades[1].fill(1.0);
        prop_assert!(run("vpin", &[bucket, 5.0], &trades)[0].iter().all(|&x| x.is_nan() || close(x, 1.0, 1.0, 1e-9)));
        // Two equal trades on opposite sides fill each bucket.
        let (sizes, sides): (Vec<f64>, Vec<f64>) = (0..100).map(|i| (0.5 * bucket, if i % 2 == 0 { 1.0 } else { -1.0 })).unzip();
        let even = run("vpin", &[bucket, 5.0], &[sizes, sides]);
        prop_assert_eq!(even[0][99], 0.0);
        prop_assert_eq!(even[1][99], 50.0);
    }

    #[test]
    fn the_first_level_of_order_flow_is_that_of_the_best_quote(seed in 0u64..1_000) {
        let table = sample(info("mlofi").unwrap(), 150, seed);
        let width = table.widths[0];
        let levels = 4;
        let deep = table.batch_values(&mut build("mlofi", &[levels as f64, 30.0]).unwrap());
        let first = |column: usize| table.columns[column].iter().step_by(width).copied().collect::<Vec<f64>>();
        let best = run("ofi", &[30.0], &[first(0), first(2), first(1), first(3)]);
        let of_level = |level: usize| deep[0].iter().skip(level).step_by(levels).copied().collect::<Vec<f64>>();
        same(&of_level(0), &best[1], 1.0, 1e-12)?;
        // Bid and ask changed, prices negated.
        let negated = |column: usize| scaled(&table.columns[column], -1.0);
        let mirrored = Table {
            columns: vec![negated(2), table.columns[3].clone(), negated(0), table.columns[1].clone()],
            widths: table.widths.clone(),
            rows: table.rows,
        };
        let other = mirrored.batch_values(&mut build("mlofi", &[levels as f64, 30.0]).unwrap());
        same(&deep[0], &scaled(&other[0], -1.0), 1.0, 1e-12)?;
        same(&deep[1], &scaled(&other[1], -1.0), 1.0, 1e-12)?;
    }

    #[test]
    fn a_book_that_stays_has_no_flow(size in 0.1f64..100.0, more in 0.1f64..50.0) {
        let quotes = [vec![100.0; 6], vec![101.0; 6], vec![size; 6], vec![size; 6]];
        let flow = run("ofi", &[3.0], &quotes);
        prop_assert!(flow.iter().all(|column| column[1..].iter().all(|&e| e == 0.0)));
        let grown = [vec![100.0; 2], vec![101.0; 2], vec![size, size + more], vec![size; 2]];
        prop_assert!(close(run("ofi", &[3.0], &grown)[0][1], more, 0.0, 1e-12 * (1.0 + size / more)));
        let columns = vec![[100.0, 99.0].repeat(5), vec![size; 10], [101.0, 102.0].repeat(5), vec![size; 10]];
        let table = Table { columns, widths: vec![2; 4], rows: 5 };
        let deep = table.batch_values(&mut build("mlofi", &[2.0, 3.0]).unwrap());
        prop_assert!(deep[0][2..].iter().chain(&deep[1][1..]).all(|&e| e == 0.0));
    }

    #[test]
    fn without_excitement_trades_arrive_at_the_base_rate(seed in 0u64..1_000, mu in 0.01f64..10.0, beta in 0.1f64..20.0) {
        let trades = columns("hawkes_bivariate", 200, seed);
        let flat = run("hawkes_exp", &[mu, 0.0, beta], &trades[1..]);
        prop_assert!(flat[0].iter().all(|&x| x == mu) && flat[1].iter().all(|&x| x == 0.0));
        // After a long silence too.
        let late = run("hawkes_exp", &[mu, 0.7, beta], &[vec![0.0, 0.1, 0.1 + 800.0 / beta]]);
        prop_assert!(late[0][1] > mu && close(late[0][2], mu, 0.0, 1e-12));
        // Without crossing, each side is a process of its own.
        let both = run("hawkes_bivariate", &[mu, 0.7, 0.0, beta], &trades);
        let buys: Vec<usize> = (0..200).filter(|&row| trades[0][row] > 0.0).collect();
        let alone = run("hawkes_exp", &[mu, 0.7, beta], &[buys.iter().map(|&row| trades[1][row]).collect()]);
        for (wanted, row) in alone[0].iter().zip(buys) {
            prop_assert!(close(*wanted, both[0][row], 0.0, 1e-9));
        }
    }

    #[test]
    fn estimated_spreads_are_no_less_than_zero(seed in 0u64..1_000) {
        for key in ["roll_spread", "corwin_schultz", "abdi_ranaldo", "edge_spread", "amihud"] {
            let spread = run(key, &[8.0], &columns(key, 300, seed)).remove(0);
            prop_assert!(spread.iter().skip(20).any(|&x| x > 0.0), "{}", key);
            prop_assert!(spread.iter().all(|&x| x.is_nan() || x >= 0.0), "{}", key);
        }
        // Closes in the middle of their bars: no spread at all.
        let mut bars = columns("abdi_ranaldo", 100, seed);
        bars[2] = bars[0].iter().zip(&bars[1]).map(|(high, low)| (high * low).sqrt()).collect();
        let spread = run("abdi_ranaldo", &[8.0], &bars).remove(0);
        prop_assert!(spread[7..].iter().all(|&x| x < 1e-7), "{:?}", spread);
    }
}

/// Roll's own model, iid trade directions: within four standard errors of the spread.
#[test]
fn the_bounce_of_the_price_shows_the_spread() {
    let mut draw = Draw(7);
    let prices: Vec<f64> = (0..20_001).map(|_| if draw.unit() < 0.5 { 99.5 } else { 100.5 }).collect();
    let [spread, signed] = &run("roll_spread", &[20_000.0], &[prices])[..] else { unreachable!() };
    assert!((spread[20_000] - 1.0).abs() < 0.04, "{}", spread[20_000]);
    assert_eq!(spread[20_000], signed[20_000]);
    // Changes that persist have no spread.
    let trend: Vec<f64> = (0..300).map(|i| 100.0 + (f64::from(i) * 0.1).sin()).collect();
    let [spread, signed] = &run("roll_spread", &[100.0], &[trend])[..] else { unreachable!() };
    assert!(spread[100..].iter().all(|&x| x == 0.0) && signed[100..].iter().all(|&x| x < 0.0));
}

/// Open, high, low and close of bars of 60 trades at a random walk's price plus or minus half the spread.
fn bounced_bars(count: usize, spread: f64) -> Vec<Vec<f64>> {
    let (mut draw, mut value) = (Draw(3), 100.0f64);
    let mut bars = vec![Vec::new(); 4];
    for _ in 0..count {
        let mut trade = || {
            value *= (0.0004 * draw.normal()).exp();
            value * (1.0 + if draw.unit() < 0.5 { -0.5 } else { 0.5 } * spread)
        };
        let prices: Vec<f64> = (0..60).map(|_| trade()).collect();
        let high = prices.iter().copied().fold(f64::MIN, f64::max);
        let low = prices.iter().copied().fold(f64::MAX, f64::min);
        for (column, x) in bars.iter_mut().zip([prices[0], high, low, prices[59]]) {
            column.push(x);
        }
    }
    bars
}

#[test]
fn ranges_of_bars_show_the_spread() {
    let bars = bounced_bars(2_000, 0.01);
    let last = |key: &str, columns: &[Vec<f64>]| run(key, &[2_000.0], columns)[0][1_999];
    let edge = last("edge_spread", &bars);
    assert!((edge - 0.01).abs() < 0.0003, "{edge}");
    let ranaldo = last("abdi_ranaldo", &bars[1..]);
    assert!((ranaldo - 0.01).abs() < 0.001, "{ranaldo}");
    let schultz = last("corwin_schultz", &bars[1..3]);
    assert!((schultz - 0.01).abs() < 0.002, "{schultz}");
    // Bars that are all bounce, from 99.5 to 100.5.
    let bounce = run("corwin_schultz", &[21.0], &[vec![100.5; 50], vec![99.5; 50]])[0][49];
    assert!((bounce - 0.01).abs() < 1e-6, "{bounce}");
}

#[test]
fn flat_markets_have_no_illiquidity_and_no_line() {
    let flat = run("amihud", &[5.0], &[vec![100.0; 20], vec![3.0; 20]]);
    assert!(flat[0][5..].iter().all(|&x| x == 0.0));
    let untraded = run("amihud", &[5.0], &[vec![100.0; 20], vec![0.0; 20]]);
    assert!(untraded[0].iter().all(|x| x.is_nan()));
    let edge =
        run("edge_spread", &[5.0], &[vec![100.0; 20], vec![100.0; 20], vec![100.0; 20], vec![100.0; 20]]);
    assert!(edge[0].iter().all(|x| x.is_nan()));
    let seconds: Vec<f64> = (0..40).map(f64::from).collect();
    let same_flow =
        [seconds.iter().map(|s| 100.0 + s).collect(), vec![1.0; 40], vec![1.0; 40], seconds.clone()];
    assert!(run("kyle_lambda", &[1.0, 10.0], &same_flow).iter().flatten().all(|x| x.is_nan()));
    let no_move = [vec![100.0; 40], seconds.iter().map(|s| 1.0 + s).collect(), vec![1.0; 40], seconds];
    let [lambda, t_stat, r2] = &run("kyle_lambda", &[1.0, 10.0], &no_move)[..] else { unreachable!() };
    assert!(lambda[39] == 0.0 && t_stat[39].is_nan() && r2[39].is_nan());
}

/// A silence of a year is as many empty bins as the window holds, at no greater cost.
#[test]
fn a_long_silence_empties_the_bins() {
    let times = vec![0.0, 1.0, 2.0, 3.0, 3.2e7, 3.2e7 + 1.0];
    let trades = [
        vec![100.0, 101.0, 102.0, 101.0, 100.0, 100.0],
        vec![1.0; 6],
        vec![1.0, -1.0, 1.0, -1.0, 1.0, 1.0],
        times,
    ];
    let lambda = run("kyle_lambda", &[1e-3, 3.0], &trades).remove(0);
    assert!(lambda[4].is_nan(), "all bins of the window are empty");
    // Two empty bins and the one with the trade that took the price from 101 to 100 by +1.
    let lambda = run("kyle_lambda", &[1.0, 3.0], &trades).remove(0);
    assert!((lambda[5] + 1.0).abs() < 1e-12, "{}", lambda[5]);
}

/// Rows that cannot be leave no trace: they are put in after every third row and taken out again.
#[test]
fn senseless_rows_leave_no_trace() {
    let spoil: &[(&str, &str, f64)] = &[
        ("microprice_weighted", "bid_size", -1.0),
        ("queue_imbalance", "ask_size", -1.0),
        ("effective_spread", "side", 0.0),
        ("effective_spread", "size", -1.0),
        ("effective_spread", "ask", -1e6),
        ("realized_spread", "t_s", 0.0),
        ("realized_spread", "price", -1.0),
        ("price_impact", "t_s", 0.0),
        ("price_impact", "bid", -1e6),
        ("markout", "t_s", 0.0),
        ("markout", "fill_side", 0.5),
        ("corwin_schultz", "low", 1e6),
        ("abdi_ranaldo", "close", 1e6),
        ("edge_spread", "open", 0.0),
        ("amihud", "volume", -1.0),
        ("amihud", "close", 0.0),
        ("kyle_lambda", "t_s", 0.0),
        ("kyle_lambda", "side", 2.0),
        ("hasbrouck_lambda", "size", 0.0),
        ("vpin", "size", -3.0),
        ("ofi", "ask_size", -1.0),
        ("hawkes_exp", "t_s", 0.0),
        ("hawkes_bivariate", "side", 0.0),
    ];
    for (key, column, bad) in spoil {
        let clean = sample(info(key).unwrap(), 240, 5);
        let wanted = clean.batch_values(&mut common::kernel(key, &[]));
        let column = place(key, column);
        let mut formula = common::kernel(key, &[]);
        let mut out = vec![0.0; formula.width()];
        for row in 0..clean.rows {
            formula.update(&clean.fields(), row, &mut out);
            let kept: Vec<f64> = out.clone();
            let reference =
                wanted.iter().zip(formula.widths()).flat_map(|(c, w)| c[row * w..(row + 1) * w].to_vec());
            assert!(
                kept.iter()
                    .zip(reference)
                    .all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())),
                "{key} at {row}"
            );
            if row % 3 == 2 {
                let mut spoilt: Vec<f64> = clean.columns.iter().map(|c| c[row]).collect();
                spoilt[column] = *bad;
                let fields: Vec<Field<'_>> = spoilt.chunks(1).map(Field::scalars).collect();
                formula.update(&fields, 0, &mut out);
                assert!(out.iter().all(|x| x.is_nan()), "{key} took {bad}");
            }
        }
    }
}
