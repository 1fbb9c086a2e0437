//! Loops over columns, for kernels that take them whole: blocks that stay in the nearest cache from one pass to the
//! next, and passes that the compiler can do several rows at a time.

use std::array::from_fn;
use std::ops::Range;

use crate::row::Row;

/// Rows that are taken through all passes before the next ones.
pub const BLOCK: usize = 128;

/// The ranges that blocks of so many rows fall into.
#[inline(always)]
pub fn blocks(rows: usize) -> impl Iterator<Item = Range<usize>> {
    (0..rows).step_by(BLOCK).map(move |from| from..rows.min(from + BLOCK))
}

/// [`blocks`] of at least `least` rows, from a row on: long ones for windows of several lengths, each of which needs
/// some rows more than those of the block.
#[inline(always)]
pub fn blocks_from(start: usize, rows: usize, least: usize) -> impl Iterator<Item = Range<usize>> {
    let block = least.max(16_384);
    (start..rows).step_by(block).map(move |from| from..rows.min(from + block))
}

/// A block of the first N columns.
#[inline(always)]
pub fn cut<'a, const N: usize>(columns: &[&'a [f64]], rows: &Range<usize>) -> [&'a [f64]; N] {
    from_fn(|column| &columns[column][rows.clone()])
}

/// Rows of a column that is made as it is needed.
#[derive(Default)]
pub struct Excerpt {
    values: Vec<f64>,
    start: usize,
}

impl Excerpt {
    /// Room for the rows, in which any numbers are.
    #[inline(always)]
    pub fn of(&mut self, rows: &Range<usize>) -> &mut [f64] {
        self.start = rows.start;
        self.values.resize(rows.len(), 0.0);
        &mut self.values
    }

    #[inline(always)]
    pub fn at(&self, rows: &Range<usize>) -> &[f64] {
        &self.values[rows.start - self.start..rows.end - self.start]
    }
}

/// All numbers are valid, and the rows make sense. The check of every kernel with [`crate::Kernel::CHECKS_NUMBERS`].
#[inline(always)]
pub fn all_rows<const N: usize>(columns: [&[f64]; N], is_sound: impl Fn([f64; N]) -> bool) -> bool {
    // Of a number of rows that the compiler knows: it would check each row against the columns otherwise.
    const TOGETHER: usize = 64;
    let blocks = columns.map(|column| column.as_chunks::<TOGETHER>());
    let few = blocks.map(|(_, few)| few);
    let block = |at: usize| all_of(blocks.map(|(blocks, _)| &blocks[at]), &is_sound);
    let one = |row: usize| all_of(few.map(|few| std::array::from_ref(&few[row])), &is_sound);
    (0..blocks[0].0.len()).fold(true, |sound, at| sound & block(at))
        & (0..few[0].len()).fold(true, |sound, row| sound & one(row))
}

#[inline(always)]
fn all_of<const N: usize, const ROWS: usize>(
    columns: [&[f64; ROWS]; N],
    is_sound: impl Fn([f64; N]) -> bool,
) -> bool {
    (0..ROWS).fold(true, |sound, row| {
        let numbers = from_fn(|column| columns[column][row]);
        sound & numbers.is_valid() & is_sound(numbers)
    })
}

#[inline(always)]
pub fn map_rows<const N: usize>(columns: [&[f64]; N], out: &mut [f64], of: impl Fn([f64; N]) -> f64) {
    let columns = first(columns, out.len());
    for (row, out) in out.iter_mut().enumerate() {
        *out = of(from_fn(|column| columns[column][row]));
    }
}

/// The first rows. In a plain loop, from which the compiler learns that all columns have as many: it would check the
/// row against each of them otherwise, and leave rows out of its vectors for that.
#[inline(always)]
fn first<const N: usize>(mut columns: [&[f64]; N], rows: usize) -> [&[f64]; N] {
    for column in &mut columns {
        *column = &column[..rows];
    }
    columns
}

/// No value before the window of n rows is full.
#[inline(always)]
pub fn leave_out(column: &mut [f64], n: usize) {
    let early = column.len().min(n - 1);
    column[..early].fill(f64::NAN);
}
