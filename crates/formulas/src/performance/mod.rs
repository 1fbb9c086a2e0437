//! Performance statistics.

mod benchmark;
mod downside;
mod growth;
mod sharpe;
mod trades;

pub use benchmark::{ActivePoint, InformationRatio, RelativePoint, TreynorAlpha};
pub use downside::{Omega, Sortino};
pub use growth::{Cagr, Calmar, GrowthPoint, MartinPoint, MartinRatio};
pub use sharpe::{
    DeflatedPoint, Dsr, LoPoint, MeanTest, NeweyWestT, ProbabilisticPoint, Psr, Sharpe, SharpeLo, SharpePoint,
};
pub use trades::{TradePoint, TradeStats};

crate::registry::kernels![
    Cagr,
    Sharpe,
    SharpeLo,
    Psr,
    Dsr,
    Sortino,
    Calmar,
    MartinRatio,
    Omega,
    InformationRatio,
    TreynorAlpha,
    TradeStats,
    NeweyWestT,
];
