//! Momentum and oscillators.

mod change;
mod convergence;
mod portfolios;
mod pressure;
mod stochastic;
mod strength;

pub use change::{DisparityIndex, EfficiencyRatio, Momentum, Roc};
pub use convergence::{Awesome, Macd, MacdPoint, Ppo, Trix, Tsi};
pub use portfolios::{TsMomentum, XsMomentum};
pub use pressure::{Cci, UltimateOsc};
pub use stochastic::{HighRatio, Ibs, Stoch, StochPoint, StochRsi, StochRsiPoint, WilliamsR};
pub use strength::{Cmo, ConnorsRsi, PercentRank, Rsi, RsiCutler};

crate::registry::kernels![
    Rsi,
    RsiCutler,
    Cmo,
    ConnorsRsi,
    PercentRank,
    Stoch,
    StochRsi,
    WilliamsR,
    Ibs,
    HighRatio,
    Macd,
    Ppo,
    Trix,
    Tsi,
    Awesome,
    Cci,
    UltimateOsc,
    Momentum,
    Roc,
    EfficiencyRatio,
    DisparityIndex,
    TsMomentum,
    XsMomentum,
];
