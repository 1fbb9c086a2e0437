//! Inputs of every kind as owned columns, and kernels run over them.

#![allow(dead_code)] // each test binary uses its own part

use nanotick_formulas::{build, AnyKernel, Bar, Book, Columns, InputKind, Quote, Trade};

pub const KEYS: [&str; 10] = [
    "sma",
    "ema",
    "rsi",
    "macd",
    "bollinger",
    "atr",
    "vwap_session",
    "microprice_weighted",
    "depth_imbalance",
    "ofi",
];

/// Columns of a batch in the order of `InputKind::columns`; book sides hold `levels` sizes a row.
#[derive(Debug, Clone)]
pub struct Table {
    pub kind: InputKind,
    pub columns: Vec<Vec<f64>>,
    pub levels: usize,
}

impl Table {
    pub fn price(values: &[f64]) -> Self {
        Self { kind: InputKind::Price, columns: vec![values.to_vec()], levels: 1 }
    }

    pub fn rows(&self) -> usize {
        self.columns[0].len() / self.levels
    }

    pub fn view(&self) -> Columns<'_> {
        let column = |index: usize| self.columns[index].as_slice();
        match self.kind {
            InputKind::Price => Columns::Price(column(0)),
            InputKind::Bar => Columns::Bar { high: column(0), low: column(1), close: column(2) },
            InputKind::Trade => {
                Columns::Trade { px: column(0), size: column(1), side: column(2), t_s: column(3) }
            }
            InputKind::Quote => {
                Columns::Quote { bid: column(0), ask: column(1), bid_size: column(2), ask_size: column(3) }
            }
            InputKind::Book => Columns::Book {
                bid_sizes: column(0),
                bid_levels: self.levels,
                ask_sizes: column(1),
                ask_levels: self.levels,
            },
        }
    }

    /// Outputs of the batch face, one vector a column.
    pub fn batch(&self, kernel: &mut AnyKernel) -> Vec<Vec<f64>> {
        let mut out = vec![vec![0.0; self.rows()]; kernel.info().outputs.len()];
        let mut slices: Vec<&mut [f64]> = out.iter_mut().map(Vec::as_mut_slice).collect();
        kernel.batch(self.view(), &mut slices).expect("a table fits its own kind");
        out
    }

    /// Outputs of the streaming face, one update after the other.
    pub fn stream(&self, kernel: &mut AnyKernel) -> Vec<Vec<f64>> {
        let mut out = vec![Vec::with_capacity(self.rows()); kernel.info().outputs.len()];
        let mut values = [0.0; nanotick_formulas::MAX_OUTPUTS];
        for row in 0..self.rows() {
            self.update(kernel, row, &mut values);
            out.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        }
        out
    }

    fn update(&self, kernel: &mut AnyKernel, row: usize, out: &mut [f64]) {
        let at = |column: usize| self.columns[column][row];
        match kernel {
            AnyKernel::Price(kernel) => kernel.update(at(0), out),
            AnyKernel::Bar(kernel) => kernel.update(Bar { high: at(0), low: at(1), close: at(2) }, out),
            AnyKernel::Trade(kernel) => kernel.update(Trade::at_seconds(at(0), at(1), at(2), at(3)), out),
            AnyKernel::Quote(kernel) => {
                let quote = Quote { bid: at(0), ask: at(1), bid_size: at(2), ask_size: at(3) };
                kernel.update(quote, out);
            }
            AnyKernel::Book(kernel) => {
                let place = row * self.levels..(row + 1) * self.levels;
                let (bid_sizes, ask_sizes) = (&self.columns[0][place.clone()], &self.columns[1][place]);
                kernel.update(Book { bid_sizes, ask_sizes }, out);
            }
        }
    }
}

pub fn kernel(key: &str, params: &[f64]) -> AnyKernel {
    build(key, params).unwrap_or_else(|error| panic!("{error}"))
}

/// A kernel over a price series.
pub fn over(key: &str, params: &[f64], prices: &[f64]) -> Vec<Vec<f64>> {
    Table::price(prices).batch(&mut kernel(key, params))
}

pub fn same_bits(a: &[Vec<f64>], b: &[Vec<f64>]) -> bool {
    let bits = |columns: &[Vec<f64>]| -> Vec<Vec<u64>> {
        columns.iter().map(|column| column.iter().map(|value| value.to_bits()).collect()).collect()
    };
    bits(a) == bits(b)
}

/// Equal to within `tolerance` of the larger of `scale` and the values; NaN equals NaN.
pub fn close(a: f64, b: f64, scale: f64, tolerance: f64) -> bool {
    (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * scale.max(a.abs()).max(b.abs())
}

/// Uniform draws in [0, 1) from a fixed seed: a linear congruential generator (Knuth's MMIX constants).
pub struct Draw(pub u64);

impl Draw {
    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Plausible inputs of a kind: a walk on a 0.1 grid with sizes that are sometimes zero.
pub fn sample(kind: InputKind, rows: usize, seed: u64) -> Table {
    let mut draw = Draw(seed);
    let levels = if kind == InputKind::Book { 12 } else { 1 };
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); kind.columns().len()];
    let mut mid = 60_000.0;
    for row in 0..rows {
        mid += (draw.unit() * 5.0).floor() * 0.1 - 0.2;
        let mut size = || if draw.unit() < 0.1 { 0.0 } else { draw.unit() * 9.0 };
        let values = match kind {
            InputKind::Price => vec![mid],
            InputKind::Bar => vec![mid + size(), mid - size(), mid],
            InputKind::Trade => vec![mid, size(), 1.0, row as f64 * 700.0],
            InputKind::Quote => vec![mid, mid + 0.1, size(), size()],
            InputKind::Book => {
                for column in &mut columns {
                    column.extend((0..levels).map(|_| size()));
                }
                continue;
            }
        };
        columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }
    Table { kind, columns, levels }
}
