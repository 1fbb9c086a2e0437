//! Statistical arbitrage and time series.

mod autoregression;
mod contrarian;
mod diagnostics;
mod pairs;
mod random_walk;
mod reversion;

pub use autoregression::{HalfLife, HalfLifePoint, OuMle, OuPoint};
pub use contrarian::{ContrarianPoint, ContrarianWeights};
pub use diagnostics::{
    Autocorrelation, AutocorrelationPoint, JarqueBera, JarqueBeraPoint, LjungBox, LjungBoxPoint,
};
pub use pairs::{
    DistancePairs, DistancePoint, KalmanHedge, KalmanPoint, OlsPoint, RollingOls, TlsHedge, TlsPoint,
};
pub use random_walk::{VarianceRatio, VarianceRatioPoint};
pub use reversion::{EwmZscore, Zscore};

crate::registry::kernels![
    Zscore,
    EwmZscore,
    RollingOls,
    TlsHedge,
    KalmanHedge,
    OuMle,
    HalfLife,
    VarianceRatio,
    Autocorrelation,
    LjungBox,
    JarqueBera,
    DistancePairs,
    ContrarianWeights,
];
