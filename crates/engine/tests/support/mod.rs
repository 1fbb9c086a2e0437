//! Recorded depth messages for tests and benchmarks, decoded the slow and plain way: what the fast decoders and the
//! book are held to should not share their code.

use flate2::read::GzDecoder;
use nanotick_model::{BookUpdate, Grid, Level, Px, Qty};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

pub struct Message {
    pub is_snapshot: bool,
    pub update_id: u64,
    pub bids: Vec<Level>,
    pub asks: Vec<Level>,
}

impl Message {
    pub fn update(&self) -> BookUpdate<'_> {
        BookUpdate {
            is_snapshot: self.is_snapshot,
            update_id: self.update_id,
            bids: &self.bids,
            asks: &self.asks,
        }
    }
    pub fn changes(&self) -> usize {
        self.bids.len() + self.asks.len()
    }
}

/// The sample recordings that ship with the package: name, price step, size step.
pub const SAMPLES: [(&str, &str, &str); 2] = [
    ("binance_usdm_btcusdt_20240808_90s.gz", "0.1", "0.001"),
    ("binance_usdm_ethusdt_20240808_90s.gz", "0.01", "0.001"),
];

/// The snapshot and the differences that follow it, in order, without those that the snapshot already holds.
pub fn depth_messages((file, tick, lot): (&str, &str, &str)) -> Vec<Message> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../python/nanotick/data/sample").join(file);
    let (tick, lot) = (Grid::new(tick).unwrap(), Grid::new(lot).unwrap());
    let side = |levels: &Value| -> Vec<Level> {
        let text = |v: &Value| v.as_str().unwrap().to_owned();
        let level = |l: &Value| Level {
            px: Px(tick.parse(&text(&l[0])).unwrap()),
            qty: Qty(lot.parse(&text(&l[1])).unwrap()),
        };
        levels.as_array().unwrap().iter().map(level).collect()
    };
    let (mut snapshot, mut deltas) = (None, Vec::new());
    for line in BufReader::new(GzDecoder::new(File::open(path).unwrap())).lines() {
        let line = line.unwrap();
        let value: Value = serde_json::from_str(line.split_once(' ').unwrap().1).unwrap();
        if let Some(id) = value["lastUpdateId"].as_u64() {
            let (bids, asks) = (side(&value["bids"]), side(&value["asks"]));
            snapshot = Some(Message { is_snapshot: true, update_id: id, bids, asks });
        } else if value["data"]["e"] == "depthUpdate" {
            let data = &value["data"];
            let (bids, asks) = (side(&data["b"]), side(&data["a"]));
            deltas.push(Message { is_snapshot: false, update_id: data["u"].as_u64().unwrap(), bids, asks });
        }
    }
    let snapshot = snapshot.expect("the sample holds a snapshot");
    deltas.retain(|delta| delta.update_id >= snapshot.update_id);
    std::iter::once(snapshot).chain(deltas).collect()
}
