//! Kernels over columns of history. A loop around `update` and nothing else: what a backtest computes here is bit
//! for bit what the same kernel gives live.

use std::fmt;

use crate::info::InputKind;
use crate::input::{Bar, Book, Quote, Trade};
use crate::kernel::{Kernel, Outputs};
use crate::registry::{AnyKernel, MAX_OUTPUTS};

/// Gives each row to `kernel`, from the state it is in, and writes output j of row i to `out[j][i]`. Ends with the
/// rows or with the shortest column of `out`.
///
/// # Panics
/// If `out` has fewer columns than the kernel has outputs.
pub fn batch<'a, K: Kernel>(
    kernel: &mut K,
    rows: impl Iterator<Item = K::Input<'a>>,
    out: &mut [&mut [f64]],
) {
    let length = out[..K::Output::COUNT].iter().map(|column| column.len()).min().unwrap_or(0);
    let mut values = [f64::NAN; MAX_OUTPUTS];
    for (row, input) in rows.take(length).enumerate() {
        kernel.update(input).write(&mut values);
        for (column, value) in out.iter_mut().zip(&values[..K::Output::COUNT]) {
            column[row] = *value;
        }
    }
}

/// The inputs of a batch whose kernel is chosen at run time. Each variant's slices have one length, which
/// `AnyKernel::batch` checks.
#[derive(Debug, Clone, Copy)]
pub enum Columns<'a> {
    Price(&'a [f64]),
    Bar {
        high: &'a [f64],
        low: &'a [f64],
        close: &'a [f64],
    },
    Trade {
        px: &'a [f64],
        size: &'a [f64],
        side: &'a [f64],
        t_s: &'a [f64],
    },
    Quote {
        bid: &'a [f64],
        ask: &'a [f64],
        bid_size: &'a [f64],
        ask_size: &'a [f64],
    },
    /// Row-major: the sizes of one book are `levels` neighbours.
    Book {
        bid_sizes: &'a [f64],
        bid_levels: usize,
        ask_sizes: &'a [f64],
        ask_levels: usize,
    },
}

/// Why a batch was not run. Nothing was computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchError {
    WrongInputs { formula: &'static str, wanted: InputKind, given: InputKind },
    WrongLength { formula: &'static str, column: &'static str, given: usize, wanted: usize },
    WrongOutputs { formula: &'static str, given: usize, wanted: usize },
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongInputs { formula, wanted, given } => {
                let (wanted, given) = (wanted.columns().join(", "), given.columns().join(", "));
                write!(f, "{formula}: the inputs are {wanted}, given were {given}")
            }
            Self::WrongLength { formula, column, given, wanted } => {
                write!(f, "{formula}: {column} has {given} rows, the first column has {wanted}")
            }
            Self::WrongOutputs { formula, given, wanted } => {
                write!(f, "{formula}: {given} output columns given, the formula has {wanted}")
            }
        }
    }
}

impl std::error::Error for BatchError {}

impl<'a> Columns<'a> {
    pub fn kind(&self) -> InputKind {
        match self {
            Columns::Price(_) => InputKind::Price,
            Columns::Bar { .. } => InputKind::Bar,
            Columns::Trade { .. } => InputKind::Trade,
            Columns::Quote { .. } => InputKind::Quote,
            Columns::Book { .. } => InputKind::Book,
        }
    }

    /// Rows of each column, in the order of [`InputKind::columns`]; unused places repeat the first.
    fn lengths(&self) -> [usize; 4] {
        match *self {
            Columns::Price(price) => [price.len(); 4],
            Columns::Bar { high, low, close } => [high.len(), low.len(), close.len(), high.len()],
            Columns::Trade { px, size, side, t_s } => [px.len(), size.len(), side.len(), t_s.len()],
            Columns::Quote { bid, ask, bid_size, ask_size } => {
                [bid.len(), ask.len(), bid_size.len(), ask_size.len()]
            }
            Columns::Book { bid_sizes, bid_levels, ask_sizes, ask_levels } => {
                let bids = bid_sizes.len() / bid_levels.max(1);
                let asks = ask_sizes.len() / ask_levels.max(1);
                [bids, asks, bids, bids]
            }
        }
    }

    /// How many rows the batch has: the length of the first column.
    pub fn rows(&self) -> usize {
        self.lengths()[0]
    }
}

impl AnyKernel {
    /// Gives each row to the kernel, from the state it is in, and writes output j to `out[j]`.
    pub fn batch(&mut self, columns: Columns<'_>, out: &mut [&mut [f64]]) -> Result<(), BatchError> {
        self.check(&columns, out)?;
        match (self, columns) {
            (AnyKernel::Price(kernel), Columns::Price(price)) => kernel.run(price.iter().copied(), out),
            (AnyKernel::Bar(kernel), Columns::Bar { high, low, close }) => {
                let rows = high.iter().zip(low).zip(close);
                kernel.run(rows.map(|((&high, &low), &close)| Bar { high, low, close }), out);
            }
            (AnyKernel::Trade(kernel), Columns::Trade { px, size, side, t_s }) => {
                let rows = px.iter().zip(size).zip(side).zip(t_s);
                kernel.run(
                    rows.map(|(((&px, &size), &side), &t_s)| Trade::at_seconds(px, size, side, t_s)),
                    out,
                );
            }
            (AnyKernel::Quote(kernel), Columns::Quote { bid, ask, bid_size, ask_size }) => {
                let rows = bid
                    .iter()
                    .zip(ask)
                    .zip(bid_size)
                    .zip(ask_size)
                    .map(|(((&bid, &ask), &bid_size), &ask_size)| Quote { bid, ask, bid_size, ask_size });
                kernel.run(rows, out);
            }
            (AnyKernel::Book(kernel), Columns::Book { bid_sizes, bid_levels, ask_sizes, ask_levels }) => {
                let rows =
                    bid_sizes.chunks_exact(bid_levels.max(1)).zip(ask_sizes.chunks_exact(ask_levels.max(1)));
                kernel.run(rows.map(|(bid_sizes, ask_sizes)| Book { bid_sizes, ask_sizes }), out);
            }
            // `check` refused every other pair.
            _ => {}
        }
        Ok(())
    }

    fn check(&self, columns: &Columns<'_>, out: &[&mut [f64]]) -> Result<(), BatchError> {
        let info = self.info();
        let (formula, wanted, given) = (info.key, info.input, columns.kind());
        if wanted != given {
            return Err(BatchError::WrongInputs { formula, wanted, given });
        }
        let rows = columns.rows();
        for (&column, given) in wanted.columns().iter().zip(columns.lengths()) {
            if given != rows {
                return Err(BatchError::WrongLength { formula, column, given, wanted: rows });
            }
        }
        if out.len() != info.outputs.len() {
            return Err(BatchError::WrongOutputs { formula, given: out.len(), wanted: info.outputs.len() });
        }
        for (output, column) in info.outputs.iter().zip(out) {
            if column.len() != rows {
                let given = column.len();
                return Err(BatchError::WrongLength { formula, column: output.name, given, wanted: rows });
            }
        }
        Ok(())
    }
}
