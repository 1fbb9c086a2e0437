//! What the fuzz targets share: the instruments of the seeds, and a folder in memory for those that need files.

use nanotick_model::{Cash, ContractKind, Grid, Instrument, InstrumentId, Px, Qty, Rate, Text, Venue};
use std::path::PathBuf;

/// The instruments of the bundled recordings.
pub fn instruments(venue: Venue) -> Vec<Instrument> {
    [("BTCUSDT", "0.10", "0.001"), ("ETHUSDT", "0.01", "0.001")]
        .into_iter()
        .enumerate()
        .map(|(id, (symbol, tick, lot))| Instrument {
            id: InstrumentId(id as u16),
            venue,
            kind: ContractKind::Linear,
            symbol: Text::new(symbol).expect("a short symbol"),
            tick: Grid::new(tick).expect("a decimal"),
            lot: Grid::new(lot).expect("a decimal"),
            min_px: Px(1),
            max_px: Px(1 << 40),
            min_qty: Qty(1),
            max_qty: Qty(1 << 40),
            min_notional: Cash(0),
            maker_fee: Rate(20_000),
            taker_fee: Rate(55_000),
        })
        .collect()
}

/// A folder of this process, on a file system in memory where there is one.
pub fn folder(name: &str) -> PathBuf {
    let shm = PathBuf::from("/dev/shm");
    let base = if shm.is_dir() { shm } else { std::env::temp_dir() };
    let folder = base.join(format!("nanotick-fuzz-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder to write to");
    folder
}
