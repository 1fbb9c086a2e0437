//! Forecasting and online learning.

mod evaluation;
mod experts;
mod learners;
mod regression;
mod running;
mod smoothing;

pub use evaluation::{AdaptiveConformal, CrpsPinball, DieboldMariano, ForecastErrors};
pub use experts::{Bandits, ForecastCombination, Hedge};
pub use learners::{FtrlProximal, PassiveAggressive, SgdLogistic};
pub use regression::{BayesLinreg, Rls};
pub use running::{P2Quantile, StochasticQuantile, Welford};
pub use smoothing::{Holt, HoltWinters, Ses};

crate::registry::kernels![
    Welford,
    P2Quantile,
    StochasticQuantile,
    Ses,
    Holt,
    HoltWinters,
    Rls,
    BayesLinreg,
    FtrlProximal,
    PassiveAggressive,
    SgdLogistic,
    Hedge,
    Bandits,
    AdaptiveConformal,
    DieboldMariano,
    ForecastErrors,
    CrpsPinball,
    ForecastCombination,
];
