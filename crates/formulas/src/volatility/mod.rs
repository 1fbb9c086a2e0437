//! Volatility, jumps and conditional variance.

mod bands;
mod conditional;
mod har;
mod historical;
mod jumps;
mod noise;
mod ohlc;
mod range;
mod realized;

pub use bands::{Bands, Bollinger, Keltner, KeltnerBands};
pub use conditional::{Egarch, EwmaVol, Garch11, GarchPoint, GjrGarch, VariancePoint};
pub use har::{HarPoint, HarRv};
pub use historical::{CloseVol, Cone, SpotVarEwma, SpotVariance, VolCone, VolOfVol};
pub use jumps::{BnsJumpTest, BnsPoint, LeeMykland, LeeMyklandPoint};
pub use noise::{RealizedKernel, Tsrv};
pub use ohlc::{GarmanKlass, Parkinson, RogersSatchell, YangZhang};
pub use range::{Atr, Natr, TrueRange};
pub use realized::{
    BipowerVariation, IntradayPeriodicity, Medrv, RealizedSemivariance, RealizedVariance, Semivariances,
    Variation,
};

crate::registry::kernels![
    TrueRange,
    Atr,
    Natr,
    CloseVol,
    EwmaVol,
    RealizedVariance,
    Parkinson,
    GarmanKlass,
    RogersSatchell,
    YangZhang,
    Bollinger,
    Keltner,
    BipowerVariation,
    Medrv,
    BnsJumpTest,
    LeeMykland,
    RealizedSemivariance,
    Tsrv,
    RealizedKernel,
    HarRv,
    Garch11,
    GjrGarch,
    Egarch,
    VolOfVol,
    VolCone,
    SpotVarEwma,
    IntradayPeriodicity,
];
