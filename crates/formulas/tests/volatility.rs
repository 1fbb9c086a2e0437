//! Laws of volatility, jumps and conditional variance.

#![allow(clippy::needless_range_loop)] // a row is the same place in several columns

mod common;

use common::{close, kernel, over, Draw, Table};
use proptest::prelude::*;

const TOLERANCE: f64 = 1e-9;

type Columns = Vec<Vec<f64>>;

fn run(key: &str, params: &[f64], columns: &Columns) -> Columns {
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    over(key, params, &columns)
}

fn last(column: &[f64]) -> f64 {
    column[column.len() - 1]
}

/// Equal at each row, relative to `scale` where the values are smaller.
fn same(a: &[f64], b: &[f64], scale: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| close(a, b, scale, TOLERANCE))
}

fn times(column: &[f64], factor: f64) -> Vec<f64> {
    column.iter().map(|x| x * factor).collect()
}

fn returns(rows: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-0.02..0.02, rows)
}

fn prices(rows: usize) -> impl Strategy<Value = Vec<f64>> {
    returns(rows).prop_map(|returns| {
        let mut price = 100.0;
        returns
            .iter()
            .map(|r: &f64| {
                price *= r.exp();
                price
            })
            .collect()
    })
}

/// open, high, low and close of bars that follow a path.
fn bars(rows: usize) -> impl Strategy<Value = Columns> {
    prices(4 * rows).prop_map(|path| {
        let pick = |of: fn(&[f64]) -> f64| path.chunks(4).map(of).collect();
        vec![
            pick(|bar| bar[0]),
            pick(|bar| bar.iter().copied().fold(f64::MIN, f64::max)),
            pick(|bar| bar.iter().copied().fold(f64::MAX, f64::min)),
            pick(|bar| bar[3]),
        ]
    })
}

/// The columns that a formula over bars takes.
fn of_bars(key: &str, bars: &Columns) -> Columns {
    let taken = nanotick_formulas::info(key).expect("in the catalogue").columns;
    let place =
        |name: &str| ["open", "high", "low", "close"].iter().position(|n| *n == name).expect("of a bar");
    taken.iter().map(|column| bars[place(column.name)].clone()).collect()
}

const OVER_BARS: &[(&str, &[f64])] = &[
    ("true_range", &[]),
    ("atr", &[5.0]),
    ("natr", &[5.0]),
    ("keltner", &[6.0, 4.0, 1.5]),
    ("parkinson", &[5.0]),
    ("garman_klass", &[5.0]),
    ("rogers_satchell", &[5.0]),
    ("yang_zhang", &[5.0]),
    ("close_vol", &[5.0]),
    ("ewma_vol", &[0.9]),
    ("vol_of_vol", &[5.0, 4.0]),
    ("vol_cone", &[5.0, 10.0]),
];

/// Over returns, with the power of the returns that each output goes with.
const OVER_RETURNS: &[(&str, &[f64], &[i32])] = &[
    ("realized_variance", &[7.0], &[2, 1]),
    ("realized_semivariance", &[7.0], &[2, 2, 2]),
    ("bipower_variation", &[7.0], &[2]),
    ("medrv", &[7.0], &[2]),
    ("bns_jump_test", &[12.0], &[0, 0, 0]),
    ("lee_mykland", &[8.0], &[0, 0]),
    ("realized_kernel", &[12.0, 4.0], &[2]),
    ("intraday_periodicity", &[4.0, 3.0], &[0]),
];

/// Outputs in units of price; all other outputs over bars are free of units.
const IN_PRICE: &[(&str, usize)] = &[("true_range", 1), ("atr", 1), ("keltner", 3), ("bollinger", 3)];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// In other units of price a formula gives the same, in those units or free of them. Powers of two are exact.
    #[test]
    fn prices_in_other_units(bars in bars(40), power in -3i32..4) {
        let factor = 2f64.powi(power);
        let scaled: Columns = bars.iter().map(|column| times(column, factor)).collect();
        let mut all: Vec<(&str, &[f64])> = OVER_BARS.to_vec();
        all.push(("bollinger", &[6.0, 2.0]));
        all.push(("tsrv", &[12.0, 3.0]));
        for (key, params) in all {
            let over_price = ["bollinger", "tsrv"].contains(&key);
            let taken = |bars: &Columns| if over_price { vec![bars[3].clone()] } else { of_bars(key, bars) };
            let (plain, other) = (run(key, params, &taken(&bars)), run(key, params, &taken(&scaled)));
            let priced = IN_PRICE.iter().find(|(priced, _)| *priced == key).map_or(0, |(_, outputs)| *outputs);
            for (place, (plain, other)) in plain.iter().zip(&other).enumerate() {
                let wanted = times(plain, if place < priced { factor } else { 1.0 });
                prop_assert!(same(other, &wanted, 1e-9), "{} output {}", key, place);
            }
        }
    }

    #[test]
    fn returns_in_other_units(r in returns(40), power in -3i32..4) {
        let factor = 2f64.powi(power);
        for (key, params, powers) in OVER_RETURNS {
            let (plain, other) = (over(key, params, &[&r]), over(key, params, &[&times(&r, factor)]));
            for ((plain, other), power) in plain.iter().zip(&other).zip(*powers) {
                prop_assert!(same(other, &times(plain, factor.powi(*power)), 1e-12), "{}", key);
            }
        }
    }

    /// Variation does not care for the sign of returns.
    #[test]
    fn mirrored_returns(r in returns(40)) {
        let mirrored = times(&r, -1.0);
        for (key, params, _) in OVER_RETURNS {
            let (plain, other) = (over(key, params, &[&r]), over(key, params, &[&mirrored]));
            match *key {
                "realized_semivariance" => {
                    prop_assert!(same(&plain[0], &other[1], 1e-12) && same(&plain[1], &other[0], 1e-12));
                    prop_assert!(same(&plain[2], &times(&other[2], -1.0), 1e-12));
                }
                "lee_mykland" => {
                    prop_assert!(same(&plain[0], &times(&other[0], -1.0), 1e-12) && same(&plain[1], &other[1], 1.0));
                }
                _ => prop_assert!(plain.iter().zip(&other).all(|(a, b)| same(a, b, 1e-12)), "{}", key),
            }
        }
    }

    #[test]
    fn no_volatility_is_negative(bars in bars(40), r in returns(40)) {
        for (key, params) in OVER_BARS {
            for column in run(key, params, &of_bars(key, &bars)) {
                prop_assert!(column.iter().all(|x| x.is_nan() || *x >= 0.0), "{}", key);
            }
        }
        let tests = ["bns_jump_test", "lee_mykland"];
        for (key, params, _) in OVER_RETURNS.iter().filter(|(key, _, _)| !tests.contains(key)) {
            let columns = over(key, params, &[&r]);
            let signed = usize::from(*key == "realized_semivariance");
            for column in &columns[..columns.len() - signed] {
                prop_assert!(column.iter().all(|x| x.is_nan() || *x >= 0.0), "{}", key);
            }
        }
    }

    /// A bar that cannot be gives no output and leaves no trace.
    #[test]
    fn impossible_bars_are_as_if_they_had_not_come(bars in bars(30), place in 0usize..30) {
        for (key, params) in OVER_BARS {
            let clean = of_bars(key, &bars);
            let mut spoilt = clean.clone();
            // High and low are 1 and 2; alone a close is 0.
            let upside_down = vec![vec![1.5], vec![1.0], vec![2.0], vec![1.5]];
            let bad = if clean.len() == 1 { vec![0.0] } else { of_bars(key, &upside_down).concat() };
            spoilt.iter_mut().zip(bad).for_each(|(column, bad)| column.insert(place, bad));
            for (wanted, mut got) in run(key, params, &clean).into_iter().zip(run(key, params, &spoilt)) {
                prop_assert!(got.remove(place).is_nan(), "{}", key);
                prop_assert!(got.iter().zip(&wanted).all(|(a, b)| a == b || (a.is_nan() && b.is_nan())), "{}", key);
            }
        }
    }

    #[test]
    fn true_range_holds_the_bar(bars in bars(30)) {
        let tr = &run("true_range", &[], &of_bars("true_range", &bars))[0];
        for t in 1..30 {
            let (high, low, before) = (bars[1][t], bars[2][t], bars[3][t - 1]);
            prop_assert!(tr[t] >= high - low);
            if (low..=high).contains(&before) {
                prop_assert_eq!(tr[t], high - low);
            }
        }
    }

    #[test]
    fn a_normalised_range_is_one_of_the_close(bars in bars(30), period in 1u8..9) {
        let params = [f64::from(period)];
        let input = of_bars("atr", &bars);
        let (atr, natr) = (run("atr", &params, &input), run("natr", &params, &input));
        let wanted: Vec<f64> = atr[0].iter().zip(&bars[3]).map(|(atr, close)| 100.0 * atr / close).collect();
        prop_assert!(same(&natr[0], &wanted, 1e-12));
    }

    #[test]
    fn bands_are_even_and_places_are_affine(price in prices(30), shift in -50.0..500.0) {
        let plain = over("bollinger", &[6.0, 2.0], &[&price]);
        let moved: Vec<f64> = price.iter().map(|p| 3.0 * p + shift).collect();
        let other = over("bollinger", &[6.0, 2.0], &[&moved]);
        prop_assert!(plain[3].iter().zip(&other[3]).all(|(a, b)| close(*a, *b, 1.0, 1e-7)));
        for row in 5..30 {
            let (upper, middle, lower) = (plain[0][row], plain[1][row], plain[2][row]);
            prop_assert!(close(upper - middle, middle - lower, 1.0, 1e-9));
            prop_assert!(close(plain[4][row] * middle, upper - lower, 1.0, 1e-9));
        }
    }

    #[test]
    fn keltner_bands_are_ranges_away(bars in bars(30)) {
        let input = of_bars("keltner", &bars);
        let (bands, atr) = (run("keltner", &[6.0, 4.0, 1.5], &input), run("atr", &[4.0], &input));
        for row in 5..30 {
            let half = 1.5 * atr[0][row];
            prop_assert!(close(bands[0][row] - bands[1][row], half, 1.0, 1e-9));
            prop_assert!(close(bands[1][row] - bands[2][row], half, 1.0, 1e-9));
        }
    }

    /// Returns k times as large: k times the volatility, the same volatility of it, the same place in the cone.
    #[test]
    fn larger_returns(price in prices(40), k in 0.2f64..3.0) {
        let other: Vec<f64> = price.iter().map(|p| 100.0 * (p / 100.0).powf(k)).collect();
        let formulas = [("close_vol", [5.0, 1.0], k), ("ewma_vol", [0.9, 1.0], k), ("vol_of_vol", [5.0, 4.0], 1.0)];
        for (key, params, factor) in formulas {
            let (plain, larger) = (&over(key, &params, &[&price])[0], &over(key, &params, &[&other])[0]);
            prop_assert!(same(larger, &times(plain, factor), 1e-3), "{}", key);
        }
        let t_s: Vec<f64> = (0..40).map(f64::from).collect();
        let spot = |price: &[f64]| over("spot_var_ewma", &[9.0], &[price, &t_s]);
        let (plain, larger) = (spot(&price), spot(&other));
        prop_assert!(same(&larger[0], &times(&plain[0], k * k), 1e-6));
        prop_assert!(same(&larger[1], &times(&plain[1], k), 1e-3));
    }

    #[test]
    fn volatility_goes_with_the_root_of_the_year(bars in bars(30), annual in 0.5f64..1e4) {
        for key in ["close_vol", "parkinson", "garman_klass", "rogers_satchell", "yang_zhang"] {
            let input = of_bars(key, &bars);
            let (one, year) = (run(key, &[5.0, 1.0], &input), run(key, &[5.0, annual], &input));
            prop_assert!(same(&year[0], &times(&one[0], annual.sqrt()), 1e-9), "{}", key);
        }
    }

    #[test]
    fn the_cone_is_in_order(price in prices(40)) {
        let cone = over("vol_cone", &[5.0, 10.0, 365.0], &[&price]);
        for row in 14..40 {
            prop_assert!(cone[0][row] > 0.0 && cone[0][row] <= 100.0);
            prop_assert!(cone[1][row] <= cone[2][row] && cone[2][row] <= cone[3][row]);
        }
    }

    /// A bar that ends where it began has a body of nothing; one that never turned has no more than its drift.
    #[test]
    fn bodies_and_trends(bars in bars(30)) {
        let [open, high, low, _] = bars.as_slice() else { unreachable!() };
        let still = vec![open.clone(), high.clone(), low.clone(), open.clone()];
        let parkinson = run("parkinson", &[5.0, 365.0], &of_bars("parkinson", &still));
        let garman = run("garman_klass", &[5.0, 365.0], &still);
        prop_assert!(same(&garman[0], &times(&parkinson[0], (2.0 * 2f64.ln()).sqrt()), 1e-9));
        let trend = vec![low.clone(), high.clone(), low.clone(), high.clone()];
        prop_assert!(run("rogers_satchell", &[5.0, 365.0], &trend)[0][4..].iter().all(|vol| *vol == 0.0));
    }

    #[test]
    fn parts_of_variation_sum_up(r in returns(40)) {
        let variation = over("realized_variance", &[10.0, 365.0], &[&r]);
        let halves = over("realized_semivariance", &[10.0], &[&r]);
        let sum: Vec<f64> = halves[0].iter().zip(&halves[1]).map(|(a, b)| a + b).collect();
        prop_assert!(same(&variation[0], &sum, 1e-9));
        let both = over("realized_variance", &[20.0, 1.0], &[&r]);
        prop_assert!(close(both[0][39], variation[0][29] + variation[0][39], 1e-9, TOLERANCE));
        prop_assert!(close(variation[1][39].powi(2), 365.0 * variation[0][39], 1e-9, TOLERANCE));
        prop_assert!(same(&over("realized_kernel", &[10.0, 0.0], &[&r])[0], &variation[0], 1e-9));
    }

    /// One jump enters realised variance by its square, bipower variation by its size, the median hardly at all.
    #[test]
    fn a_lone_jump(r in returns(30), jump in 1.0f64..100.0) {
        let mut jumped = r.clone();
        jumped[15] = jump;
        let largest = r.iter().fold(0f64, |largest, r| largest.max(r.abs()));
        let at_end = |key: &str, r: &[f64]| last(&over(key, &[30.0], &[r])[0]);
        prop_assert!(at_end("realized_variance", &jumped) >= jump * jump);
        let bipower = at_end("bipower_variation", &jumped) - at_end("bipower_variation", &r);
        prop_assert!(bipower <= 4.0 * jump * largest);
        let median = at_end("medrv", &jumped) - at_end("medrv", &r);
        prop_assert!(median.abs() <= 3.0 * 2.0 * largest * largest);
        let z = |r: &[f64]| last(&over("bns_jump_test", &[30.0], &[r])[0]);
        prop_assert!(z(&jumped) > z(&r));
    }

    #[test]
    fn a_jump_share_is_a_share(r in returns(40)) {
        let test = over("bns_jump_test", &[12.0], &[&r]);
        for row in 11..40 {
            prop_assert!((0.0..1.0).contains(&test[2][row]) && (0.0..=1.0).contains(&test[1][row]));
            prop_assert_eq!(test[0][row] > 0.0, test[1][row] < 0.5);
            prop_assert_eq!(test[0][row] > 0.0, test[2][row] > 0.0);
        }
    }

    /// The return that is tested is not in the volatility that it is tested with.
    #[test]
    fn a_return_does_not_vouch_for_itself(r in returns(20), k in 1.0f64..50.0) {
        let mut larger = r.clone();
        larger[19] *= k;
        let stat = |r: &[f64]| last(&over("lee_mykland", &[8.0], &[r])[0]);
        prop_assert!(close(stat(&larger), k * stat(&r), 1e-9, TOLERANCE));
    }

    #[test]
    fn jumps_are_rarer_the_more_is_asked(r in returns(200)) {
        let jumps = |count: f64, alpha: f64| -> f64 {
            over("lee_mykland", &[8.0, count, alpha], &[&r])[1][7..].iter().sum()
        };
        prop_assert!(jumps(10.0, 0.4) >= jumps(100.0, 0.4) && jumps(100.0, 0.4) >= jumps(1e6, 0.4));
        prop_assert!(jumps(10.0, 0.4) >= jumps(10.0, 0.1) && jumps(10.0, 0.1) >= jumps(10.0, 1e-6));
        prop_assert!(jumps(10.0, 0.4) > 0.0);
    }

    #[test]
    fn factors_of_a_day_have_a_mean_square_of_one(r in returns(60)) {
        let factors = over("intraday_periodicity", &[4.0, 3.0], &[&r]);
        // Over one day that repeats the three before it, each bin's window holds the same returns.
        let repeated: Vec<f64> = r[..4].iter().copied().cycle().take(24).collect();
        let steady = over("intraday_periodicity", &[4.0, 3.0], &[&repeated]);
        let mean: f64 = steady[0][20..].iter().map(|f| f * f).sum::<f64>() / 4.0;
        prop_assert!(close(mean, 1.0, 1.0, TOLERANCE));
        prop_assert!(factors[0][11..].iter().all(|f| *f <= 2.0), "a bin holds no more than all of the variance");
    }

    #[test]
    fn garch_keeps_its_bounds(
        r in returns(50), omega in 1e-7f64..1e-3, alpha in 0.0f64..0.5, beta in 0.0f64..0.49,
    ) {
        let garch = over("garch11", &[omega, alpha, beta, 0.0, 1e6], &[&r]);
        let long_run = omega / (1.0 - alpha - beta);
        prop_assert!(garch[0].iter().all(|s2| *s2 >= omega));
        prop_assert!(close(garch[0][0], long_run, 1e-12, TOLERANCE), "it starts from the long run");
        prop_assert!(garch[1].iter().all(|ahead| close(*ahead, long_run, 1e-12, TOLERANCE)));
        let next = over("garch11", &[omega, alpha, beta, 0.0, 1.0], &[&r]);
        prop_assert!(same(&next[1][..49], &next[0][1..], 1e-12), "one ahead is the next");
        let leverless = over("gjr_garch", &[omega, alpha, 0.0, beta, 0.0], &[&r]);
        prop_assert!(same(&leverless[0], &garch[0], 1e-15) && same(&leverless[1], &garch[2], 1e-9));
        let constant = over("garch11", &[omega, 0.0, 0.0, 0.3], &[&r]);
        prop_assert!(constant[0].iter().all(|s2| *s2 == omega));
    }

    #[test]
    fn losses_weigh_more(r in returns(50), shock in 0.01f64..0.1) {
        let (mut gain, mut loss) = (r.clone(), r.clone());
        (gain[48], loss[48]) = (shock, -shock);
        for (key, params) in [("gjr_garch", [1e-6, 0.03, 0.1, 0.88]), ("egarch", [-0.1, 0.1, -0.05, 0.98])] {
            let next = |r: &[f64]| last(&over(key, &params, &[r])[0]);
            prop_assert!(next(&loss) > next(&gain), "{}", key);
        }
    }

    #[test]
    fn egarch_is_positive_whatever_its_parameters(
        r in returns(50),
        omega in -100.0f64..100.0,
        alpha in -10.0f64..10.0,
        gamma in -10.0f64..10.0,
        beta in -0.99f64..0.99,
    ) {
        let point = over("egarch", &[omega, alpha, gamma, beta], &[&r]);
        prop_assert!(point.iter().flatten().all(|x| x.is_finite()) && point[0].iter().all(|s2| *s2 > 0.0));
        let far = vec![0.01; 4000];
        let settled = over("egarch", &[omega / 100.0, 0.0, 0.0, beta, 1e-4], &[&far]);
        prop_assert!(close(last(&settled[0]).ln(), omega / 100.0 / (1.0 - beta), 1.0, 1e-6));
    }

    /// Noiseless data give the coefficients that they were made with.
    #[test]
    fn har_finds_what_made_the_data(
        start in prop::collection::vec(5.0f64..7.0, 6), b_d in 0.1f64..0.3, b_m in 0.1f64..0.3,
    ) {
        // The weight of the week swings the series about 6, without end as far as 30 periods can tell.
        let (b0, b_w, mut y) = (9.0, -0.9, start);
        while y.len() < 60 {
            let mean = |n: usize| y[y.len() - n..].iter().sum::<f64>() / n as f64;
            y.push(b0 + b_d * mean(1) + b_w * mean(3) + b_m * mean(6));
        }
        let found = over("har_rv", &[1.0, 3.0, 6.0, 30.0], &[&y]);
        let wanted = [y[36], b0, b_d, b_w, b_m];
        for (found, wanted) in found.iter().zip(wanted) {
            prop_assert!(close(found[35], wanted, 1.0, 1e-4), "{} for {}", found[35], wanted);
        }
    }

    #[test]
    fn har_goes_with_the_unit(y in prop::collection::vec(0.1f64..9.0, 60)) {
        let har = |y: &[f64]| over("har_rv", &[1.0, 3.0, 6.0, 30.0], &[y]);
        let (plain, other) = (har(&y), har(&times(&y, 0.25)));
        for (place, (plain, other)) in plain.iter().zip(&other).enumerate() {
            let factor = if place < 2 { 0.25 } else { 1.0 };
            prop_assert!(same(other, &times(plain, factor), 1e-3));
        }
        prop_assert!(plain[0][35..].iter().all(|forecast| *forecast >= 0.0));
    }

    /// The memory of a shock fades by lambda each period.
    #[test]
    fn a_shock_fades(r in 0.001f64..0.1, lam in 0.5f64..0.99) {
        let mut price = vec![100.0, 100.0 * r.exp()];
        price.extend(vec![100.0 * r.exp(); 20]);
        let vol = &over("ewma_vol", &[lam, 1.0], &[&price])[0];
        prop_assert!((2..22).all(|t| close(vol[t].powi(2), r * r * lam.powi(t as i32 - 1), 1e-12, 1e-9)));
        let steady: Vec<f64> = (0..20).map(|t| 100.0 * (r * f64::from(t % 2)).exp()).collect();
        let vol = &over("ewma_vol", &[lam, 365.0], &[&steady])[0];
        prop_assert!(vol[1..].iter().all(|vol| close(*vol, 365f64.sqrt() * r, 1e-9, 1e-9)));
    }

    /// Between ticks without returns the sum of squares fades by the time that goes by.
    #[test]
    fn spot_variance_fades_with_time(r in 0.001f64..0.1, tau in 0.5f64..50.0, step in 0.1f64..5.0) {
        let price = [100.0, 100.0 * r.exp(), 100.0 * r.exp()];
        let t_s = [50.0, 50.0 + step, 50.0 + 3.0 * step];
        let rate = &over("spot_var_ewma", &[tau], &[&price, &t_s])[0];
        let seen = |elapsed: f64| 1.0 - (-elapsed / tau).exp();
        prop_assert!(close(rate[1] * tau * seen(step), r * r, 1e-9, 1e-9));
        let left = rate[2] * seen(3.0 * step) / (rate[1] * seen(step));
        prop_assert!(close(left, (-2.0 * step / tau).exp(), 1e-6, 1e-9));
    }
}

#[test]
fn markets_that_do_not_move() {
    let flat = vec![100.0; 60];
    let t_s: Vec<f64> = (0..60).map(f64::from).collect();
    for (key, params) in OVER_BARS {
        let values = run(key, params, &of_bars(key, &vec![flat.clone(); 4]));
        let wanted = |place: usize| match (*key, place) {
            ("keltner", _) | ("vol_cone", 0) => 100.0,
            ("vol_of_vol", _) => f64::NAN,
            _ => 0.0,
        };
        for (place, column) in values.iter().enumerate() {
            let (got, wanted) = (last(column), wanted(place));
            assert!(got == wanted || (got.is_nan() && wanted.is_nan()), "{key}: {got}");
        }
    }
    let bands: Vec<f64> = over("bollinger", &[5.0], &[&flat]).iter().map(|column| last(column)).collect();
    assert_eq!(bands, [100.0, 100.0, 100.0, 0.5, 0.0]);
    assert_eq!(last(&over("tsrv", &[10.0, 3.0], &[&flat])[0]), 0.0);
    assert_eq!(last(&over("spot_var_ewma", &[], &[&flat, &t_s])[0]), 0.0);
    let zero = vec![0.0; 60];
    for (key, params, _) in OVER_RETURNS {
        let got = last(&over(key, params, &[&zero])[0]);
        let undefined = ["bns_jump_test", "intraday_periodicity"].contains(key);
        assert!(if undefined { got.is_nan() } else { got == 0.0 }, "{key}: {got}");
    }
    let har: Vec<f64> =
        over("har_rv", &[1.0, 5.0, 9.0, 30.0], &[&flat]).iter().map(|column| last(column)).collect();
    assert_eq!(har, [100.0, 100.0, 0.0, 0.0, 0.0]);
}

#[test]
fn steady_markets() {
    let growth: Vec<f64> = (0..40).map(|t| 100.0 * 1.01f64.powi(t)).collect();
    assert!(over("close_vol", &[5.0], &[&growth])[0][5..].iter().all(|vol| *vol < 1e-12));
    let swings: Vec<f64> = (0..40).map(|t| 100.0 + f64::from(t % 2)).collect();
    assert!(over("vol_of_vol", &[4.0, 5.0], &[&swings])[0][8..].iter().all(|vov| *vov < 1e-12));
    // Bars of a range of 3 without gaps.
    let (high, low, close) = (vec![103.0; 40], vec![100.0; 40], vec![101.0; 40]);
    for (key, wanted) in [("true_range", 3.0), ("atr", 3.0), ("natr", 300.0 / 101.0)] {
        assert!((last(&over(key, &[], &[&high, &low, &close])[0]) - wanted).abs() < 1e-12, "{key}");
    }
    // Each bar opens one percent above the close before it and never turns.
    let open: Vec<f64> = (0..40).map(|t| 100.0 * (0.03 * f64::from(t)).exp()).collect();
    let top: Vec<f64> = open.iter().map(|open| open * 0.02f64.exp()).collect();
    assert!(last(&over("yang_zhang", &[5.0], &[&open, &top, &open, &top])[0]) < 1e-6);
}

/// A walk of a known variance: noise on it spoils realised variance and not the formulas made against noise.
#[test]
fn noise_is_seen_through() {
    const N: usize = 20_000;
    let (step, mut draw, mut x) = (1e-3, Draw(5), 0f64);
    let walk: Vec<f64> = (0..=N)
        .map(|_| {
            x += step * draw.normal();
            x
        })
        .collect();
    let priced = |noise: f64, draw: &mut Draw| -> Vec<f64> {
        walk.iter().map(|x| (x + noise * draw.normal()).exp()).collect()
    };
    let truth = N as f64 * step * step;
    for noise in [0.0, 4e-3] {
        let price = priced(noise, &mut draw);
        let returns: Vec<f64> = price.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect();
        let n = N as f64;
        let two_scales = last(&over("tsrv", &[n, 50.0], &[&price])[0]);
        let kernel = last(&over("realized_kernel", &[n, 60.0], &[&returns])[0]);
        let plain = last(&over("realized_variance", &[n], &[&returns])[0]);
        assert!((two_scales / truth - 1.0).abs() < 0.15, "{two_scales} for {truth}");
        assert!((kernel / truth - 1.0).abs() < 0.15, "{kernel} for {truth}");
        let wanted = 1.0 + 2.0 * noise * noise / (step * step);
        assert!((plain / truth / wanted - 1.0).abs() < 0.05, "{plain} for {truth}");
    }
}

/// Bars of a driftless walk, seen at so many steps that its range is that of a Brownian motion but for 2 percent.
#[test]
fn ranges_of_a_walk_tell_its_volatility() {
    const STEPS: usize = 2_000;
    let (mut draw, mut x, step) = (Draw(10), 0f64, 2e-4);
    let mut bars: Columns = vec![Vec::new(); 4];
    for _ in 0..400 {
        let open = x;
        let (mut high, mut low) = (x, x);
        for _ in 0..STEPS {
            x += step * draw.normal();
            (high, low) = (high.max(x), low.min(x));
        }
        [open, high, low, x].iter().zip(&mut bars).for_each(|(x, column)| column.push(x.exp()));
    }
    let truth = step * (STEPS as f64).sqrt();
    for key in ["parkinson", "garman_klass", "rogers_satchell", "yang_zhang", "close_vol"] {
        let vol = last(&run(key, &[399.0, 1.0], &of_bars(key, &bars))[0]);
        assert!((vol / truth - 1.0).abs() < 0.08, "{key}: {vol} for {truth}");
    }
}

/// Without jumps all measures agree on the mean variance, and the tests keep their size.
#[test]
fn normal_returns() {
    let mut draw = Draw(6);
    let r: Vec<f64> = (0..60_000)
        .map(|_| {
            // Box and Muller: the tails matter here.
            (-2.0 * (1.0 - draw.unit()).ln()).sqrt() * (std::f64::consts::TAU * draw.unit()).cos()
        })
        .collect();
    let mean = |column: &[f64]| {
        let each: Vec<f64> = column.iter().copied().skip(199).step_by(200).collect();
        each.iter().sum::<f64>() / each.len() as f64
    };
    for key in ["realized_variance", "bipower_variation", "medrv"] {
        let value = mean(&over(key, &[200.0], &[&r])[0]);
        assert!((value / 200.0 - 1.0).abs() < 0.02, "{key}: {value}");
    }
    let z: Vec<f64> =
        over("bns_jump_test", &[200.0], &[&r])[0].iter().copied().skip(199).step_by(200).collect();
    let average = z.iter().sum::<f64>() / z.len() as f64;
    let square = z.iter().map(|z| z * z).sum::<f64>() / z.len() as f64;
    assert!(average.abs() < 0.3 && (square - 1.0).abs() < 0.35, "{average} {square}");
}

#[test]
fn brownian_ticks_have_their_variance_per_second() {
    let (mut draw, mut t_s, mut x) = (Draw(7), 0.0, 0f64);
    let (mut price, mut times, sigma) = (Vec::new(), Vec::new(), 1e-4);
    for _ in 0..40_000 {
        let gap = 0.01 + 0.2 * draw.unit();
        x += sigma * gap.sqrt() * draw.normal();
        t_s += gap;
        price.push(x.exp());
        times.push(t_s);
    }
    let rate = &over("spot_var_ewma", &[60.0], &[&price, &times])[0];
    let mean = rate[4_000..].iter().sum::<f64>() / 36_000.0;
    assert!((mean / (sigma * sigma) - 1.0).abs() < 0.05, "{mean}");
}

/// What has left a window has left no trace, after values that dwarf what follows and after many laps.
#[test]
fn windows_forget() {
    let mut draw = Draw(8);
    let mut y: Vec<f64> = (0..100_000).map(|_| 1e9 * draw.unit()).collect();
    y.extend((0..200).map(|_| draw.unit()));
    let recent = y[y.len() - 100..].to_vec();
    for (key, params) in [
        ("realized_kernel", vec![40.0, 7.0]),
        ("har_rv", vec![1.0, 3.0, 6.0, 40.0]),
        ("bns_jump_test", vec![40.0]),
        ("realized_variance", vec![40.0]),
        ("bollinger", vec![40.0]),
    ] {
        for (long, short) in over(key, &params, &[&y]).iter().zip(over(key, &params, &[&recent])) {
            assert!(
                close(last(long), last(&short), 1e-6, 1e-9),
                "{key}: {} for {}",
                last(long),
                last(&short)
            );
        }
    }
}

#[test]
fn rules_between_parameters() {
    for (key, params, sentence) in [
        ("tsrv", vec![20.0, 21.0], "up to n"),
        ("har_rv", vec![5.0, 5.0, 22.0], "above d"),
        ("har_rv", vec![1.0, 22.0, 22.0], "above w"),
        ("garch11", vec![1e-6, 0.2, 0.8], "below 1 - alpha"),
        ("gjr_garch", vec![1e-6, 0.1, 0.4, 0.7], "below 1 - alpha"),
        ("gjr_garch", vec![1e-6, 0.1, -0.2, 0.7], "at least -alpha"),
        ("intraday_periodicity", vec![100_000.0, 1_000.0], "up to 10000000"),
    ] {
        let error = nanotick_formulas::build(key, &params).expect_err(key).to_string();
        assert!(error.contains(sentence), "{error}");
    }
}

#[test]
fn time_that_goes_backwards_is_not_taken() {
    let mut formula = kernel("spot_var_ewma", &[]);
    let before = Table::of(&[&[100.0, 101.0], &[5.0, 6.0]]).batch_values(&mut formula);
    let saved = formula.save();
    assert!(before[0][1] > 0.0);
    let refused = Table::of(&[&[99.0, 0.0], &[5.9, 7.0]]).batch_values(&mut formula);
    assert!(refused[0].iter().all(|x| x.is_nan()) && formula.save() == saved);
}
