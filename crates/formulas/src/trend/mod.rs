//! Trend and moving averages.

mod adaptive;
mod averages;
mod cascades;
mod channels;
mod directional;
mod lines;
mod stops;

pub use adaptive::{Crossing, Kama, MaCrossover};
pub use averages::{Ema, EmaIrregular, Rma, RollingMedian, Sma, Vwma};
pub use cascades::{Dema, Tema, Zlema};
pub use channels::{
    Aroon, AroonPoint, ChandelierExit, ChandelierStops, Channel, Choppiness, Cloud, Donchian, Ichimoku,
};
pub use directional::{Adx, Dmi, DmiPoint};
pub use lines::{Hma, LinregR2, LinregSlope, Lsma, Wma};
pub use stops::{ParabolicSar, Supertrend, SupertrendPoint};

crate::registry::kernels![
    Sma,
    Ema,
    Rma,
    Vwma,
    RollingMedian,
    EmaIrregular,
    Dema,
    Tema,
    Zlema,
    Wma,
    Hma,
    Lsma,
    LinregSlope,
    LinregR2,
    Kama,
    MaCrossover,
    Donchian,
    Ichimoku,
    Aroon,
    ChandelierExit,
    Choppiness,
    Supertrend,
    ParabolicSar,
    Dmi,
    Adx,
];
