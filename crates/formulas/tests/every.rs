//! Laws that hold for every formula with a kernel, whatever it computes. New kernels are held to them unasked.

mod common;

use common::{sample, Bits, Draw, Table};
use nanotick_formulas::{
    build, build_with, implemented, info, BuildError, Formula, FormulaInfo, ParamKind, Value,
};

const ROWS: usize = 3_000;

/// A formula at its defaults, with windows cut to what a short sample can fill.
fn small(info: &'static FormulaInfo) -> Formula {
    let mut values: Vec<Value> = info
        .params
        .iter()
        .map(|param| match param.kind {
            ParamKind::List => Value::List(param.default.to_vec()),
            ParamKind::Int if param.default[0] > 60.0 && param.allows(60.0) => 60.0.into(),
            _ => param.default[0].into(),
        })
        .collect();
    // Rules between parameters may want the defaults after all.
    if build_with(info.key, &values).is_err() {
        values.clear();
    }
    build_with(info.key, &values).unwrap_or_else(|error| panic!("{error}"))
}

/// Names the first place at which two runs part.
fn same(key: &str, a: &[Vec<Bits>], b: &[Vec<Bits>]) {
    for (output, (a, b)) in a.iter().zip(b).enumerate() {
        let parted = a.iter().zip(b).position(|(a, b)| a != b);
        assert!(a.len() == b.len() && parted.is_none(), "{key}: output {output} at {parted:?}: {:?}", {
            let at = parted.unwrap_or(0);
            (a.get(at), b.get(at))
        });
    }
}

#[test]
fn every_formula_has_a_row_of_its_own() {
    let mut keys: Vec<&str> = implemented().map(|info| info.key).collect();
    keys.sort_unstable();
    let count = keys.len();
    keys.dedup();
    assert_eq!(keys.len(), count, "a kernel is listed twice");
}

#[test]
fn batch_and_streaming_agree_bit_for_bit() {
    for info in implemented() {
        let table = sample(info, ROWS, 11);
        let (mut a, mut b) = (small(info), small(info));
        same(info.key, &table.batch(&mut a), &table.stream(&mut b));
    }
}

/// Also where a kernel has a way of its own over whole columns, at several lengths of them.
#[test]
fn a_fresh_batch_is_the_same_however_it_is_made() {
    for info in implemented() {
        for rows in [0, 1, 2, 61, 700, ROWS] {
            let table = sample(info, rows, 21);
            for mut formula in [small(info), build(info.key, &[]).expect("the defaults")] {
                same(info.key, &table.batch(&mut formula), &table.batch_fresh(&mut formula));
            }
        }
        let spoilt = sample(info, 700, 22).with_bad_rows(f64::NAN).table;
        let mut formula = small(info);
        same(info.key, &spoilt.batch(&mut formula), &spoilt.batch_fresh(&mut formula));
    }
}

/// Also at lengths that windows of one kernel share in another way than the defaults do, and over more rows than are
/// taken at once.
#[test]
fn a_fresh_batch_is_the_same_at_other_lengths() {
    let cases: [(&str, &[f64]); 14] = [
        ("ultimate_osc", &[3.0, 5.0, 10.0]),
        ("ultimate_osc", &[5.0, 5.0, 6.0]),
        ("ultimate_osc", &[1.0, 2.0, 700.0]),
        ("awesome", &[5.0, 5.0]),
        ("awesome", &[1.0, 97.0]),
        ("awesome", &[13.0, 5_000.0]),
        ("hma", &[4.0]),
        ("hma", &[61.0]),
        ("hma", &[5_000.0]),
        ("kama", &[1.0]),
        ("kama", &[300.0]),
        ("percent_rank", &[7.0]),
        ("williams_r", &[1.0]),
        ("donchian", &[400.0]),
    ];
    for (key, values) in cases {
        let formula = || build(key, values).unwrap_or_else(|error| panic!("{key}: {error}"));
        for rows in [500, 40_000] {
            let table = sample(formula().info(), rows, 23);
            same(key, &table.batch(&mut formula()), &table.batch_fresh(&mut formula()));
        }
    }
}

#[test]
fn reset_is_a_fresh_start() {
    for info in implemented() {
        let table = sample(info, 700, 12);
        let mut formula = small(info);
        let first = table.batch(&mut formula);
        formula.reset();
        same(info.key, &first, &table.batch(&mut formula));
    }
}

#[test]
fn a_saved_state_goes_on_as_if_nothing_had_happened() {
    for info in implemented() {
        let (head, tail) = sample(info, 1_400, 13).split(700);
        let mut formula = small(info);
        head.batch(&mut formula);
        let saved = formula.save();
        let mut restored = small(info);
        restored.fit(head.width());
        restored.load(&saved).unwrap_or_else(|error| panic!("{}: {error}", info.key));
        assert_eq!(saved, restored.save(), "{}", info.key);
        same(info.key, &tail.batch(&mut formula), &tail.batch(&mut restored));
    }
}

#[test]
fn a_damaged_state_is_refused_and_never_a_panic() {
    for info in implemented() {
        let table = sample(info, 200, 14);
        let mut formula = small(info);
        table.batch(&mut formula);
        let saved = formula.save();
        let mut target = small(info);
        target.fit(table.width());
        for cut in [0, 1, 2, saved.len() / 2, saved.len() - 1] {
            assert!(target.load(&saved[..cut]).is_err(), "{} cut at {cut}", info.key);
        }
        let mut longer = saved.clone();
        longer.push(0);
        assert!(target.load(&longer).is_err(), "{} with a byte too many", info.key);
        let mut draw = Draw(15);
        for _ in 0..40 {
            let mut flipped = saved.clone();
            let place = (draw.unit() * flipped.len() as f64) as usize;
            flipped[place] ^= 1 << (draw.unit() * 8.0) as u32;
            assert!(target.load(&flipped).is_err(), "{} with a bit flipped at {place}", info.key);
        }
    }
}

/// NaN, infinities and numbers that no market has leave no trace in the state.
#[test]
fn what_is_rejected_leaves_no_trace() {
    for info in implemented() {
        let table = sample(info, 900, 16);
        let mut clean = small(info);
        let wanted = table.batch(&mut clean);
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
            let mut formula = small(info);
            let spoilt = table.with_bad_rows(bad);
            let got = spoilt.table.batch(&mut formula);
            let widths = formula.widths().to_vec();
            for (column, (got, wanted)) in got.iter().zip(&wanted).enumerate() {
                let width = widths[column];
                let kept: Vec<_> =
                    spoilt.kept.iter().flat_map(|&row| &got[row * width..(row + 1) * width]).collect();
                assert!(kept.iter().map(|x| x.0).eq(wanted.iter().map(|x| x.0)), "{} with {bad}", info.key);
                // All-NaN rows may mean "nothing of this kind" to formulas over two kinds of events.
                if !bad.is_nan() {
                    let bad_rows = spoilt.bad.iter().flat_map(|&row| &got[row * width..(row + 1) * width]);
                    assert!(bad_rows.clone().all(|x| x.is_nan()), "{} gave a value for {bad}", info.key);
                }
            }
        }
    }
}

/// Event-driven formulas, whose warm-up counts something else than rows, or whose value may be NaN by definition.
const WARMUP_NOT_IN_ROWS: &[&str] = &[
    "hill", // NaN while fewer than k + 1 of the window are losses, as in a short window of centred returns
    // As many rows as there are weights, which the order of the difference decides; the row states a bound.
    "fracdiff",
    // A value with the trade that closes a bar.
    "information_bars",
    // A value comes when a horizon has passed.
    "realized_spread",
    "price_impact",
    "markout",
    // Buckets of volume and bins of time.
    "vpin",
    "kyle_lambda",
    "hasbrouck_lambda",
    "quote_stuffing",
    // NaN while there is no order of our own that the book shows.
    "queue_position",
    // Fits a line, for which trades must have reached two distances.
    "fill_intensity",
    // Counts bins of time.
    "trade_arrival_rate",
    // NaN for a first level of size 1 or less, of which the sampled books have some.
    "book_slope",
];

#[test]
fn the_warm_up_is_as_long_as_the_catalogue_says() {
    for info in implemented().filter(|info| !WARMUP_NOT_IN_ROWS.contains(&info.key)) {
        let mut formula = small(info);
        let table = sample(info, formula.warmup() + 50, 17);
        let columns = table.batch(&mut formula);
        let widths = formula.widths().to_vec();
        let empty = |row: usize| {
            let mut cells = columns.iter().zip(&widths).flat_map(|(c, w)| &c[row * w..(row + 1) * w]);
            cells.all(|x| x.is_nan())
        };
        let leading = (0..table.rows()).take_while(|&row| empty(row)).count();
        assert_eq!(leading, formula.warmup(), "{}", info.key);
    }
}

#[test]
fn flat_and_empty_markets_are_no_panic() {
    for info in implemented() {
        for value in [0.0, 1.0, -1.0, 1e-12, 1e12] {
            small(info);
            let mut formula = small(info);
            sample(info, 400, 18).flat(value).batch(&mut formula);
        }
        let mut formula = small(info);
        assert!(sample(info, 0, 19).batch(&mut formula).iter().all(Vec::is_empty));
        sample(info, 1, 20).batch(&mut small(info));
    }
}

#[test]
fn a_parameter_out_of_range_is_told_its_range() {
    for info in implemented() {
        for (index, param) in info.params.iter().enumerate() {
            for bad in [f64::NAN, f64::INFINITY, -1e300, 1e300] {
                let mut values: Vec<Value> = info.params[..index]
                    .iter()
                    .map(|p| match p.kind {
                        ParamKind::List => Value::List(p.default.to_vec()),
                        _ => p.default[0].into(),
                    })
                    .collect();
                values.push(if param.kind == ParamKind::List { Value::List(vec![bad]) } else { bad.into() });
                let error = build_with(info.key, &values).expect_err(info.key).to_string();
                assert!(error.starts_with(&format!("{}: {} is ", info.key, param.name)), "{error}");
                assert!(error.contains(&param.to_string()), "{error}");
            }
        }
        let many = vec![Value::Number(1.0); info.params.len() + 1];
        assert!(matches!(build_with(info.key, &many), Err(BuildError::Param(_))), "{}", info.key);
    }
}

#[test]
fn unknown_and_planned_formulas_are_told_apart() {
    assert!(matches!(build("no_such", &[]), Err(BuildError::UnknownFormula(_))));
    assert!(info("no_such").is_none());
}

#[test]
fn a_table_is_what_it_says() {
    let info = info("sma").expect("in the catalogue");
    let Table { rows, .. } = sample(info, 5, 1);
    assert_eq!(rows, 5);
}
