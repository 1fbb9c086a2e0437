//! The two traits that every formula implements or returns.

use crate::info::FormulaInfo;
use crate::params::{ParamError, Params, Value};
use crate::persist::Persist;
use crate::row::Row;

/// A streaming formula. Batch is the same kernel looped, so the two agree bit for bit.
///
/// What holds for all of them is not written in any: ranges of parameters are checked before [`Kernel::new`], rows
/// before [`Kernel::step`]; warm-up and widths come from the catalogue; `reset` makes the kernel anew; the state is
/// saved field by field through [`Persist`].
pub trait Kernel: Persist + Clone + Send + Sync + 'static {
    const INFO: &'static FormulaInfo;
    type Input<'a>: Row<'a>;
    type Output<'s>: Outputs
    where
        Self: 's;

    /// [`Kernel::whole`] checks that all numbers are valid, in the pass that it checks its rows in.
    const CHECKS_NUMBERS: bool = false;

    /// Builds from values that are within their ranges. The only place where a kernel may allocate.
    /// Fails where a rule between parameters does not hold ([`Params::refuse`]).
    fn new(params: &Params) -> Result<Self, ParamError>;

    /// Takes one row of finite numbers. None before the warm-up is over, and for a row that makes no sense, which
    /// must leave the state as it was.
    fn step(&mut self, input: Self::Input<'_>) -> Option<Self::Output<'_>>;

    /// [`Kernel::step`] for rows that may hold anything.
    #[inline(always)]
    fn update(&mut self, input: Self::Input<'_>) -> Option<Self::Output<'_>> {
        if input.is_valid() {
            self.step(input)
        } else {
            None
        }
    }

    /// Whole columns at once, by a kernel that has taken no row yet. For kernels that have a faster way than row by row: all numbers are
    /// valid, every output is written, warm-up included, with the very bits that [`Kernel::step`] would give (a test
    /// holds every kernel to it). False where there is no such way; what was written then does not count.
    #[inline(always)]
    fn whole(&self, _columns: &[&[f64]], _out: &mut [&mut [f64]]) -> bool {
        false
    }

    /// Builds from numbers in the catalogue's order; those left out take their defaults.
    fn with(values: &[f64]) -> Result<Self, ParamError> {
        let values: Vec<Value> = values.iter().map(|&value| value.into()).collect();
        Self::new(&Params::new(Self::INFO, &values)?)
    }
}

/// What a kernel gives per update: a number, a vector, or a small struct of named ones in the catalogue's order.
pub trait Outputs {
    /// Puts each output into its column, at a row.
    fn store(self, columns: &mut [&mut [f64]], row: usize);

    /// Puts all numbers one after the other.
    fn write(self, out: &mut [f64]);
}

/// One output of a struct: a number or a vector.
pub(crate) trait Cell {
    fn store_in(self, column: &mut [f64], row: usize);
    /// Returns what is left of `out`.
    fn write_to(self, out: &mut [f64]) -> &mut [f64];
}

impl Cell for f64 {
    #[inline(always)]
    fn store_in(self, column: &mut [f64], row: usize) {
        column[row] = self;
    }
    #[inline(always)]
    fn write_to(self, out: &mut [f64]) -> &mut [f64] {
        let (first, rest) = out.split_first_mut().expect("the buffer holds all outputs");
        *first = self;
        rest
    }
}

impl Cell for &[f64] {
    #[inline(always)]
    fn store_in(self, column: &mut [f64], row: usize) {
        column[row * self.len()..(row + 1) * self.len()].copy_from_slice(self);
    }
    #[inline(always)]
    fn write_to(self, out: &mut [f64]) -> &mut [f64] {
        let (first, rest) = out.split_at_mut(self.len());
        first.copy_from_slice(self);
        rest
    }
}

impl<C: Cell> Outputs for C {
    #[inline(always)]
    fn store(self, columns: &mut [&mut [f64]], row: usize) {
        self.store_in(columns[0], row);
    }
    #[inline(always)]
    fn write(self, out: &mut [f64]) {
        self.write_to(out);
    }
}

/// Declares a struct of named outputs, in the catalogue's order:
/// `outputs! { MacdPoint { macd, signal, hist } }`, or with vectors
/// `outputs! { Weights<'a> { weights: &'a [f64], profit: f64 } }`.
macro_rules! outputs {
    ($(#[$doc:meta])* $name:ident { $($field:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name {
            $(pub $field: f64,)+
        }
        $crate::kernel::outputs!(@impl [] $name, $($field),+);
    };
    ($(#[$doc:meta])* $name:ident<$life:lifetime> { $($field:ident: $type:ty),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name<$life> {
            $(pub $field: $type,)+
        }
        $crate::kernel::outputs!(@impl [<$life>] $name<$life>, $($field),+);
    };
    (@impl [$($generics:tt)*] $name:ty, $($field:ident),+) => {
        impl$($generics)* $crate::kernel::Outputs for $name {
            #[inline(always)]
            fn store(self, columns: &mut [&mut [f64]], row: usize) {
                let mut columns = columns.iter_mut();
                $($crate::kernel::Cell::store_in(self.$field, columns.next().expect("a column for each output"), row);)+
            }
            #[inline(always)]
            #[allow(unused_assignments)]
            fn write(self, out: &mut [f64]) {
                let mut rest = out;
                $(rest = $crate::kernel::Cell::write_to(self.$field, rest);)+
            }
        }
    };
}
pub(crate) use outputs;
