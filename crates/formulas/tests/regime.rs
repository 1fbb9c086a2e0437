//! Laws of regimes and change points.

#![allow(clippy::needless_range_loop)] // a row runs through several columns

mod common;

use common::{close, over, Draw, Table};
use nanotick_formulas::{build, build_with, Value};
use proptest::prelude::*;

fn noise(seed: u64, rows: usize) -> Vec<f64> {
    let mut draw = Draw(seed);
    (0..rows).map(|_| draw.normal()).collect()
}

/// Noise whose mean moves in the middle.
fn step(seed: u64, rows: usize, size: f64) -> Vec<f64> {
    noise(seed, rows).iter().enumerate().map(|(t, x)| x + if t >= rows / 2 { size } else { 0.0 }).collect()
}

fn wide(values: &[f64], width: usize) -> Table {
    Table { columns: vec![values.to_vec()], widths: vec![width], rows: values.len() / width }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn detectors_are_quiet_in_calm_and_find_a_step(seed in 0u64..1000) {
        let moved = step(seed, 600, 4.0);
        let table: [(&str, &[f64], usize); 3] = [
            ("cusum_page", &[0.0, 1.0, 0.5, 6.0], 2),
            ("page_hinkley", &[30.0, 0.05, 40.0, 0.999], 2),
            ("adwin", &[], 2),
        ];
        for (key, params, alarm) in table {
            let out = over(key, params, &[&moved]);
            prop_assert!(out[alarm][300..400].iter().any(|a| *a != 0.0), "{key} misses the step");
            let calm = over(key, params, &[&vec![0.0; 600]]);
            prop_assert!(calm[alarm].iter().all(|a| *a == 0.0), "{key} sees one where nothing is");
        }
    }

    #[test]
    fn cusum_is_symmetric_and_never_negative(seed in 0u64..1000) {
        let x = step(seed, 200, 2.0);
        let mirrored: Vec<f64> = x.iter().map(|x| -x).collect();
        let (a, b) = (over("cusum_page", &[], &[&x]), over("cusum_page", &[], &[&mirrored]));
        prop_assert_eq!(&a[0], &b[1]);
        prop_assert_eq!(&a[1], &b[0]);
        prop_assert!(a[0].iter().chain(&a[1]).all(|s| *s >= 0.0));
        prop_assert!(a[2].iter().zip(&b[2]).all(|(a, b)| *a == -b || *a == 0.0));
    }

    #[test]
    fn page_hinkley_knows_no_origin(seed in 0u64..1000, shift in -1e3..1e3f64) {
        let x = step(seed, 300, 1.0);
        let moved: Vec<f64> = x.iter().map(|x| x + shift).collect();
        let (a, b) = (over("page_hinkley", &[], &[&x]), over("page_hinkley", &[], &[&moved]));
        for column in 0..2 {
            prop_assert!(a[column].iter().zip(&b[column]).all(|(a, b)| *a >= 0.0 && close(*a, *b, 1e3, 1e-9)));
        }
    }

    /// The mean is that of as many of the last values as the width says, whatever was dropped.
    #[test]
    fn adwin_keeps_the_newest(seed in 0u64..1000, delta in 0.001..0.9f64, clock in 1u8..40) {
        let x = step(seed, 500, 3.0);
        let out = over("adwin", &[delta, 4.0, f64::from(clock)], &[&x]);
        let mut width = 0.0;
        for t in 0..500 {
            prop_assert!(out[0][t] == width + 1.0 || out[2][t] == 1.0);
            width = out[0][t];
            let kept = &x[t + 1 - width as usize..=t];
            prop_assert!(close(out[1][t], kept.iter().sum::<f64>() / width, 1.0, 1e-12));
        }
    }

    #[test]
    fn hidden_states_have_shares_and_the_likelihood_of_all_paths(seed in 0u64..1000) {
        let x: Vec<f64> = noise(seed, 8).iter().map(|x| 2.0 * x).collect();
        let lists = [vec![0.3, 0.7], vec![0.8, 0.2, 0.4, 0.6], vec![-1.0, 1.5], vec![1.0, 2.0]];
        let mut values = vec![Value::Number(2.0)];
        values.extend(lists.iter().cloned().map(Value::List));
        let out = Table::of(&[&x]).batch_values(&mut build_with("hmm_forward", &values).expect("two states"));
        prop_assert!(out[0].chunks(2).all(|p| close(p[0] + p[1], 1.0, 1.0, 1e-12)));
        let density = |x: f64, k: usize| {
            let z = (x - lists[2][k]) / lists[3][k];
            (-0.5 * z * z).exp() / (lists[3][k] * (2.0 * std::f64::consts::PI).sqrt())
        };
        let path = |bits: usize| {
            let state = |t: usize| bits >> t & 1;
            (1..8).fold(lists[0][state(0)] * density(x[0], state(0)), |p, t| {
                p * lists[1][2 * state(t - 1) + state(t)] * density(x[t], state(t))
            })
        };
        let likelihood: f64 = (0..256).map(path).sum();
        prop_assert!(close(out[2][7], likelihood.ln(), 1.0, 1e-11));
        // States that look the same tell nothing: the chain alone moves them.
        values[3] = Value::List(vec![0.0, 0.0]);
        values[4] = Value::List(vec![1.0, 1.0]);
        let blind = Table::of(&[&x]).batch_values(&mut build_with("hmm_forward", &values).expect("two states"));
        let mut prior = 0.3;
        for p in blind[0].chunks(2) {
            prop_assert!(close(p[0], prior, 1.0, 1e-12));
            prior = 0.8 * prior + 0.4 * (1.0 - prior);
        }
    }

    #[test]
    fn run_lengths_collapse_at_a_step(seed in 0u64..1000, hazard in 0.001..0.1f64) {
        let x = step(seed, 300, 12.0);
        // Of the shortest run alone the mass is the hazard, whatever comes.
        let first = over("bocpd", &[hazard, 0.0, 1.0, 1.0, 1.0, 400.0, 1.0], &[&x]);
        prop_assert!(first[0].iter().all(|p| close(*p, hazard, 1.0, 1e-9)));
        let whole = over("bocpd", &[hazard, 0.0, 1.0, 1.0, 1.0, 50.0, 100.0], &[&x]);
        prop_assert!(whole[0].iter().all(|p| close(*p, 1.0, 1.0, 1e-12)), "the mass sums to 1");
        let runs = over("bocpd", &[0.004], &[&x]);
        prop_assert!(runs[1][149] > 20.0 && runs[1][155] <= 10.0, "{} {}", runs[1][149], runs[1][155]);
        prop_assert!(runs[2].iter().enumerate().all(|(t, mean)| *mean >= 0.0 && *mean <= t as f64 + 1.0));
    }

    #[test]
    fn turbulence_knows_no_basis(seed in 0u64..1000, a in 0.5..2.0f64, b in -1.0..1.0f64) {
        let x = noise(seed, 300);
        let mapped: Vec<f64> = x.chunks(3).flat_map(|r| [a * r[0] + b * r[1], r[1] - b * r[2], 5.0 * r[2]]).collect();
        let run = |x: &[f64]| wide(x, 3).batch_values(&mut build("turbulence", &[40.0, 0.0]).expect("turbulence"));
        let (plain, changed) = (run(&x), run(&mapped));
        for row in 40..100 {
            prop_assert!(plain[0][row] >= 0.0 && close(plain[0][row], changed[0][row], 1.0, 1e-8));
        }
        // A row that is the mean of the window before it is at no distance.
        let mut still = x[..120].to_vec();
        still.extend((0..3).map(|i| (0..40).map(|row| x[3 * row + i]).sum::<f64>() / 40.0));
        prop_assert!(run(&still)[0][40].abs() < 1e-12);
    }

    #[test]
    fn regimes_know_no_scale_and_hold_to_their_thresholds(seed in 0u64..1000) {
        let x: Vec<f64> = noise(seed, 500).iter().enumerate().map(|(t, x)| x * (1.0 + (t as f64 / 40.0).sin())).collect();
        let eight: Vec<f64> = x.iter().map(|x| 8.0 * x).collect();
        let params = [10.0, 50.0, 0.3, 0.7, 0.1];
        let (a, b) = (over("vol_regime", &params, &[&x]), over("vol_regime", &params, &[&eight]));
        prop_assert_eq!(&a[0][60..], &b[0][60..]);
        let plain = over("vol_regime", &[10.0, 50.0, 0.3, 0.7, 0.0], &[&x]);
        let switches = |r: &[f64]| r[59..].windows(2).filter(|w| w[0] != w[1]).count();
        for (&regime, &p) in plain[0].iter().zip(&plain[1]).skip(58) {
            let wanted = if p < 0.3 { 0.0 } else if p > 0.7 { 2.0 } else { 1.0 };
            prop_assert!(regime == wanted || p == 0.3 || p == 0.7, "{regime} at {p}");
        }
        prop_assert!(switches(&a[0]) <= switches(&plain[0]));
    }
}

#[test]
fn rules_between_parameters_are_told() {
    let list = |numbers: &[f64]| Value::List(numbers.to_vec());
    let half = list(&[0.5, 0.5]);
    let cases: [(Vec<Value>, &str); 4] = [
        (vec![3.0.into(), half.clone()], "start"),
        (vec![2.0.into(), list(&[0.5, 0.6])], "start"),
        (vec![2.0.into(), half.clone(), list(&[0.5, 0.5])], "transition"),
        (vec![2.0.into(), half, list(&[0.5, 0.5, 0.9, 0.2])], "transition"),
    ];
    for (values, name) in cases {
        let error = build_with("hmm_forward", &values).expect_err("refused").to_string();
        assert!(error.contains(name), "{error}");
    }
    assert!(build("vol_regime", &[10.0, 50.0, 0.7, 0.3]).is_err());
}
