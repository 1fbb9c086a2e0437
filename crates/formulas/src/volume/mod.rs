//! Volume and order flow of trades.

mod classification;
mod money_flow;
mod order_flow;
mod profile;
mod relative;
mod vwap;

pub use classification::{BulkVolumeClassification, BulkVolumes, LeeReady, TickRule};
pub use money_flow::{Adl, ChaikinOsc, Cmf, Mfi, Obv};
pub use order_flow::{
    ArrivalPoint, Cvd, CvdPoint, FlowEmaDecay, FlowPoint, Imbalance, TakerRatio, TradeArrivalRate,
    TradeImbalance,
};
pub use profile::{ProfilePoint, VolumeProfile};
pub use relative::{RelativeVolume, VolumeZscore};
pub use vwap::{RollingVwap, SessionVwap, VwapRolling, VwapSession};

crate::registry::kernels![
    Obv,
    Adl,
    Cmf,
    ChaikinOsc,
    Mfi,
    RelativeVolume,
    VolumeZscore,
    VwapSession,
    VwapRolling,
    VolumeProfile,
    TickRule,
    LeeReady,
    BulkVolumeClassification,
    TradeImbalance,
    Cvd,
    FlowEmaDecay,
    TradeArrivalRate,
    TakerRatio,
];
