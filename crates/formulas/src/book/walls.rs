//! How the size of a side is spread over its levels, and whether one of them is a wall.

use crate::book::levels::{is_sound, present};
use crate::info::FormulaInfo;
use crate::kernel::{outputs, Kernel};
use crate::params::{ParamError, Params};
use crate::persist::state;
use crate::row::Book;
use crate::rows;

/// The middle one of the sizes, which it puts in order; of an even number, the mean of the two in the middle.
/// None of none.
pub(super) fn median(sizes: &mut [f64]) -> Option<f64> {
    sizes.sort_unstable_by(f64::total_cmp);
    let half = sizes.len() / 2;
    match sizes.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sizes[half]),
        _ => Some(0.5 * (sizes[half - 1] + sizes[half])),
    }
}

state! {
    pub struct DepthHhi {
        levels: usize,
        k: f64,
        scratch: Vec<f64>,
    }
}

outputs! {
    DepthHhiPoint { hhi, wall_price, wall_ratio }
}

impl DepthHhi {
    /// Concentration of a side, and its largest level with the ratio to the median. None for an empty side.
    fn side(&mut self, px: &[f64], sizes: &[f64]) -> Option<[f64; 3]> {
        let depth = self.levels.min(px.len());
        let levels = || present(&px[..depth], &sizes[..depth]);
        self.scratch.clear();
        self.scratch.extend(levels().map(|(_, size)| size));
        let median = median(&mut self.scratch)?;
        let total: f64 = self.scratch.iter().sum();
        let hhi = self.scratch.iter().map(|size| (size / total) * (size / total)).sum();
        self.scratch.clear();
        // Of equal levels, the one nearest to the touch.
        let (px, size) = levels().fold((0.0, 0.0), |most, level| if level.1 > most.1 { level } else { most });
        Some([hhi, px, size / median])
    }
}

impl Kernel for DepthHhi {
    const INFO: &'static FormulaInfo = &rows::DEPTH_HHI;
    type Input<'a> = Book<'a>;
    type Output<'s> = DepthHhiPoint;

    fn new(params: &Params) -> Result<Self, ParamError> {
        let levels = params.int("levels");
        Ok(Self { levels, k: params.float("k"), scratch: Vec::with_capacity(levels) })
    }

    fn step(&mut self, book: Book<'_>) -> Option<DepthHhiPoint> {
        if !is_sound(&book) {
            return None;
        }
        let bids = self.side(book.bid_px, book.bid_sizes);
        let asks = self.side(book.ask_px, book.ask_sizes);
        let ([bid_hhi, bid_px, bid_ratio], [ask_hhi, ask_px, ask_ratio]) = match (bids, asks) {
            (None, None) => return None,
            (bids, asks) => (bids.or(asks)?, asks.or(bids)?),
        };
        let wall_ratio = bid_ratio.max(ask_ratio);
        let px = if ask_ratio > bid_ratio { ask_px } else { bid_px };
        let wall_price = if wall_ratio >= self.k { px } else { f64::NAN };
        Some(DepthHhiPoint { hhi: bid_hhi.max(ask_hhi), wall_price, wall_ratio })
    }
}
