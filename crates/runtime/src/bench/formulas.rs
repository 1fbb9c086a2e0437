//! Formulas in the core: one update of each, windows of a thousand, the correlation matrix of 125 instruments, and
//! all of the first tier on one stream of ticks.

use std::hint::black_box;
use std::time::Duration;

use nanotick_formulas::dependence::CorrelationMatrix;
use nanotick_formulas::{build, implemented, BuildError, Field, Formula};

use super::{measure, timed, Figure};

/// Rows that a formula runs over, again and again.
const ROWS: usize = 4096;
const PASSES: usize = 2;
/// Levels a side of the book.
const LEVELS: usize = 10;

/// Rows for a formula, made from one market by the names of its columns.
struct Rows {
    columns: Vec<Vec<f64>>,
    widths: Vec<usize>,
}

/// A draw in [0, 1) from SplitMix64.
fn draw(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

impl Rows {
    fn of(formula: &Formula) -> Rows {
        let mut state = 42;
        let (mut mid, mut other) = (60_000.0f64, 2_500.0f64);
        let columns_of = formula.columns();
        let mut columns = vec![Vec::new(); columns_of.len()];
        for row in 0..ROWS {
            mid += (draw(&mut state) * 5.0).floor() * 0.1 - 0.2;
            other += 0.04 * (draw(&mut state) - 0.5);
            for (column, out) in columns_of.iter().zip(&mut columns) {
                if column.vector {
                    level_row(column.name, mid, &mut state, out);
                } else {
                    out.push(number(column.name, row, mid, other, &mut state));
                }
            }
        }
        let widths = columns_of.iter().map(|c| if c.vector { LEVELS } else { 1 }).collect();
        Rows { columns, widths }
    }

    fn fields(&self) -> Vec<Field<'_>> {
        self.columns.iter().zip(&self.widths).map(|(values, &width)| Field { values, width }).collect()
    }
}

fn number(name: &str, row: usize, mid: f64, other: f64, state: &mut u64) -> f64 {
    match name {
        "high" => mid + draw(state),
        "low" => mid - draw(state),
        "bid" => mid - 0.05,
        "ask" => mid + 0.05,
        "volume" | "size" | "bid_size" | "ask_size" | "fill_size" => 0.001 + draw(state),
        "side" | "fill_side" => {
            if draw(state) < 0.5 {
                -1.0
            } else {
                1.0
            }
        }
        "t_s" => 1.7e9 + row as f64 * 0.01,
        "returns" | "benchmark" => 2e-4 * (draw(state) - 0.5),
        "y" => other,
        "pnl" | "equity" => 1e5 + 100.0 * draw(state),
        _ => mid,
    }
}

fn level_row(name: &str, mid: f64, state: &mut u64, out: &mut Vec<f64>) {
    let step = |level: usize| 0.05 + 0.1 * level as f64;
    match name {
        "bid_px" => out.extend((0..LEVELS).map(|level| mid - step(level))),
        "ask_px" => out.extend((0..LEVELS).map(|level| mid + step(level))),
        _ => out.extend((0..LEVELS).map(|_| 0.001 + draw(state))),
    }
}

/// One update through the face by which the engine calls it, after its warm-up.
pub fn formula_update(name: &str, key: &str, params: &[f64], time: Duration) -> Result<Figure, BuildError> {
    let mut formula = build(key, params)?;
    let rows = Rows::of(&formula);
    let fields = rows.fields();
    let mut out = vec![0.0; formula.width()];
    Ok(measure(name, time, || {
        let ticks = timed(|| {
            for _ in 0..PASSES {
                for row in 0..ROWS {
                    formula.update(&fields, row, &mut out);
                    black_box(&out);
                }
            }
        });
        (ticks, PASSES * ROWS)
    }))
}

/// Every streaming formula of the first tier at its defaults, all brought up to date by each tick.
pub fn first_tier_tick(time: Duration) -> Result<Figure, BuildError> {
    let mut formulas = Vec::new();
    for info in implemented().filter(|info| info.tier == 1) {
        let formula = build(info.key, &[])?;
        let rows = Rows::of(&formula);
        let out = vec![0.0; formula.width()];
        formulas.push((formula, rows, out));
    }
    let mut row = 0;
    Ok(measure("formulas.tick.first_tier", time, || {
        let ticks = timed(|| {
            for _ in 0..ROWS {
                row = if row + 1 == ROWS { 0 } else { row + 1 };
                for (formula, rows, out) in &mut formulas {
                    let mut fields = [Field::scalars(&[]); 8];
                    for (field, (values, &width)) in
                        fields.iter_mut().zip(rows.columns.iter().zip(&rows.widths))
                    {
                        *field = Field { values, width };
                    }
                    formula.update(&fields[..rows.columns.len()], row, out);
                }
                black_box(&formulas);
            }
        });
        (ticks, ROWS)
    }))
}

/// One symbol of 125 ticks, in turn: its correlations with all others.
fn correlation_tick(time: Duration) -> Figure {
    const SYMBOLS: usize = 125;
    let mut matrix = CorrelationMatrix::new(SYMBOLS, 300.0);
    let (mut state, mut at, mut prices) = (7, 0usize, [100.0f64; SYMBOLS]);
    measure("formulas.tick.correlation125", time, || {
        let ticks = timed(|| {
            for _ in 0..ROWS {
                at += 1;
                let symbol = at * 61 % SYMBOLS;
                prices[symbol] *= 1.0 + 1e-4 * (draw(&mut state) - 0.5);
                black_box(matrix.tick(symbol, at as f64 * 1e-3, prices[symbol]));
            }
        });
        (ticks, ROWS)
    })
}

/// The formulas of the bars, each by itself.
pub const SINGLE: [&str; 6] = ["ema", "rsi", "macd", "bollinger", "atr", "zscore"];

/// Over a window of 1000: median, maximum and minimum, quantile, rank.
pub const WINDOWS: [(&str, &str, &[f64]); 4] = [
    ("formulas.window1000.median", "rolling_median", &[1000.0]),
    ("formulas.window1000.max_min", "donchian", &[1000.0]),
    ("formulas.window1000.quantile", "var_historical", &[1000.0, 0.05]),
    ("formulas.window1000.rank", "percent_rank", &[1000.0]),
];

/// All figures of the formulas in the core.
pub fn formulas(time: Duration) -> Result<Vec<Figure>, BuildError> {
    let mut figures = Vec::new();
    for key in SINGLE {
        figures.push(formula_update(&format!("formulas.update.{key}"), key, &[], time)?);
    }
    for (name, key, params) in WINDOWS {
        figures.push(formula_update(name, key, params, time)?);
    }
    figures.push(correlation_tick(time));
    figures.push(first_tier_tick(time)?);
    Ok(figures)
}
