//! Microstructure and liquidity: spreads, impact, informed trading.

mod costs;
mod flow;
mod hawkes;
mod impact;
mod quotes;
mod ranges;

pub use costs::{EffectiveSpread, EffectiveSpreadPoint, Markout, PriceImpact, RealizedSpread};
pub use flow::{Mlofi, MlofiPoint, Ofi, OfiPoint, Vpin, VpinPoint};
pub use hawkes::{HawkesBivariate, HawkesBivariatePoint, HawkesExp, HawkesPoint};
pub use impact::{Amihud, HasbrouckLambda, HasbrouckPoint, KyleLambda, KylePoint};
pub use quotes::{MicropriceWeighted, MidPrice, QueueImbalance, QuotedSpread, QuotedSpreadPoint};
pub use ranges::{AbdiRanaldo, CorwinSchultz, EdgeSpread, RollSpread, RollSpreadPoint};

crate::registry::kernels![
    MidPrice,
    MicropriceWeighted,
    QuotedSpread,
    EffectiveSpread,
    RealizedSpread,
    PriceImpact,
    RollSpread,
    CorwinSchultz,
    AbdiRanaldo,
    EdgeSpread,
    Amihud,
    KyleLambda,
    HasbrouckLambda,
    Vpin,
    Ofi,
    Mlofi,
    QueueImbalance,
    HawkesExp,
    HawkesBivariate,
    Markout,
];
