//! Batch is streaming in a loop: the same bits, wherever the series is cut; and it refuses columns that do not fit.

mod common;

use common::{kernel, same_bits, sample, Table, KEYS};
use nanotick_formulas::{BatchError, InputKind};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn batch_equals_streaming_bit_for_bit(rows in 0usize..400, seed: u64, bad in 0usize..400) {
        for key in KEYS {
            let mut streaming = kernel(key, &[]);
            let mut table = sample(streaming.input(), rows, seed);
            if let Some(value) = table.columns[0].get_mut(bad) {
                *value = f64::NAN;
            }
            let mut whole = kernel(key, &[]);
            prop_assert!(same_bits(&table.stream(&mut streaming), &table.batch(&mut whole)), "{}", key);
        }
    }

    #[test]
    fn a_cut_series_goes_on_where_it_was_left(rows in 2usize..300, cut in 0usize..300, seed: u64) {
        for key in KEYS {
            let table = sample(kernel(key, &[]).input(), rows, seed);
            let (head, tail) = split(&table, cut.min(rows));
            let whole = table.batch(&mut kernel(key, &[]));
            let mut resumed = kernel(key, &[]);
            let mut parts = head.batch(&mut resumed);
            for (part, more) in parts.iter_mut().zip(tail.batch(&mut resumed)) {
                part.extend(more);
            }
            prop_assert!(same_bits(&whole, &parts), "{}", key);
        }
    }

    #[test]
    fn reset_forgets_everything(rows in 0usize..200, seed: u64) {
        for key in KEYS {
            let mut used = kernel(key, &[]);
            sample(used.input(), rows, seed).batch(&mut used);
            used.reset();
            let table = sample(used.input(), 150, seed ^ 1);
            prop_assert!(same_bits(&table.batch(&mut used), &table.batch(&mut kernel(key, &[]))), "{}", key);
        }
    }
}

fn split(table: &Table, row: usize) -> (Table, Table) {
    let (mut head, mut tail) = (table.clone(), table.clone());
    for (head, tail) in head.columns.iter_mut().zip(&mut tail.columns) {
        head.truncate(row * table.levels);
        tail.drain(..row * table.levels);
    }
    (head, tail)
}

#[test]
fn columns_that_do_not_fit_are_refused_with_a_sentence() {
    let mut atr = kernel("atr", &[]);
    let bars = sample(InputKind::Bar, 5, 1);
    let mut short = bars.clone();
    short.columns[1].pop();
    let cases = [
        (sample(InputKind::Price, 5, 1), vec![5], "atr: the inputs are high, low, close, given were price"),
        (short, vec![5], "atr: low has 4 rows, the first column has 5"),
        (bars.clone(), vec![], "atr: 0 output columns given, the formula has 1"),
        (bars, vec![4], "atr: atr has 4 rows, the first column has 5"),
    ];
    for (table, lengths, sentence) in cases {
        let mut out: Vec<Vec<f64>> = lengths.iter().map(|&length| vec![0.0; length]).collect();
        let mut out: Vec<&mut [f64]> = out.iter_mut().map(Vec::as_mut_slice).collect();
        let error: BatchError = atr.batch(table.view(), &mut out).expect_err(sentence);
        assert_eq!(error.to_string(), sentence);
    }
}
