//! Dependence and correlation.

mod asynchronous;
mod covariance;
mod linear;
mod matrix;
mod ranks;

pub use asynchronous::{HayashiYoshida, HayashiYoshidaPoint};
pub use covariance::{AverageCorrelation, AverageCorrelationPoint, EwmaCov, EwmaCovPoint};
pub use linear::{BetaPoint, CrossCorrelation, CrossCorrelationPoint, DownsideBeta, RollingCorr};
pub use matrix::CorrelationMatrix;
pub use ranks::{Spearman, TailDependence, TailPoint};

crate::registry::kernels![
    RollingCorr,
    EwmaCov,
    Spearman,
    HayashiYoshida,
    CrossCorrelation,
    TailDependence,
    DownsideBeta,
    AverageCorrelation,
];
