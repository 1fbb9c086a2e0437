//! Risk measures.

mod allocation;
mod backtest;
mod drawdowns;
mod quantile;
mod tails;

pub use allocation::{ComponentVar, Contributions, RiskOfRuin, RuinPoint};
pub use backtest::{Christoffersen, CoveragePoint, IndependencePoint, Kupiec};
pub use drawdowns::{
    Cdar, Drawdown, DrawdownPoint, DrawdownTail, RollingMaxDrawdown, UlcerIndex, UlcerPoint,
};
pub use quantile::{
    CornishFisherRisk, EsHistorical, TailRisk, VarCornishFisher, VarFilteredHs, VarGaussian, VarHistorical,
};
pub use tails::{DownsidePoint, Hill, SampleMoments, Semideviation, SkewKurtosis, TailIndex};

crate::registry::kernels![
    VarHistorical,
    EsHistorical,
    VarGaussian,
    VarCornishFisher,
    VarFilteredHs,
    Drawdown,
    RollingMaxDrawdown,
    Cdar,
    UlcerIndex,
    Semideviation,
    SampleMoments,
    Hill,
    Kupiec,
    Christoffersen,
    ComponentVar,
    RiskOfRuin,
];
