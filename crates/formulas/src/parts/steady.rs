//! Batches of kernels that have recursive averages: the first rows one by one, then whole blocks.

use std::ops::Range;

use crate::kernel::{Kernel, Outputs};
use crate::parts::columns::{all_rows, cut, BLOCK};
use crate::parts::smoothing::{Reach, BEFORE};
use crate::row::{Field, Row};

/// A batch from a fresh start. The caller does the blocks, in a loop and not in a closure, which would not be compiled
/// for the processor at hand:
///
/// ```ignore
/// let mut batch = Batch::new(self);
/// while let Some(row) = batch.next_block(columns, out, |[price]| price > 0.0) {
///     // BLOCK rows from `row` on by `batch.kernel`, which must be left as if they had come one by one
/// }
/// batch.is_sound()
/// ```
pub struct Batch<K> {
    pub kernel: K,
    row: usize,
    /// Rows so far that had an output.
    given: usize,
    is_sound: bool,
}

impl<K: Kernel> Batch<K> {
    #[inline(always)]
    pub fn new(fresh: &K) -> Self {
        Self { kernel: fresh.clone(), row: 0, given: 0, is_sound: true }
    }

    /// All rows were sound.
    #[inline(always)]
    pub fn is_sound(&self) -> bool {
        self.is_sound
    }

    /// Does the rows that are not for a block, and gives the first row of a block for which all averages have their
    /// seeds, as they had [`BEFORE`] + 1 rows before it. None at the end, and if a row is not sound.
    #[inline(always)]
    pub fn next_block<const N: usize>(
        &mut self,
        columns: &[&[f64]],
        out: &mut [&mut [f64]],
        is_sound: impl Fn([f64; N]) -> bool,
    ) -> Option<usize> {
        let end = columns[0].len();
        while self.row < end && self.is_sound {
            let rows = self.row..end.min(self.row + BLOCK);
            self.row = rows.end;
            self.is_sound = all_rows(cut(columns, &rows), &is_sound);
            if self.is_sound && self.given > BEFORE && rows.len() == BLOCK {
                return Some(rows.start);
            }
            if self.is_sound {
                self.one_by_one(rows, columns, out);
            }
        }
        None
    }

    #[inline(never)]
    fn one_by_one(&mut self, rows: Range<usize>, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let fields: Vec<Field<'_>> = columns.iter().map(|column| Field::scalars(column)).collect();
        let source = K::Input::source(&fields);
        for row in rows {
            if let Some(outputs) = self.kernel.step(K::Input::at(source, row)) {
                outputs.store(out, row);
                self.given += 1;
            } else {
                out.iter_mut().for_each(|column| column[row] = f64::NAN);
            }
        }
    }
}

/// A block of a column, and what its averages reach back to.
#[inline(always)]
pub fn reach(column: &[f64], row: usize) -> &Reach {
    column[row - BEFORE..].first_chunk().expect("a block of rows")
}
