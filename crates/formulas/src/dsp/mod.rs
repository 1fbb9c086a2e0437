//! Digital signal processing.

mod cycle;
mod ehlers;
mod kalman;
mod window;

pub use cycle::{CorrelationTrend, FisherTransform, HilbertPeriod};
pub use ehlers::{BandpassEhlers, Highpass2, RoofingFilter, SuperSmoother};
pub use kalman::{KalmanLevel, KalmanTrend};
pub use window::{HaarModwt, Hampel, LmsFilter, Savgol};

crate::registry::kernels![
    SuperSmoother,
    Highpass2,
    RoofingFilter,
    BandpassEhlers,
    FisherTransform,
    HilbertPeriod,
    CorrelationTrend,
    Savgol,
    KalmanLevel,
    KalmanTrend,
    HaarModwt,
    Hampel,
    LmsFilter,
];
