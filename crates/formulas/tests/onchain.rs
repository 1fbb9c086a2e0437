//! Laws of the on-chain formulas.

mod common;

use common::{close, over, Table};
use nanotick_formulas::onchain::{FeeRateQuantiles, NextBlockFee, RealizedCap, Sopr, TxValueEntropy};
use nanotick_formulas::{build, Kernel};
use proptest::prelude::*;

/// How an output answers to a column multiplied by c.
#[derive(Clone, Copy)]
enum Answer {
    /// Multiplied by c to this power.
    Times(i32),
    /// Moved by ln c.
    Shifted,
}
use Answer::{Shifted, Times};

const SAME: Answer = Times(0);

/// A formula over scalars, the columns that are multiplied together, and the answers of its outputs.
struct Scaling {
    key: &'static str,
    params: &'static [f64],
    columns: usize,
    scaled: &'static [usize],
    answers: &'static [Answer],
}

const fn scaling(
    key: &'static str,
    params: &'static [f64],
    columns: usize,
    scaled: &'static [usize],
    answers: &'static [Answer],
) -> Scaling {
    Scaling { key, params, columns, scaled, answers }
}

const SCALINGS: &[Scaling] = &[
    scaling("metcalfe_value", &[10.0], 2, &[1], &[Times(1), Times(1), SAME]),
    scaling("metcalfe_value", &[10.0], 2, &[0], &[Times(-2), SAME, SAME]),
    scaling("zipf_value", &[10.0], 2, &[1], &[Times(1), SAME]),
    scaling("generalized_metcalfe", &[30.0], 2, &[1], &[Shifted, SAME, Times(1), SAME]),
    scaling("nvt", &[5.0, 12.0], 3, &[0, 1], &[SAME, SAME, Times(1)]),
    scaling("nvt", &[5.0, 12.0], 3, &[2], &[SAME, SAME, Times(-1)]),
    scaling("velocity", &[7.0], 2, &[0], &[Times(1)]),
    scaling("velocity", &[7.0], 2, &[1], &[Times(-1)]),
    scaling("fee_velocity", &[3.0, 5.0, 30.0], 3, &[0], &[Times(1), SAME, SAME, SAME]),
    scaling("fee_velocity", &[3.0, 5.0, 30.0], 3, &[2], &[SAME, SAME, Times(1), SAME]),
    scaling("onchain_price", &[20.0], 5, &[0, 1, 2, 4], &[Times(1), SAME, SAME]),
    scaling("mvrv", &[], 2, &[0, 1], &[SAME, SAME]),
    scaling("nupl", &[], 2, &[0, 1], &[SAME]),
    scaling("puell", &[9.0], 1, &[0], &[SAME]),
    scaling("stock_to_flow", &[9.0], 3, &[0, 1], &[SAME, SAME, SAME]),
    scaling("stock_to_flow", &[9.0], 3, &[2], &[SAME, SAME, Shifted]),
    scaling("thermocap", &[1.0], 3, &[0, 1, 2], &[Times(1), SAME]),
    scaling("thermocap", &[0.0], 3, &[1], &[SAME, SAME]),
    scaling("hashrate_estimate", &[6.0], 2, &[1], &[Times(1), Times(1), Times(1)]),
    scaling("hashrate_estimate", &[6.0], 2, &[0], &[Times(-1), Times(-1), Times(-1)]),
    scaling("hash_ribbons", &[4.0, 9.0], 2, &[0], &[SAME, SAME, SAME]),
    scaling("hash_ribbons", &[4.0, 9.0], 2, &[1], &[SAME, SAME, SAME]),
    scaling("hashprice", &[8.0], 4, &[2], &[Times(-1), Times(-1), SAME]),
    scaling("hashprice", &[8.0], 4, &[3], &[Times(1), SAME, SAME]),
    scaling("hashprice", &[8.0], 4, &[0, 1], &[Times(1), Times(1), SAME]),
    scaling("mempool_pressure", &[], 4, &[0, 1, 2], &[Times(1), Times(1), Times(1)]),
    scaling("address_momentum", &[5.0, 12.0], 1, &[0], &[SAME, SAME]),
    scaling("exchange_netflow", &[8.0], 3, &[0, 1, 2], &[Times(1), SAME, SAME]),
    scaling("mayer_multiple", &[5.0, 3.0, 9.0, 12.0], 1, &[0], &[SAME, SAME, SAME]),
];

/// Positive numbers; a last column of times, in order, where the formula has one.
fn columns(scaling: &Scaling, seed: u64, rows: usize) -> Vec<Vec<f64>> {
    let mut draw = common::Draw(seed);
    let mut columns: Vec<Vec<f64>> =
        (0..scaling.columns).map(|_| (0..rows).map(|_| 2.0 + 100.0 * draw.unit()).collect()).collect();
    let time = match scaling.key {
        "mempool_pressure" => Some(3),
        "hashrate_estimate" => Some(0),
        _ => None,
    };
    if let Some(column) = time {
        let mut t = 0.0;
        columns[column].iter_mut().for_each(|x| {
            t += *x;
            *x = t;
        });
    }
    columns
}

fn run(key: &str, params: &[f64], columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
    over(key, params, &columns.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// Vector columns of the widths given, over one row each.
fn vectors(key: &str, params: &[f64], columns: &[(&[f64], usize)]) -> Vec<Vec<f64>> {
    let rows = columns[0].0.len() / columns[0].1;
    let table = Table {
        columns: columns.iter().map(|(values, _)| values.to_vec()).collect(),
        widths: columns.iter().map(|(_, width)| *width).collect(),
        rows,
    };
    table.batch_values(&mut build(key, params).expect("parameters in range"))
}

fn values(column: &[f64]) -> Vec<f64> {
    column.iter().copied().filter(|x| !x.is_nan()).collect()
}

fn positive(rows: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(0.5f64..200.0, rows)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Powers of two, so that comparisons inside a formula do not turn on rounding.
    #[test]
    fn units_matter_as_much_as_they_should(seed in any::<u64>(), power in -5i32..6) {
        let c = 2f64.powi(power);
        for law in SCALINGS {
            let before = columns(law, seed, 60);
            let mut after = before.clone();
            law.scaled.iter().for_each(|&column| after[column].iter_mut().for_each(|x| *x *= c));
            let (a, b) = (run(law.key, law.params, &before), run(law.key, law.params, &after));
            prop_assert_eq!(a.len(), law.answers.len(), "{}", law.key);
            prop_assert!(!values(&a[0]).is_empty(), "{} gave nothing", law.key);
            for (output, answer) in law.answers.iter().enumerate() {
                for (&x, &y) in a[output].iter().zip(&b[output]) {
                    let wanted = match answer {
                        Times(power) => x * c.powi(*power),
                        Shifted => x + c.ln(),
                    };
                    prop_assert!(close(wanted, y, 1e-2, 1e-9), "{} output {output}: {wanted} {y}", law.key);
                }
            }
        }
    }

    #[test]
    fn a_network_on_its_law_is_worth_what_the_law_says(c in 0.01f64..100.0, n in prop::collection::vec(10f64..1e6, 40)) {
        let square: Vec<f64> = n.iter().map(|n| c * n * n).collect();
        let out = over("metcalfe_value", &[12.0], &[&n, &square]);
        for row in 11..40 {
            prop_assert!(close(out[0][row], c, 0.0, 1e-12) && close(out[1][row], square[row], 0.0, 1e-12));
            prop_assert!(out[2][row].abs() < 1e-12);
        }
        let zipf: Vec<f64> = n.iter().map(|n| c * n * n.ln()).collect();
        let out = over("zipf_value", &[12.0], &[&n, &zipf]);
        prop_assert!((11..40).all(|row| close(out[0][row], zipf[row], 0.0, 1e-12) && out[1][row].abs() < 1e-12));
        let power: Vec<f64> = n.iter().map(|n| c * n.powf(1.69)).collect();
        let out = over("generalized_metcalfe", &[30.0], &[&n, &power]);
        for row in 29..40 {
            prop_assert!(close(out[0][row], c.ln(), 1.0, 1e-10) && close(out[1][row], 1.69, 0.0, 1e-10));
            prop_assert!(close(out[2][row], power[row], 0.0, 1e-10));
            prop_assert_eq!(out[3][row], 0.0, "rounding is no deviation");
        }
    }

    /// Deviations from a geometric mean cancel over its window.
    #[test]
    fn deviations_over_the_window_sum_to_zero(n in positive(20), cap in positive(20)) {
        let n: Vec<f64> = n.iter().map(|n| n + 2.0).collect();
        let square = |n: f64| n * n;
        let zipf = |n: f64| n * n.ln();
        for (key, output, driver) in [("metcalfe_value", 1, &square as &dyn Fn(f64) -> f64), ("zipf_value", 0, &zipf)] {
            let k = over(key, &[20.0], &[&n, &cap])[output][19] / driver(n[19]);
            let total: f64 = n.iter().zip(&cap).map(|(n, cap)| (cap / (k * driver(*n))).ln()).sum();
            prop_assert!(total.abs() < 1e-9, "{key}: {total}");
        }
    }

    #[test]
    fn prices_on_a_power_of_fees_or_of_time_are_found(a in -3f64..3.0, b in 0.2f64..3.0, fees in positive(60)) {
        let calm = over("sma", &[4.0], &[&fees]).remove(0);
        let price: Vec<f64> =
            calm.iter().map(|x| if x.is_nan() { 1.0 } else { (a + b * x.ln()).exp() }).collect();
        let out = over("fee_velocity", &[2.0, 4.0, 30.0], &[&fees, &[21e6; 60], &price]);
        for row in 32..60 {
            prop_assert!(close(out[2][row], price[row], 0.0, 1e-8), "{} {}", out[2][row], price[row]);
            prop_assert!(out[3][row].abs() < 1e-8);
        }
        let t_s: Vec<f64> = (0..60).map(|day| 1.4e9 + 86_400.0 * f64::from(day)).collect();
        let days = |t: f64| (t - 1_230_940_800.0) / 86_400.0;
        let price: Vec<f64> = t_s.iter().map(|&t| (a + b * days(t).ln()).exp()).collect();
        let out = over("power_law_corridor", &[30.0], &[&price, &t_s]);
        for row in 29..60 {
            prop_assert!(close(out[1][row], b, 1.0, 1e-6) && close(out[2][row], price[row], 0.0, 1e-9));
        }
    }

    #[test]
    fn the_corridor_has_a_percentile_and_takes_any_currency(price in positive(60), c in 0.01f64..100.0) {
        let t_s: Vec<f64> = (0..60).map(|day| 1.4e9 + 86_400.0 * f64::from(day)).collect();
        let dear: Vec<f64> = price.iter().map(|p| c * p).collect();
        let (a, b) = (over("power_law_corridor", &[30.0], &[&price, &t_s]), over("power_law_corridor", &[30.0], &[&dear, &t_s]));
        for row in 29..60 {
            prop_assert!(a[3][row] > 0.0 && a[3][row] < 1.0);
            prop_assert!(close(a[3][row], b[3][row], 0.0, 1e-8));
            prop_assert!(close(a[1][row], b[1][row], 1.0, 1e-8) && close(c * a[2][row], b[2][row], 0.0, 1e-9));
        }
    }

    #[test]
    fn of_equal_models_the_price_is_theirs(price in positive(40), observed in positive(40), ridge in 0f64..10.0) {
        let cap: Vec<f64> = price.iter().map(|p| p * 1024.0).collect();
        let out = over("onchain_price", &[20.0, ridge], &[&cap, &price, &price, &[1024.0; 40], &observed]);
        for row in 20..40 {
            prop_assert!(close(out[0][row], price[row], 0.0, 1e-12));
            prop_assert!(out[1][row] > 0.0);
        }
    }

    /// A model that was always right is all that counts without a ridge; the price of a day does not move its weights.
    #[test]
    fn models_are_weighed_by_the_days_before(good in positive(30), bad in positive(30), last in 1f64..300.0) {
        let mut price = good.clone();
        price[29] = last;
        let out = over("onchain_price", &[20.0, 0.0], &[&good, &bad, &bad, &[1.0; 30], &price]);
        prop_assert!(close(out[0][29], good[29], 0.0, 1e-12));
        prop_assert_eq!(out[1][29], 0.0);
        prop_assert!(out[2][29].is_nan());
    }

    #[test]
    fn supply_is_the_sum_of_subsidies(height in 1u32..8_000_000) {
        let out = over("block_subsidy", &[], &[&[f64::from(height - 1), f64::from(height)]]);
        prop_assert_eq!(out[1][1] - out[1][0], out[0][1]);
        prop_assert!(out[0][1] <= out[0][0] && out[1][1] <= 2_099_999_997_690_000.0);
    }

    #[test]
    fn averages_of_what_does_not_move(x in 0.5f64..1e6, y in 0.5f64..1e6) {
        let (xs, ys) = ([x; 40], [y; 40]);
        let last = |key: &str, params: &[f64], columns: &[&[f64]]| -> Vec<f64> {
            over(key, params, columns).iter().map(|column| column[39]).collect()
        };
        let all_close = |got: &[f64], wanted: &[f64]| got.iter().zip(wanted).all(|(a, b)| close(*a, *b, 1e-3, 1e-11));
        prop_assert!(all_close(&last("nvt", &[7.0, 9.0], &[&xs, &ys, &ys]), &[x / y, x / y, x / y]));
        prop_assert!(all_close(&last("velocity", &[7.0], &[&xs, &ys]), &[365.0 * x / y]));
        prop_assert!(all_close(&last("puell", &[7.0], &[&xs]), &[1.0]));
        prop_assert!(all_close(&last("stock_to_flow", &[7.0], &[&xs, &ys, &xs]), &[x / (365.0 * y)]));
        prop_assert!(all_close(&last("address_momentum", &[5.0, 9.0], &[&xs]), &[1.0, 0.0]));
        prop_assert!(all_close(&last("mayer_multiple", &[5.0, 3.0, 9.0, 12.0], &[&xs]), &[1.0, 0.5, 1.0]));
        let fees = last("fee_velocity", &[3.0, 5.0, 30.0], &[&xs, &ys, &ys]);
        prop_assert!(close(fees[1], 1.0, 0.0, 1e-12) && fees[2].is_nan(), "no spread, no line");
        prop_assert_eq!(last("mvrv", &[], &[&xs, &xs])[0], 1.0);
        prop_assert_eq!(last("nupl", &[], &[&xs, &xs])[0], 0.0);
        prop_assert_eq!(last("hash_ribbons", &[7.0, 13.0], &[&xs, &ys]), vec![1.0, 1.0, 0.0]);
        prop_assert_eq!(last("exchange_netflow", &[7.0], &[&xs, &xs, &ys]), vec![0.0, 0.0, 0.0]);
    }

    #[test]
    fn caps_and_profit_agree(market in positive(30), realized in positive(30)) {
        let mvrv = over("mvrv", &[], &[&market, &realized]);
        let nupl = over("nupl", &[], &[&market, &realized]).remove(0);
        for row in 1..30 {
            prop_assert!(mvrv[0][row] > 0.0 && nupl[row] < 1.0);
            prop_assert!(close(nupl[row], 1.0 - 1.0 / mvrv[0][row], 1.0, 1e-12));
            prop_assert_eq!(mvrv[1][row] > 0.0, mvrv[0][row] > 1.0);
        }
        let same = over("mvrv", &[], &[&market, &market]);
        prop_assert!(same[0][1..].iter().all(|&x| x == 1.0) && same[1][1..].iter().all(|&x| x == 0.0));
    }

    #[test]
    fn netflow_and_its_mirror(inflow in positive(30), outflow in positive(30)) {
        let balance = [1e6; 30];
        let a = over("exchange_netflow", &[8.0], &[&inflow, &outflow, &balance]);
        let b = over("exchange_netflow", &[8.0], &[&outflow, &inflow, &balance]);
        for output in 0..3 {
            prop_assert!((7..30).all(|row| close(a[output][row], -b[output][row], 1.0, 1e-12)));
        }
    }

    #[test]
    fn growth_by_the_day_is_growth_by_the_year(g in -0.05f64..0.05, start in 1f64..1e6) {
        let n: Vec<f64> = (0..40).map(|day| start * (g * f64::from(day)).exp()).collect();
        let out = over("address_momentum", &[6.0, 20.0], &[&n]);
        prop_assert!(values(&out[1]).iter().all(|&x| close(x, 365.0 * g, 1.0, 1e-10)));
        prop_assert!(values(&out[0]).iter().all(|&x| (x > 1.0) == (g > 0.0) || g.abs() < 1e-9));
    }

    #[test]
    fn nvts_and_multiples_are_positive(cap in positive(40), volume in positive(40)) {
        let out = over("nvt", &[5.0, 10.0], &[&cap, &volume, &cap]);
        prop_assert!(out.iter().all(|column| values(column).len() == 27 && values(column).iter().all(|&x| x > 0.0)));
        let out = over("mayer_multiple", &[5.0, 3.0, 9.0, 12.0], &[&cap]);
        prop_assert!(out.iter().all(|column| values(column).iter().all(|&x| x > 0.0)));
    }

    #[test]
    fn what_miners_were_paid_only_grows(issuance in positive(30), fees in positive(30), price in 1f64..1e5) {
        let usd: Vec<f64> = issuance.iter().map(|coins| coins * price).collect();
        let fees_usd: Vec<f64> = fees.iter().map(|coins| coins * price).collect();
        let mut supply = 0.0;
        let cap: Vec<f64> = issuance.iter().map(|coins| { supply += coins; supply * price }).collect();
        let out = over("thermocap", &[0.0], &[&usd, &fees_usd, &cap]);
        prop_assert!(out[0].windows(2).all(|pair| pair[0] <= pair[1]));
        prop_assert!(out[1].iter().all(|&x| close(x, 1.0, 0.0, 1e-12)), "at one price it is the market cap");
        let with_fees = over("thermocap", &[1.0], &[&usd, &fees_usd, &cap]);
        prop_assert!((0..30).all(|row| with_fees[0][row] > out[0][row]));
        let out = over("hashprice", &[5.0], &[&issuance, &fees, &issuance, &fees]);
        prop_assert!(values(&out[2]).iter().all(|share| (0.0..=1.0).contains(share)));
    }

    #[test]
    fn the_interval_holds_the_estimate(gaps in prop::collection::vec(1f64..3000.0, 40), window in 2usize..20) {
        let time: Vec<f64> = gaps.iter().scan(0.0, |t, gap| { *t += gap; Some(*t) }).collect();
        let out = over("hashrate_estimate", &[window as f64], &[&time, &[5.0; 40]]);
        prop_assert!((window..40).all(|row| out[1][row] < out[0][row] && out[0][row] < out[2][row]));
        let wider = over("hashrate_estimate", &[2.0 * window as f64], &[&time, &[5.0; 40]]);
        prop_assert!((2 * window..40).all(|row| wider[2][row] / wider[0][row] < out[2][row] / out[0][row]));
    }

    #[test]
    fn a_buy_comes_at_most_once_a_capitulation(hashrate in positive(200), price in positive(200)) {
        let out = over("hash_ribbons", &[3.0, 6.0], &[&hashrate, &price]);
        let mut armed = false;
        for row in 19..200 {
            armed |= out[1][row] == -1.0;
            if out[2][row] == 1.0 {
                prop_assert!(out[1][row] == 1.0);
                // The capitulation may lie before the first output.
                prop_assert!(armed || out[2][19..row].iter().all(|&buy| buy == 0.0));
                armed = false;
            }
        }
        let rising: Vec<f64> = (1..=200).map(f64::from).collect();
        let out = over("hash_ribbons", &[3.0, 6.0], &[&rising, &price]);
        prop_assert!(out[1][19..].iter().all(|&state| state == 1.0) && out[2][19..].iter().all(|&buy| buy == 0.0));
    }

    #[test]
    fn difficulty_moves_within_its_clamp(spacing in 1f64..20_000.0, mined in 1u32..2016) {
        let time = [7e8, 7e8 + spacing * f64::from(mined)];
        let height = [2016.0 * 400.0, 2016.0 * 400.0 + f64::from(mined)];
        let out = over("difficulty_forecast", &[], &[&time, &height, &[8.0, 8.0]]);
        let wanted = (600.0 / spacing * 2016.0 / 2015.0).clamp(0.25, 4.0);
        prop_assert!(close(out[0][1], wanted - 1.0, 1.0, 1e-12) && close(out[2][1], 8.0 * wanted, 0.0, 1e-12));
        prop_assert!(close(out[1][1], spacing * f64::from(2016 - mined), 0.0, 1e-6));
        prop_assert_eq!((out[0][0], out[2][0]), (0.0, 8.0));
    }

    #[test]
    fn fast_blocks_score_high_in_any_unit(gaps in prop::collection::vec(1f64..3000.0, 30), c in 0.01f64..100.0) {
        let time: Vec<f64> = gaps.iter().scan(0.0, |t, gap| { *t += gap; Some(*t) }).collect();
        let scaled: Vec<f64> = time.iter().map(|t| c * t).collect();
        let a = over("block_interval_test", &[6.0, 600.0], &[&time, &time]);
        let b = over("block_interval_test", &[6.0, 600.0 * c], &[&scaled, &scaled]);
        for row in 6..30 {
            prop_assert!(close(a[0][row], b[0][row], 1.0, 1e-8) && close(a[1][row], b[1][row], 1e-3, 1e-9));
            prop_assert!(a[1][row] > 0.0 && a[1][row] < 1.0 && a[2][row] == 1.0);
            prop_assert_eq!(a[0][row] > 0.0, a[1][row] < 0.5);
        }
    }

    #[test]
    fn pressure_is_one_when_as_much_comes_as_blocks_hold(step in 0.1f64..2.0, tau in 60f64..2000.0) {
        let rows = (20.0 * tau / step) as usize;
        let t_s: Vec<f64> = (0..rows).map(|row| step * row as f64).collect();
        let inflow = vec![1e6 / 600.0 * step; rows];
        let out = over("mempool_pressure", &[tau], &[&vec![0.0; rows], &inflow, &inflow, &t_s]);
        // Point arrivals read high by half a step of a time constant.
        prop_assert!(close(out[1][rows - 1], 1.0, 0.0, 0.6 * step / tau), "{}", out[1][rows - 1]);
        prop_assert!(out[2][rows - 1].abs() < 1e-9, "what comes in goes out");
        let empty = over("mempool_pressure", &[tau], &[&[0.0; 3], &[0.0; 3], &[0.0; 3], &[1.0, 2.0, 3.0]]);
        prop_assert!(empty.iter().flatten().all(|&x| x == 0.0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn at_one_price_realised_is_market(created in positive(20), price in 1f64..1e5) {
        let mut kernel = RealizedCap::with(&[]).expect("no parameters");
        let mut supply = 0.0;
        for pair in created.windows(2) {
            // The coins of the block before are spent into new outputs, in vectors of any length.
            supply += pair[1];
            let spent = [pair[0], 0.0];
            let width = 1 + (pair[1] as usize) % 2;
            let made = if supply == pair[1] { pair[1] } else { pair[1] + pair[0] };
            let spent = if supply == pair[1] { &[][..] } else { &spent[..width] };
            let prices = vec![price; spent.len()];
            let point = kernel.update(([spent, &prices], [made, price, supply])).expect("a block");
            prop_assert!(close(point.realized_cap, supply * price, 0.0, 1e-12));
            prop_assert!(close(point.realized_price, price, 0.0, 1e-12));
        }
        let before = kernel.update(([&[], &[]], [0.0, price, supply])).expect("a block");
        let after = kernel.update(([&[], &[]], [0.0, 9.0 * price, supply])).expect("a block");
        prop_assert_eq!(before.realized_cap, after.realized_cap, "coins that stay keep their price");
    }

    #[test]
    fn profit_lies_between_that_of_the_outputs(
        rows in prop::collection::vec((0.01f64..50.0, 1f64..100.0, 1f64..100.0, 0f64..3.0), 1..20), c in 0.1f64..10.0
    ) {
        let pick = |f: fn(&(f64, f64, f64, f64)) -> f64| rows.iter().map(f).collect::<Vec<_>>();
        let (value, created, spent, age) = (pick(|r| r.0), pick(|r| r.1), pick(|r| r.2), pick(|r| r.3));
        let mut kernel = Sopr::with(&[]).expect("in range");
        let point = kernel.update([&value, &created, &spent, &age]).expect("a block");
        let ratios: Vec<f64> = rows.iter().map(|r| r.2 / r.1).collect();
        let (low, high) = ratios.iter().fold((f64::MAX, f64::MIN), |(l, h), &x| (l.min(x), h.max(x)));
        prop_assert!(low * (1.0 - 1e-12) <= point.sopr && point.sopr <= high * (1.0 + 1e-12));
        let scaled: Vec<f64> = value.iter().map(|v| c * v).collect();
        prop_assert!(close(kernel.update([&scaled, &created, &spent, &age]).expect("a block").sopr, point.sopr, 0.0, 1e-12));
        prop_assert_eq!(kernel.update([&value, &spent, &spent, &age]).expect("a block").sopr, 1.0);
        // Without the young there is what the old alone give.
        let old: Vec<f64> = value.iter().zip(&age).map(|(v, a)| if *a >= 1.0 { *v } else { 0.0 }).collect();
        let alone = kernel.update([&old, &created, &spent, &age]).expect("a block").sopr;
        prop_assert!(close(alone, point.asopr, 0.0, 1e-12));
    }

    #[test]
    fn destruction_is_linear_and_nothing_without_spending(
        values_ in prop::collection::vec(0f64..50.0, 40), ages in prop::collection::vec(0f64..900.0, 40), c in 0.1f64..10.0
    ) {
        let supply = [1e4; 10];
        let a = vectors("coin_days_destroyed", &[3.0], &[(&values_, 4), (&ages, 4), (&supply, 1)]);
        let scaled: Vec<f64> = values_.iter().map(|v| c * v).collect();
        let b = vectors("coin_days_destroyed", &[3.0], &[(&scaled, 4), (&ages, 4), (&supply, 1)]);
        prop_assert!((2..10).all(|row| close(c * a[0][row], b[0][row], 1e-9, 1e-12) && a[2][row] >= 0.0 && a[2][row] <= 1.0));
        let none = vectors("coin_days_destroyed", &[3.0], &[(&[0.0; 40], 4), (&ages, 4), (&supply, 1)]);
        prop_assert!(none.iter().all(|column| column[2..].iter().all(|&x| x == 0.0)));
        let alike = vectors("coin_days_destroyed", &[3.0], &[(&[0.3; 40], 4), (&[0.7; 40], 4), (&supply, 1)]);
        prop_assert!(alike[2][2..].iter().all(|&x| x == 0.0), "equal is not above");
    }

    #[test]
    fn fee_quantiles_ascend_and_do_not_see_splits(
        rows in prop::collection::vec((0.1f64..500.0, 1u32..100_000), 1..30), c in 0.1f64..10.0
    ) {
        let (rates, sizes): (Vec<f64>, Vec<f64>) = rows.iter().map(|&(r, s)| (r, f64::from(s))).unzip();
        let mut kernel = FeeRateQuantiles::with(&[]).expect("in range");
        let whole = kernel.update([&rates, &sizes]).expect("a mempool").to_vec();
        prop_assert!(whole.windows(2).all(|pair| pair[0] <= pair[1]) && whole.iter().all(|q| rates.contains(q)));
        let split_rates: Vec<f64> = rates.iter().flat_map(|&r| [r, r, 7.0]).collect();
        let split_sizes: Vec<f64> = sizes.iter().flat_map(|&s| [0.25 * s, 0.75 * s, 0.0]).collect();
        prop_assert_eq!(kernel.update([&split_rates, &split_sizes]).expect("a mempool"), &whole[..]);
        let dear: Vec<f64> = rates.iter().map(|r| c * r).collect();
        let scaled: Vec<f64> = whole.iter().map(|q| c * q).collect();
        prop_assert_eq!(kernel.update([&dear, &sizes]).expect("a mempool"), &scaled[..]);
        prop_assert!(kernel.update([&rates, &sizes[1..]]).is_none(), "a rate without a size");
        prop_assert!(kernel.update([&[], &[]]).is_none());
    }

    #[test]
    fn later_blocks_are_cheaper_and_more_demand_is_dearer(
        rows in prop::collection::vec((0.5f64..500.0, 1u32..900_000), 1..30), more in 1u32..2_000_000
    ) {
        let (mut rates, mut sizes): (Vec<f64>, Vec<f64>) = rows.iter().map(|&(r, s)| (r, f64::from(s))).unzip();
        let mut kernel = NextBlockFee::with(&[5.0]).expect("in range");
        let blocks = kernel.update([&rates, &sizes]).expect("a mempool");
        let (before, fees) = (blocks.rate_min.to_vec(), blocks.total_fees.to_vec());
        prop_assert!(before.windows(2).all(|pair| pair[0] >= pair[1]));
        prop_assert!(blocks.rate_median.iter().zip(&before).all(|(median, least)| median >= least));
        if sizes.iter().sum::<f64>() <= 5e6 {
            let all: f64 = rates.iter().zip(&sizes).filter(|(&r, _)| r >= 1.0).map(|(r, s)| r * s).sum();
            prop_assert!(close(fees.iter().sum(), all, 1.0, 1e-12), "every fee is in a block");
        }
        rates.push(1_000.0);
        sizes.push(f64::from(more));
        let after = kernel.update([&rates, &sizes]).expect("a mempool").rate_min.to_vec();
        prop_assert!(after.iter().zip(&before).all(|(after, before)| after >= before));
        let empty = kernel.update([&[], &[]]).expect("an empty mempool");
        prop_assert_eq!((empty.rate_min, empty.rate_median), (&[1.0; 5][..], &[1.0; 5][..]));
        prop_assert_eq!(empty.total_fees, &[0.0; 5][..]);
    }

    #[test]
    fn paying_more_clears_sooner(
        rows in prop::collection::vec((0.5f64..100.0, 1u32..900_000), 1..30), low in 0f64..50.0, more in 0f64..50.0, inflow in 0f64..3000.0
    ) {
        let (rates, sizes): (Vec<f64>, Vec<f64>) = rows.iter().map(|&(r, s)| (r, f64::from(s))).unzip();
        let width = rates.len();
        let at = |rate: f64, inflow: f64| vectors("clearing_time", &[rate], &[(&rates, width), (&sizes, width), (&[inflow], 1)]);
        let (a, b) = (at(low, inflow), at(low + more, inflow));
        prop_assert!(b[0][0] <= a[0][0] && b[2][0] >= a[2][0]);
        prop_assert_eq!(a[0][0].is_infinite(), inflow * 600.0 / 1e6 >= 1.0);
        let ahead: f64 = rates.iter().zip(&sizes).filter(|(&r, _)| r >= low).map(|(_, s)| s).sum();
        prop_assert!(close(at(low, 0.0)[0][0], ahead / 1e6, 0.0, 1e-12) && at(low, 0.0)[0][0] <= a[0][0]);
        prop_assert!(a[1][0] == 600.0 * a[0][0]);
    }

    #[test]
    fn transfers_in_any_order_and_of_one_size(values_ in prop::collection::vec(1e-8f64..1e4, 1..40), x in 1e-8f64..1e4) {
        let mut kernel = TxValueEntropy::with(&[]).expect("in range");
        let forth = kernel.update(&values_).expect("values");
        let back: Vec<f64> = values_.iter().rev().copied().chain([0.0, 0.0]).collect();
        prop_assert_eq!(kernel.update(&back).expect("values"), forth);
        prop_assert!((0.0..=1.0).contains(&forth.whale_share) && forth.gini >= 0.0 && forth.gini < 1.0);
        prop_assert!(forth.entropy >= 0.0 && forth.entropy <= (values_.len() as f64).ln() + 1e-12);
        let alike = kernel.update(&[x; 11]).expect("values");
        prop_assert!(alike.entropy == 0.0 && alike.gini.abs() < 1e-15);
        prop_assert_eq!(alike.whale_share, f64::from(x >= 100.0));
        prop_assert!(kernel.update(&[0.0, 0.0]).is_none() && kernel.update(&[1.0, -1.0]).is_none());
    }
}

#[test]
fn a_window_of_blocks_on_target_is_no_surprise() {
    let time: Vec<f64> = (0..200).map(|block| 600.0 * f64::from(block)).collect();
    let out = over("block_interval_test", &[], &[&time, &time]);
    assert!(out[0][199].abs() < 0.05, "the median of a gamma distribution is near its mean: {}", out[0][199]);
}

#[test]
fn a_fee_less_time_has_no_value_and_leaves_the_fit_alone() {
    let mut fees = vec![0.0; 20];
    fees.extend((1..60).map(|day| f64::from(day % 7) + 1.0));
    let price: Vec<f64> = (1..=79).map(|day| 100.0 + f64::from(day % 11)).collect();
    let supply = vec![21e6; 79];
    let params = [3.0, 5.0, 30.0];
    let with = over("fee_velocity", &params, &[&fees, &supply, &price]);
    let without = over("fee_velocity", &params, &[&fees[16..], &supply[16..], &price[16..]]);
    for output in 0..4 {
        assert!(with[output][16..].iter().zip(&without[output]).all(|(a, b)| close(*a, *b, 1e-3, 1e-9)));
    }
}

#[test]
fn a_forecast_waits_for_the_first_block_of_an_epoch() {
    let height = [2015.0, 2016.0, 2017.0, 4032.5, 4033.0, 2018.0];
    let time = [0.0, 600.0, 1200.0, 1300.0, 1400.0, 600.0];
    let out = over("difficulty_forecast", &[], &[&time, &height, &[1.0; 6]]);
    let known: Vec<bool> = out[0].iter().map(|x| !x.is_nan()).collect();
    assert_eq!(known, [false, true, true, false, false, true]);
    assert_eq!((out[0][5], out[2][5]), (3.0, 4.0), "no time has passed: the clamp");
    assert!(out[1][5].is_nan());
}

#[test]
fn days_without_volume_have_no_ratio() {
    let (cap, supply) = ([100.0; 8], [10.0; 8]);
    let volume = [0.0, 0.0, 0.0, 5.0, 5.0, 0.0, 5.0, 5.0];
    let out = over("nvt", &[2.0, 3.0], &[&cap, &volume, &supply]);
    // Averages are 0, 0, 2.5, 5, 2.5, 2.5, 5 from the second day on; the first two have no signal.
    assert!(out[1][..5].iter().all(|x| x.is_nan()));
    assert_eq!(out[1][5..], [40.0, 40.0, 20.0]);
    assert!(out[0][5].is_nan() && out[0][6] == 20.0);
    assert_eq!(out[2][5..], [40.0 * 2.5 / 10.0, 40.0 * 2.5 / 10.0, 40.0 * 5.0 / 10.0]);
}

/// Rows that make no sense, by formula: its parameters, its columns, and a value of a column that spoils a row.
type Nonsense = (&'static str, &'static [f64], usize, &'static [(usize, f64)]);

const NONSENSE: &[Nonsense] = &[
    ("metcalfe_value", &[10.0], 2, &[(0, 0.0), (1, 0.0)]),
    ("zipf_value", &[10.0], 2, &[(0, 1.0), (1, 0.0)]),
    ("generalized_metcalfe", &[30.0], 2, &[(0, 0.0), (1, 0.0)]),
    ("nvt", &[5.0, 12.0], 3, &[(0, 0.0), (1, -1.0), (2, 0.0)]),
    ("velocity", &[7.0], 2, &[(0, -1.0), (1, 0.0)]),
    ("fee_velocity", &[3.0, 5.0, 30.0], 3, &[(0, -1.0), (1, 0.0), (2, 0.0)]),
    ("onchain_price", &[20.0], 5, &[(0, 0.0), (1, 0.0), (2, 0.0), (3, 0.0), (4, 0.0)]),
    ("mvrv", &[], 2, &[(0, 0.0), (1, 0.0)]),
    ("nupl", &[], 2, &[(0, 0.0), (1, -1.0)]),
    ("puell", &[9.0], 1, &[(0, -1.0)]),
    ("stock_to_flow", &[9.0], 3, &[(0, 0.0), (1, -1.0), (2, 0.0)]),
    ("thermocap", &[], 3, &[(0, -1.0), (1, -1.0), (2, -1.0)]),
    ("hashrate_estimate", &[6.0], 2, &[(1, 0.0)]),
    ("hash_ribbons", &[4.0, 9.0], 2, &[(0, 0.0), (1, 0.0)]),
    ("hashprice", &[8.0], 4, &[(0, -1.0), (1, -1.0), (2, 0.0), (3, -1.0)]),
    ("mempool_pressure", &[], 4, &[(0, -1.0), (2, -1.0), (3, 0.0)]),
    ("address_momentum", &[5.0, 12.0], 1, &[(0, 0.0)]),
    ("exchange_netflow", &[8.0], 3, &[(0, -1.0), (1, -1.0), (2, -1.0)]),
    ("mayer_multiple", &[5.0, 3.0, 9.0, 12.0], 1, &[(0, 0.0)]),
    ("block_subsidy", &[], 1, &[(0, -1.0), (0, 0.5)]),
    ("power_law_corridor", &[30.0], 2, &[(0, 0.0), (1, 1_230_940_800.0), (1, 1_300_000_000.0)]),
];

#[test]
fn rows_without_sense_are_as_if_they_had_not_come() {
    for &(key, params, count, spoilers) in NONSENSE {
        let law = scaling(key, params, count, &[], &[]);
        let mut clean = columns(&law, 7, 60);
        match key {
            "block_subsidy" => clean[0].iter_mut().for_each(|height| *height = height.floor()),
            "power_law_corridor" => (0..60).for_each(|day| clean[1][day] = 1.4e9 + 86_400.0 * day as f64),
            _ => {}
        }
        for &(column, value) in spoilers {
            let mut spoilt = vec![Vec::new(); count];
            for row in 0..60 {
                spoilt.iter_mut().zip(&clean).for_each(|(out, from)| out.push(from[row]));
                spoilt.iter_mut().zip(&clean).for_each(|(out, from)| out.push(from[row]));
                *spoilt[column].last_mut().expect("a row") = value;
            }
            let (a, b) = (run(key, params, &clean), run(key, params, &spoilt));
            for (output, (a, b)) in a.iter().zip(&b).enumerate() {
                for row in 0..60 {
                    let kept = b[2 * row];
                    assert!(kept == a[row] || (kept.is_nan() && a[row].is_nan()), "{key} {output} {column}");
                    assert!(b[2 * row + 1].is_nan(), "{key} took {value} in column {column}");
                }
            }
        }
    }
}
