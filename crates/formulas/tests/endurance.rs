//! Ten million updates without drift: what a formula gives then is what a fresh one gives for the same last rows.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use common::{close, sample, Table};
use nanotick_formulas::{build, implemented, Formula, FormulaInfo};

const UPDATES: usize = 10_000_000;
/// Rows that are fed again and again.
const LAP: usize = 50_000;
/// An update that costs more than this many rows of the cheapest is given as many fewer.
const SLOW: &[&str] = &["O(w)", "O(log w)"];
const SLOW_UPDATES: usize = 200_000;
const TOLERANCE: f64 = 1e-8;

fn feed(formula: &mut Formula, table: &Table, updates: usize) -> Vec<f64> {
    let fields = table.fields();
    let mut out = vec![f64::NAN; formula.width()];
    (0..updates).for_each(|update| formula.update(&fields, update % table.rows(), &mut out));
    out
}

/// The outputs after so many updates and one lap more, beside those of a fresh formula after the lap alone.
fn agrees(info: &'static FormulaInfo, updates: usize) -> bool {
    let table = sample(info, LAP, 41);
    let mut old = build(info.key, &[]).expect("the defaults");
    let mut fresh = old.clone();
    old.fit(table.width());
    fresh.fit(table.width());
    feed(&mut old, &table, updates / LAP * LAP);
    let (old, fresh) = (feed(&mut old, &table, LAP), feed(&mut fresh, &table, LAP));
    let scale = fresh.iter().filter(|x| x.is_finite()).fold(1e-6, |a: f64, b| a.max(b.abs()));
    old.iter().zip(&fresh).all(|(&a, &b)| close(a, b, scale, TOLERANCE))
}

/// Formulas that take times would see them go backwards when the rows begin again.
fn can_be_fed_again(info: &FormulaInfo) -> bool {
    !info
        .columns
        .iter()
        .any(|column| matches!(column.name, "t_s" | "block_time" | "now_s" | "height" | "elapsed"))
}

#[test]
fn what_forgets_does_not_drift() {
    let infos: Vec<_> = implemented().filter(|info| info.tier < 3 && can_be_fed_again(info)).collect();
    let (next, forgetful) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        let mut drifted = Vec::new();
        while let Some(info) = infos.get(next.fetch_add(1, Ordering::Relaxed)) {
            // What remembers all of its past parts from a fresh one at once, and is no matter of drift.
            if !agrees(info, 2 * LAP) {
                continue;
            }
            forgetful.fetch_add(1, Ordering::Relaxed);
            let slow = SLOW.iter().any(|cost| info.streaming.starts_with(cost));
            if !agrees(info, if slow { SLOW_UPDATES } else { UPDATES }) {
                drifted.push(info.key);
            }
        }
        drifted
    };
    let drifted: Vec<_> = thread::scope(|scope| {
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers.into_iter().flat_map(|worker| worker.join().expect("no formula panics")).collect()
    });
    let forgetful = forgetful.into_inner();
    println!("{forgetful} of {} formulas forget; {drifted:?} drifted", infos.len());
    assert!(drifted.is_empty(), "drifted: {drifted:?}");
    assert!(forgetful > 150, "only {forgetful} were put to the test");
}
