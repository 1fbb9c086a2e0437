//! Derivatives and basis.

mod black;
mod carry;
mod contracts;
mod greeks;
mod pricing;
mod surface;

pub use carry::{Basis, FundingCarry, FundingRate, OpenInterestQuadrant, VarianceRiskPremium};
pub use contracts::{InversePnl, LiquidationPrice};
pub use greeks::{BsDelta, BsGamma, BsTheta, BsVega};
pub use pricing::{Black76, BsPrice, ImpliedVol, PutCallParity};
pub use surface::{ModelFreeVariance, RiskReversal, Svi};

crate::registry::kernels![
    BsPrice,
    BsDelta,
    BsGamma,
    BsVega,
    BsTheta,
    ImpliedVol,
    Black76,
    Svi,
    RiskReversal,
    ModelFreeVariance,
    VarianceRiskPremium,
    PutCallParity,
    Basis,
    FundingRate,
    FundingCarry,
    InversePnl,
    LiquidationPrice,
    OpenInterestQuadrant,
];
