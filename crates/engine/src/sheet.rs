//! Where a compiled strategy writes its wishes: a fixed sheet of rows, read by the engine when the call returns.

use crate::desk::MAX_TIMERS;
use bytemuck::{Pod, Zeroable};
use nanotick_model::{OrderType, Side, TimeInForce};

/// Wishes that one call may write.
pub const SHEET_ROWS: usize = 16;

/// Operations of a row.
pub const OP_PLACE: i64 = 1;
pub const OP_AMEND: i64 = 2;
pub const OP_CANCEL: i64 = 3;
pub const OP_CANCEL_ALL: i64 = 4;
pub const OP_TIMER: i64 = 5;

/// Options of a placed order: time in force in the low byte, then market and reduce-only.
pub const OPTION_MARKET: i64 = 1 << 8;
pub const OPTION_REDUCE_ONLY: i64 = 1 << 9;

/// Columns of wishes; the first `n` rows count.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Sheet {
    pub n: i64,
    pub op: [i64; SHEET_ROWS],
    /// +1 buy, -1 sell.
    pub side: [i64; SHEET_ROWS],
    /// Ticks; for a timer the time, ns.
    pub px: [i64; SHEET_ROWS],
    /// Lots; for a timer its number.
    pub qty: [i64; SHEET_ROWS],
    pub options: [i64; SHEET_ROWS],
    /// The order that an amend or cancel means.
    pub order_id: [u64; SHEET_ROWS],
}

/// Fields of [`Sheet`]: name, NumPy element type, element count, offset in bytes.
pub fn sheet_layout() -> Vec<(&'static str, &'static str, usize, usize)> {
    macro_rules! fields {
        ($($name:ident => $np:literal * $count:expr),* $(,)?) => {
            vec![$((stringify!($name), $np, $count, std::mem::offset_of!(Sheet, $name))),*]
        };
    }
    fields!(
        n => "i8" * 1, op => "i8" * SHEET_ROWS, side => "i8" * SHEET_ROWS, px => "i8" * SHEET_ROWS,
        qty => "i8" * SHEET_ROWS, options => "i8" * SHEET_ROWS, order_id => "u8" * SHEET_ROWS,
    )
}

/// A row, read and found to make sense.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    Place { side: Side, order_type: OrderType, tif: TimeInForce, reduce_only: bool, px: i64, qty: i64 },
    Amend { order_id: u64, px: i64, qty: i64 },
    Cancel { order_id: u64 },
    CancelAll,
    Timer { timer: u32, at_ns: i64 },
}

impl Sheet {
    pub fn rows(&self) -> Option<usize> {
        usize::try_from(self.n).ok().filter(|&n| n <= SHEET_ROWS)
    }

    /// Row `i` as a wish, or why it makes no sense.
    pub fn wish(&self, i: usize) -> Result<Wish, &'static str> {
        Ok(match self.op[i] {
            OP_PLACE => {
                let side = match self.side[i] {
                    1 => Side::Buy,
                    -1 => Side::Sell,
                    _ => return Err("side is neither +1 (buy) nor -1 (sell)"),
                };
                let options = self.options[i];
                let tif = TimeInForce::from_u8((options & 0xff) as u8).ok_or("unknown time in force")?;
                let order_type =
                    if options & OPTION_MARKET != 0 { OrderType::Market } else { OrderType::Limit };
                let reduce_only = options & OPTION_REDUCE_ONLY != 0;
                Wish::Place { side, order_type, tif, reduce_only, px: self.px[i], qty: self.qty[i] }
            }
            OP_AMEND => Wish::Amend { order_id: self.order_id[i], px: self.px[i], qty: self.qty[i] },
            OP_CANCEL => Wish::Cancel { order_id: self.order_id[i] },
            OP_CANCEL_ALL => Wish::CancelAll,
            OP_TIMER => Wish::Timer {
                timer: u32::try_from(self.qty[i])
                    .ok()
                    .filter(|t| (1..=MAX_TIMERS).contains(t))
                    .ok_or("a timer number that is not from 1 to 256")?,
                at_ns: self.px[i],
            },
            _ => return Err("unknown operation"),
        })
    }
}
