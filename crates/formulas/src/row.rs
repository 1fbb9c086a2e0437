//! What kernels are fed with: rows over columns, and the one rule for what is refused.
//!
//! A row type says how its numbers are picked out of the columns: `f64` takes one, `[f64; 3]` three, `&[f64]` a
//! whole vector, [`Book`] four of them; a pair takes both one after the other.

/// Larger magnitudes are rejected like infinities: their squares times a size would overflow, and an
/// overflow would stay in a recursive state for ever. No price or size of a market comes near.
pub const MAX_INPUT: f64 = 1e90;

/// One column of inputs: `width` numbers for each row, one after the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field<'a> {
    pub values: &'a [f64],
    pub width: usize,
}

impl<'a> Field<'a> {
    /// One number a row.
    pub fn scalars(values: &'a [f64]) -> Self {
        Self { values, width: 1 }
    }

    pub fn rows(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    #[inline(always)]
    fn vector(&self, row: usize) -> &'a [f64] {
        &self.values[row * self.width..(row + 1) * self.width]
    }
}

/// One row of inputs.
pub trait Row<'a>: Copy {
    /// Columns that it takes.
    const COLUMNS: usize;
    /// Rows are events of several kinds: the columns of the other kinds are NaN.
    const EVENTS: bool = false;
    /// The columns, taken apart once for many rows.
    type Source: Copy;

    /// # Panics
    /// If there are fewer fields than [`Row::COLUMNS`].
    fn source(fields: &[Field<'a>]) -> Self::Source;

    /// # Panics
    /// If a column is shorter.
    fn at(source: Self::Source, row: usize) -> Self;

    /// All numbers are finite and within [`MAX_INPUT`].
    fn is_valid(&self) -> bool;
}

/// False for NaN too: no comparison with NaN holds.
#[inline(always)]
pub(crate) fn is_number(x: f64) -> bool {
    x.abs() <= MAX_INPUT
}

impl<'a> Row<'a> for f64 {
    const COLUMNS: usize = 1;
    type Source = &'a [f64];

    #[inline(always)]
    fn source(fields: &[Field<'a>]) -> &'a [f64] {
        fields[0].values
    }
    #[inline(always)]
    fn at(source: &'a [f64], row: usize) -> f64 {
        source[row]
    }
    #[inline(always)]
    fn is_valid(&self) -> bool {
        is_number(*self)
    }
}

impl<'a, const N: usize> Row<'a> for [f64; N] {
    const COLUMNS: usize = N;
    type Source = [&'a [f64]; N];

    #[inline(always)]
    fn source(fields: &[Field<'a>]) -> [&'a [f64]; N] {
        std::array::from_fn(|column| fields[column].values)
    }
    #[inline(always)]
    fn at(source: [&'a [f64]; N], row: usize) -> [f64; N] {
        std::array::from_fn(|column| source[column][row])
    }
    #[inline(always)]
    fn is_valid(&self) -> bool {
        self.iter().fold(true, |valid, &x| valid & is_number(x))
    }
}

/// Something that need not be there in every row: a row of events of two kinds has NaN in the columns of the
/// other kind. It is absent if its first number is NaN.
impl<'a, const N: usize> Row<'a> for Option<[f64; N]> {
    const COLUMNS: usize = N;
    const EVENTS: bool = true;
    type Source = [&'a [f64]; N];

    #[inline(always)]
    fn source(fields: &[Field<'a>]) -> [&'a [f64]; N] {
        <[f64; N]>::source(fields)
    }
    #[inline(always)]
    fn at(source: [&'a [f64]; N], row: usize) -> Option<[f64; N]> {
        let numbers = <[f64; N]>::at(source, row);
        (!numbers[0].is_nan()).then_some(numbers)
    }
    #[inline(always)]
    fn is_valid(&self) -> bool {
        self.as_ref().is_none_or(Row::is_valid)
    }
}

impl<'a> Row<'a> for &'a [f64] {
    const COLUMNS: usize = 1;
    type Source = Field<'a>;

    #[inline(always)]
    fn source(fields: &[Field<'a>]) -> Field<'a> {
        fields[0]
    }
    #[inline(always)]
    fn at(source: Field<'a>, row: usize) -> &'a [f64] {
        source.vector(row)
    }
    #[inline(always)]
    fn is_valid(&self) -> bool {
        self.iter().fold(true, |valid, &x| valid & is_number(x))
    }
}

impl<'a, const N: usize> Row<'a> for [&'a [f64]; N] {
    const COLUMNS: usize = N;
    type Source = [Field<'a>; N];

    #[inline(always)]
    fn source(fields: &[Field<'a>]) -> [Field<'a>; N] {
        std::array::from_fn(|column| fields[column])
    }
    #[inline(always)]
    fn at(source: [Field<'a>; N], row: usize) -> [&'a [f64]; N] {
        std::array::from_fn(|column| source[column].vector(row))
    }
    #[inline(always)]
    fn is_valid(&self) -> bool {
        self.iter().all(Row::is_valid)
    }
}

/// Prices and sizes by level, best first. The sides may differ in length; a level of size 0 is not there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Book<'a> {
    pub bid_px: &'a [f64],
    pub bid_sizes: &'a [f64],
    pub ask_px: &'a [f64],
    pub ask_sizes: &'a [f64],
}

impl<'a> Row<'a> for Book<'a> {
    const COLUMNS: usize = 4;
    type Source = [Field<'a>; 4];

    #[inline(always)]
    fn source(fields: &[Field<'a>]) -> [Field<'a>; 4] {
        <[&[f64]; 4]>::source(fields)
    }

    /// Prices and sizes of a side come in one length: the shorter.
    #[inline(always)]
    fn at(source: [Field<'a>; 4], row: usize) -> Book<'a> {
        let [bid_px, bid_sizes, ask_px, ask_sizes] = <[&[f64]; 4]>::at(source, row);
        let (bids, asks) = (bid_px.len().min(bid_sizes.len()), ask_px.len().min(ask_sizes.len()));
        Book {
            bid_px: &bid_px[..bids],
            bid_sizes: &bid_sizes[..bids],
            ask_px: &ask_px[..asks],
            ask_sizes: &ask_sizes[..asks],
        }
    }

    #[inline(always)]
    fn is_valid(&self) -> bool {
        [self.bid_px, self.bid_sizes, self.ask_px, self.ask_sizes].is_valid()
    }
}

/// A book that need not be there in every row. Absent if its first bid price is NaN.
impl<'a> Row<'a> for Option<Book<'a>> {
    const COLUMNS: usize = 4;
    const EVENTS: bool = true;
    type Source = [Field<'a>; 4];

    #[inline(always)]
    fn source(fields: &[Field<'a>]) -> [Field<'a>; 4] {
        Book::source(fields)
    }
    #[inline(always)]
    fn at(source: [Field<'a>; 4], row: usize) -> Option<Book<'a>> {
        let book = Book::at(source, row);
        (!book.bid_px.first().is_some_and(|px| px.is_nan())).then_some(book)
    }
    #[inline(always)]
    fn is_valid(&self) -> bool {
        self.as_ref().is_none_or(Row::is_valid)
    }
}

impl<'a, A: Row<'a>, B: Row<'a>> Row<'a> for (A, B) {
    const COLUMNS: usize = A::COLUMNS + B::COLUMNS;
    const EVENTS: bool = A::EVENTS || B::EVENTS;
    type Source = (A::Source, B::Source);

    #[inline(always)]
    fn source(fields: &[Field<'a>]) -> Self::Source {
        (A::source(fields), B::source(&fields[A::COLUMNS..]))
    }
    #[inline(always)]
    fn at(source: Self::Source, row: usize) -> Self {
        (A::at(source.0, row), B::at(source.1, row))
    }
    #[inline(always)]
    fn is_valid(&self) -> bool {
        self.0.is_valid() & self.1.is_valid()
    }
}
