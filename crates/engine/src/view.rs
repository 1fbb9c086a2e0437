//! What a strategy sees: one fixed record per instrument, kept by the engine and read in place.
//!
//! Rust, Numba and NumPy read the very same memory, so the layout is `#[repr(C)]`, flat arrays only, and described
//! by [`view_layout`]. Prices are ticks and sizes lots; the floats are for signals and display.

use bytemuck::{Pod, Zeroable};
use nanotick_model::Level;
use std::cell::UnsafeCell;

/// Levels a side that the view holds.
pub const VIEW_LEVELS: usize = 10;
/// Values that all signals of one instrument may have together.
pub const VIEW_SIGNALS: usize = 128;
/// Working orders that the view lists, oldest first. More may live; `n_working` counts them all.
pub const VIEW_ORDERS: usize = 16;

/// What the strategy is being called for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u32)]
pub enum Occasion {
    Start = 1,
    Book = 2,
    Trade = 3,
    Fill = 4,
    Order = 5,
    Timer = 6,
    Connection = 7,
    Stop = 8,
}

impl Occasion {
    /// The name of an occasion as [`View::occasion`] holds it: what strategies declare in `on`.
    pub const fn name_of(occasion: u64) -> &'static str {
        match occasion {
            1 => "start",
            2 => "book",
            3 => "trade",
            4 => "fill",
            5 => "order",
            6 => "timer",
            7 => "connection",
            8 => "stop",
            _ => "none",
        }
    }
}

macro_rules! view {
    ($($(#[$doc:meta])* $field:ident : $ty:ty => $np:literal),* $(,)?) => {
        /// One instrument as a strategy sees it. See each field for its unit.
        #[derive(Clone, Copy, Pod, Zeroable)]
        #[repr(C)]
        pub struct View { $($(#[$doc])* pub $field: $ty),* }

        /// Fields of [`View`]: name, NumPy element type, element count (1 for a scalar), offset in bytes.
        pub fn view_layout() -> Vec<(&'static str, &'static str, usize, usize)> {
            vec![$((
                stringify!($field),
                $np,
                std::mem::size_of::<$ty>() / element_bytes($np),
                std::mem::offset_of!(View, $field),
            )),*]
        }
    };
}

/// An element is a word, or a level of two.
const fn element_bytes(np: &str) -> usize {
    if np.len() > 2 {
        16
    } else {
        8
    }
}

view! {
    /// Time of the event, ns since the Unix epoch: when it was received, or the data's own time in a backtest.
    now_ns: i64 => "i8",
    /// The venue's time of the event, ns; 0 if it gave none.
    venue_ns: i64 => "i8",
    /// Sequence number of the event in the journal.
    seq: u64 => "u8",
    /// Why the strategy is called: an [`Occasion`].
    occasion: u64 => "u8",
    instrument: u64 => "u8",
    /// 1 while the book is in sync, fresh and not crossed.
    book_valid: u64 => "u8",
    /// Best bid, ticks; 0 if the side is empty.
    bid_px: i64 => "i8",
    bid_qty: i64 => "i8",
    ask_px: i64 => "i8",
    ask_qty: i64 => "i8",
    /// Middle of best bid and ask in price units; NaN if a side is empty.
    mid: f64 => "f8",
    last_px: i64 => "i8",
    last_qty: i64 => "i8",
    /// The last trade's taker side: +1 a buy, -1 a sell, 0 none yet.
    last_side: i64 => "i8",
    /// Signed position, lots.
    position: i64 => "i8",
    /// What our working, pending and unknown orders could still buy, lots.
    open_buy: i64 => "i8",
    open_sell: i64 => "i8",
    n_working: u64 => "u8",
    /// The fill or order that `on_fill` and `on_order` are called for.
    order_id: u64 => "u8",
    order_state: u64 => "u8",
    fill_px: i64 => "i8",
    fill_qty: i64 => "i8",
    /// +1 bought, -1 sold.
    fill_side: i64 => "i8",
    fill_is_maker: u64 => "u8",
    /// The timer that `on_timer` is called for.
    timer: u64 => "u8",
    /// Realised profit less fees, coins of the settlement currency.
    realised: f64 => "f8",
    /// Price units per tick, coin units per lot.
    tick: f64 => "f8",
    lot: f64 => "f8",
    signals: [f64; VIEW_SIGNALS] => "f8",
    /// Best levels first: price in ticks, size in lots; zeros where there are fewer.
    bids: [Level; VIEW_LEVELS] => "(2)i8",
    asks: [Level; VIEW_LEVELS] => "(2)i8",
    order_ids: [u64; VIEW_ORDERS] => "u8",
    order_pxs: [i64; VIEW_ORDERS] => "i8",
    order_leaves: [i64; VIEW_ORDERS] => "i8",
    /// +1 a buy, -1 a sell.
    order_sides: [i64; VIEW_ORDERS] => "i8",
    order_states: [u64; VIEW_ORDERS] => "u8",
}

impl View {
    pub fn new(instrument: u16, tick: f64, lot: f64) -> View {
        let mut view = View::zeroed();
        view.instrument = instrument as u64;
        view.tick = tick;
        view.lot = lot;
        view.mid = f64::NAN;
        view.signals = [f64::NAN; VIEW_SIGNALS];
        view
    }
}

/// The views of a session, at one address for as long as anybody looks at them.
///
/// The engine's thread is the only writer. Strategies look on the same thread, while the engine waits for them;
/// other threads may look too and then see single fields that are whole, but not one moment across fields.
pub struct ViewTable(Box<[UnsafeCell<View>]>);

// SAFETY: fields are aligned 8-byte words without invariants between them, written by one thread.
unsafe impl Send for ViewTable {}
// SAFETY: as above.
unsafe impl Sync for ViewTable {}

impl ViewTable {
    pub fn new(views: Vec<View>) -> ViewTable {
        ViewTable(views.into_iter().map(UnsafeCell::new).collect())
    }
    pub fn len(&self) -> usize {
        self.0.len()
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    #[inline(always)]
    pub fn get(&self, instrument: usize) -> &View {
        // SAFETY: the engine makes no `&mut View` while a strategy, or anybody else on its thread, holds this.
        unsafe { &*self.0[instrument].get() }
    }
    pub fn address(&self, instrument: usize) -> *const View {
        self.0[instrument].get()
    }
    /// # Safety
    /// Only for the engine's thread, and not while a reference from [`ViewTable::get`] is alive on it.
    #[allow(clippy::mut_from_ref)]
    #[inline(always)]
    pub(crate) unsafe fn get_mut(&self, instrument: usize) -> &mut View {
        // SAFETY: the caller's promise.
        unsafe { &mut *self.0[instrument].get() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_covers_the_record_without_holes() {
        let mut end = 0;
        for (name, np, count, offset) in view_layout() {
            assert_eq!(offset, end, "{name}");
            assert!(np.ends_with('8'), "{name}");
            end += element_bytes(np) * count;
        }
        assert_eq!(end, std::mem::size_of::<View>());
    }
}
