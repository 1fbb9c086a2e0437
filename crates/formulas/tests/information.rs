//! Laws of information and complexity.

#![allow(clippy::needless_range_loop)] // a row runs through several columns

mod common;

use common::{close, over, Draw};
use nanotick_formulas::build;
use proptest::prelude::*;

fn noise(seed: u64, rows: usize) -> Vec<f64> {
    let mut draw = Draw(seed);
    (0..rows).map(|_| draw.normal()).collect()
}

/// Whole numbers: ties, and values on the edges of bins.
fn coarse(seed: u64, rows: usize) -> Vec<f64> {
    noise(seed, rows).iter().map(|x| (2.0 * x).round()).collect()
}

fn power_of_two(x: &[f64]) -> Vec<f64> {
    x.iter().map(|x| 4.0 * x + 64.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn entropies_have_no_unit_and_stay_in_range(seed in 0u64..1000) {
        let x = coarse(seed, 200);
        let moved = power_of_two(&x);
        let table: [(&str, &[f64]); 5] = [
            ("shannon_entropy", &[60.0, 8.0]),
            ("permutation_entropy", &[60.0, 3.0, 2.0]),
            ("kl_divergence", &[30.0, 60.0, 5.0]),
            ("mutual_information", &[60.0, 4.0]),
            ("transfer_entropy", &[60.0, 3.0]),
        ];
        for (key, params) in table {
            let pair = key.starts_with('m') || key.starts_with('t');
            let other = coarse(seed + 1, 200);
            let run = |x: &[f64]| if pair { over(key, params, &[x, &other]) } else { over(key, params, &[x]) };
            let (plain, changed) = (run(&x), run(&moved));
            for (column, values) in plain.iter().enumerate() {
                for (row, value) in values.iter().enumerate() {
                    prop_assert!(close(*value, changed[column][row], 1.0, 1e-12), "{key}");
                    prop_assert!(value.is_nan() || *value >= 0.0 || (key, column) == ("transfer_entropy", 2), "{key}");
                }
            }
            let ratio = match key {
                "transfer_entropy" => continue,
                _ => 1,
            };
            prop_assert!(plain[ratio].iter().all(|r| r.is_nan() || *r <= 1.0 + 1e-12), "{key}");
        }
    }

    #[test]
    fn what_never_changes_says_nothing(value in -100.0..100.0f64, seed in 0u64..99) {
        let flat = vec![value; 150];
        let other = noise(seed, 150);
        for (key, params, columns) in [
            ("shannon_entropy", &[50.0][..], vec![&flat[..]]),
            ("permutation_entropy", &[50.0], vec![&flat]),
            ("mutual_information", &[50.0], vec![&flat, &other]),
            ("transfer_entropy", &[60.0], vec![&flat, &other]),
            ("transfer_entropy", &[60.0], vec![&other, &flat]),
        ] {
            let out = over(key, params, &columns);
            prop_assert_eq!(out[0][149], 0.0, "{}", key);
        }
    }

    #[test]
    fn the_order_of_values_does_not_matter_to_their_histogram(seed in 0u64..1000) {
        let x = noise(seed, 60);
        let reversed: Vec<f64> = x.iter().rev().copied().collect();
        let (a, b) = (over("shannon_entropy", &[60.0], &[&x]), over("shannon_entropy", &[60.0], &[&reversed]));
        prop_assert_eq!(a[0][59], b[0][59]);
        let even: Vec<f64> = (0..60).map(|t| f64::from(t * 7 % 60)).collect();
        prop_assert!(close(over("shannon_entropy", &[60.0], &[&even])[0][59], 10.0f64.ln(), 1.0, 1e-12));
    }

    #[test]
    fn patterns_see_order_alone(seed in 0u64..1000, order in 2usize..7) {
        let x = noise(seed, 300);
        let cubed: Vec<f64> = x.iter().map(|x| x * x * x).collect();
        let params = [200.0, order as f64];
        let (a, b) = (over("permutation_entropy", &params, &[&x]), over("permutation_entropy", &params, &[&cubed]));
        prop_assert_eq!(a[0][299], b[0][299]);
        prop_assert!(a[1][299] > 0.3, "noise is not regular");
        let rising: Vec<f64> = (0..300).map(f64::from).collect();
        prop_assert_eq!(over("permutation_entropy", &params, &[&rising])[0][299], 0.0);
    }

    #[test]
    fn information_is_mutual_and_a_copy_tells_all(seed in 0u64..1000) {
        let (x, y) = (noise(seed, 120), noise(seed + 7, 120));
        let (a, b) = (over("mutual_information", &[50.0, 6.0], &[&x, &y]), over("mutual_information", &[50.0, 6.0], &[&y, &x]));
        let own = over("mutual_information", &[50.0, 6.0], &[&x, &x]);
        let entropy = over("shannon_entropy", &[50.0, 6.0], &[&x]);
        for row in 49..120 {
            prop_assert!(close(a[0][row], b[0][row], 1.0, 1e-12) && close(a[2][row], b[2][row], 1.0, 1e-12));
            prop_assert!(close(own[0][row], entropy[0][row], 1.0, 1e-12) && own[2][row] < 1e-12);
        }
    }

    #[test]
    fn equal_samples_do_not_diverge(seed in 0u64..1000) {
        let x = noise(seed, 80);
        let out = over("kl_divergence", &[80.0, 80.0, 6.0], &[&[&x[..], &x[..]].concat()]);
        prop_assert!(out[0][159].abs() < 1e-14 && out[1][159] < 1e-7);
        let away: Vec<f64> = x.iter().map(|x| x + 50.0).collect();
        let out = over("kl_divergence", &[80.0, 80.0, 6.0], &[&[&x[..], &away[..]].concat()]);
        prop_assert!(out[0][159] > 1.0 && out[1][159] > 0.7);
    }

    /// y copies x a row later: what x tells of it is all there is to tell, and the way back tells nothing much.
    #[test]
    fn information_flows_one_way(seed in 0u64..1000) {
        let x = noise(seed, 901);
        let (source, target) = (&x[1..], &x[..900]);
        let out = over("transfer_entropy", &[900.0, 2.0], &[source, target]);
        prop_assert!(close(out[0][899], 2.0f64.ln(), 1.0, 0.02), "{}", out[0][899]);
        prop_assert!(out[1][899] < 0.02 && close(out[2][899], out[0][899] - out[1][899], 1.0, 1e-15));
    }
}

#[test]
fn windows_must_hold_a_pattern_and_a_lag() {
    assert!(build("permutation_entropy", &[20.0, 5.0, 5.0]).is_err());
    assert!(build("permutation_entropy", &[21.0, 5.0, 5.0]).is_ok());
    assert!(build("transfer_entropy", &[50.0, 3.0, 50.0]).is_err());
}

/// Running counts equal those of a fresh start after many windows.
#[test]
fn nothing_drifts() {
    let (x, y) = (noise(1, 60_000), noise(2, 60_000));
    for (key, params) in [
        ("permutation_entropy", &[100.0, 3.0, 1.0, 0.0][..]),
        ("permutation_entropy", &[100.0, 3.0, 1.0, 1.0]),
        ("mutual_information", &[100.0, 5.0]),
    ] {
        let run = |from: usize| {
            if key == "mutual_information" {
                over(key, params, &[&x[from..], &y[from..]])
            } else {
                over(key, params, &[&x[from..]])
            }
        };
        let (long, short) = (run(0), run(59_850));
        assert!(close(long[0][59_999], short[0][149], 1.0, 1e-13), "{key}");
    }
}
