//! Every kernel by its key. Each category lists its own; nothing here knows any of them.

use crate::formula::{Formula, Object, Single};
use crate::info::FormulaInfo;
use crate::kernel::Kernel;
use crate::params::{BuildError, ParamError, Params, Value};
use crate::rows::CATALOGUE;

/// A kernel that can be built by name.
pub(crate) struct Entry {
    pub info: &'static FormulaInfo,
    build: fn(Params) -> Result<Box<dyn Object>, ParamError>,
}

impl Entry {
    pub const fn of<K: Kernel>() -> Self {
        fn build<K: Kernel>(params: Params) -> Result<Box<dyn Object>, ParamError> {
            Ok(Box::new(Single::<K>::new(params)?))
        }
        Self { info: K::INFO, build: build::<K> }
    }
}

/// The list of a category: `kernels![sma::Sma, ema::Ema]`.
macro_rules! kernels {
    ($($kernel:ty),* $(,)?) => {
        pub(crate) const KERNELS: &[$crate::registry::Entry] = &[$($crate::registry::Entry::of::<$kernel>()),*];
    };
}
pub(crate) use kernels;

const CATEGORIES: &[&[Entry]] = &[
    crate::trend::KERNELS,
    crate::momentum::KERNELS,
    crate::patterns::KERNELS,
    crate::volatility::KERNELS,
    crate::volume::KERNELS,
    crate::microstructure::KERNELS,
    crate::book::KERNELS,
    crate::stat_arb::KERNELS,
    crate::regime::KERNELS,
    crate::dsp::KERNELS,
    crate::information::KERNELS,
    crate::dependence::KERNELS,
    crate::risk::KERNELS,
    crate::performance::KERNELS,
    crate::sizing::KERNELS,
    crate::portfolio::KERNELS,
    crate::execution::KERNELS,
    crate::derivatives::KERNELS,
    crate::onchain::KERNELS,
    crate::ml::KERNELS,
    crate::forecasting::KERNELS,
];

fn entries() -> impl Iterator<Item = &'static Entry> {
    CATEGORIES.iter().flat_map(|category| category.iter())
}

/// The rows that have a kernel.
pub fn implemented() -> impl Iterator<Item = &'static FormulaInfo> {
    entries().map(|entry| entry.info)
}

/// The catalogue's row for a key.
pub fn info(key: &str) -> Option<&'static FormulaInfo> {
    CATALOGUE.iter().copied().find(|info| info.key == key)
}

/// Builds a formula by its key. Numbers are in the catalogue's order; those left out take their defaults.
pub fn build(key: &str, params: &[f64]) -> Result<Formula, BuildError> {
    let values: Vec<Value> = params.iter().map(|&value| value.into()).collect();
    build_with(key, &values)
}

/// The same for parameters that may be lists.
pub fn build_with(key: &str, params: &[Value]) -> Result<Formula, BuildError> {
    let info = info(key).ok_or_else(|| BuildError::UnknownFormula(key.to_owned()))?;
    let entry =
        entries().find(|entry| std::ptr::eq(entry.info, info)).ok_or(BuildError::NoKernel(info.key))?;
    Ok(Formula::new((entry.build)(Params::new(info, params)?)?))
}
