//! Machine-learning features.

mod drift;
mod probability;
mod sampling;
mod transforms;

pub use drift::{DriftPoint, Psi};
pub use probability::{BetSize, Calibration, CalibrationPoint};
pub use sampling::{Bar, CusumFilter, CusumPoint, InformationBars};
pub use transforms::{Fracdiff, RankGauss, RobustScale};

crate::registry::kernels![
    Fracdiff,
    CusumFilter,
    InformationBars,
    BetSize,
    Psi,
    RankGauss,
    RobustScale,
    Calibration
];
