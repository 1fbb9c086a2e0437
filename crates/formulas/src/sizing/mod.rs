//! Position sizing and bankroll.

mod insurance;
mod kelly;
mod units;
mod weights;

pub use insurance::{Cppi, CppiPoint, DrawdownControl};
pub use kelly::{
    BetPoint, KellyBinary, KellyContinuous, KellyDrawdown, KellyShrunk, LeveragePoint, ShrunkPoint,
    TradeOffPoint,
};
pub use units::{AtrUnits, FixedFractional, UnitsPoint};
pub use weights::{DiversificationMultiplier, VolTarget, VolTargetPoint};

crate::registry::kernels![
    KellyBinary,
    KellyContinuous,
    KellyShrunk,
    KellyDrawdown,
    VolTarget,
    AtrUnits,
    FixedFractional,
    Cppi,
    DrawdownControl,
    DiversificationMultiplier,
];
