//! Plausible inputs for any formula, by the names of its columns, and kernels run over them.

#![allow(dead_code)] // each test binary uses its own part

use nanotick_formulas::{build, Field, Formula, FormulaInfo};

/// A float that equals itself, so that outputs compare bit for bit.
#[derive(Clone, Copy)]
pub struct Bits(pub u64);

impl Bits {
    pub fn is_nan(self) -> bool {
        self.value().is_nan()
    }
    pub fn value(self) -> f64 {
        f64::from_bits(self.0)
    }
}
impl PartialEq for Bits {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || (self.is_nan() && other.is_nan())
    }
}
impl std::fmt::Debug for Bits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value().fmt(f)
    }
}

fn bits(values: Vec<f64>) -> Vec<Bits> {
    // One NaN is as good as another.
    values.into_iter().map(|x| Bits(if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() })).collect()
}

/// Columns of a batch in the order of the formula's; vectors row by row.
#[derive(Clone)]
pub struct Table {
    pub columns: Vec<Vec<f64>>,
    pub widths: Vec<usize>,
    pub rows: usize,
}

/// A table with rows put in that no market could have, and where they are.
pub struct Spoilt {
    pub table: Table,
    pub kept: Vec<usize>,
    pub bad: Vec<usize>,
}

impl Table {
    pub fn of(columns: &[&[f64]]) -> Self {
        let rows = columns.first().map_or(0, |column| column.len());
        Self { columns: columns.iter().map(|c| c.to_vec()).collect(), widths: vec![1; columns.len()], rows }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Of the first vector column, else 1.
    pub fn width(&self) -> usize {
        self.widths.iter().copied().find(|&w| w != 1).unwrap_or(1)
    }

    pub fn fields(&self) -> Vec<Field<'_>> {
        self.columns.iter().zip(&self.widths).map(|(values, &width)| Field { values, width }).collect()
    }

    pub fn batch_values(&self, formula: &mut Formula) -> Vec<Vec<f64>> {
        formula.fit(self.width());
        let mut out: Vec<Vec<f64>> =
            formula.widths().iter().map(|width| vec![0.0; width * self.rows]).collect();
        let mut slices: Vec<&mut [f64]> = out.iter_mut().map(Vec::as_mut_slice).collect();
        formula.batch(&self.fields(), &mut slices).unwrap_or_else(|error| panic!("{error}"));
        out
    }

    /// Outputs of a batch from a fresh start.
    pub fn batch_fresh(&self, formula: &mut Formula) -> Vec<Vec<Bits>> {
        formula.fit(self.width());
        let mut out: Vec<Vec<f64>> =
            formula.widths().iter().map(|width| vec![0.5; width * self.rows]).collect();
        let mut slices: Vec<&mut [f64]> = out.iter_mut().map(Vec::as_mut_slice).collect();
        formula.batch_fresh(&self.fields(), &mut slices).unwrap_or_else(|error| panic!("{error}"));
        out.into_iter().map(bits).collect()
    }

    /// Outputs of the batch face, one vector a column.
    pub fn batch(&self, formula: &mut Formula) -> Vec<Vec<Bits>> {
        self.batch_values(formula).into_iter().map(bits).collect()
    }

    /// Outputs of the streaming face, one update after the other.
    pub fn stream(&self, formula: &mut Formula) -> Vec<Vec<Bits>> {
        formula.fit(self.width());
        let widths = formula.widths().to_vec();
        let mut out: Vec<Vec<f64>> = vec![Vec::new(); widths.len()];
        let mut row_out = vec![0.0; formula.width()];
        let fields = self.fields();
        for row in 0..self.rows {
            formula.update(&fields, row, &mut row_out);
            let mut rest = row_out.as_slice();
            for (column, &width) in out.iter_mut().zip(&widths) {
                let (values, after) = rest.split_at(width);
                column.extend_from_slice(values);
                rest = after;
            }
        }
        out.into_iter().map(bits).collect()
    }

    pub fn split(&self, at: usize) -> (Table, Table) {
        let part = |from: usize, to: usize| Table {
            columns: self
                .columns
                .iter()
                .zip(&self.widths)
                .map(|(c, w)| c[from * w..to * w].to_vec())
                .collect(),
            widths: self.widths.clone(),
            rows: to - from,
        };
        (part(0, at), part(at, self.rows))
    }

    /// Every number the same, times in order.
    pub fn flat(&self, value: f64) -> Table {
        let mut table = self.clone();
        table.columns.iter_mut().for_each(|column| column.fill(value));
        table
    }

    /// After every 50th row, one in which every number is `bad`.
    pub fn with_bad_rows(&self, bad: f64) -> Spoilt {
        let mut columns = vec![Vec::new(); self.columns.len()];
        let (mut kept, mut bad_rows, mut rows) = (Vec::new(), Vec::new(), 0);
        for row in 0..self.rows {
            for (out, (column, w)) in columns.iter_mut().zip(self.columns.iter().zip(&self.widths)) {
                out.extend_from_slice(&column[row * w..(row + 1) * w]);
            }
            kept.push(rows);
            rows += 1;
            if row % 50 == 49 {
                for (out, w) in columns.iter_mut().zip(&self.widths) {
                    out.extend(std::iter::repeat_n(bad, *w));
                }
                bad_rows.push(rows);
                rows += 1;
            }
        }
        Spoilt { table: Table { columns, widths: self.widths.clone(), rows }, kept, bad: bad_rows }
    }
}

pub fn kernel(key: &str, params: &[f64]) -> Formula {
    build(key, params).unwrap_or_else(|error| panic!("{error}"))
}

/// A formula over columns of single numbers, from a fresh start.
pub fn over(key: &str, params: &[f64], columns: &[&[f64]]) -> Vec<Vec<f64>> {
    Table::of(columns).batch_values(&mut kernel(key, params))
}

/// Equal to within `tolerance` of the larger of `scale` and the values; NaN equals NaN.
pub fn close(a: f64, b: f64, scale: f64, tolerance: f64) -> bool {
    (a.is_nan() && b.is_nan()) || a == b || (a - b).abs() <= tolerance * scale.max(a.abs()).max(b.abs())
}

/// Uniform draws in [0, 1) from a fixed seed: a linear congruential generator (Knuth's MMIX constants).
pub struct Draw(pub u64);

impl Draw {
    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Roughly normal, mean 0, deviation 1.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// Levels of a sampled book, assets of a sampled row of returns.
const LEVELS: usize = 12;
const ASSETS: usize = 5;

/// A market that goes on from row to row, from which columns are read by their names.
struct Market {
    draw: Draw,
    row: usize,
    mid: f64,
    last: f64,
    other: f64,
    equity: f64,
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    bid: f64,
}

impl Market {
    fn next(&mut self) {
        self.row += 1;
        self.last = self.mid;
        self.mid += (self.draw.unit() * 5.0).floor() * 0.1 - 0.2;
        self.other += 0.05 * (self.mid - self.last) + 0.01 * self.draw.normal();
        self.equity *= 1.0 + 0.001 * self.draw.normal();
        self.open = self.mid + 0.1 * self.draw.normal();
        self.close = self.mid + 0.1 * self.draw.normal();
        self.high = self.open.max(self.close) + 0.1 * self.draw.unit();
        self.low = self.open.min(self.close) - 0.1 * self.draw.unit();
        self.bid = (self.mid * 10.0).floor() / 10.0;
    }

    fn scalar(&mut self, name: &str) -> f64 {
        let size = |draw: &mut Draw| (draw.unit() * 9.0 * 1e3).ceil() / 1e3;
        match name {
            "open" => self.open,
            "high" => self.high,
            "low" => self.low,
            "close" => self.close,
            "volume" | "size" | "bid_size" | "ask_size" | "fill_size" | "market_size" => size(&mut self.draw),
            "order_size" => size(&mut self.draw),
            "adds" | "cancels" | "trades" | "messages" => (self.draw.unit() * 4.0).floor(),
            "order_price" => self.bid,
            "side" | "fill_side" | "order_side" | "cp" => {
                if self.draw.unit() < 0.5 {
                    -1.0
                } else {
                    1.0
                }
            }
            "open_interest" => 5_000.0 + size(&mut self.draw),
            "open_size" => 0.1 * size(&mut self.draw),
            "fill_fee" => 0.01 * self.draw.unit(),
            "inventory" => (self.draw.unit() * 9.0).floor() - 4.0,
            "elapsed" => 1e-4 * self.row as f64,
            "option_price" => 60.0 + self.draw.unit(),
            "call_bid" | "put_bid" => 60.0 - self.draw.unit(),
            "call_ask" | "put_ask" => 60.0 + self.draw.unit(),
            "spot_bid" | "impact_bid" => self.mid - self.draw.unit(),
            "spot_ask" | "impact_ask" => self.mid + self.draw.unit(),
            "strike" => 600.0,
            "expiry_years" => 0.25,
            "expiry_days" => 30.0,
            "rate" => 0.03,
            "dividend" => 0.01,
            "sigma" | "implied_vol" => 0.6 + 0.1 * self.draw.unit(),
            "t_s" => 1_723_100_000.0 + self.row as f64 * 0.7,
            "height" => 840_671.0 + self.row as f64,
            "block_time" => 1_713_571_767.0 + 600.0 * self.row as f64 + 90.0 * self.draw.normal(),
            "now_s" => 1_713_572_000.0 + 600.0 * self.row as f64,
            "prob" => self.draw.unit(),
            "outcome" => f64::from(self.draw.unit() < 0.6),
            "bid" => self.bid,
            "ask" => self.bid + 0.1,
            "y" => self.other,
            "pnl" | "equity" => self.equity,
            "returns" | "benchmark" => 0.001 * self.draw.normal(),
            "var" => 0.0015,
            "trade_pnl" => self.draw.normal(),
            "p" => 0.4 + 0.3 * self.draw.unit(),
            "c" => 0.2 + 1.5 * self.draw.unit(),
            "entry" => self.mid,
            "stop" => self.mid * 0.98,
            "capital_units" => 0.05 * self.equity,
            "funding" => 0.001 * self.draw.normal(),
            "error_1" | "error_2" => self.draw.normal(),
            "label" => f64::from(u8::from(self.draw.unit() < 0.5)),
            "forecast" => self.other + 0.02 * self.draw.normal(),
            "sd" => 0.01 + self.draw.unit(),
            _ => self.mid,
        }
    }

    fn vector(&mut self, name: &str, out: &mut Vec<f64>) {
        let bid = self.bid;
        match name {
            "bid_px" => out.extend((0..LEVELS).map(|level| bid - 0.1 * level as f64)),
            "ask_px" => out.extend((0..LEVELS).map(|level| bid + 0.1 + 0.1 * level as f64)),
            "bid_sizes" | "ask_sizes" => {
                out.extend((0..LEVELS).map(|_| (self.draw.unit() * 9e3).ceil() / 1e3))
            }
            "weights" => out.extend((0..ASSETS).map(|_| self.draw.unit() - 0.2)),
            "level_px" => out.extend((0..LEVELS).map(|level| bid + 0.1 * (level % (LEVELS / 2)) as f64)),
            "level_sizes" => out.extend((0..LEVELS).map(|_| (self.draw.unit() * 9e3).ceil() / 1e3)),
            "strike" => out.extend((0..ASSETS).map(|place| 420.0 + 90.0 * place as f64)),
            "iv" => out.extend((0..ASSETS).map(|_| 0.6 + 0.01 * self.draw.unit())),
            "call_bid" => out.extend((0..ASSETS).map(|place| 130.0 / (1 << place) as f64)),
            "call_ask" => out.extend((0..ASSETS).map(|place| 131.0 / (1 << place) as f64)),
            "put_bid" => out.extend((0..ASSETS).map(|place| 8.0 * (1 << place) as f64)),
            "put_ask" => out.extend((0..ASSETS).map(|place| 8.1 * (1 << place) as f64)),
            "spent_value" | "creation_price" | "spend_price" | "age_h" | "age_d" | "fee_rate" | "vsize"
            | "tx_values" => out.extend((0..ASSETS).map(|_| (self.draw.unit() * 9e3).ceil())),
            "losses" | "rewards" => out.extend((0..ASSETS).map(|_| self.draw.unit())),
            _ => out.extend((0..ASSETS).map(|_| 0.001 * self.draw.normal())),
        }
    }
}

/// Plausible rows for a formula, the same for the same seed.
pub fn sample(info: &FormulaInfo, rows: usize, seed: u64) -> Table {
    let mut market = Market {
        draw: Draw(seed),
        row: 0,
        mid: 600.0,
        last: 600.0,
        other: 30.0,
        equity: 1000.0,
        open: 0.0,
        high: 0.0,
        low: 0.0,
        close: 0.0,
        bid: 0.0,
    };
    let mut columns = vec![Vec::new(); info.columns.len()];
    for _ in 0..rows {
        market.next();
        for (column, out) in info.columns.iter().zip(&mut columns) {
            if column.vector {
                market.vector(column.name, out);
            } else {
                out.push(market.scalar(column.name));
            }
        }
    }
    let is_book = |name: &str| name.ends_with("_px") || name.ends_with("_sizes");
    let width = |name: &str| if is_book(name) { LEVELS } else { ASSETS };
    let widths = info.columns.iter().map(|c| if c.vector { width(c.name) } else { 1 }).collect();
    Table { columns, widths, rows }
}

/// The table with prices mapped: by a falling map, highs and lows change places.
pub fn map_prices(info: &FormulaInfo, table: &Table, map: impl Fn(f64) -> f64) -> Table {
    let mut mapped = table.clone();
    for (column, values) in info.columns.iter().zip(&mut mapped.columns) {
        if ["price", "open", "high", "low", "close"].contains(&column.name) {
            values.iter_mut().for_each(|x| *x = map(*x));
        }
    }
    let place = |name: &str| info.columns.iter().position(|column| column.name == name);
    if let (Some(high), Some(low)) = (place("high"), place("low")) {
        if map(0.0) > map(1.0) {
            mapped.columns.swap(high, low);
        }
    }
    mapped
}

/// The outputs of a formula from a fresh start.
pub fn outputs(key: &str, params: &[f64], table: &Table) -> Vec<Vec<f64>> {
    table.batch_values(&mut kernel(key, params))
}

/// Panics where two series are apart by more than `tolerance` of `scale` or of the values.
#[track_caller]
pub fn assert_series(got: &[f64], wanted: &[f64], scale: f64, tolerance: f64, what: &str) {
    assert_eq!(got.len(), wanted.len(), "{what}");
    for (row, (&a, &b)) in got.iter().zip(wanted).enumerate() {
        assert!(close(a, b, scale, tolerance), "{what}[{row}]: {a} and {b}");
    }
}
