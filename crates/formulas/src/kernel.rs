//! The two traits that every formula implements or returns.

use crate::info::FormulaInfo;
use crate::params::{Given, ParamError};

/// A streaming formula. Batch is the same kernel looped, so the two agree bit for bit.
pub trait Kernel: Sized + Clone {
    const INFO: &'static FormulaInfo;
    type Input<'a>: Copy;
    type Output: Outputs;

    /// Builds from checked values. The only place where a kernel may allocate.
    #[doc(hidden)]
    fn from_given(given: &Given<'_>) -> Result<Self, ParamError>;

    /// Takes one input. NaN in every output before the warm-up is over, and for a rejected input.
    fn update(&mut self, input: Self::Input<'_>) -> Self::Output;

    /// Back to the state after construction.
    fn reset(&mut self);

    /// How many outputs are NaN before the first value, if no input is rejected.
    fn warmup(&self) -> usize;

    /// Builds from values in the catalogue's order; those left out take their defaults.
    fn from_params(values: &[f64]) -> Result<Self, ParamError> {
        Self::from_given(&Given::new(Self::INFO, values)?)
    }
}

/// What a kernel gives per update: a number, or a small struct of named numbers in the catalogue's order.
pub trait Outputs: Copy {
    const COUNT: usize;

    /// Writes the values into the first `COUNT` places of `out`.
    ///
    /// # Panics
    /// If `out` is shorter than `COUNT`.
    fn write(self, out: &mut [f64]);
}

impl Outputs for f64 {
    const COUNT: usize = 1;

    #[inline(always)]
    fn write(self, out: &mut [f64]) {
        out[0] = self;
    }
}

/// Declares a struct of named outputs, in the catalogue's order.
macro_rules! outputs {
    ($(#[$doc:meta])* $name:ident { $($field:ident),+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name {
            $(pub $field: f64,)+
        }

        impl $name {
            pub(crate) const NAN: Self = Self { $($field: f64::NAN),+ };
        }

        impl $crate::kernel::Outputs for $name {
            const COUNT: usize = [$(stringify!($field)),+].len();

            #[inline(always)]
            fn write(self, out: &mut [f64]) {
                out[..Self::COUNT].copy_from_slice(&[$(self.$field),+]);
            }
        }
    };
}
pub(crate) use outputs;
