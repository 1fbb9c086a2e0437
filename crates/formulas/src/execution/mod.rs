//! Execution and market making.

mod costs;
mod impact;
mod lots;
mod quoting;
mod routing;
mod schedules;

pub use costs::{ImplementationShortfall, LatencyCost, MakerBreakeven, MmPnlAttribution, VwapSlippage};
pub use impact::{AlmgrenChriss, SqrtImpact};
pub use quoting::{AvellanedaStoikov, FillIntensity, Glft, GlostenMilgrom};
pub use routing::OrderRouting;
pub use schedules::{PovSchedule, TwapSchedule, VwapSchedule};

crate::registry::kernels![
    TwapSchedule,
    VwapSchedule,
    PovSchedule,
    ImplementationShortfall,
    VwapSlippage,
    AlmgrenChriss,
    SqrtImpact,
    AvellanedaStoikov,
    Glft,
    FillIntensity,
    GlostenMilgrom,
    MakerBreakeven,
    LatencyCost,
    OrderRouting,
    MmPnlAttribution,
];
