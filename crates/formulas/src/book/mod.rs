//! Order book shape, and detection of manipulation.

mod additions;
mod levels;
mod manipulation;
mod queues;
mod rates;
mod shape;
mod sweep;
mod tape;
mod walls;

pub use manipulation::{LayeringPoint, LayeringScore, SpoofPoint, SpoofScore};
pub use queues::{IcebergPoint, IcebergScore, QueuePosition, QueuePositionPoint};
pub use rates::{CancelRate, CancelRatePoint, QuoteStuffing, StuffingPoint};
pub use shape::{
    BookPressure, BookPressurePoint, BookSlope, BookSlopePoint, DepthImbalance, DepthImbalanceWeighted,
    DepthPoint, DepthWithinBps,
};
pub use sweep::{SweepCost, SweepPoint, Xlm, XlmPoint};
pub use tape::{BenfordChi2, BenfordPoint, PumpDump, PumpPoint, WashTradeMatched};
pub use walls::{DepthHhi, DepthHhiPoint};

crate::registry::kernels![
    DepthImbalance,
    DepthImbalanceWeighted,
    DepthWithinBps,
    BookPressure,
    BookSlope,
    SweepCost,
    Xlm,
    DepthHhi,
    CancelRate,
    SpoofScore,
    LayeringScore,
    QuoteStuffing,
    WashTradeMatched,
    BenfordChi2,
    IcebergScore,
    PumpDump,
    QueuePosition,
];
