//! Laws of schedules, execution costs and quotes.

mod common;

use common::{close, kernel, over, Draw, Table};
use nanotick_formulas::{build, build_with, Value};
use proptest::prelude::*;

const NAN: f64 = f64::NAN;

/// One row of single numbers through a formula; vectors come whole.
fn all(key: &str, params: &[f64], row: &[f64]) -> Vec<Vec<f64>> {
    let columns: Vec<&[f64]> = row.iter().map(std::slice::from_ref).collect();
    over(key, params, &columns)
}

fn at(key: &str, params: &[f64], row: &[f64]) -> f64 {
    all(key, params, row)[0][0]
}

/// The last value of an output.
fn last(columns: &[Vec<f64>], output: usize) -> f64 {
    *columns[output].last().expect("a row")
}

/// Events of fills, market trades and mids, in time order.
struct Events {
    price: Vec<f64>,
    size: Vec<f64>,
    mid: Vec<f64>,
    t_s: Vec<f64>,
}

fn events(seed: u64, count: usize) -> Events {
    let mut draw = Draw(seed);
    let mut mid = 100.0;
    let mut out = Events { price: vec![], size: vec![], mid: vec![], t_s: vec![] };
    for row in 0..count {
        mid += 0.1 * draw.normal();
        out.mid.push(mid);
        out.price.push(mid + 0.05 * draw.normal());
        out.size.push(0.1 + draw.unit());
        out.t_s.push(1e9 + row as f64 + draw.unit());
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn twap_slices_add_up_and_are_alike(
        order in 0.0..1e4, slices in 1usize..50, jitter in 0.0..0.5, seed in 0u32..99
    ) {
        let lot = 0.01;
        let got = all("twap_schedule", &[slices as f64, jitter, lot, f64::from(seed), 600.0], &[order]);
        let sum: f64 = got[0].iter().sum();
        prop_assert!((sum - order).abs() <= 0.5 * lot + 1e-9);
        let even = order / slices as f64;
        prop_assert!(got[0].iter().all(|size| (size - even).abs() < lot + 1e-9));
        prop_assert!(got[1].windows(2).all(|pair| pair[0] < pair[1]));
        let width = 600.0 / slices as f64;
        for (k, time) in got[1].iter().enumerate() {
            prop_assert!(*time >= width * k as f64 && *time <= width * (k + 1) as f64);
        }
    }

    #[test]
    fn vwap_sizes_add_up_over_any_curve(
        volumes in prop::collection::vec(0.0..9.0, 30), order in 0.0..1e3, start in 0usize..5, stop in 6usize..9
    ) {
        let params = [8.0, 0.7, 0.01, start as f64, stop as f64];
        let orders = vec![order; 30];
        let got = over("vwap_schedule", &params, &[&orders, &volumes]);
        for row in 0..30 {
            let (sizes, curve) = (&got[0][8 * row..8 * row + 8], &got[1][8 * row..8 * row + 8]);
            prop_assert!(close(curve.iter().sum::<f64>(), 1.0, 1.0, 1e-14));
            prop_assert!((sizes.iter().sum::<f64>() - order).abs() <= 0.005 + 1e-9);
            prop_assert!(sizes[..start].iter().chain(&sizes[stop..]).all(|size| *size == 0.0));
            prop_assert!(sizes.iter().all(|size| *size >= 0.0));
        }
        // The same volume in all bins is time.
        let even = over("vwap_schedule", &[8.0, 0.7, 0.01], &[&orders, &[3.0; 30]]);
        let twap = all("twap_schedule", &[8.0, 0.0, 0.01], &[order]);
        prop_assert!((0..8).all(|bin| (even[0][8 * 29 + bin] - twap[0][bin]).abs() < 0.011));
    }

    #[test]
    fn participation_is_as_wanted_and_never_above_the_cap(
        seed in 0u64..1000, rate in 0.02..0.6, cap in 0.02..0.6, order in 0.5..40.0
    ) {
        let lot = 0.01;
        let mut controller = kernel("pov_schedule", &[rate, cap, lot]);
        let mut draw = Draw(seed);
        let (mut market, mut filled, mut asked): (f64, f64, f64) = (0.0, 0.0, 0.0);
        for row in 0..100 {
            // Nothing trades at first; then all that was asked for is filled at once.
            let size = if row < 3 { 0.0 } else { draw.unit() };
            (market, filled) = (market + size, filled + asked);
            let row_table = Table::of(&[&[order], &[size], &[asked], &[0.0]]);
            asked = row_table.batch_values(&mut controller)[0][0];
            let whole = filled + asked;
            prop_assert!(market > 0.0 || asked == 0.0);
            prop_assert!(whole <= cap * (market + whole) + 1e-6 && whole <= order + 1e-9);
            // What is filled stands against the market as it is; one lot is what rounding may leave.
            if rate < cap && whole < order - lot {
                prop_assert!(whole > rate / (1.0 - rate) * market - lot - 1e-6);
            }
        }
    }

    #[test]
    fn shortfall_adds_up_and_mirrors(
        seed in 0u64..1000, decision in 90.0..110.0, arrival in 90.0..110.0, close_price in 90.0..110.0
    ) {
        let Events { price, size, .. } = events(seed, 12);
        let order = [20.0; 12];
        let run = |side: f64, price: &[f64], [decision, arrival, close_price]: [f64; 3], fee: f64| {
            let columns = [[fee; 12], [side; 12], order, [decision; 12], [arrival; 12], [close_price; 12]];
            let mut all: Vec<&[f64]> = vec![price, &size];
            all.extend(columns.iter().map(|column| column.as_slice()));
            over("implementation_shortfall", &[], &all)
        };
        let got = run(1.0, &price, [decision, arrival, close_price], 0.02);
        for (row, total) in got[0].iter().enumerate() {
            let parts: f64 = got[1..].iter().map(|part| part[row]).sum();
            prop_assert!(close(*total, parts, 1.0, 1e-12));
        }
        // A sale among prices mirrored at the decision costs what the purchase did.
        let mirrored: Vec<f64> = price.iter().map(|x| 2.0 * decision - x).collect();
        let sold = run(-1.0, &mirrored, [decision, 2.0 * decision - arrival, 2.0 * decision - close_price], 0.02);
        for part in 0..5 {
            prop_assert!(close(last(&sold, part), last(&got, part), 1.0, 1e-9));
        }
        let free = run(1.0, &[decision; 12], [decision; 3], 0.0);
        prop_assert!((0..5).all(|part| last(&free, part).abs() < 1e-10));
    }

    #[test]
    fn a_lone_trader_is_its_own_vwap(seed in 0u64..1000, factor in 0.1..10.0) {
        let Events { price, size, mid, t_s } = events(seed, 15);
        let run = |side: f64, factor: f64, market: &[f64]| {
            let [price, mid] = [&price, &mid].map(|xs| xs.iter().map(|x| x * factor).collect::<Vec<_>>());
            let market_price: Vec<f64> = market.iter().map(|x| x * factor).collect();
            over("vwap_slippage", &[], &[&price, &size, &[side; 15], &market_price, &size, &mid, &t_s])
        };
        let alone = run(1.0, 1.0, &price);
        prop_assert!((0..15).all(|row| alone[1][row].abs() < 1e-9 && close(alone[3][row], 1.0, 1.0, 1e-14)));
        let others: Vec<f64> = price.iter().rev().copied().collect();
        let (bought, sold, scaled) = (run(1.0, 1.0, &others), run(-1.0, 1.0, &others), run(1.0, factor, &others));
        for output in 0..3 {
            prop_assert!(close(last(&bought, output), -last(&sold, output), 1.0, 1e-12));
            prop_assert!(close(last(&bought, output), last(&scaled, output), 1.0, 1e-8));
        }
    }

    #[test]
    fn wealth_is_capture_and_inventory_less_fees(seed in 0u64..1000) {
        let mut draw = Draw(seed);
        let (mut mid, mut cash, mut position): (f64, f64, f64) = (100.0, 0.0, 0.0);
        let mut book = kernel("mm_pnl_attribution", &[]);
        for row in 0..60 {
            let quoted = row == 0 || draw.unit() < 0.6;
            if quoted {
                mid += 0.3 * draw.normal();
            }
            let fill = row > 0 && (!quoted || draw.unit() < 0.5);
            let (price, size, fee) = (mid + 0.1 * draw.normal(), draw.unit(), 0.01 * draw.unit());
            let side = if draw.unit() < 0.5 { -1.0 } else { 1.0 };
            if fill {
                position += side * size;
                cash -= side * size * price + fee;
            }
            let fills = if fill { [price, size, side, fee] } else { [NAN; 4] };
            let quotes = if quoted { [mid - 0.1, mid + 0.1] } else { [NAN; 2] };
            let columns: Vec<&[f64]> = fills.iter().chain(&quotes).map(std::slice::from_ref).collect();
            let got = Table::of(&columns).batch_values(&mut book);
            prop_assert!(close(got[3][0], cash + position * mid, 100.0, 1e-12));
        }
    }

    #[test]
    fn fills_at_the_mid_capture_nothing_and_a_still_mid_gains_nothing(seed in 0u64..1000) {
        let Events { size, mid, price, .. } = events(seed, 20);
        let side: Vec<f64> = (0..20).map(|row| if row % 3 == 0 { -1.0 } else { 1.0 }).collect();
        let [bid, ask] = [-0.125, 0.125].map(|half| mid.iter().map(|m| m + half).collect::<Vec<_>>());
        let mids: Vec<f64> = bid.iter().zip(&ask).map(|(b, a)| 0.5 * (b + a)).collect();
        let at_mid = over("mm_pnl_attribution", &[], &[&mids, &size, &side, &[0.0; 20], &bid, &ask]);
        prop_assert!(at_mid[0].iter().all(|x| *x == 0.0) && at_mid[3] == at_mid[1]);
        let still = over("mm_pnl_attribution", &[], &[&price, &size, &side, &[0.0; 20], &[99.0; 20], &[101.0; 20]]);
        prop_assert!(still[1].iter().all(|x| *x == 0.0) && still[0].iter().any(|x| *x != 0.0));
    }

    #[test]
    fn trajectories_trade_cost_for_risk(
        order in 1.0..1e5, slices in 2usize..80, low in -9.0..-4.0, more in 0.3..4.0
    ) {
        let params = |lam: f64| [3600.0, slices as f64, 0.5, 1.0, 1e-4, 0.01, lam];
        let run = |lam: f64| all("almgren_chriss", &params(lam), &[order]);
        let (calm, urgent) = (run(f64::powf(10.0, low)), run(f64::powf(10.0, low + more)));
        for got in [&calm, &urgent] {
            prop_assert!(close(got[1].iter().sum::<f64>(), order, 0.0, 1e-12));
            prop_assert!(got[0][0] == order && got[0][slices] == 0.0);
            prop_assert!((0..slices).all(|j| close(got[0][j] - got[0][j + 1], got[1][j], order, 1e-12)));
        }
        prop_assert!(calm[2][0] <= urgent[2][0] * (1.0 + 1e-12) && calm[3][0] >= urgent[3][0] * (1.0 - 1e-12));
        let even = run(0.0);
        prop_assert!(even[1].iter().all(|n| close(*n, order / slices as f64, 0.0, 1e-13)));
        // Nearly no urgency is nearly a straight line, without a step where the formula changes.
        prop_assert!(close(run(1e-25)[0][slices / 2], even[0][slices / 2], 0.0, 1e-9));
    }

    #[test]
    fn impact_goes_with_the_root(order in 0.0..1e6, sigma in 0.001..1.0) {
        let impact = |order: f64, sigma: f64| at("sqrt_impact", &[1.0, sigma, 1e6], &[order]);
        prop_assert!(close(impact(4.0 * order, sigma), 2.0 * impact(order, sigma), 0.0, 1e-14));
        prop_assert!(close(impact(order, 3.0 * sigma), 3.0 * impact(order, sigma), 0.0, 1e-14));
        prop_assert_eq!(impact(0.0, sigma), 0.0);
    }

    #[test]
    fn quotes_lean_against_the_inventory(
        bid in 90.0..110.0, inventory in -9i32..9, gamma in 0.001..2.0, k in 0.1..5.0, elapsed in 0.0..1.0
    ) {
        let run = |params: &[f64], inventory: f64| {
            all("avellaneda_stoikov", params, &[bid, bid + 0.2, inventory, elapsed]).concat()
        };
        let params = [gamma, k, 2.0, 1.0];
        let flat = run(&params, 0.0);
        prop_assert!(close(0.5 * (flat[1] + flat[2]), bid + 0.1, 0.0, 1e-14));
        let (less, more) = (run(&params, f64::from(inventory)), run(&params, f64::from(inventory) + 1.0));
        prop_assert!(more[0] < less[0] && close(more[3], less[3], 0.0, 1e-14));
        prop_assert!(close(more[2] - more[1], more[3], 1.0, 1e-12));
        prop_assert!(close(run(&[1e-12, k, 2.0, 1.0], 0.0)[3], 2.0 / k, 0.0, 1e-9));
        let post = run(&[gamma, k, 2.0, 1.0, 0.1, 1.0], f64::from(inventory));
        prop_assert!(post[1] < bid + 0.2 && post[2] > bid);
        prop_assert!(post[1] <= less[1] + 1e-6 && post[2] >= less[2] - 1e-6);
        prop_assert!(build("avellaneda_stoikov", &[gamma, k, 2.0, 1.0, 0.0, 1.0]).is_err());
    }

    #[test]
    fn asymptotic_quotes_mirror(gamma in 0.01..3.0, a in 0.1..5.0, k in 0.1..5.0, inventory in -4i32..5) {
        let run = |inventory: f64| all("glft", &[gamma, a, k, 0.3, 5.0], &[inventory]).concat();
        let (got, mirrored, flat) = (run(f64::from(inventory)), run(f64::from(-inventory)), run(0.0));
        prop_assert_eq!(flat[0], flat[1]);
        prop_assert!(close(got[0], mirrored[1], 0.0, 1e-13) && close(got[1], mirrored[0], 0.0, 1e-13));
        prop_assert!(close(got[0] + got[1], flat[0] + flat[1], 0.0, 1e-13));
        prop_assert!(run(5.0)[0].is_nan() && !run(5.0)[1].is_nan() && run(-5.0)[1].is_nan());
    }

    #[test]
    fn intensities_scale_with_time_and_price(seed in 0u64..1000, faster in 0.1..10.0, wider in 0.1..10.0) {
        let mut draw = Draw(seed);
        let distance: Vec<f64> = (0..80).map(|_| -1.5 * (1.0 - draw.unit()).ln()).collect();
        let side: Vec<f64> = (0..80).map(|_| if draw.unit() < 0.5 { -1.0 } else { 1.0 }).collect();
        let run = |faster: f64, wider: f64| {
            let price: Vec<f64> = distance.iter().zip(&side).map(|(d, s)| wider * (50.0 + d * s)).collect();
            let t_s: Vec<f64> = (0..80).map(|row| f64::from(row) / faster).collect();
            let [bid, ask] = [[wider * 49.5; 80], [wider * 50.5; 80]];
            // The bins are wide of the drawn distances by irrational steps: no trade is on an edge.
            let params = [6.0, 1e6, wider * 0.707];
            let got = over("fill_intensity", &params, &[&price, &side, &bid, &ask, &t_s]);
            [last(&got, 0), last(&got, 1), last(&got, 2)]
        };
        let got = run(1.0, 1.0);
        prop_assert!(got[1] >= 0.0 && (0.0..=1.0 + 1e-12).contains(&got[2]));
        let quick = run(faster, 1.0);
        prop_assert!(close(quick[0], faster * got[0], 0.0, 1e-10) && close(quick[1], got[1], 1.0, 1e-12));
        let wide = run(1.0, wider);
        prop_assert!(close(wide[0], got[0], 0.0, 1e-10) && close(wide[1], got[1] / wider, 0.0, 1e-10));
    }

    #[test]
    fn beliefs_follow_the_trades_and_go_back(mu in 0.0..0.9, p0 in 0.05..0.95, buys in 1usize..30) {
        let side: Vec<f64> = (0..2 * buys).map(|row| if row < buys { 1.0 } else { -1.0 }).collect();
        let got = over("glosten_milgrom", &[101.0, 99.0, mu, p0], &[&side]);
        prop_assert!(close(last(&got, 2), p0, 0.0, 1e-13));
        for ((bid, ask), p) in got[0].iter().zip(&got[1]).zip(&got[2]) {
            let value = 99.0 + 2.0 * p;
            prop_assert!(99.0 <= *bid && *bid <= value && value <= *ask && *ask <= 101.0);
        }
        // The ask is the value after a buy.
        prop_assert!(close(got[1][0], 99.0 + 2.0 * got[2][1], 0.0, 1e-14) || buys == 1);
        let even = over("glosten_milgrom", &[101.0, 99.0, mu, 0.5], &[&[1.0, -1.0]]);
        prop_assert!(close(even[1][1] - even[0][1], 2.0 * mu, 1.0, 1e-12));
        let blind = over("glosten_milgrom", &[101.0, 99.0, 0.0, p0], &[&[1.0]]);
        prop_assert!(blind[0][0] == blind[1][0]);
    }

    #[test]
    fn makers_without_fills_pay_as_takers_do(
        bid in 10.0..1e4, half in 0.0..1e-3, maker in -0.001..0.001, taker in 0.0..0.001,
        adverse in -5.0..5.0, p in 0.0..0.9
    ) {
        let ask = bid * (1.0 + 2.0 * half);
        let run = |fill_prob: f64| all("maker_breakeven", &[maker, taker, fill_prob, adverse], &[bid, ask]).concat();
        let never = run(0.0);
        prop_assert!(close(never[0], -never[1], 1.0, 1e-12));
        let half_bps = 1e4 * (ask - bid) / (ask + bid);
        let gain = 2.0 * half_bps + 1e4 * (taker - maker) - adverse;
        prop_assume!(gain.abs() > 1e-6);
        prop_assert_eq!(run(p + 0.1)[0] > run(p)[0], gain > 0.0);
        prop_assert_eq!(run(0.5)[2] == 1.0, gain > 0.0);
        let free = all("maker_breakeven", &[0.0, 0.0, p, adverse], &[bid, bid]).concat();
        prop_assert!(close(free[0], -p * adverse, 1.0, 1e-13));
    }

    #[test]
    fn latency_costs_by_volatility_over_spread(
        sigma in 0.01..1.0, dt in 1e-6..1e-3, spread in 0.1..5.0, factor in 1.1..4.0
    ) {
        let cost = |sigma: f64, dt: f64, spread: f64| at("latency_cost", &[sigma, dt], &[100.0, 100.0 + spread]);
        let got = cost(sigma, dt, spread);
        prop_assert!(close(got, cost(sigma * factor, dt / (factor * factor), spread), 1e-9, 1e-9));
        let u = sigma * dt.sqrt() / spread;
        prop_assume!(u * factor < 0.1);
        prop_assert!(cost(sigma, dt * factor * factor, spread) > got && got > 0.0);
        prop_assert!(cost(sigma, dt * 1e-12, spread) < 1e-4);
        prop_assert!(cost(sigma, 0.2 * spread * spread / (sigma * sigma), spread).is_nan());
    }

    #[test]
    fn routes_beat_any_single_venue(
        seed in 0u64..1000, wanted in 0.1..8.0, fees in prop::collection::vec(0.0..0.002, 3), sell in any::<bool>()
    ) {
        let mut draw = Draw(seed);
        let sign = if sell { -1.0 } else { 1.0 };
        let (mut px, mut sizes) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let mut price = 100.0 + 0.1 * draw.unit();
            for _ in 0..5 {
                px.push(price);
                sizes.push(draw.unit());
                price += sign * 0.1 * draw.unit();
            }
        }
        let route = |px: &[f64], sizes: &[f64], fees: &[f64], wanted: f64| {
            let side = if sell { 1.0 } else { 0.0 };
            let params = [Value::Number(50.0), Value::List(fees.to_vec()), Value::Number(side)];
            let mut router = build_with("order_routing", &params).expect("in range");
            let columns = vec![px.to_vec(), sizes.to_vec(), vec![wanted]];
            let table = Table { columns, widths: vec![px.len(), sizes.len(), 1], rows: 1 };
            let got = table.batch_values(&mut router);
            (got[0].clone(), got[1][0])
        };
        let available: f64 = sizes.iter().sum();
        let (split, average) = route(&px, &sizes, &fees, wanted);
        prop_assert!(close(split.iter().sum::<f64>(), wanted.min(available), 1.0, 1e-12));
        for venue in 0..3 {
            let levels = 5 * venue..5 * venue + 5;
            let alone: f64 = sizes[levels.clone()].iter().sum();
            prop_assert!(split[venue] <= alone + 1e-12);
            let size = wanted.min(alone);
            let (_, all_at_once) = route(&px, &sizes, &fees, size);
            let (_, single) = route(&px[levels.clone()], &sizes[levels], &fees[venue..venue + 1], size);
            prop_assert!(sign * all_at_once <= sign * single + 1e-9);
        }
        let (_, less) = route(&px, &sizes, &fees, 0.5 * wanted);
        prop_assert!(sign * less <= sign * average + 1e-9);
    }
}

#[test]
fn a_window_forgets_what_has_left_it() {
    let run = |price: &[f64], t_s: &[f64]| {
        let n = price.len();
        let (side, bid, ask) = (vec![1.0; n], vec![99.0; n], vec![101.0; n]);
        over("fill_intensity", &[4.0, 64.0, 1.0], &[price, &side, &bid, &ask, t_s])
    };
    // Ten seconds of trades far away, and a hundred seconds later others.
    let far = run(&[104.5, 104.5, 101.5, 102.5, 101.5], &[0.0, 10.0, 109.0, 110.0, 111.0]);
    let near = run(&[100.0, 101.5, 102.5, 101.5], &[46.9, 109.0, 110.0, 111.0]);
    assert!(close(far[1][4], near[1][3], 1.0, 1e-12));
    assert!(far[1][1] == 0.0, "equal rates have no slope");
    assert!(far[2][1].is_nan(), "and nothing to explain");
    assert!(far[1][4] > 0.0);
}

#[test]
fn what_parameters_rule_out_together_is_refused() {
    for (key, params, parameter) in [
        ("almgren_chriss", vec![3600.0, 60.0, 0.5, 0.01], "eta"),
        ("glosten_milgrom", vec![1.0, 2.0], "v_high"),
        ("vwap_schedule", vec![10.0, 0.9, 0.1, 5.0, 11.0], "stop"),
        ("vwap_schedule", vec![10.0, 0.9, 0.1, 5.0, 5.0], "start"),
    ] {
        let error = build(key, &params).expect_err(key).to_string();
        assert!(error.contains(&format!("{key}: {parameter} is ")), "{error}");
    }
}

#[test]
fn rows_that_make_no_sense_leave_the_state_alone() {
    // A row that is taken, and then one that is not.
    let cases: [(&str, &[[f64; 2]]); 5] = [
        ("pov_schedule", &[[10.0, 10.0], [50.0, -5.0], [1.0, 0.0], [0.0, 0.0]]),
        (
            "mm_pnl_attribution",
            &[[99.0, 99.0], [1.0, 1.0], [1.0, 0.5], [0.1, 0.1], [99.0, 120.0], [101.0, 121.0]],
        ),
        (
            "vwap_slippage",
            &[[9.0, 9.0], [1.0, 1.0], [1.0, 1.0], [9.0, 9.0], [1.0, 1.0], [9.0, 9.0], [5.0, 4.0]],
        ),
        ("fill_intensity", &[[9.0, 90.0], [1.0, 1.0], [8.0, 9.0], [9.0, 8.0], [5.0, 6.0]]),
        ("glosten_milgrom", &[[1.0, 0.0]]),
    ];
    for (key, rows) in cases {
        let mut formula = kernel(key, &[]);
        let row = |place: usize| {
            let columns: Vec<&[f64]> = rows.iter().map(|pair| &pair[place..=place]).collect();
            Table::of(&columns)
        };
        row(0).batch_values(&mut formula);
        let before = formula.save();
        let out = row(1).batch_values(&mut formula);
        assert!(out.iter().flatten().all(|x| x.is_nan()), "{key}");
        assert_eq!(before, formula.save(), "{key}");
    }
}
