//! Every formula by name: the catalogue, and kernels whose type is chosen at run time.
//! Kernels are enums by kind of input, so that the hot path has neither boxes nor wrong inputs.

use crate::batch::batch;
use crate::info::{FormulaInfo, InputKind};
use crate::input::{Bar, Book, Quote, Trade};
use crate::kernel::{Kernel, Outputs};
use crate::params::BuildError;

/// No formula has more outputs: a caller's buffer of this length holds any of them.
pub const MAX_OUTPUTS: usize = 5;

/// One list makes the enums, the catalogue and `build`.
macro_rules! registry {
    ($($kind:ident$(<$life:lifetime>)? $group:ident($input:ty) { $($kernel:ident = $type:ty),+ $(,)? })+) => {
        $(
            #[derive(Debug, Clone)]
            pub enum $group {
                $($kernel($type),)+
            }

            impl $group {
                pub fn info(&self) -> &'static FormulaInfo {
                    match self {
                        $(Self::$kernel(_) => <$type as Kernel>::INFO,)+
                    }
                }

                pub fn warmup(&self) -> usize {
                    match self {
                        $(Self::$kernel(kernel) => kernel.warmup(),)+
                    }
                }

                pub fn reset(&mut self) {
                    match self {
                        $(Self::$kernel(kernel) => kernel.reset(),)+
                    }
                }

                /// Takes one input and writes the outputs to the front of `out`.
                ///
                /// # Panics
                /// If `out` is shorter than `info().outputs`.
                #[inline]
                pub fn update$(<$life>)?(&mut self, input: $input, out: &mut [f64]) {
                    match self {
                        $(Self::$kernel(kernel) => kernel.update(input).write(out),)+
                    }
                }

                /// The same kernel over rows of inputs, one output slice a column.
                pub(crate) fn run$(<$life>)?(
                    &mut self,
                    rows: impl Iterator<Item = $input>,
                    out: &mut [&mut [f64]],
                ) {
                    match self {
                        $(Self::$kernel(kernel) => batch(kernel, rows, out),)+
                    }
                }
            }
        )+

        /// A kernel of any kind. Taken apart once, when signals are declared, it leaves the typed groups.
        #[derive(Debug, Clone)]
        pub enum AnyKernel {
            $($kind($group),)+
        }

        impl AnyKernel {
            pub fn info(&self) -> &'static FormulaInfo {
                match self {
                    $(Self::$kind(group) => group.info(),)+
                }
            }

            pub fn warmup(&self) -> usize {
                match self {
                    $(Self::$kind(group) => group.warmup(),)+
                }
            }

            pub fn reset(&mut self) {
                match self {
                    $(Self::$kind(group) => group.reset(),)+
                }
            }
        }

        /// All formulas, by kind of input.
        pub static CATALOGUE: &[&FormulaInfo] = &[$($(<$type as Kernel>::INFO,)+)+];

        /// Builds a kernel by its catalogue key. Values are in the catalogue's order; those left out take
        /// their defaults.
        pub fn build(key: &str, params: &[f64]) -> Result<AnyKernel, BuildError> {
            $($(
                if key == <$type as Kernel>::INFO.key {
                    return Ok(AnyKernel::$kind($group::$kernel(<$type as Kernel>::from_params(params)?)));
                }
            )+)+
            Err(BuildError::UnknownFormula(key.to_owned()))
        }
    };
}

registry! {
    Price PriceKernel(f64) {
        Sma = crate::averages::Sma,
        Ema = crate::averages::Ema,
        Rsi = crate::oscillators::Rsi,
        Macd = crate::oscillators::Macd,
        Bollinger = crate::volatility::Bollinger,
    }
    Bar BarKernel(Bar) {
        Atr = crate::volatility::Atr,
    }
    Trade TradeKernel(Trade) {
        VwapSession = crate::volume::VwapSession,
    }
    Quote QuoteKernel(Quote) {
        MicropriceWeighted = crate::quotes::MicropriceWeighted,
        Ofi = crate::quotes::Ofi,
    }
    Book<'a> BookKernel(Book<'a>) {
        DepthImbalance = crate::book_shape::DepthImbalance,
    }
}

/// The catalogue's row for a key.
pub fn info(key: &str) -> Option<&'static FormulaInfo> {
    CATALOGUE.iter().copied().find(|info| info.key == key)
}

impl AnyKernel {
    pub fn input(&self) -> InputKind {
        self.info().input
    }
}
