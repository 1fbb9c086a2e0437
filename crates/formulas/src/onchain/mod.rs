//! Bitcoin on-chain.

mod activity;
mod blocks;
mod cost_basis;
mod issuance;
mod mempool;
mod power_laws;
mod price_models;

pub use activity::{AddressMomentum, ExchangeNetflow, Nvt, TxValueEntropy, Velocity};
pub use activity::{AddressMomentumPoint, NetflowPoint, NvtPoint, TxValuePoint};
pub use blocks::{BlockIntervalPoint, DifficultyPoint, HashratePoint, RibbonsPoint};
pub use blocks::{BlockIntervalTest, DifficultyForecast, HashRibbons, HashrateEstimate};
pub use cost_basis::{CoinDaysDestroyed, Mvrv, Nupl, RealizedCap, Sopr};
pub use cost_basis::{CoinDaysPoint, MvrvPoint, RealizedCapPoint, SoprPoint};
pub use issuance::{BlockSubsidy, Hashprice, Puell, StockToFlow, Thermocap};
pub use issuance::{HashpricePoint, StockToFlowPoint, SubsidyPoint, ThermocapPoint};
pub use mempool::{ClearingPoint, MempoolPoint, ProjectedBlocks};
pub use mempool::{ClearingTime, FeeRateQuantiles, MempoolPressure, NextBlockFee};
pub use power_laws::{CorridorPoint, FeeVelocityPoint, GeneralizedMetcalfePoint, MetcalfePoint, ZipfPoint};
pub use power_laws::{FeeVelocity, GeneralizedMetcalfe, MetcalfeValue, PowerLawCorridor, ZipfValue};
pub use price_models::{MayerMultiple, MayerPoint, OnchainPrice, OnchainPricePoint};

crate::registry::kernels![
    BlockSubsidy,
    MetcalfeValue,
    ZipfValue,
    GeneralizedMetcalfe,
    Nvt,
    Velocity,
    FeeVelocity,
    OnchainPrice,
    RealizedCap,
    Mvrv,
    Nupl,
    Sopr,
    CoinDaysDestroyed,
    Puell,
    StockToFlow,
    Thermocap,
    HashrateEstimate,
    HashRibbons,
    Hashprice,
    DifficultyForecast,
    BlockIntervalTest,
    MempoolPressure,
    FeeRateQuantiles,
    NextBlockFee,
    ClearingTime,
    TxValueEntropy,
    AddressMomentum,
    ExchangeNetflow,
    MayerMultiple,
    PowerLawCorridor,
];
