//! Laws of the risk measures.

mod common;

use common::{close, kernel, over, Draw, Table};
use nanotick_formulas::build;
use proptest::prelude::*;

fn returns() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-0.05..0.05f64, 120..200)
}

/// Positive equity that goes up and down.
fn equity() -> impl Strategy<Value = Vec<f64>> {
    returns().prop_map(|returns| {
        let compound = |value: &mut f64, r: &f64| {
            *value *= 1.0 + r;
            Some(*value)
        };
        returns.iter().scan(100.0, compound).collect()
    })
}

fn mapped(values: &[f64], map: impl Fn(f64) -> f64) -> Vec<f64> {
    values.iter().map(|&x| map(x)).collect()
}

fn all_close(a: &[f64], b: &[f64], scale: f64, tolerance: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| close(a, b, scale, tolerance))
}

/// Key, parameters: measures that are losses, so that adding a sure gain takes it off and leverage multiplies.
const COHERENT_IN_SCALE: &[(&str, &[f64])] = &[
    ("var_historical", &[60.0, 0.05]),
    ("var_historical", &[33.0, 0.21]),
    ("es_historical", &[60.0, 0.05]),
    ("es_historical", &[41.0, 0.3]),
    ("var_gaussian", &[60.0, 0.05]),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_sure_gain_lowers_risk_by_itself_and_leverage_multiplies_it(
        r in returns(), gain in -0.1..0.1f64, leverage in 0.1..10.0f64,
    ) {
        for (key, params) in COHERENT_IN_SCALE {
            let risk = over(key, params, &[&r]);
            let shifted = over(key, params, &[&mapped(&r, |x| x + gain)]);
            let scaled = over(key, params, &[&mapped(&r, |x| x * leverage)]);
            for (output, values) in risk.iter().enumerate() {
                prop_assert!(all_close(&shifted[output], &mapped(values, |x| x - gain), 0.1, 1e-12), "{key}");
                prop_assert!(all_close(&scaled[output], &mapped(values, |x| x * leverage), 0.1, 1e-12), "{key}");
            }
        }
        // The flag of Cornish and Fisher's domain does not change with either.
        let params = [60.0, 0.05];
        let risk = over("var_cornish_fisher", &params, &[&r]);
        let shifted = over("var_cornish_fisher", &params, &[&mapped(&r, |x| x * leverage + gain)]);
        prop_assert!(all_close(&shifted[0], &mapped(&risk[0], |x| x * leverage - gain), 0.1, 1e-11));
        prop_assert!(all_close(&shifted[1], &risk[1], 1.0, 0.0));
    }

    #[test]
    fn more_of_the_tail_is_less_risk_and_the_tail_mean_is_beyond_its_edge(
        r in returns(), alpha in 0.02..0.2f64, more in 1.1..2.4f64,
    ) {
        let wide = alpha * more;
        let var = over("var_historical", &[60.0, alpha], &[&r]);
        let es = over("es_historical", &[60.0, alpha], &[&r]);
        let (var_wide, es_wide) = (
            over("var_historical", &[60.0, wide], &[&r]), over("es_historical", &[60.0, wide], &[&r]));
        let normal = over("var_gaussian", &[60.0, alpha], &[&r]);
        for row in 59..r.len() {
            prop_assert!(var[0][row] >= var_wide[0][row]);
            prop_assert!(es[0][row] >= es_wide[0][row] - 1e-15);
            prop_assert!(normal[1][row] >= normal[0][row]);
            // The lower empirical quantile: the smallest return whose rank reaches the share.
            let mut window = r[row - 59..=row].to_vec();
            window.sort_by(f64::total_cmp);
            let lower = window[((60.0 * alpha).ceil() as usize).max(1) - 1];
            prop_assert!(es[0][row] >= -lower - 1e-15);
            prop_assert!(es[0][row] <= -window[0] + 1e-15);
        }
    }

    #[test]
    fn the_tail_mean_of_a_mix_is_not_above_the_mix_of_tail_means(a in returns(), seed in 0u64..1000, alpha in 0.02..0.4f64) {
        let mut draw = Draw(seed);
        let b: Vec<f64> = a.iter().map(|x| 0.03 * draw.normal() - 0.3 * x).collect();
        let mix: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
        let es = |r: &[f64]| over("es_historical", &[50.0, alpha], &[r]).remove(0);
        for ((mix, a), b) in es(&mix).iter().zip(es(&a)).zip(es(&b)).skip(49) {
            prop_assert!(*mix <= a + b + 1e-14);
        }
    }

    #[test]
    fn a_normal_shape_leaves_cornish_and_fisher_nothing_to_correct(scale in 0.001..1.0f64, shift in -1.0..1.0f64) {
        // Values -a, 0 and a with kurtosis 3: a sixth of them at either end.
        let values: Vec<f64> = (0..60).map(|t| shift + scale * [0.0, 0.0, 1.0, 0.0, 0.0, -1.0][t % 6]).collect();
        let corrected = over("var_cornish_fisher", &[60.0, 0.05], &[&values]);
        let normal = over("var_gaussian", &[60.0, 0.05], &[&values]);
        let (mean, bessel) = (shift, (60.0f64 / 59.0).sqrt());
        let wanted = (normal[0][59] + mean) / bessel - mean;
        prop_assert!(close(corrected[0][59], wanted, scale, 1e-10));
    }

    #[test]
    fn filtered_risk_scales_and_its_tail_is_beyond_its_edge(r in returns(), leverage in 0.01..100.0f64) {
        let params = [50.0, 0.05, 0.9];
        let (risk, scaled) = (
            over("var_filtered_hs", &params, &[&r]),
            over("var_filtered_hs", &params, &[&mapped(&r, |x| x * leverage)]));
        prop_assert!(all_close(&scaled[0], &mapped(&risk[0], |x| x * leverage), 0.01, 1e-11));
        let mut past = risk[0].iter().zip(&risk[1]).skip(50);
        // 2.5 of 50: the mean over three places, the quantile between the third and the fourth.
        prop_assert!(past.all(|(var, es)| es >= var));
    }

    #[test]
    fn drawdowns_lie_between_nothing_and_the_deepest(e in equity(), scale in 0.01..100.0f64) {
        let point = over("drawdown", &[], &[&e]);
        let scaled = over("drawdown", &[], &[&mapped(&e, |x| x * scale)]);
        prop_assert!((0..4).all(|output| all_close(&scaled[output], &point[output], 1.0, 1e-12)));
        let [fall, deepest, age, longest] = &point[..] else { panic!("four outputs") };
        prop_assert!(fall.iter().zip(deepest).all(|(fall, deepest)| 0.0 <= *fall && fall <= deepest && *deepest < 1.0));
        prop_assert!(age.iter().zip(longest).all(|(age, longest)| age <= longest));
        prop_assert!(fall.iter().zip(age).all(|(fall, age)| (*fall == 0.0) == (*age == 0.0)));
        for window in [2.0, 30.0, 100.0] {
            let mdd = over("rolling_max_drawdown", &[window], &[&e]);
            let again = over("rolling_max_drawdown", &[window], &[&mapped(&e, |x| x * scale)]);
            prop_assert!(all_close(&mdd[0], &again[0], 1.0, 1e-12));
            prop_assert!(mdd[0].iter().zip(&point[1]).skip(window as usize).all(|(m, all)| *m <= *all && *m >= 0.0));
        }
        let ulcer = over("ulcer_index", &[20.0], &[&e]);
        for row in 19..e.len() {
            prop_assert!(ulcer[1][row] <= ulcer[0][row] + 1e-12);
            prop_assert!(ulcer[0][row] <= 100.0 * point[1][row] + 1e-12);
        }
    }

    #[test]
    fn conditional_drawdown_lies_between_the_mean_and_the_deepest(e in equity(), alpha in 0.01..0.99f64) {
        let falls = over("drawdown", &[], &[&e]);
        let cdar = |alpha: f64| over("cdar", &[alpha, 20.0, 1000.0], &[&e]);
        let (tail, deepest, whole) = (cdar(alpha), cdar(1e-6), cdar(1.0 - 1e-12));
        let scaled = over("cdar", &[alpha, 20.0, 1000.0], &[&mapped(&e, |x| 7.0 * x)]);
        prop_assert!(all_close(&tail[0], &scaled[0], 1.0, 1e-12));
        for row in 19..e.len() {
            let mean = falls[0][..=row].iter().sum::<f64>() / (row + 1) as f64;
            prop_assert!(mean - 1e-12 <= tail[0][row] && tail[0][row] <= falls[1][row] + 1e-15);
            prop_assert!(close(deepest[0][row], falls[1][row], 1.0, 1e-12));
            prop_assert!(close(whole[0][row], mean, 1.0, 1e-9));
        }
    }

    #[test]
    fn monotone_equity_has_no_drawdown(steps in prop::collection::vec(0.0..0.1f64, 120..150)) {
        let mut value = 1.0;
        let e: Vec<f64> = steps.iter().map(|step| { value *= 1.0 + step; value }).collect();
        let cases: [(&str, &[f64]); 4] = [
            ("drawdown", &[]), ("rolling_max_drawdown", &[30.0]), ("ulcer_index", &[14.0]), ("cdar", &[0.05, 100.0])];
        for (key, params) in cases {
            for output in over(key, params, &[&e]) {
                prop_assert!(output.iter().skip(100).all(|x| *x == 0.0), "{key}");
            }
        }
    }

    #[test]
    fn downside_grows_with_the_target_and_scales_about_zero(r in returns(), leverage in 0.1..10.0f64, order in 0.5..4.0f64) {
        let at = |mar: f64, r: &[f64]| over("semideviation", &[40.0, mar, order], &[r]);
        let (zero, above) = (at(0.0, &r), at(0.01, &r));
        prop_assert!(zero[0].iter().zip(&above[0]).skip(39).all(|(low, high)| low <= high));
        let scaled = at(0.0, &mapped(&r, |x| x * leverage));
        prop_assert!(all_close(&scaled[1], &mapped(&zero[1], |x| x * leverage), 0.01, 1e-9));
        let none = at(-0.06, &r);
        prop_assert!(none.iter().all(|output| output.iter().skip(39).all(|x| *x == 0.0)));
    }

    #[test]
    fn skewness_and_kurtosis_know_no_scale_and_no_order(r in returns(), a in 0.1..10.0f64, b in -1.0..1.0f64) {
        let of = |r: &[f64]| over("sample_moments", &[60.0], &[r]);
        let (point, scaled, mirrored) = (of(&r), of(&mapped(&r, |x| a * x + b)), of(&mapped(&r, |x| -x)));
        prop_assert!(all_close(&scaled[0], &point[0], 1.0, 1e-9) && all_close(&scaled[1], &point[1], 1.0, 1e-9));
        prop_assert!(all_close(&mirrored[0], &mapped(&point[0], |x| -x), 1.0, 1e-9));
        prop_assert!(all_close(&mirrored[1], &point[1], 1.0, 1e-9));
        let mut shuffled = r.clone();
        shuffled[..60].reverse();
        prop_assert!(close(of(&shuffled)[1][59], point[1][59], 1.0, 1e-9));
        let symmetric: Vec<f64> = r.iter().take(30).flat_map(|x| [b + x, b - x]).collect();
        prop_assert!(of(&symmetric)[0][59].abs() < 1e-9);
    }

    #[test]
    fn the_tail_index_is_that_of_the_tail_alone(r in returns(), scale in 0.1..10.0f64, other in 0.0..0.05f64) {
        let (window, k) = (100, 20);
        let of = |r: &[f64]| over("hill", &[window as f64, k as f64], &[r]);
        let point = of(&r);
        prop_assert!(all_close(&of(&mapped(&r, |x| x * scale))[0], &point[0], 1.0, 1e-9));
        prop_assert!(all_close(&point[1], &mapped(&point[0], |x| x / (k as f64).sqrt()), 1.0, 1e-12));
        // Whatever is above the k + 1 worst may be anything else above them.
        let mut first = r[..window].to_vec();
        first.sort_by(f64::total_cmp);
        let edge = first[k];
        let changed = mapped(&r[..window], |x| if x > edge { edge.abs() + other } else { x });
        prop_assert!(close(of(&changed)[0][window - 1], point[0][window - 1], 1.0, 1e-12));
    }

    #[test]
    fn likelihood_ratios_are_not_negative_and_know_only_the_failures(r in returns(), level in 0.02..0.06f64, alpha in 0.02..0.5f64) {
        let var = vec![level; r.len()];
        let params = [30.0, alpha];
        let kupiec = over("kupiec", &params, &[&r, &var]);
        let order = over("christoffersen", &params, &[&r, &var]);
        // Failures by another margin are the same failures.
        let hard = mapped(&r, |x| if x < -level { -1.0 } else { 1.0 });
        prop_assert_eq!(&over("kupiec", &params, &[&hard, &var])[0][29..], &kupiec[0][29..]);
        prop_assert_eq!(&over("christoffersen", &params, &[&hard, &var])[1][29..], &order[1][29..]);
        for row in 29..r.len() {
            let failures = r[..=row].iter().filter(|x| **x < -level).count() as f64;
            prop_assert_eq!(kupiec[2][row], failures);
            prop_assert!(kupiec[0][row] >= 0.0 && (0.0..=1.0).contains(&kupiec[1][row]));
            prop_assert!(order[0][row] >= 0.0 && order[1][row] >= order[0][row] && (0.0..=1.0).contains(&order[2][row]));
        }
    }

    #[test]
    fn contributions_add_up_to_the_whole(seed in 0u64..1000, leverage in 0.1..10.0f64) {
        let mut draw = Draw(seed);
        let (rows, width) = (80, 4);
        let matrix: Vec<f64> = (0..rows * width).map(|_| 0.01 * draw.normal()).collect();
        let weights: Vec<f64> = (0..rows * width).map(|_| draw.unit() - 0.3).collect();
        let of = |weights: Vec<f64>| {
            let columns = vec![matrix.clone(), weights];
            Table { columns, widths: vec![width; 2], rows }.batch_values(&mut kernel("component_var", &[30.0, 0.05]))
        };
        let (point, scaled) = (of(weights.clone()), of(mapped(&weights, |w| w * leverage)));
        prop_assert!(all_close(&scaled[0], &mapped(&point[0], |x| x * leverage), 0.01, 1e-10));
        prop_assert!(all_close(&scaled[1], &point[1], 0.01, 1e-10));
        for row in 29..rows {
            let of_row = |output: usize| point[output][row * width..(row + 1) * width].iter().sum::<f64>();
            prop_assert!(close(of_row(2), point[0][row], 0.01, 1e-10));
            prop_assert!(close(of_row(3), 1.0, 1.0, 1e-10));
            prop_assert!(close(of_row(4), 1.644_853_626_951_472_7 * point[0][row], 0.01, 1e-10));
        }
    }

    #[test]
    fn ruin_is_a_probability_that_falls_with_edge_and_capital(edge in 0.001..0.9f64, capital in 1.0..100.0f64, more in 1.01..3.0f64) {
        let of = |edge: f64, capital: f64| over("risk_of_ruin", &[edge, 0.001, 0.02, 0.5], &[&[capital]]);
        let point = of(edge, capital);
        prop_assert!(point.iter().all(|p| (0.0..=1.0).contains(&p[0])));
        prop_assert!(of(edge, capital * more)[0] < point[0]);
        prop_assert!(of((edge * more).min(0.99), capital)[0] <= point[0]);
        prop_assert_eq!(of(-edge, capital)[0][0], 1.0);
        prop_assert_eq!(over("risk_of_ruin", &[edge, -0.001, 0.02, 0.5], &[&[capital]])[1][0], 1.0);
    }
}

#[test]
fn one_volatility_throughout_filters_nothing() {
    let r: Vec<f64> = (0..100).map(|t| if t * 7 % 5 < 2 { -0.02 } else { 0.02 }).collect();
    let (filtered, plain) =
        (over("var_filtered_hs", &[50.0, 0.3, 0.94], &[&r]), over("var_historical", &[50.0, 0.3], &[&r]));
    assert!(all_close(&filtered[0][50..], &plain[0][50..], 1.0, 1e-12));
}

#[test]
fn leading_zero_returns_cannot_be_standardised_and_do_not_count() {
    let mut r = vec![0.0; 30];
    r.extend((0..80).map(|t| 0.001 * f64::from(1 + t * 7 % 5)));
    let risk = over("var_filtered_hs", &[50.0, 0.05, 0.94], &[&r]);
    // The first return that is not zero makes a variance, the 50 after it the window.
    assert_eq!(risk[0].iter().take_while(|x| x.is_nan()).count(), 80);
}

#[test]
fn hits_in_clusters_are_told_from_hits_apart() {
    let var = vec![0.02; 200];
    let clustered: Vec<f64> = (0..200).map(|t| if t % 40 < 4 { -0.05 } else { 0.01 }).collect();
    let apart: Vec<f64> = (0..200).map(|t| if t % 10 == 0 { -0.05 } else { 0.01 }).collect();
    let of = |r: &[f64]| over("christoffersen", &[100.0, 0.1], &[r, &var]);
    let (clustered, apart) = (of(&clustered), of(&apart));
    assert!(clustered[0][199] > 30.0 && apart[0][199] < 6.0);
    assert!(clustered[2][199] < 1e-6);
}

#[test]
fn as_many_failures_as_promised_are_no_surprise() {
    let r: Vec<f64> = (0..100).map(|t| if t % 20 == 0 { -0.05 } else { 0.01 }).collect();
    let kupiec = over("kupiec", &[100.0, 0.05], &[&r, &[0.02; 100]]);
    assert!(kupiec[0][99] < 1e-12 && (kupiec[1][99] - 1.0).abs() < 1e-6 && kupiec[2][99] == 5.0);
}

#[test]
fn a_pareto_tail_is_found() {
    let mut draw = Draw(3);
    let r: Vec<f64> = (0..20_000).map(|_| -(1.0 - draw.unit()).powf(-1.0 / 3.0)).collect();
    let alpha = over("hill", &[20_000.0, 2_000.0], &[&r])[0][19_999];
    assert!((alpha - 3.0).abs() < 4.0 * 3.0 / 2_000.0f64.sqrt(), "{alpha}");
}

#[test]
fn rules_between_parameters_are_told() {
    let tail = build("hill", &[60.0, 60.0]).expect_err("k is not below the window").to_string();
    assert!(tail.contains("below the window of 60"), "{tail}");
    let memory = build("cdar", &[0.05, 100.0, 50.0]).expect_err("max_obs is below min_obs").to_string();
    assert!(memory.contains("at least min_obs"), "{memory}");
}

/// After millions of updates, outliers among them, a window is worth what it is worth by itself.
#[test]
fn long_runs_do_not_drift() {
    let mut draw = Draw(9);
    let keys: [(&str, &[f64]); 5] = [
        ("var_gaussian", &[100.0]),
        ("var_cornish_fisher", &[100.0]),
        ("sample_moments", &[100.0]),
        ("es_historical", &[2000.0, 0.3]),
        ("semideviation", &[100.0]),
    ];
    for (key, params) in keys {
        let (mut old, mut out) = (kernel(key, params), vec![0.0; 2]);
        // A wild past, then a calm present.
        (0..2_000_000)
            .for_each(|t| old.update_one(draw.normal() * if t % 1000 == 0 { 1e3 } else { 1e-3 }, &mut out));
        let tail: Vec<f64> = (0..2_000).map(|_| 1e-3 * draw.normal()).collect();
        tail.iter().for_each(|r| old.update_one(*r, &mut out));
        let fresh = over(key, params, &[&tail]);
        for (output, values) in fresh.iter().enumerate() {
            assert!(
                close(out[output], values[1_999], 1e-6, 1e-9),
                "{key}: {} for {}",
                out[output],
                values[1_999]
            );
        }
    }
}
