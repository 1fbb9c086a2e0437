//! For tests: instruments with the grids of the recordings.

use nanotick_model::{Cash, ContractKind, Grid, Instrument, InstrumentId, Px, Qty, Rate, Text, Venue};

pub(crate) fn instrument(id: u16, symbol: &str, tick: &str, lot: &str) -> Instrument {
    Instrument {
        id: InstrumentId(id),
        venue: Venue::Bybit,
        kind: ContractKind::Linear,
        symbol: Text::new(symbol).unwrap(),
        tick: Grid::new(tick).unwrap(),
        lot: Grid::new(lot).unwrap(),
        min_px: Px(1),
        max_px: Px(1 << 40),
        min_qty: Qty(1),
        max_qty: Qty(1 << 40),
        min_notional: Cash(0),
        maker_fee: Rate(20_000),
        taker_fee: Rate(55_000),
    }
}
