//! Who watches the engine from inside: the journal in a live session, the comparison in a replay, nobody in a
//! benchmark. An observer sees every input before it is applied and every output before it leaves.

use nanotick_model::record::{DeniedRec, EquityRec, Kind};
use nanotick_model::{Command, Event};

/// A point on the way from bytes to order bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum Stage {
    /// Bytes → event.
    Decode = 0,
    /// Event → journal, book, view.
    Book = 1,
    Signals = 2,
    /// The strategy's call, with the risk checks of its orders.
    Strategy = 3,
    /// Command → journal and frame bytes.
    Encode = 4,
    /// Receive returned → send called: our own time, whole.
    Total = 5,
    /// The send call itself: the kernel's time.
    Send = 6,
}

impl Stage {
    pub const ALL: [Stage; 7] = [
        Stage::Decode,
        Stage::Book,
        Stage::Signals,
        Stage::Strategy,
        Stage::Encode,
        Stage::Total,
        Stage::Send,
    ];
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Decode => "decode",
            Stage::Book => "book",
            Stage::Signals => "signals",
            Stage::Strategy => "strategy",
            Stage::Encode => "encode",
            Stage::Total => "total",
            Stage::Send => "send",
        }
    }
}

pub trait Observer {
    /// An input, before it is applied. Returns its sequence number.
    fn event(&mut self, event: &Event<'_>) -> u64;
    /// An output, before it leaves.
    fn command(&mut self, now_ns: i64, command: &Command);
    /// A wish that risk refused.
    fn denied(&mut self, _record: &DeniedRec) {}
    /// The account after a fill or a clock tick.
    fn equity(&mut self, _record: &EquityRec) {}
    /// A fact for people, as JSON.
    fn note(&mut self, _kind: Kind, _now_ns: i64, _json: &str) {}
    /// The engine has passed a point.
    #[inline(always)]
    fn mark(&mut self, _stage: Stage) {}
}

/// Watches nothing: for benchmarks and searches.
#[derive(Default)]
pub struct Unobserved {
    seq: u64,
}

impl Observer for Unobserved {
    #[inline(always)]
    fn event(&mut self, _: &Event<'_>) -> u64 {
        self.seq += 1;
        self.seq
    }
    #[inline(always)]
    fn command(&mut self, _: i64, _: &Command) {}
}
